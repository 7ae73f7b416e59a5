"""The probability lane: a row per class of a model, as opaque as it is probable.

Rows instead of stacked areas: a class keeps its place, two rival classes are seen side
by side, and a faint one is still visible.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from app.kit.commands import Command
from app.kit.label_style import ClassColors, Style
from app.kit.language import tr
from app.timeline.geometry import pixel_frames
from app.timeline.lane import Lane, ModelLane, TipPoint
from app.timeline.lane_place import LanePlace

if TYPE_CHECKING:
    from app.timeline.video_data import VideoData

_GAP_FROM = 4
"""Height in device pixels from which a row keeps one of them free."""

_LIFT = 0.75
"""Exponent that draws small probabilities a little stronger than they are."""


class ProbabilityLane(ModelLane):
    """The relevant classes of a prediction, in the order of the label map."""

    kind = "probability"
    usual_px, least_px = 48, 20
    shown_at_first = False
    attached = minor = scrolls = True
    commands = (
        Command("lane-probability", "Class probabilities", args=("probability",)),
    )

    @classmethod
    def of(cls, video: VideoData) -> Sequence[Lane]:
        return [cls(name) for name in video.read_models]

    @property
    def title(self) -> str:
        return tr("Classes")

    @property
    def menu_text(self) -> str:
        return tr("Class probabilities of {}").format(self.name)

    def subtitle(self, video: VideoData) -> str:
        in_use = tr("{} in use").format(len(self.line_names(video)))
        return super().subtitle(video) or in_use

    def line_names(self, video: VideoData) -> list[str]:
        classes = self._rows(video)[1]
        return [video.label_map.classes[n].name for n in classes.tolist()]

    def tip(self, at: TipPoint, video: VideoData) -> str:
        """Name the class under the pointer and the most probable ones."""
        prediction, label_map = video.prediction(self.source), video.label_map
        values = prediction.probabilities[at.frame]
        ids = [int(i) for i in prediction.class_ids]
        classes = self._rows(video)[1]
        under = min(int(at.share * len(classes)), len(classes) - 1)
        chosen = label_map.classes[int(classes[under])].id if under >= 0 else None
        best = [ids[i] for i in np.argsort(-values, kind="stable")[:3]]
        if chosen is not None and chosen not in best:
            best.append(chosen)
        lines = []
        for class_id in best:
            name = escape(label_map.name_of(class_id))
            text = f"{name} {float(values[ids.index(class_id)]):.2f}"
            lines.append(f"<b>{text}</b>" if class_id == chosen else text)
        head = tr("Frame {}").format(f"{at.frame:,}")
        return f"<p style='white-space:pre'>{head}<br>{'<br>'.join(lines)}</p>"

    def paint(self, place: LanePlace, video: VideoData) -> None:
        """Paint a row per class, as opaque as the class is probable."""
        style, device, high = place.style, place.device, place.lines()
        rows, classes = self._rows(video)
        if not len(rows):
            place.painter.fillRect(place.area, style.well)
            return
        curves = video.prediction(self.source).curves
        means = curves.means(*pixel_frames(device))
        class_colors = video.class_colors(style)
        colours = video.derived(
            f"{self.key} colours",
            (class_colors, classes),
            lambda: _table(classes, class_colors, style),
        )
        pixels = np.full(
            (len(curves.channels) + 1, device.width), style.well.rgb(), np.uint32
        )
        for row, colour in zip(rows.tolist(), colours, strict=True):
            np.take(colour, means[row], out=pixels[row], mode="clip")
        place.draw(pixels[np.append(rows, -1)[_lines(len(rows), high)]])

    def _rows(self, video: VideoData) -> tuple[np.ndarray, np.ndarray]:
        """Return, for each drawn row, its row in the curves and its class index."""
        prediction, label_map = video.prediction(self.source), video.label_map

        def made() -> tuple[np.ndarray, np.ndarray]:
            ids = np.asarray(prediction.class_ids)[prediction.curves.channels]
            classes = label_map.to_indices(ids)
            order = np.argsort(classes, kind="stable")
            order = order[classes[order] >= 0]
            return order, classes[order]

        return video.derived(f"{self.key} rows", (prediction, label_map), made)


def _table(classes: np.ndarray, class_colors: ClassColors, style: Style) -> np.ndarray:
    """Return the colour of each row at each probability, (R, 256)."""
    share = (np.arange(256) / 255.0) ** _LIFT
    well = _parts(np.array([style.well.rgb()], np.uint32))
    solid = _parts(class_colors.solid[classes])
    mixed = well + (solid[:, None] - well) * share[None, :, None]
    whole = np.rint(mixed).astype(np.uint32)
    table = whole[..., 0] << 16 | whole[..., 1] << 8 | whole[..., 2]
    return np.asarray(table | np.uint32(0xFF000000))


def _parts(colours: np.ndarray) -> np.ndarray:
    """Return red, green and blue of colours (R,), as (R, 3)."""
    return np.stack([colours >> shift & 0xFF for shift in (16, 8, 0)], axis=1) * 1.0


def _lines(rows: int, high: int) -> np.ndarray:
    """Return the row shown by each device line, (high,); ``rows`` is a free line."""
    edges = np.arange(rows + 1) * high // rows
    lines = np.repeat(np.arange(rows), np.diff(edges))
    if high // rows >= _GAP_FROM:
        lines[edges[1:-1] - 1] = rows
    return lines
