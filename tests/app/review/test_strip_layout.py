"""Strips on the wall: none overlaps another, and all lie inside of it."""

from __future__ import annotations

from itertools import pairwise

import pytest
from PySide6.QtCore import QRectF, QSize

from app.views.review.strip_layout import HEIGHTS_PX, LARGE_PX, MOST_STRIPS, lay_out

ROOMS = [QSize(1366, 560), QSize(1560, 720), QSize(2560, 1240), QSize(3840, 2000)]


@pytest.mark.parametrize("room", ROOMS, ids=lambda r: f"{r.width()}x{r.height()}")
@pytest.mark.parametrize("n", [1, 7, 21, 60, 500])
@pytest.mark.parametrize(("pictures", "shape"), [(7, 0.8), (5, 1.78), (6, 0.8)])
def test_all_strips_of_a_page_lie_side_by_side_in_the_room(
    room: QSize, n: int, pictures: int, shape: float
) -> None:
    made = lay_out(room, n, pictures, shape)
    page = QRectF(0, 0, room.width(), room.height())
    rects = [made.rect(i) for i in range(min(n, made.per_page))]
    for place, rect in enumerate(rects):
        assert page.contains(rect)
        cells = made.pictures(place, (1, pictures - 1))
        assert all(rect.contains(cell) for cell in cells)
        assert all(a.right() < b.left() for a, b in pairwise(cells))
        assert made.place_at(rect.center(), n) == place
        # The frame of the selected one is a little larger.
        grown = rect.adjusted(-3, -3, 3, 3)
        assert not any(grown.intersects(r) for r in rects if r != rect)


def test_pictures_are_as_large_as_fit_and_no_smaller_than_can_be_seen() -> None:
    few, many = (lay_out(ROOMS[1], n, 7, 0.8) for n in (3, 5000))
    assert few.picture.height() > many.picture.height()
    assert many.picture.height() == min(HEIGHTS_PX)
    wide = lay_out(ROOMS[3], 5000, 7, 0.8)
    assert wide.per_page >= MOST_STRIPS
    assert wide.picture.height() > min(HEIGHTS_PX)


def test_a_boundary_is_a_gap() -> None:
    made = lay_out(ROOMS[0], 10, 6, 0.8)
    cells = made.pictures(0, (3,))
    gaps = [b.left() - a.right() for a, b in pairwise(cells)]
    assert max(gaps) == gaps[2] > gaps[0]


def test_large_strips_show_ends_however_few_fit() -> None:
    for room in (*ROOMS, QSize(800, 400)):
        made = lay_out(room, 5000, 9, 1.78, large=True)
        assert made.picture.height() >= LARGE_PX
        assert made.strip.width() <= room.width(), "no picture is beyond the edge"
