"""Points and comments: no edit of anything else loses one."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from msgspec import to_builtins

from skelseg_core.cli.info import info_command
from skelseg_core.errors import EditError
from skelseg_core.labels.comments import Comment
from skelseg_core.labels.edits import merge, paint, split
from skelseg_core.labels.points import Point, Points, moved, remap_points, toggled
from skelseg_core.project.class_edits import (
    add_class,
    delete_class,
    rename_class,
    use_of,
)
from skelseg_core.project.copies.restoring import restored, restored_video
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.parts import changed_parts, with_parts
from skelseg_core.project.point_and_comment_edits import (
    add_comments,
    edit_points,
    replace_comment,
)
from skelseg_core.project.project import ANNOTATION, Project
from skelseg_core.project.project_edits import edit_lane, set_done, set_lane, set_notes
from skelseg_core.project.track_edits import add_tier, remove_tier, set_absent
from skelseg_core.project.tracks import TrackKey
from skelseg_core.tasks.project_info import project_info
from tests.projects import N, painted

Made = tuple[ProjectFolder, Project]
TRACK = "v1@Contact"
WHEN = "2026-01-02T10:00:00+00:00"


def with_points(project: Project) -> Project:
    """A tier of points with the classes Contact and slip."""
    return add_class(
        add_tier(project, "Contact", kind="points"), "slip", tier="Contact"
    )


def marked(project: Project, *frames: int, class_id: int | None = None) -> Project:
    own = (
        project.classes_of(TrackKey("Contact")).ids[0] if class_id is None else class_id
    )
    new = tuple(Point(frame, own) for frame in frames)
    return edit_points(project, TRACK, lambda marks: (*marks, *new))


def frames_of(project: Project) -> list[int]:
    return [mark.frame for mark in project.track(TRACK).marks]


def remark(start: int, stop: int, text: str = "look", **said: object) -> Comment:
    return replace(Comment(start, stop, None, text, "anna", WHEN), **said)  # type: ignore[arg-type]


def test_the_same_class_again_within_two_frames_takes_a_mark_away() -> None:
    marks: Points = toggled((), 10, 3, N)
    marks = toggled(marks, 13, 3, N)
    marks = toggled(marks, 10, 4, N)
    assert [(m.frame, m.class_id) for m in marks] == [(10, 3), (10, 4), (13, 3)]
    assert [(m.frame, m.class_id) for m in toggled(marks, 12, 3, N)] == [
        (10, 3),
        (10, 4),
    ]
    with pytest.raises(EditError, match="outside"):
        toggled(marks, N, 3, N)


def test_a_mark_moves_but_not_onto_another_one() -> None:
    model = Point(10, 3, "model", False, 0.5)
    marks = (model, Point(12, 3))
    assert moved(marks, model, 11, N)[0] == Point(11, 3, "model", True, 0.5)
    with pytest.raises(EditError, match="already"):
        moved(marks, model, 12, N)
    with pytest.raises(EditError, match="outside"):
        moved(marks, model, -1, N)


def test_marks_of_classes_that_became_one_are_one() -> None:
    marks = (Point(1, 3), Point(1, 4), Point(2, 4))
    assert remap_points(marks, {9: 3}) is marks
    assert remap_points(marks, {4: 3}) == (Point(1, 3), Point(2, 3))
    assert remap_points(marks, {4: None}) == (Point(1, 3),)


def test_a_tier_of_points_is_there_for_marks_alone(made: Made) -> None:
    project = with_points(made[1])
    assert not project.tier("Contact").required
    assert project.totals.required == 2
    with pytest.raises(EditError, match="points"):
        painted(project, 0, 5, project.classes_of(TrackKey("Contact")).ids[0], TRACK)
    with pytest.raises(EditError, match="has segments"):
        edit_points(project, "v1", lambda _: (Point(1, 0),))
    with pytest.raises(EditError, match="does not have"):
        marked(project, 4, class_id=0)
    project = marked(project, 4, 2, 4)
    assert frames_of(project) == [2, 4]
    with pytest.raises(EditError, match="Contact has labels in v1"):
        remove_tier(project, "Contact")


def test_what_counts_segments_says_that_it_needs_them(made: Made) -> None:
    folder, project = made
    project = marked(with_points(project), 4, 9)
    with pytest.raises(EditError, match="points"):
        project.segments_in("contact")
    assert project.segments_in("").tiers == project.tiers[:1]
    folder.save(project)
    found = project_info(folder, project, ())
    (row,) = [row for row in found["videos"] if row["video"] == "v1"]
    (track,) = [track for track in row["tracks"] if track["kind"] == "points"]
    assert (track["marks"], row["comments"]) == (2, 0)
    told = CliRunner().invoke(info_command, [str(folder.root)]).output
    assert "2 points" in told


def test_a_person_can_be_absent_beside_marks(made: Made) -> None:
    project = marked(with_points(made[1]), 4)
    absent = set_absent(project, TRACK, [(0, 9)])
    assert absent.track("v1").annotation.at(0).absent
    assert absent.track(TRACK) == project.track(TRACK)


def test_a_merged_class_takes_its_marks_along(made: Made) -> None:
    folder, project = made
    project = with_points(project)
    contact, slip = project.classes_of(TrackKey("Contact")).ids
    project = marked(marked(project, 2, 9), 9, 20, class_id=slip)
    assert use_of(project, slip).annotated == 2
    assert project.totals.class_counts[slip] == 2
    into = delete_class(project, slip, contact)
    assert frames_of(into) == [2, 9, 20]
    assert into.totals.class_counts[contact] == 3
    gone = delete_class(project, slip, None)
    assert frames_of(gone) == [2, 9]
    # Somebody else's file may name the class as it was.
    folder.save(into)
    path = folder.labels_path(TRACK)
    path.write_text(path.read_text().replace(f'"class": {contact}', f'"class": {slip}'))
    assert ProjectFolder(folder.root).load().track(TRACK) == into.track(TRACK)


def test_a_class_that_marks_have_is_made_again(made: Made) -> None:
    folder, project = made
    project = with_points(project)
    slip = project.classes_of(TrackKey("Contact")).ids[1]
    project = marked(project, 9, class_id=slip)
    folder.save(project)
    raw = json.loads(folder.project_file.read_text())
    raw["classes"] = [c for c in raw["classes"] if c["id"] != slip]
    folder.project_file.write_text(json.dumps(raw))
    assert slip in ProjectFolder(folder.root).load().label_map.ids


def test_backups_bring_marks_and_comments_back(made: Made) -> None:
    then = add_comments(marked(with_points(made[1]), 2, 9), "v1", [remark(3, 9)])
    contact = then.classes_of(TrackKey("Contact")).ids[0]
    now = edit_points(then, TRACK, lambda _: ())
    now = replace_comment(now, "v1", remark(3, 9), None)
    assert restored(now, then) == then
    now = delete_class(now, contact, None)
    again = restored_video(restored_video(now, then, TRACK), then, "v1")
    (mark, _) = again.track(TRACK).marks
    assert again.classes_of(TRACK).name_of(mark.class_id) == "Contact"
    assert again.video("v1").comments == (remark(3, 9),)


def test_a_comment_changes_only_where_it_is_as_it_was(made: Made) -> None:
    project = add_comments(made[1], "v1", [remark(3, 9), remark(0, 2)])
    assert [c.start for c in project.track("v1").video.comments] == [0, 3]
    done = replace_comment(project, "v1", remark(3, 9), remark(3, 9, done=True))
    assert [c.done for c in done.track("v1").video.comments] == [False, True]
    with pytest.raises(EditError, match="meanwhile"):
        replace_comment(done, "v1", remark(3, 9), None)
    with pytest.raises(EditError, match="outside"):
        add_comments(project, "v1", [remark(3, N + 1)])
    for span, text in (((3, 9), " "), ((3, 3), "look"), ((3, 9), "x" * 6000)):
        with pytest.raises(EditError, match="comment"):
            remark(*span, text)


def test_a_file_without_marks_and_comments_says_nothing_of_them(made: Made) -> None:
    folder, project = made
    folder.save(painted(project, 5, 20, 1), project)
    text = folder.labels_path("v1").read_text()
    assert "marks" not in text
    assert "comments" not in text


@pytest.mark.parametrize("text", ['{"frame": 1}', '{"frame": 99, "class": 0}', "7"])
def test_damaged_marks_are_said(made: Made, text: str) -> None:
    folder, project = made
    folder.save(marked(with_points(project), 4))
    path = folder.labels_path(TRACK)
    mark = json.dumps(to_builtins(Point(4, project.label_map.next_id)))
    assert mark in path.read_text()
    path.write_text(path.read_text().replace(mark, text))
    assert ProjectFolder(folder.root).load().track(TRACK).damaged.keys() == {ANNOTATION}


Edit = Callable[[Project, random.Random], Project]


def _class(project: Project, rng: random.Random) -> int:
    return rng.choice(project.classes_of(TrackKey("Contact")).ids)


# No comment goes by one of these; marks go only where their class does.
OTHER_EDITS: tuple[Edit, ...] = (
    lambda p, r: painted(p, (a := r.randrange(N - 5)), a + 5, r.randrange(3)),
    lambda p, r: edit_lane(
        p, "v1", lambda s: merge(split(paint(s, 0, N, 0), r.randrange(1, N)), 0)
    ),
    lambda p, r: set_lane(p, "v1", "annotation", p.track("v2").annotation),
    lambda p, r: set_notes(p, "v1", f"{r.random()}"),
    lambda p, r: set_done(p, TRACK, not p.track(TRACK).done),
    lambda p, r: add_class(p, f"c{r.random()}", tier="Contact"),
    lambda p, r: rename_class(p, _class(p, r), f"n{r.random()}"),
)
MERGE: Edit = lambda p, r: (  # noqa: E731
    delete_class(p, ids[0], ids[1])
    if len(ids := r.sample(own := p.classes_of(TrackKey("Contact")).ids, len(own))) > 1
    else p
)
MARK: Edit = lambda p, r: edit_points(  # noqa: E731
    p, TRACK, lambda m: toggled(m, r.randrange(N), _class(p, r), N)
)


@pytest.mark.parametrize("seed", range(4))
def test_marks_and_comments_survive_edits_undo_and_saving(
    made: Made, seed: int, tmp_path: Path
) -> None:
    folder, project = made
    rng = random.Random(seed)
    project = add_comments(with_points(project), "v1", [remark(3, 9, track=TRACK)])
    folder.save(project)
    steps = []
    for n in range(60):
        before = project
        if n % 3 == 0:
            project = MARK(before, rng)
        elif n % 7 == 0:
            project = MERGE(before, rng)
            assert set(frames_of(project)) == set(frames_of(before))
        else:
            project = rng.choice(OTHER_EDITS)(before, rng)
            assert project.track(TRACK).marks == before.track(TRACK).marks
        assert project.video("v1").comments == (remark(3, 9, track=TRACK),)
        assert project.track(TRACK).video.comments == project.video("v1").comments
        steps.append((before, changed_parts(before, project)))
    folder.save(project)
    assert ProjectFolder(folder.root).load() == project
    for before, parts in reversed(steps):
        project = with_parts(project, {k: c.old for k, c in parts.items()}, folder)
        assert project == before
