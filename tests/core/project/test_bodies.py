"""Which figure a person is: the same in whatever order people, tiers and picks come."""

from __future__ import annotations

from contextlib import suppress
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skelseg_core.doctor.bodies import shared_bodies
from skelseg_core.errors import EditError, ProjectError
from skelseg_core.formats.poses_npz import save_poses
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.poses.sequence import PoseSequence, SubjectPick
from skelseg_core.project.bodies import check_body, is_body_known, people_without_body
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.folder_reading import FolderReader
from skelseg_core.project.parts import changed_parts, with_parts
from skelseg_core.project.project import Project, new_project
from skelseg_core.project.project_edits import add_video, drop_pick, pick_subject
from skelseg_core.project.track_edits import (
    add_people,
    add_person,
    add_tier,
    name_person,
)
from tests.projects import N, item

PICKS = {"anna": SubjectPick(0, 80.0, 60.0), "ben": SubjectPick(3, 230.0, 60.0)}
ACTS = ("person", "hands", "scene", "anna", "ben")


def after(project: Project, act: str) -> Project:
    if act == "person":
        return add_person(project, "one", "ben")
    if act in ("hands", "scene"):
        of = "scene" if act == "scene" else "person"
        return add_tier(project, act.title(), of)
    track = next(t for t in project.tracks_of("one") if t.person == act)
    return pick_subject(project, track.id, PICKS[act])


@pytest.fixture
def anna() -> Project:
    project = add_video(new_project("p", label_map_from_names("ab")), item("one"))
    return name_person(project, "one", "anna")


@pytest.mark.parametrize(
    "acts", [o for o in permutations(ACTS) if o.index("person") < o.index("ben")]
)
def test_all_tracks_of_a_person_have_the_figure_of_that_person(
    anna: Project, acts: tuple[str, ...]
) -> None:
    project = anna
    for act in acts:
        project = after(project, act)
        both = {"anna", "ben"} <= {t.person for t in project.tracks_of("one")}
        for track in project.tracks_of("one"):
            if track.person:
                chosen = track.person in acts[: acts.index(act) + 1]
                assert track.picks == ((PICKS[track.person],) if chosen else ())
                assert is_body_known(project, track) == (chosen or not both)
            else:
                assert is_body_known(project, track)
    assert not people_without_body(project, project.tracks)


def test_who_has_no_figure_is_refused_by_name(anna: Project) -> None:
    check_body(anna, anna.track("one"))
    project = after(after(anna, "hands"), "person")
    with pytest.raises(ProjectError, match="which figure in one is ben; open the"):
        check_body(project, project.tracks_of("one")[-1])
    assert people_without_body(project, project.tracks) == ["one: anna", "one: ben"]


def test_two_people_who_are_one_figure_are_told(anna: Project, tmp_path: Path) -> None:
    folder = ProjectFolder(tmp_path)
    keypoints = np.zeros((N, 2, 17, 2))
    keypoints[:, 0], keypoints[:, 1] = (
        (PICKS["anna"].x, PICKS["anna"].y),
        (PICKS["ben"].x, PICKS["ben"].y),
    )
    keypoints += np.arange(17)[:, None]  # a body has a size
    poses = PoseSequence(keypoints, np.ones((N, 2, 17)), "coco17", (320, 240), "test")
    save_poses(folder.poses_path("one"), poses)
    project = add_person(after(after(anna, "hands"), "anna"), "one", "ben")
    ben = next(t for t in project.tracks if t.person == "ben")
    apart = pick_subject(
        project, ben.id, SubjectPick(0, PICKS["ben"].x, PICKS["ben"].y)
    )
    assert not list(shared_bodies(folder, apart))
    one = pick_subject(project, ben.id, PICKS["anna"])
    (found,) = shared_bodies(folder, one)
    assert f"one: anna and ben are the same figure in {N} frames" in found.text
    assert found.to_json()["person"] == "ben"


# -- any order, with undo -------------------------------------------------------------

FILMS, NAMES, FIGURES = ("one", "two"), ("anna", "ben", "cleo"), (0, 3, 7)
EDITS = st.tuples(
    st.sampled_from(
        ("tier", "scene", "person", "name", "pick", "drop", "film", "undo")
    ),
    st.sampled_from(FILMS),
    st.sampled_from(NAMES),
    st.sampled_from(FIGURES),
)


def edited(project: Project, what: str, film: str, name: str, frame: int) -> Project:
    """Make one edit as the command line, an import and the window do."""
    if what in ("tier", "scene"):
        return add_tier(
            project, f"{what} {name}", "scene" if what == "scene" else "person"
        )
    if what == "film":
        return add_video(project, item(film))
    tracks = [t for t in project.tracks_of(film) if project.tier(t.tier).of == "person"]
    if what == "person":
        return add_people(project, {film: (name,)})
    track = next((t for t in tracks if t.person == name), tracks[0] if tracks else None)
    if track is None:
        return project
    if what == "name":
        return name_person(project, track.id, name)
    if what == "drop":
        return drop_pick(project, track.id, frame)
    at = 10.0 * (1 + NAMES.index(name)) + FILMS.index(film)
    return pick_subject(project, track.id, SubjectPick(frame, at, float(frame)))


@settings(max_examples=150, deadline=None)
@given(st.lists(EDITS, min_size=8, max_size=14))
def test_a_person_has_one_figure_in_all_tiers_whatever_came_first(
    acts: list[tuple[str, str, str, int]],
) -> None:
    project = add_video(new_project("p", label_map_from_names("ab")), item("one"))
    steps: list[tuple[Project, Project]] = []
    folder = FolderReader(Path("nowhere"))
    for what, *more in acts:
        before = project
        if what == "undo" and steps:
            was, after = steps.pop()
            parts = changed_parts(was, after)
            project = with_parts(after, {k: c.old for k, c in parts.items()}, folder)
            assert [t.picks for t in project.tracks] == [t.picks for t in was.tracks]
        elif what != "undo":
            with suppress(EditError, ProjectError):
                project = edited(project, what, *more)  # type: ignore[arg-type]
        if project is not before and what != "undo":
            steps.append((before, project))
        scenes = {tier.id for tier in project.tiers if tier.of == "scene"}
        for video in project.videos:
            own = [t for t in project.tracks_of(video.id) if t.tier not in scenes]
            people = dict.fromkeys(t.person for t in own)
            assert set(video.bodies) <= set(people)
            for track in own:
                # All tiers of a person have one figure, and nobody has one unsaid.
                assert track.picks == video.bodies.get(track.person, ())
                known = bool(track.picks) or len(people) == 1
                assert is_body_known(project, track) == known
                named = f"{video.title}: {track.person or '?'}"
                assert (named in people_without_body(project, own)) != known
