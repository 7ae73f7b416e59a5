from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from skelseg_core.errors import EditError
from skelseg_core.labels.bulk_edits import make_undecided
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.edits import paint
from skelseg_core.poses.corrections import PlacedKeypoint
from skelseg_core.poses.sequence import SubjectPick
from skelseg_core.progress import run
from skelseg_core.project.claimed_edits import videos_to_claim
from skelseg_core.project.class_edits import (
    add_class,
    delete_class,
    rename_class,
    set_class_key,
)
from skelseg_core.project.copies.annotator_copy import copy_for_annotator
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.json import SCHEMA
from skelseg_core.project.parts import changed_parts, with_parts
from skelseg_core.project.project import Project, new_project
from skelseg_core.project.project_edits import (
    add_video,
    correct,
    edit_lane,
    pick_subject,
    remove_video,
    set_done,
    set_notes,
    set_people,
    set_rate,
)
from skelseg_core.project.totals import Totals
from skelseg_core.project.track_edits import (
    add_person,
    add_tier,
    name_person,
    remove_person,
    remove_tier,
    set_absent,
    set_tier,
)
from skelseg_core.project.tracks import TrackKey, video_hold
from skelseg_core.project.videos_and_tracks import Track, annotator_lane
from tests.projects import N, annotator_plan, item, painted

Made = tuple[ProjectFolder, Project]


def with_tracks(project: Project) -> Project:
    """Two tiers of persons and one of the scene; in v1 there are two people."""
    project = add_tier(project, "Left hand")
    project = add_tier(project, "Room", of="scene")
    project = name_person(project, "v1", "anna")
    return add_person(project, "v1", "ben")


def room(project: Project) -> int:
    """The class of the tier Room."""
    return project.classes_of(TrackKey("Room")).ids[0]


IDS = ("v1", "v1@Left_hand", "v1@@ben", "v1@Left_hand@ben", "v1@Room")


def test_a_track_is_an_item_of_its_video(made: Made) -> None:
    project = with_tracks(made[1])
    assert [v.id for v in project.tracks_of("v1")] == list(IDS)
    assert [v.key for v in project.tracks_of("v1")] == [
        TrackKey("", "anna"),
        TrackKey("Left_hand", "anna"),
        TrackKey("", "ben"),
        TrackKey("Left_hand", "ben"),
        TrackKey("Room"),
    ]
    assert [v.id for v in project.videos] == ["v1", "v2"]
    assert project.video("v1").people == ("anna", "ben")
    assert {v.video_id for v in project.tracks_of("v2")} == {"v2"}
    assert not project.tracks_of("nobody")


def test_files_of_one_track_are_what_they_were(made: Made) -> None:
    folder, project = made
    folder.save(painted(project, 5, 20, 1), project)
    assert json.loads(folder.project_file.read_text())["schema"] == SCHEMA
    before = {p.name: p.read_bytes() for p in folder.root.rglob("*.json")}
    project = folder.load()
    tracks = with_tracks(project)
    folder.save(tracks, project)
    assert json.loads(folder.project_file.read_text())["schema"] == SCHEMA
    for name in ("v2.json",):
        assert (folder.root / "labels" / name).read_bytes() == before[name]
    names = {p.name for p in (folder.root / "labels").iterdir()}
    assert {f"{i}.json" for i in IDS} < names


def test_saved_and_loaded_is_the_same(made: Made) -> None:
    folder, project = made
    project = with_tracks(project)
    project = painted(project, 0, 9, 1, "v1@@ben")
    project = painted(
        project, 3, 8, project.classes_of(TrackKey("Room")).ids[0], "v1@Room"
    )
    project = pick_subject(project, "v1@@ben", SubjectPick(2, 5.0, 5.0))
    project = correct(
        set_notes(project, "v1", "dark"), "v1", PlacedKeypoint(4, 0, 1, 5.0, 6.0)
    )
    folder.save(project)
    assert ProjectFolder(folder.root).load() == project
    alone = ProjectFolder(folder.root).load_only(["v1@Room"])
    assert [v.id for v in alone.tracks] == ["v1@Room"]
    assert alone.tracks[0] == project.track("v1@Room")


def test_each_tier_has_classes_and_keys_of_its_own(made: Made) -> None:
    project = with_tracks(made[1])
    left = TrackKey("Left_hand")
    assert project.classes_of(left).names == ("Left hand",)
    project = add_class(project, "a", "1", tier="Left_hand")
    assert project.classes_of(left).names == ("Left hand", "a")
    assert project.classes_of(TrackKey()).names == ("a", "b", "c")
    own = project.classes_of(left).ids[1]
    project = set_class_key(project, own, "2")
    # A key is that of one class of all tiers: the other one takes the old one.
    first = project.classes_of(TrackKey()).classes
    assert [c.key for c in first] == ["1", "Shift+2", "3"]
    with pytest.raises(EditError, match="already"):
        rename_class(project, own, "Left hand")
    with pytest.raises(EditError, match="two tiers"):
        delete_class(project, own, 0)
    project = delete_class(project, project.classes_of(left).ids[0], own)
    with pytest.raises(EditError, match="only class"):
        delete_class(project, own, None)
    assert project.of_tier(project.tier("Left_hand")).label_map.names == ("a",)


