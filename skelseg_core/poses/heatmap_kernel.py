"""Gaussian points and lines on small grids, computed only near their centres.

Everything is cut off at 3 sigma, and nothing further away is computed:

* a *blob* fills the box of pixels from ``int(x - 3 sigma)`` to ``int(x + 3 sigma)``;
* a *line* fills the pixels at most 3 sigma from it.

Array arithmetic draws many at once. A line is followed along its longer axis, in tiles
of a few pixels; across, at most ``6 sqrt(2) sigma`` pixels are within reach. Every step
works on one column of all tiles, which stays in the processor's cache.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

_TILE = 4  # pixels along a line computed together


class HeatmapCanvas:
    """Maps on which blobs and lines are drawn.

    Parameters
    ----------
    n_maps : int
        Number of maps.
    size : tuple of int
        Height and width of each in px.
    sigma_px : float
        Spread of blobs and lines.
    combine : numpy.ufunc
        Combines two values of a pixel: ``np.add`` or ``np.maximum``.
    """

    def __init__(
        self, n_maps: int, size: tuple[int, int], sigma_px: float, combine: np.ufunc
    ) -> None:
        self._size = size
        self._reach = np.float32(3 * sigma_px)
        self._scale = np.float32(-0.5 / sigma_px**2)
        self._across = int(2 * math.sqrt(2) * self._reach) + 1
        # The margin holds all parts of drawings that begin on the grid.
        self._margin = self._across + 2
        height, width = size[0] + 2 * self._margin, size[1] + 2 * self._margin
        self._pitch = width
        self._array = np.zeros((n_maps, height, width), np.float32)
        self._flat = self._array.reshape(-1)
        self._combine = combine

    @property
    def maps(self) -> np.ndarray:
        """Maps drawn so far, (n_maps, H, W); a view."""
        inner = slice(self._margin, -self._margin)
        return self._array[:, inner, inner]

    def clear(self) -> None:
        """Make all maps empty."""
        self._array.fill(0)

    def blobs(self, maps: np.ndarray, at: np.ndarray, heights: np.ndarray) -> None:
        """Draw a Gaussian around each point.

        Parameters
        ----------
        maps : ndarray of int, shape (S,)
            Map of each point.
        at : ndarray of float32, shape (S, 2)
            x and y in px of the grid; finite.
        heights : ndarray of float32, shape (S,)
            Value at the point.
        """
        x, y = at[:, 0], at[:, 1]
        height, width = self._size
        before, after = -self._reach - 1, self._reach
        near = (x > before) & (x < width + after) & (y > before) & (y < height + after)
        if not near.all():
            maps, at, heights = maps[near], at[near], heights[near]
        points = np.ascontiguousarray(at.T)
        first = np.trunc(points - self._reach)
        last = np.trunc(points + self._reach) - first
        steps = np.arange(int(2 * self._reach) + 2)
        column = steps.astype(np.float32)[:, None, None]
        factors = column - (points - first)
        factors *= factors
        factors *= self._scale
        np.exp(factors, out=factors)
        factors *= column <= last
        across, down = factors[:, 0], factors[:, 1] * heights
        start = self._index(maps, first[0].astype(np.intp), first[1].astype(np.intp))
        offsets = steps[:, None, None] * self._pitch + steps[:, None]
        self._put(start + offsets, down[:, None] * across)

    def lines(
        self, maps: np.ndarray, a: np.ndarray, b: np.ndarray, heights: np.ndarray
    ) -> None:
        """Draw a Gaussian of the distance to each line.

        Parameters
        ----------
        maps : ndarray of int, shape (S,)
            Map of each line.
        a, b : ndarray of float32, shape (S, 2)
            x and y of the ends in px of the grid; finite, and not the same.
        heights : ndarray of float32, shape (S,)
            Value on the line.
        """
        tiles = _tiles(a, b, self._size, float(self._reach))
        steps = np.arange(_TILE)[:, None]
        along_step = steps.astype(np.float32)
        cosine = np.abs(tiles.cosine)
        # For every row (_TILE, tiles): position of the line's middle and of the first
        # pixel within reach. Pixels outside the grid go to the margin.
        middle = tiles.offset + along_step * tiles.slope
        first = np.ceil(middle - self._reach / cosine)
        low = np.float32(-self._across) - tiles.column
        np.maximum(first, low, out=first)
        np.minimum(first, low + (self._across + tiles.width), out=first)
        along = along_step * tiles.cosine + first * tiles.sine
        before, after = tiles.before - along, tiles.after + along
        across = (first - middle) * cosine
        pitch = self._pitch
        ahead, step = np.where(tiles.steep, [[pitch], [1]], [[1], [pitch]])
        origin = self._index(maps[tiles.line], 0, 0)
        origin += tiles.row * ahead + tiles.column.astype(np.intp) * step
        index = first.astype(np.intp)
        index *= step
        index += steps * ahead
        index += origin
        self._columns(
            (before, after, across, index),
            (-tiles.sine, tiles.sine, cosine, step),
            heights[tiles.line],
        )

    def _columns(
        self,
        state: tuple[np.ndarray, ...],
        steps: tuple[np.ndarray, ...],
        heights: np.ndarray,
    ) -> None:
        """Draw column by column, by the distances ``across``, ``before``, ``after``."""
        before, after, across, index = state
        reach_squared = self._reach * self._reach
        beyond, squared = np.empty_like(before), np.empty_like(before)
        nothing = np.zeros_like(before)  # an array is faster than a number
        for column in range(self._across):
            if column:
                for values, step in zip(state, steps, strict=True):
                    values += step
            np.maximum(before, after, out=beyond)
            np.maximum(beyond, nothing, out=beyond)
            beyond *= beyond
            np.multiply(across, across, out=squared)
            squared += beyond
            seen = squared <= reach_squared
            squared *= self._scale
            np.exp(squared, out=squared)
            squared *= heights
            squared *= seen
            self._put(index, squared)

    def _index(
        self, maps: np.ndarray, x: np.ndarray | int, y: np.ndarray | int
    ) -> np.ndarray:
        height = self._array.shape[1]
        rows = maps * height + (y + self._margin)
        return np.asarray(rows * self._pitch + (x + self._margin))

    def _put(self, index: np.ndarray, values: np.ndarray) -> None:
        # Pixels out of reach are 0, which changes neither a sum nor a maximum.
        self._combine.at(self._flat, index.reshape(-1), values.reshape(-1))


class _Tiles(NamedTuple):
    """Pieces of lines, `_TILE` px along the longer axis each; arrays (tiles,).

    The longer axis is y where ``steep``, else x. A tile's origin is the pixel
    (``row`` along, ``column`` across) next to the line's middle, from which ``offset``,
    ``before`` the start and ``after`` the end of the line are measured; the grid is
    ``width`` px wide across.
    """

    line: np.ndarray
    steep: np.ndarray
    row: np.ndarray
    width: np.ndarray
    column: np.ndarray
    offset: np.ndarray
    slope: np.ndarray
    cosine: np.ndarray
    sine: np.ndarray
    before: np.ndarray
    after: np.ndarray


def _tiles(a: np.ndarray, b: np.ndarray, size: tuple[int, int], reach: float) -> _Tiles:
    # Float64 for values that grow with the grid; the rest is small, exact in float32.
    (x0, y0), (x1, y1) = (np.array(end.T, np.float64, order="C") for end in (a, b))
    steep = np.abs(y1 - y0) > np.abs(x1 - x0)
    p0, p1 = np.where(steep, y0, x0), np.where(steep, y1, x1)
    q0, q1 = np.where(steep, x0, y0), np.where(steep, x1, y1)
    rows, width = np.where(steep, size[0], size[1]), np.where(steep, size[1], size[0])
    start = np.maximum(np.trunc(np.minimum(p0, p1) - reach), 0)
    stop = np.minimum(np.trunc(np.maximum(p0, p1) + reach) + 1, rows)
    counts = np.maximum(np.ceil((stop - start) / _TILE), 0).astype(np.intp)
    line = np.repeat(np.arange(len(a)), counts)
    nth = np.arange(len(line)) - (counts.cumsum() - counts)[line]
    dp, dq = p1 - p0, q1 - q0
    length = np.sqrt(dp * dp + dq * dq)
    slope = (dq / dp)[line]
    cosine, sine = (dp / length)[line], (dq / length)[line]
    row = start[line] + _TILE * nth
    gone = row - p0[line]
    middle = q0[line] + gone * slope
    column = np.floor(middle)
    along = gone * cosine + (column - q0[line]) * sine
    small = (
        width[line],
        column,
        middle - column,
        slope,
        cosine,
        sine,
        -along,
        along - length[line],
    )
    return _Tiles(
        line,
        steep[line],
        row.astype(np.intp),
        *(values.astype(np.float32) for values in small),
    )
