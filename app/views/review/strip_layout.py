"""Lay strips out on the wall: how large they are, and where each one is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize

from app.services.labelling.on_screen import LARGE_PX

HEIGHTS_PX = range(160, 40, -4)
"""Heights of a picture to choose from: the largest at which a page is full."""
MOST_STRIPS = 60
"""Strips that a page should hold before its pictures become as small as they may."""
GAP_PX, CUT_PX = 2, 8
"""Pixels between two pictures, and more at all boundaries of a strip together."""
PAD_PX, APART_PX = 6, 8
"""Pixels around the pictures of a strip, and between two strips."""
STRIPE_PX, WORDS_PX = 4, 18
"""Heights of the stripe of class colours and of the line of words below it."""


@dataclass(frozen=True)
class StripLayout:
    """Places of strips in columns; all are of one size.

    Parameters
    ----------
    picture : QSize
        Size of one picture.
    strip : QSize
        Size of a strip, words included.
    columns, rows : int
        How many of them fit.
    apart_x : float
        Pixels from one column to the next.
    n_pictures : int
        Pictures of a strip.
    """

    picture: QSize
    strip: QSize
    columns: int
    rows: int
    apart_x: float
    n_pictures: int

    @property
    def per_page(self) -> int:
        """Number of strips that fit."""
        return self.columns * self.rows

    def rect(self, place: int) -> QRectF:
        """Return the rectangle of the strip at a place of the page."""
        row, column = divmod(place, self.columns)
        x = APART_PX + column * self.apart_x
        y = APART_PX + row * (self.strip.height() + APART_PX)
        return QRectF(x, y, self.strip.width(), self.strip.height())

    def pictures(self, place: int, cuts: Sequence[int]) -> list[QRectF]:
        """Return the rectangles of a strip's pictures.

        ``cuts`` are the pictures before which there is a boundary.
        """
        strip, wide = self.rect(place), self.picture.width()
        x = strip.left() + PAD_PX
        found = []
        for i in range(self.n_pictures):
            x += CUT_PX / len(cuts) if i in cuts else 0.0
            top, height = strip.top() + PAD_PX, self.picture.height()
            found.append(QRectF(x, top, wide, height))
            x += wide + GAP_PX
        return found

    def place_at(self, point: QPointF, n: int) -> int | None:
        """Return the place of the strip under a point, of ``n`` on the page."""
        return next((i for i in range(n) if self.rect(i).contains(point)), None)


def lay_out(
    room: QSize, n_strips: int, n_pictures: int, shape: float, large: bool = False
) -> StripLayout:
    """Choose the largest pictures at which all strips fit, or `MOST_STRIPS` of them.

    Parameters
    ----------
    room : QSize
        Of the wall.
    n_strips : int
        On all pages together.
    n_pictures : int
        Of one strip.
    shape : float
        Width of a picture divided by its height.
    large : bool
        Whether ends are to be judged, however few strips fit then.
    """
    heights = [px for px in HEIGHTS_PX if not large or px >= LARGE_PX]
    wanted = min(max(n_strips, 1), MOST_STRIPS)
    for n in range(n_pictures, 3, -1):
        tried = [_of_height(room, px, n, shape) for px in heights]
        fits = [t for t in tried if t.strip.width() + 2 * APART_PX <= room.width()]
        if fits:
            return next((t for t in fits if t.per_page >= wanted), fits[-1])
    return tried[-1]


def _of_height(room: QSize, height: int, n: int, shape: float) -> StripLayout:
    wide = max(16, round(height * shape))
    strip = QSize(
        n * wide + (n - 1) * GAP_PX + CUT_PX + 2 * PAD_PX,
        height + STRIPE_PX + GAP_PX + WORDS_PX + PAD_PX + GAP_PX,
    )
    inner = room.width() - APART_PX
    columns = max(1, inner // (strip.width() + APART_PX))
    rows = max(1, (room.height() - APART_PX) // (strip.height() + APART_PX))
    spare = max(0, inner - columns * (strip.width() + APART_PX))
    # What is left over goes to the words, so that both sides are even.
    strip.setWidth(strip.width() + spare // columns)
    apart_x = float(strip.width() + APART_PX)
    return StripLayout(QSize(wide, height), strip, columns, rows, apart_x, n)