def test_a_tier_goes_only_where_it_is_empty(made: Made) -> None:
    project = with_tracks(made[1])
    labelled = painted(
        project, 0, 5, project.classes_of(TrackKey("Room")).ids[0], "v2@Room"
    )
    with pytest.raises(EditError, match="Room has labels in v2"):
        remove_tier(labelled, "Room")
    assert len(remove_tier(project, "Room").tracks) == len(project.tracks) - 2
    with pytest.raises(EditError, match="first tier"):
        remove_tier(project, "")
    named = set_tier(project, "", name="Right hand")
    assert [t.name for t in named.tiers] == ["Right hand", "Left hand", "Room"]
    with pytest.raises(EditError, match="same name"):
        set_tier(project, "Room", name="left hand")


def test_tracks_without_a_name_are_of_the_one_who_is_seen(made: Made) -> None:
    project = add_tier(made[1], "Left hand")
    with pytest.raises(EditError, match="name that person first"):
        add_person(project, "v1", "ben")
    project = add_person(set_people(project, {"v1": ("anna",)}), "v1", "ben")
    named = [v.key.person for v in project.tracks_of("v1")]
    assert named == ["anna", "anna", "ben", "ben"]
    assert project.video("v1").people == ("anna", "ben")


def test_a_person_goes_only_where_nothing_is_labelled(made: Made) -> None:
    project = with_tracks(made[1])
    with pytest.raises(EditError, match="already"):
        add_person(project, "v1", "Ben")
    with pytest.raises(EditError, match="stays"):
        remove_person(project, "v1")
    with pytest.raises(EditError, match="has labels"):
        remove_person(painted(project, 0, 5, 1, "v1@@ben"), "v1@@ben")
    gone = remove_person(project, "v1@@ben")
    assert [v.id for v in gone.tracks_of("v1")] == ["v1", "v1@Left_hand", "v1@Room"]
    assert gone.video("v1").people == ("anna",)


def test_a_new_video_has_a_track_of_each_tier(made: Made) -> None:
    project = add_video(with_tracks(made[1]), item("v3"))
    assert [v.id for v in project.tracks_of("v3")] == ["v3", "v3@Left_hand", "v3@Room"]
    gone = remove_video(project, "v3")
    assert not gone.tracks_of("v3")


def test_all_tracks_show_what_is_said_of_the_whole_video(made: Made) -> None:
    project = with_tracks(made[1])
    project = set_people(project, {"v1": ("anna", "ben")})
    project = set_notes(project, "v1", "dark")
    project = set_rate(project, "v1", "other.mp4", 5.0)
    project = correct(project, "v1", PlacedKeypoint(4, 0, 1, 5.0, 6.0))
    for track in project.tracks_of("v1"):
        assert (track.video.notes, track.video.path, track.video.people) == (
            "dark",
            "other.mp4",
            ("anna", "ben"),
        )
        assert len(track.video.corrections) == 1
    picked = pick_subject(project, "v1@Left_hand@ben", SubjectPick(2, 5.0, 5.0))
    assert [bool(v.picks) for v in picked.tracks_of("v1")] == [
        *(False, False),
        *(True, True),
        False,
    ]


# What an edit of a track changes of it, and of the others what is of the whole video.
OWN = ("lanes", "done", "annotator", "decisions", "missing")
EDITS: tuple[Callable[[Project, str, random.Random], Project], ...] = (
    lambda p, i, r: edit_lane(
        p,
        i,
        lambda s: paint(s, (a := r.randrange(N - 5)), a + 5, r.choice(classes(p, i))),
    ),
    lambda p, i, _: edit_lane(p, i, lambda s: make_undecided(s, 3, 9)),
    lambda p, i, _: set_done(p, i, not p.track(i).done),
    lambda p, i, r: set_notes(p, p.track(i).video_id, f"note {r.random()}"),
    lambda p, i, r: pick_subject(p, i, SubjectPick(r.randrange(N), 1.0, 2.0)),
    lambda p, i, r: correct(
        p, p.track(i).video_id, PlacedKeypoint(r.randrange(N), 0, 1, 5.0, 6.0)
    ),
    lambda p, i, r: set_people(
        p, {p.track(i).video_id: ("anna", f"p{r.randrange(9)}")}
    ),
)


