"""Paint a lane of segments, held as arrays; never one Qt item per segment."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter

from app.kit.label_style import ClassColors
from app.timeline.geometry import make_seen, visible
from app.timeline.lane_place import LanePlace
from app.timeline.segment_box import (
    ABSENT,
    MODEL,
    PERSON,
    UNDECIDED,
    Look,
    foot_px,
    paint_box,
)
from skelseg_core.labels.classes import LabelMap
from skelseg_core.labels.segmentation import Segmentation

SINGLE_PX = 7.0
"""Pixels from which a segment has its own box; narrower ones form one row of pixels."""
SLIVER_PX = 2
"""Least width in pixels of a labelled segment beside a wide one."""
_FAR = (-100.0, 1e5)
"""Pixels beyond which nothing is painted."""
SURE = 0.7
"""Confidence below which a model's segment counts as doubtful."""


@dataclass(frozen=True, eq=False)
class LaneData:
    """A segmentation as arrays of shape (S,), one entry per segment.

    ``classes`` are indices into the label map, -1 unlabelled; ``model`` is True for a
    model's label that no person looked at, ``doubtful`` for those of low confidence;
    ``ticked`` is True for reviewed labels that a person did not make, ``undecided``
    where a person said that nobody can tell the label. ``reviewed`` are the runs of
    segments of which a model said a part: number of the segment, start and stop.
    """

    n_frames: int
    starts: np.ndarray
    classes: np.ndarray
    model: np.ndarray
    doubtful: np.ndarray
    ticked: np.ndarray
    undecided: np.ndarray
    absent: np.ndarray
    reviewed: tuple[tuple[int, int, int], ...] = ()

    @classmethod
    def of(cls, segmentation: Segmentation, label_map: LabelMap) -> LaneData:
        """Make the arrays of a segmentation."""
        segments = segmentation.segments
        model = np.array([s.accepted for s in segments])
        sure = [s.confidence is None or s.confidence >= SURE for s in segments]
        ticked = [s.reviewed and s.source != "human" for s in segments]
        return cls(
            segmentation.n_frames,
            segmentation.starts,
            label_map.to_indices(segmentation.class_ids),
            model,
            model & ~np.array(sure),
            ~model & np.array(ticked),
            np.array([s.undecided for s in segments]),
            np.array([s.absent for s in segments]),
            tuple(
                (n, run.start, run.stop)
                for n, s in enumerate(segments)
                if model[n]
                for run in s.inner
                if not run.accepted
            ),
        )

    def moved(self, moves: Iterable[tuple[int, int]]) -> LaneData:
        """Return the arrays after moving boundaries to frames, given as (index, frame).

        A frame has to lie between the ends of the neighbours. Editing the segmentation
        at every step of a drag would take longer than painting it.
        """
        starts = self.starts.copy()
        for index, frame in moves:
            starts[index + 1] = frame
        return replace(self, starts=starts)

    def share(self, wanted: np.ndarray) -> float:
        """Return the share of frames in the wanted segments (S,), 0..1."""
        lengths = np.diff(self.starts, append=self.n_frames)
        return float(lengths[wanted].sum()) / self.n_frames

    @cached_property
    def said(self) -> np.ndarray:
        """Segments (S,) with a label, or that a person left undecided, as booleans."""
        return np.asarray((self.classes >= 0) | self.undecided)

    @cached_property
    def labelled(self) -> float:
        """Share of frames with a label, or that a person left undecided, 0..1."""
        return self.share(self.said)


