"""Which figure a person is: the same in whatever order people, tiers and picks come."""

from __future__ import annotations

from itertools import permutations

import pytest

from skelseg_core.errors import ProjectError
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.poses.sequence import SubjectPick
from skelseg_core.project.bodies import check_body, is_body_known, people_without_body
from skelseg_core.project.project import Project, add_video, new_project, pick_subject
from skelseg_core.project.track_edits import add_person, add_tier, name_person
from tests.projects import item

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
