"""Two processes on one project: what one labels is not taken out by the other."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.edits import paint
from skelseg_core.project.changes_by_others import changed_paths, read_outside, take_in
from skelseg_core.project.folder import ProjectFolder, create_project
from skelseg_core.project.holds.claims import Claims
from skelseg_core.project.project import Project
from skelseg_core.project.project_edits import (
    add_video,
    edit_lane,
    remove_video,
    set_people,
)
from skelseg_core.project.track_edits import (
    add_person,
    add_tier,
    remove_person,
    remove_tier,
)
from tests.commands import mistake
from tests.projects import item

OTHER = """
import sys
from pathlib import Path
from skelseg_core.labels.edits import paint
from skelseg_core.project.changes_by_others import (
    changed_paths,
    read_outside,
    take_in,
)
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.holds.claims import Claims
from skelseg_core.project.project_edits import edit_lane
root, track = Path(sys.argv[1]), sys.argv[2]
folder, claims = ProjectFolder(root), Claims(root, "Ben")
known = folder.load()
folder.may_write = claims.may_write
class_id = known.classes_of(track).ids[0]
claims.take(track)
for line in sys.stdin:
    if line == "label\\n":
        made = edit_lane(known, track, lambda a: paint(a, 3, 30, class_id))
        known = folder.save(made, known).project
    elif line == "leave\\n":
        claims.close()
    print("done", flush=True)
"""
Edit = Callable[[Project], Project]
REMOVALS = [
    ("v1@Left_hand", lambda p: remove_tier(p, "Left_hand")),
    ("v1@@ben", lambda p: remove_person(p, "v1@@ben")),
    ("v1@Left_hand@ben", lambda p: remove_person(p, "v1@@ben")),
    ("v1", lambda p: remove_video(p, "v1")),
    ("v1@Left_hand", lambda p: remove_video(p, "v1")),
]


class Other:
    """A process that labels a track of the same project."""

    def __init__(self, root: Path, track: str, state: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", OTHER, str(root), track],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "XDG_STATE_HOME": str(state)},
        )
        self.do("begin")

    def do(self, what: str) -> None:
        """Let it do something, and wait until that is done."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{what}\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "done\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder, before = create_project(tmp_path / "p", label_map_from_names(["walk"]))
    project = before
    for name in ("v1", "v2"):
        project = add_video(project, item(name, 90))
    project = add_tier(project, "Left hand")
    project = set_people(project, {"v1": ["anna"]})
    folder.save(add_person(project, "v1", "ben"), before)
    return folder.root


@pytest.fixture
def begin(root: Path, tmp_path: Path) -> Iterator[Callable[[str], Other]]:
    made: list[Other] = []

    def start(track: str) -> Other:
        made.append(Other(root, track, tmp_path / "state"))
        return made[-1]

    yield start
    for other in made:
        other.process.kill()
        other.process.wait()
        for stream in (other.process.stdin, other.process.stdout):
            assert stream is not None
            stream.close()


def opened(root: Path) -> tuple[ProjectFolder, Project]:
    """Open a project for somebody who knows no claim but those in the folder."""
    folder = ProjectFolder(root)
    folder.may_write = Claims(root, "Anna").may_write
    return folder, folder.load()


@pytest.mark.parametrize(("track", "removal"), REMOVALS)
@pytest.mark.parametrize("then", [(), ("label",), ("label", "leave")])
def test_what_somebody_else_labels_stays(
    root: Path,
    begin: Callable[[str], Other],
    track: str,
    removal: Edit,
    then: tuple[str, ...],
) -> None:
    """It holds before the first save, after it, and after the other one has left."""
    folder, before = opened(root)
    other = begin(track)
    for what in then:
        other.do(what)
    saved = folder.save(removal(before), before)
    (note,) = saved.notes
    assert "cannot be removed, because somebody else labels it" in note
    assert "@" not in note
    if "leave" not in then:
        other.do("label")
    there = ProjectFolder(root).load()
    n_labelled = there.track(track).annotation.n_labelled
    assert n_labelled == 27
    assert there.tier(there.track(track).tier).name in ("Action", "Left hand")
    assert there.track(track).person in (*there.video("v1").people, "")
    named = {there.name_of(i) for i in there.track(track).annotation.class_counts}
    assert named <= {"walk", "Left hand", there.name_of(None)}
    assert not list(root.rglob("*.conflict-*"))