def paint_segments(
    place: LanePlace, data: LaneData, class_colors: ClassColors, model: int = MODEL
) -> None:
    """Paint wide segments one by one, and the others as one row of pixels.

    ``model`` is the look of a model's label that no person reviewed.
    """
    painter, view, ratio = place.painter, place.view, place.ratio
    low, high = visible(data.starts, view)
    ends = np.append(data.starts[low : high + 1], data.n_frames)[: high - low + 1]
    pixels = np.round((ends - view.first) / view.frames_per_px * ratio)
    labelled = data.said[low:high]
    _show_slivers(pixels, labelled, ratio)
    wide = np.diff(pixels) >= SINGLE_PX * ratio
    columns = np.arange(place.device.width)
    index = np.searchsorted(pixels[1:-1], columns, side="right")
    make_seen(index, labelled, pixels[:-1].astype(np.int64))
    # Neighbours of one class are parted, too, where there is room for a line.
    joints = np.flatnonzero(np.diff(index)) + 1
    here, before = index[joints], index[joints - 1]
    same = data.classes[low:high][here] == data.classes[low:high][before]
    joints = joints[same & (np.diff(pixels)[here] > SLIVER_PX * ratio)]
    bar = foot_px(place.height)
    foot = replace(place, top=place.bottom - bar, height=bar)
    bare = wide[index]
    bare[joints] = True
    for part, table in ((place, class_colors.fill), (foot, class_colors.solid)):
        row = segment_colours(data, low + index, class_colors, table)
        row[bare] = place.style.well.rgb()
        part.draw(row)
    # Far outside of the screen Qt's fixed-point rasteriser fails.
    xs = np.clip(pixels / ratio, -100.0, view.width + 100.0)
    origin = np.where(data.model, model, PERSON)
    origin[data.undecided] = UNDECIDED
    origin[data.absent] = ABSENT
    looks = (a[low:high][wide].tolist() for a in (data.classes, origin, data.ticked))
    edges = xs[:-1][wide].tolist(), xs[1:][wide].tolist()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for left, right, *look in zip(*edges, *looks, strict=True):
        paint_box(place, _box(place, left, right), Look(*look), class_colors)
    shown = (bisect_left(data.reviewed, (n,)) for n in (low, high))
    for n, start, stop in data.reviewed[slice(*shown)]:
        if wide[n - low]:
            left, right = xs[n - low : n - low + 2].tolist()
            box = _box(place, left, right)
            persons = Look(int(data.classes[n]), PERSON, False)
            _paint_part(place, box, persons, (start, stop), class_colors)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def _box(place: LanePlace, left: float, right: float) -> QRectF:
    """Return the box of a segment; what stays free at its right parts neighbours."""
    gap = 2.0 if right - left >= 2 * SINGLE_PX else 1.0
    return QRectF(left, place.top, right - left - gap, place.height)


def _paint_part(
    place: LanePlace,
    box: QRectF,
    look: Look,
    frames: tuple[int, int],
    class_colors: ClassColors,
) -> None:
    """Paint a box with another look, as far as it lies over some frames."""
    view = place.view
    edges = np.clip([(f - view.first) / view.frames_per_px for f in frames], *_FAR)
    left, right = edges.tolist()
    place.painter.save()
    place.painter.setClipRect(
        QRectF(left, place.top, right - left, place.height),
        Qt.ClipOperation.IntersectClip,
    )
    paint_box(place, box, look, class_colors)
    place.painter.restore()


def _show_slivers(pixels: np.ndarray, labelled: np.ndarray, ratio: float) -> None:
    """Widen labelled segments that are too narrow to see, by room of wide neighbours.

    ``pixels`` (S + 1,) are where the segments begin and end; they are changed.
    """
    least, enough = round(SLIVER_PX * ratio), (SINGLE_PX + 2 * SLIVER_PX) * ratio
    widths = np.diff(pixels)
    wanted = np.where(labelled, np.maximum(least - widths, 0), 0)
    wide = widths >= enough
    after = np.append(wide[1:], False)
    before = np.append(False, wide[:-1]) & ~after
    # The room comes from the next segment if it is wide; edges between two narrow ones
    # stay.
    pixels[1:] += np.where(after, wanted, 0)
    pixels[:-1] -= np.where(before, wanted, 0)


def segment_colours(
    data: LaneData,
    which: np.ndarray | slice,
    class_colors: ClassColors,
    table: np.ndarray,
) -> np.ndarray:
    """Return the colours 0xAARRGGBB of segments.

    ``table`` has the colours of labels that a person made or reviewed.
    """
    classes = data.classes[which]
    light, solid = class_colors.light[classes], table[classes]
    band = np.where(data.undecided[which], class_colors.band.rgb(), solid)
    return np.where(data.model[which], light, band).astype(np.uint32)