def classes(project: Project, item_id: str) -> tuple[int, ...]:
    return project.classes_of(project.track(item_id)).ids


@pytest.mark.parametrize("seed", range(5))
def test_an_edit_changes_the_track_it_names_and_no_other(
    tmp_path: Path, made: Made, seed: int
) -> None:
    folder, project = made
    rng = random.Random(seed)
    project = with_tracks(project)
    folder.save(project)
    values = []
    for _ in range(60):
        before, item_id = project, rng.choice(IDS)
        project = rng.choice(EDITS)(before, item_id, rng)
        for old, new in zip(before.tracks, project.tracks, strict=True):
            assert new.id == item_id or own(old) == own(new)
        parts = changed_parts(before, project)
        values.append((before, parts))
        # Whoever has another track of the video in hand is not asked.
        named = before.track(item_id)
        mine = {
            v.id for v in before.tracks_of(named.video_id) if v.person == named.person
        }
        mine.add(video_hold(named.video_id))
        assert set(videos_to_claim(before, project)) <= {item_id, *mine}
    folder.save(project)
    assert ProjectFolder(folder.root).load() == project
    for before, parts in reversed(values):
        project = with_parts(project, {k: c.old for k, c in parts.items()}, folder)
        assert project == before


def own(item: Track) -> tuple[object, ...]:
    return tuple(getattr(item, name) for name in OWN)


def test_adding_and_removing_a_tier_is_undone(made: Made) -> None:
    folder, project = made
    project = set_people(project, {"v1": ("anna",)})
    folder.save(project)
    for edit in (
        lambda p: add_tier(p, "Left hand"),
        lambda p: add_person(p, "v1", "ben"),
        lambda p: remove_person(p, "v1@@ben"),
        lambda p: remove_tier(p, "Left_hand"),
    ):
        after = edit(project)
        parts = changed_parts(project, after)
        back = with_parts(after, {k: c.old for k, c in parts.items()}, folder)
        assert back == project
        assert with_parts(back, {k: c.new for k, c in parts.items()}, folder) == after
        project = after


def test_absent_holds_for_the_person_and_leaves_labels_of_other_tiers(
    made: Made,
) -> None:
    folder, project = made
    project = with_tracks(project)
    left = project.classes_of(TrackKey("Left_hand")).ids[0]
    project = painted(project, 10, 20, left, "v1@Left_hand")
    project = painted(project, 0, 15, 1, "v1")
    before = {v.id: v.annotation for v in project.tracks}
    project = set_absent(project, "v1", [(5, 30)])
    absent = {
        v.id: [(s.start, s.stop) for s in v.annotation.segments if s.absent]
        for v in project.tracks_of("v1")
    }
    assert absent == {
        "v1": [(5, 30)],
        "v1@Left_hand": [(5, 10), (20, 30)],
        **{key: [] for key in ("v1@Room", "v1@@ben", "v1@Left_hand@ben")},
    }
    assert project.track("v1").annotation.n_undecided == 25
    assert project.track("v1@@ben").annotation is before["v1@@ben"]
    folder.save(project)
    assert ProjectFolder(folder.root).load() == project
    again = painted(project, 0, 30, 2, "v1").track("v1").annotation
    assert not any(s.absent for s in again.segments)


def test_absent_and_undecided_do_not_join(made: Made) -> None:
    lane = made[1].track("v1").annotation
    lane = make_undecided(make_undecided(lane, 5, 10), 10, 20, absent=True)
    assert [(s.start, s.stop, s.absent) for s in lane.segments[1:3]] == [
        (5, 10, False),
        (10, 20, True),
    ]
    joined = make_undecided(lane, 20, 25, absent=True)
    assert (joined.at(12).start, joined.at(12).stop) == (10, 25)


def test_labels_of_an_annotator_go_to_the_track_they_are_of(
    made: Made, tmp_path: Path
) -> None:
    folder, project = made
    project = with_tracks(project)
    project = add_class(project, "a", tier="Left_hand")
    left = project.classes_of(TrackKey("Left_hand")).ids
    folder.save(project)
    copy = run(copy_for_annotator(folder, project, tmp_path / "copy", "zoe"))
    theirs = copy.load()
    there = painted(painted(theirs, 0, 9, left[1], "v1@Left_hand@ben"), 5, 9, 0, "v1")
    there = add_class(there, "new", tier="Left_hand")
    new = there.classes_of(TrackKey("Left_hand")).ids[-1]
    there = painted(there, 10, 12, new, "v1@Left_hand@ben")
    copy.save(there, theirs)
    found = annotator_plan(copy.root, project, "zoe")
    # Here v2 is a copy of the film of v1.
    ids = {video.track_id for video in found.videos}
    assert ids == {"v1", "v1@Left_hand@ben", "v2"}
    after = found.apply(project)
    lane = after.track("v1@Left_hand@ben").lanes[annotator_lane("zoe")]
    assert after.classes_of("v1@Left_hand").names[-1] == "new"
    assert [after.name_of(s.class_id) for s in lane.segments[:3]] == ["a", "", "new"]
    assert lane.at(3).class_id == left[1]
    with_lane = [v.id for v in after.tracks_of("v1") if v.annotators]
    assert with_lane == ["v1", "v1@Left_hand@ben"]