def with_right_hand(project: Project) -> Project:
    """Add a tier, and label its track of the second video."""
    made = add_tier(project, "Right hand")
    class_id = made.classes_of("v2@Right_hand").ids[0]
    return edit_lane(made, "v2@Right_hand", lambda a: paint(a, 3, 30, class_id))


def with_third_video(project: Project) -> Project:
    """Add a video, and label the left hand in it."""
    made = add_video(project, item("v3", 90))
    class_id = made.classes_of("v3@Left_hand").ids[0]
    return edit_lane(made, "v3@Left_hand", lambda a: paint(a, 3, 30, class_id))


ADDED = [
    ("v2@Right_hand", with_right_hand, lambda p: remove_video(p, "v2")),
    ("v3@Left_hand", with_third_video, lambda p: remove_tier(p, "Left_hand")),
]


@pytest.mark.parametrize(("track", "addition", "removal"), ADDED)
@pytest.mark.parametrize("first", ["addition", "removal"])
def test_a_track_of_what_goes_that_somebody_adds_and_labels_stays(
    root: Path, track: str, addition: Edit, removal: Edit, first: str
) -> None:
    """Who takes a video or a tier out does not know of its new tracks."""
    (mine, before), (theirs, there) = opened(root), opened(root)
    if first == "addition":
        theirs.save(theirs.edited(there, addition), there)
        (note,) = mine.save(removal(before), before).notes
        assert "cannot be removed, because somebody else labels it" in note
    else:
        mine.save(removal(before), before)
        theirs.save(theirs.edited(there, addition), there)
    now = ProjectFolder(root).load()
    assert now.track(track).annotation.n_labelled == 27
    tier = now.tier(now.track(track).tier)
    assert tier.name == track.partition("@")[2].replace("_", " ")


@pytest.mark.parametrize(("track", "removal"), REMOVALS)
def test_labels_that_came_in_before_a_removal_was_saved_stay(
    root: Path, track: str, removal: Edit
) -> None:
    """Also where the other one has left: nobody has seen them here."""
    (mine, before), (theirs, there) = opened(root), opened(root)
    class_id = there.classes_of(track).ids[0]
    labelled = edit_lane(there, track, lambda a: paint(a, 3, 30, class_id))
    theirs.save(labelled, there)
    paths, gone = changed_paths(mine)
    change = read_outside(mine, before, paths, gone)
    taken = take_in(mine, removal(before), before, change.theirs)
    change.note_as_seen(mine, taken.project, taken.mine)
    (note,) = taken.notes
    assert "cannot be removed, because somebody else labels it" in note
    assert not taken.mine
    mine.save(taken.project, change.theirs)
    now = ProjectFolder(root).load()
    assert now.track(track).annotation.n_labelled == 27


def test_the_project_that_was_saved_is_the_one_that_is_there(
    root: Path, begin: Callable[[str], Other]
) -> None:
    folder, before = opened(root)
    begin("v1@Left_hand").do("label")
    saved = folder.save(remove_tier(before, "Left_hand"), before)
    assert saved.project.track_ids == ("v1", "v1@Left_hand", "v1@@ben", "v2")
    assert saved.project == ProjectFolder(root).load()
    (note,) = saved.notes
    assert note.startswith("'v1: anna, Left hand' cannot")


def test_what_nobody_labels_is_removed(root: Path) -> None:
    folder, before = opened(root)
    folder.save(edit_lane(before, "v2", lambda a: paint(a, 0, 9, 0)), before)
    folder, before = opened(root)
    saved = folder.save(remove_video(before, "v2"), before)
    assert not saved.notes
    gone = folder.save(remove_tier(saved.project, "Left_hand"), saved.project)
    assert not gone.notes
    assert ProjectFolder(root).load().track_ids == ("v1", "v1@@ben")


def test_the_command_says_in_words_who_labels_it(
    root: Path, begin: Callable[[str], Other]
) -> None:
    begin("v1@Left_hand@ben")
    line = mistake("tiers", root, "Left hand", "--remove")
    assert "v1: ben, Left hand is being labelled on" in line
    assert "by Ben since" in line
    assert "@" not in line
    assert ProjectFolder(root).load().has("v1@Left_hand")
