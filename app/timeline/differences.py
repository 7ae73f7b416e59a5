"""Differences of two lanes: which frames are compared; large ones in a thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PySide6.QtCore import QObject, Qt, Signal

from app.kit.language import tr
from app.kit.threads import Queue, wait_until
from app.timeline.video_data import LaneReader
from skelseg_core.labels.agreed_prelabels import gone_through
from skelseg_core.labels.comparison import (
    Difference,
    Figures,
    compared_frames,
    figures_of,
    find_differences,
)
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.project.videos_and_tracks import model_of_lane

if TYPE_CHECKING:
    from pathlib import Path

    from app.playback.player import VideoInfo
    from app.timeline.video_data import VideoData

LARGE = 100_000
"""Segments of one lane times those of the other from which a thread compares them; as
many take some 10 ms."""
"""Instead of the name of a lane: the annotation as the project was opened."""


@dataclass(frozen=True, eq=False)
class Compared:
    """Differences of two lanes, and figures; None with the reason in ``why_not``."""

    differences: tuple[Difference, ...]
    figures: Figures | None = None
    why_not: str = ""

    @cached_property
    def frames(self) -> np.ndarray:
        """Frames to go to, one for each difference, sorted, (N,)."""
        return np.unique(np.array([d.frame for d in self.differences], np.int64))


@dataclass(frozen=True, eq=False)
class Sides:
    """Two segmentations, and which frames of them are compared.

    ``fixed`` are frames, bool (T,), around which one of them was decoded. There is no
    score where ``why_not`` says why.
    """

    first: Segmentation
    second: Segmentation
    fixed: np.ndarray | None = None
    why_not: str = ""

    @property
    def is_large(self) -> bool:
        """True if comparing takes too long for the window to wait."""
        return len(self.first) * len(self.second) > LARGE

    @property
    def has_fixed(self) -> bool:
        """True if one of the two was decoded around a person's labels."""
        return self.fixed is not None and bool(self.fixed.any())

    def same_as(self, other: Sides) -> bool:
        """Return True if both are the same lanes, compared in the same way."""
        mine = (self.first, self.second, self.fixed)
        theirs = (other.first, other.second, other.fixed)
        same = all(a is b for a, b in zip(mine, theirs, strict=True))
        return same and self.why_not == other.why_not

    def compare(self) -> Compared:
        """Find the differences and the figures."""
        frames = compared_frames(self.first, self.fixed)
        found = find_differences(self.first, self.second, frames)
        if self.why_not:
            return Compared(found, None, self.why_not)
        judged = (frames | self.first.absent) & gone_through(self.first)
        figures = figures_of(self.first.reviewed_labels, self.second, judged)
        if figures is not None and self.has_fixed:
            # What a model is given guides it in the frames beside it.
            figures = replace(figures, edit=None, f1_50=None)
        why_not = "" if figures else tr("no frame was labelled only by a person")
        return Compared(found, figures, why_not)


def sides_of(video: VideoData, first: str, second: str) -> Sides:
    """Return what is compared of two lanes of the project."""
    predictions = [_Said.of(video, lane) for lane in (first, second)]
    held = [p.fixed for p in predictions if p.fixed is not None]
    fixed = held[0] if held else None
    if len(held) > 1:
        name = f"fixed in {first} or {second}"
        fixed = video.derived(name, tuple(held), lambda: held[0] | held[1])
    why_not = next((p.why_not for p in predictions if p.why_not), "")
    if model_of_lane(first):
        why_not = tr("neither lane is by a person")
    one, other = video.segmentation(first), video.segmentation(second)
    return Sides(one, other, fixed, why_not=why_not)


class _Said(NamedTuple):
    """Frames around which a lane was decoded, and why it is not to be scored."""

    fixed: np.ndarray | None = None
    why_not: str = ""

    @classmethod
    def of(cls, video: VideoData, lane: str) -> _Said:
        model = model_of_lane(lane)
        if not model:
            return cls()
        prediction = video.find_prediction(lane)
        if prediction is None:
            text = tr("it is not known which labels guided {}")
            return cls(None, text.format(model))
        trained = tr("{} was trained on this video").format(model)
        return cls(prediction.fixed, trained if prediction.trained_on else "")


class DifferenceReader(LaneReader):
    """Compare lanes, small ones at once and large ones in a thread."""

    _done = Signal(str, object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._kept: dict[str, tuple[Sides, Compared]] = {}
        self._asked: dict[str, Sides] = {}
        self._queue = Queue("differences")
        self._done.connect(self._on_done, Qt.ConnectionType.QueuedConnection)

    def start(self, path: Path, info: VideoInfo) -> None:
        """Compare nothing of a file: lanes are compared when they are shown."""

    def forget(self) -> None:
        self._kept.clear()
        self._asked.clear()

    def close(self) -> None:
        self.forget()
        self._queue.end()
        wait_until(lambda: not self._queue.thread.is_alive())

    def find(self, key: str, sides: Sides) -> Compared | None:
        """Return the comparison of two sides; the one before, or None, meanwhile."""
        kept, asked = self._kept.get(key), self._asked.get(key)
        if kept is not None and kept[0].same_as(sides):
            return kept[1]
        if not sides.is_large:
            made = sides.compare()
            self._kept[key] = (sides, made)
            return made
        if asked is None or not asked.same_as(sides):
            self._asked[key] = sides
            self._queue.put(partial(self._compare, key, sides))
        return None if kept is None else kept[1]

    def _compare(self, key: str, sides: Sides) -> None:
        # Another video, or an edit, may have come meanwhile.
        if self._asked.get(key) is sides:
            emit: Callable[[str, object, object], None] = self._done.emit
            emit(key, sides, sides.compare())

    def _on_done(self, key: str, sides: Sides, made: Compared) -> None:
        if self._asked.get(key) is sides:
            del self._asked[key]
            self._kept[key] = (sides, made)
            self.changed.emit()
