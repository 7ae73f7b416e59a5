"""Where a change is to be seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from app.services.labelling.undo_redo import EditPlace, place_of
from app.state.change import Change
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.edits import move_boundary, paint, relabel, split
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.poses.corrections import Interpolation, PlacedKeypoint
from skelseg_core.poses.sequence import SubjectPick
from skelseg_core.project.parts import changed_parts
from skelseg_core.project.project import ANNOTATION, Project, new_project
from skelseg_core.project.project_edits import edit_lane
from skelseg_core.project.videos_and_tracks import Track
from tests.projects import changed
from tests.seen import review

LABELS = Segmentation.from_frames([0] * 20 + [1] * 20 + [2] * 20, "model")
Edit = Callable[[Segmentation], Segmentation]


def change_of(before: Project, after: Project) -> Change:
    return Change(before, after, changed_parts(before, after))


def made() -> Project:
    project = new_project("kitchen", label_map_from_names(["a", "b", "c"]))
    items = tuple(
        Track.of_film(i, i, "", 60, 8, 8, 10.0, {ANNOTATION: LABELS}) for i in "xy"
    )
    return replace(project, tracks=items)


@pytest.mark.parametrize(
    ("edit", "place"),
    [
        (lambda s: move_boundary(s, 0, 25), EditPlace("y", 20, 26, 25)),
        (lambda s: relabel(s, 1, 0), EditPlace("y", 20, 40)),
        (lambda s: paint(s, 5, 9, 2), EditPlace("y", 5, 10)),
        (lambda s: split(s, 50), EditPlace("y", 50, 51, 50)),
        (lambda s: review(s, 1), EditPlace("y", 20, 40, 20)),
        (lambda s: review(s, 0), EditPlace("y", 0, 20)),
        (lambda s: move_boundary(s, 1, 40), EditPlace("y", 40, 60, 40)),
    ],
)
def test_an_edit_is_seen_in_the_frames_that_it_changed(
    edit: Edit, place: EditPlace
) -> None:
    before = made()
    assert place_of(change_of(before, edit_lane(before, "y", edit))) == place


def test_what_is_of_no_frame_is_seen_in_its_video_or_nowhere() -> None:
    before = made()
    x, y = before.tracks

    def seen(*items: Track) -> EditPlace | None:
        return place_of(change_of(before, replace(before, tracks=items)))

    assert seen(x, changed(y, notes="dark")) == EditPlace("y")
    assert seen(x) is None
    assert place_of(change_of(replace(before, tracks=(x,)), before)) == EditPlace("y")
    said = PlacedKeypoint(30, 0, 0), Interpolation(10, 20, 0, 0)
    assert seen(changed(x, corrections=said), y) == EditPlace("x", 10, 31)
    assert seen(changed(x, picks=(SubjectPick(7, 1.0, 1.0),)), y) == EditPlace(
        "x", 7, 8
    )
    assert seen(changed(x, notes="a"), changed(y, notes="b")) is None


def test_a_correction_among_many_is_not_compared_with_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compared = 0
    equal = PlacedKeypoint.__eq__

    def count(one: PlacedKeypoint, other: object) -> bool:
        nonlocal compared
        compared += 1
        return equal(one, other)

    before = made()
    x, y = before.tracks
    many = tuple(PlacedKeypoint(n % 60, n, 0) for n in range(500))
    x = changed(x, corrections=many)
    before = replace(before, tracks=(x, y))
    fewer = changed(x, corrections=(*many[:7], *many[8:]))
    monkeypatch.setattr(PlacedKeypoint, "__eq__", count)
    place = place_of(change_of(before, replace(before, tracks=(fewer, y))))
    assert place == EditPlace("x", 7, 8)
    assert compared < 10 * len(many)
