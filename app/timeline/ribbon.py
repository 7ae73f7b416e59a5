"""Ribbon: the probability of every class along the timeline, a row of its colour each.

Rows and not stacked areas: a class keeps its place, two that rival each other are seen
side by side, and one that is faint still shows.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from app.timeline.geometry import TimeWindow, pixel_frames
from app.timeline.style import Inks, Style
from skelseg_core.labels.classes import (
    LabelMap,
)
from skelseg_core.labels.prediction import Prediction

_GAP_FROM = 4
"""Rows at least so many device pixels high leave one of them free."""

_LIFT = 0.75
"""Small probabilities are drawn a little stronger than they are."""


class Ribbon:
    """The classes of a prediction that matter, in the order of the label map."""

    def __init__(self, prediction: Prediction) -> None:
        self.prediction = prediction
        self._placed: tuple[LabelMap, np.ndarray, np.ndarray] | None = None
        self._inked: tuple[Inks, np.ndarray] | None = None

    def _rows(self, label_map: LabelMap) -> tuple[np.ndarray, np.ndarray]:
        """Row of the curves, and index in the label map, of each row that is drawn."""
        kept = self._placed
        if kept is None or kept[0] is not label_map:
            curves = self.prediction.curves
            ids = np.asarray(self.prediction.class_ids)[curves.channels]
            classes = label_map.to_indices(ids)
            order = np.argsort(classes, kind="stable")
            order = order[classes[order] >= 0]
            kept = self._placed = (label_map, order, classes[order])
        return kept[1], kept[2]

    def names(self, label_map: LabelMap) -> list[str]:
        """The classes that have a row, from the top."""
        return [label_map.classes[n].name for n in self._rows(label_map)[1].tolist()]

    def class_at(self, share: float, label_map: LabelMap) -> int:
        """Index of the class at a height, 0 top to 1 bottom; -1 where there is none."""
        classes = self._rows(label_map)[1]
        if not len(classes):
            return -1
        return int(classes[min(int(share * len(classes)), len(classes) - 1)])

    def paint(
        self,
        painter: QPainter,
        view: TimeWindow,
        top: float,
        height: float,
        label_map: LabelMap,
        inks: Inks,
        style: Style,
    ) -> None:
        """A row per class, as opaque as the class is probable."""
        ratio = painter.device().devicePixelRatio()
        device, high = view.scaled(ratio), max(1, round(height * ratio))
        rows, classes = self._rows(label_map)
        if not len(rows):
            painter.fillRect(QRectF(0, top, view.width, height), style.well)
            return
        curves = self.prediction.curves
        means = curves.means(*pixel_frames(device))
        colours = self._colours(classes, inks, style)
        pixels = np.full(
            (len(curves.channels) + 1, device.width), style.well.rgb(), np.uint32
        )
        for row, colour in zip(rows.tolist(), colours, strict=True):
            np.take(colour, means[row], out=pixels[row], mode="clip")
        image = pixels[np.append(rows, -1)[_lines(len(rows), high)]]
        shown = QImage(
            image.data, device.width, high, 4 * device.width, QImage.Format.Format_RGB32
        )
        place = QRectF(0, top, device.width / ratio, high / ratio)
        painter.drawImage(place, shown)

    def _colours(self, classes: np.ndarray, inks: Inks, style: Style) -> np.ndarray:
        """Colour of each row at each probability, (R, 256)."""
        kept = self._inked
        if kept is None or kept[0] is not inks or len(kept[1]) != len(classes):
            share = (np.arange(256) / 255.0) ** _LIFT
            well = _parts(np.array([style.well.rgb()], np.uint32))
            solid = _parts(inks.solid[classes])
            mixed = well + (solid[:, None] - well) * share[None, :, None]
            whole = np.rint(mixed).astype(np.uint32)
            table = whole[..., 0] << 16 | whole[..., 1] << 8 | whole[..., 2]
            kept = self._inked = (inks, table | np.uint32(0xFF000000))
        return kept[1]


def _parts(colours: np.ndarray) -> np.ndarray:
    """Red, green and blue of colours (R,), as (R, 3)."""
    return np.stack([colours >> shift & 0xFF for shift in (16, 8, 0)], axis=1) * 1.0


def _lines(rows: int, high: int) -> np.ndarray:
    """Which row each device line shows, (high,); ``rows`` is the free line."""
    edges = np.arange(rows + 1) * high // rows
    lines = np.repeat(np.arange(rows), np.diff(edges))
    if high // rows >= _GAP_FROM:
        lines[edges[1:-1] - 1] = rows
    return lines