# -- two people who edit tiers and videos at once -------------------------------------


def test_tiers_of_two_people_are_both_there(made: Made) -> None:
    folder, project = made
    folder.save(project)
    other = ProjectFolder(folder.root)
    theirs = other.load()
    ours = add_tier(project, "Left hand")
    folder.save(ours, project)
    right = other.edited(theirs, lambda p: add_tier(p, "Right hand"))
    saved = other.save(right, theirs).project
    for there in (saved, ProjectFolder(folder.root).load()):
        assert {t.id for t in there.tiers} == {"", "Left_hand", "Right_hand"}
        assert {v.tier for v in there.tracks_of("v1")} == {t.id for t in there.tiers}
        assert all(there.classes_of(tier).names for tier in there.tiers)


def test_a_class_of_another_tier_labels_no_track(made: Made) -> None:
    project = with_tracks(made[1])
    left = project.classes_of(TrackKey("Left_hand")).ids[0]
    with pytest.raises(EditError, match="is a class of the tier Left hand"):
        painted(project, 0, 5, left, "v1")


def test_a_person_of_a_former_name_has_a_file_of_its_own(made: Made) -> None:
    project = with_tracks(made[1])
    project = name_person(project, "v1@@ben", "bob")
    project = add_person(project, "v1", "ben")
    assert len(set(project.track_ids)) == len(project.track_ids)
    assert [v.person for v in project.tracks_of("v1") if not v.tier] == [
        *("anna", "bob"),
        "ben",
    ]


def test_the_scene_has_no_person(made: Made) -> None:
    project = with_tracks(made[1])
    for edit in (remove_person, lambda p, i: name_person(p, i, "zoe")):
        with pytest.raises(EditError, match="of the scene"):
            edit(project, "v1@Room")


def test_what_is_undecided_or_missing_keeps_a_tier(made: Made) -> None:
    project = with_tracks(made[1])
    room = project.track("v2@Room")
    undecided = make_undecided(room.annotation, 0, 5)
    for used in (
        room.with_lane("annotation", undecided),
        replace(room, missing=frozenset({"annotation"})),
        replace(room, locked="anna"),
    ):
        with pytest.raises(EditError, match="has labels in v2"):
            remove_tier(project.with_tracks(used), "Room")


def test_names_that_are_too_long_for_a_file_are_refused(made: Made) -> None:
    with pytest.raises(EditError, match="too long"):
        add_person(with_tracks(add_tier(made[1], "t" * 99)), "v1", "p" * 100)
    with pytest.raises(EditError, match="too long"):
        add_tier(add_video(made[1], item("v" * 150)), "t" * 90)


def test_two_people_label_two_tracks_of_a_video_at_once(made: Made) -> None:
    folder, project = made
    first = with_tracks(project)
    folder.save(first, project)
    other = ProjectFolder(folder.root)
    mine, theirs = folder.load(), other.load()
    for n in range(5):
        before, after = mine, painted(mine, 9 * n, 9 * n + 5, n % 3)
        mine = folder.save(after, before).project
        before, after = theirs, painted(theirs, 9 * n, 9 * n + 7, n % 3, "v1@@ben")
        theirs = other.save(after, before).project
    there = ProjectFolder(folder.root).load()
    assert there.track("v1").annotation == mine.track("v1").annotation
    assert there.track("v1@@ben").annotation == theirs.track("v1@@ben").annotation
    assert not list(folder.root.rglob("*.conflict-*"))


def test_progress_counts_videos_and_not_their_tracks() -> None:
    project = new_project("p", label_map_from_names("ab"))
    for name in ("v1", "v2"):
        project = add_video(project, item(name))
    project = add_tier(project, "Hands")
    assert (project.totals.videos, project.totals.required) == (2, 4)
    first, second = project.tracks_of("v1")
    project = painted(project, 0, N, project.classes.ids[0], first.id)
    assert (project.totals.videos_done, project.totals.done) == (0, 1)
    project = painted(project, 0, N, project.classes_of(second).ids[0], second.id)
    assert (project.totals.videos_done, project.totals.done) == (1, 2)
    assert project.totals.labelled == 1
    assert project.totals == Totals.of(project.tracks)
