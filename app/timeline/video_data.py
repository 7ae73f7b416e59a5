"""What the lanes of the current video are drawn from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar, cast

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.timeline.geometry import TimeWindow
from app.timeline.lane import Lane, LaneReader
from app.timeline.segments import LaneData
from app.timeline.style import Inks, Style, inks_of
from skelseg_core.labels.classes import LabelMap
from skelseg_core.labels.prediction import Prediction
from skelseg_core.poses.kinematics import Kinematics
from skelseg_core.project.value import ANNOTATION, VideoItem, prediction_lane

if TYPE_CHECKING:
    from pathlib import Path

    from app.playback.player import VideoInfo
    from app.state.current_video import CurrentVideo, ShownPoses

_Derived = TypeVar("_Derived")
_Reader = TypeVar("_Reader", bound=LaneReader)


class VideoData(QObject):
    """Segments, predictions, motion and subject of the current video, and its readers.

    Signals ``changed`` where there may be other lanes than before, and ``grown`` where
    a reader has more to show. ``dragged`` is where boundaries of the annotation, by
    index, are dragged to.
    """

    changed = Signal()
    grown = Signal()

    def __init__(
        self,
        current: CurrentVideo,
        kinds: Sequence[type[Lane]],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._current, self._kinds = current, kinds
        readers = {kind.reader for kind in kinds if kind.reader is not None}
        self._readers = {reader: reader(self) for reader in readers}
        for reader in self._readers.values():
            reader.changed.connect(self.grown)
        self.key_of: Callable[[str], str] = lambda _command: ""
        self.dragged: tuple[tuple[int, int], ...] = ()
        self._derived: dict[str, tuple[tuple[object, ...], object]] = {}
        current.changed.connect(self.changed)

    # -- what there is ----------------------------------------------------------------

    def find(self) -> VideoItem | None:
        """The current video, or None."""
        return self._current.item

    @property
    def item(self) -> VideoItem:
        """The current video; there is one where there are lanes."""
        item = self.find()
        assert item is not None
        return item

    @property
    def label_map(self) -> LabelMap:
        """The classes of the project."""
        return self._current.document.project.label_map

    def lanes(self) -> tuple[Lane, ...]:
        """All lanes that the video has."""
        if self.find() is None:
            return ()
        return tuple(lane for kind in self._kinds for lane in kind.of(self))

    def segments(self, lane: str) -> LaneData:
        """The segments of a lane of the project as arrays."""
        segmentation, label_map = self.item.lanes[lane], self.label_map
        return self.derived(
            f"segments of {lane}",
            (segmentation, label_map),
            lambda: LaneData.of(segmentation, label_map),
        )

    def dragged_annotation(self) -> LaneData:
        """The annotation as it would be if what is dragged was released."""
        data = self.segments(ANNOTATION)
        return data.moved(self.dragged) if self.dragged else data

    def inks(self, style: Style) -> Inks:
        """The colours of the classes."""
        label_map = self.label_map
        return self.derived(
            "inks", (label_map, style), lambda: inks_of(label_map, style)
        )

    @property
    def motion(self) -> Kinematics | None:
        """How the subject moves, or None where nothing of it is known."""
        motion, n_frames = self._current.motion, self.item.n_frames
        if motion is None or len(motion.speeds) != n_frames:
            return None
        known = self.derived(
            "motion is known", (motion,), lambda: bool(np.isfinite(motion.speeds).any())
        )
        return motion if known else None

    @property
    def poses(self) -> ShownPoses | None:
        """The people of the video, or None where they are not known."""
        return self._current.poses

    def find_prediction(self, lane: str) -> Prediction | None:
        """What the model of a prediction lane said last, or None."""
        found = self._current.predictions.get(lane)
        fits = found is not None and found.curves.n_frames == self.item.n_frames
        return found if fits else None

    def prediction(self, lane: str) -> Prediction:
        """What the model of a lane said last; there is one where it has probabilities.

        After an undo the segments that the lane shows may be of an earlier one.
        """
        found = self.find_prediction(lane)
        assert found is not None
        return found

    def shown_prediction(self, lane: str) -> Prediction | None:
        """What is known of the segments that a prediction lane shows, or None."""
        said, shown = self.find_prediction(lane), self.item.lanes.get(lane)
        if said is None or shown is None:
            return None
        same = self.derived(
            f"{lane} shows its prediction",
            (said, shown),
            lambda: said.segmentation == shown,
        )
        return said if same else None

    def models_with_probabilities(self) -> list[str]:
        """Names of the models of which more than segments is known."""
        models = self.item.models
        return [m for m in models if self.find_prediction(prediction_lane(m))]

    def seconds_of(self, frame: int) -> float:
        """When a frame begins; for the frame after the last, when that one ends."""
        item, times = self.find(), self._current.times
        if item is None:
            return float(frame)
        if times is None or times.n_frames != item.n_frames:
            times = item.even_times
        return times.start_s(frame)

    def reader(self, kind: type[_Reader]) -> _Reader:
        """The reader of this class, of which there is one."""
        return cast(_Reader, self._readers[kind])

    def derived(
        self, name: str, of: tuple[object, ...], make: Callable[[], _Derived]
    ) -> _Derived:
        """A value that is made once, and again where one of ``of`` is another.

        Values of the project never change, so that the same object means the same;
        numbers and windows of time are compared.
        """
        kept = self._derived.get(name)
        if kept is None or not _same(kept[0], of):
            kept = self._derived[name] = (of, make())
        return cast(_Derived, kept[1])

    # -- what comes of it -------------------------------------------------------------

    def forget(self) -> None:
        """Drop what was made of the video; call when another is shown."""
        self._derived.clear()
        for reader in self._readers.values():
            reader.forget()

    def open(self, path: Path | None, info: VideoInfo) -> None:
        """Take the file of the video, which is open now."""
        if path is not None:
            for reader in self._readers.values():
                reader.start(path, info)
        self.changed.emit()

    def close(self) -> None:
        """Let go of the video's file."""
        for reader in self._readers.values():
            reader.close()


def _same(some: tuple[object, ...], others: tuple[object, ...]) -> bool:
    """Whether two tuples hold the same objects, or equal numbers and windows."""
    return len(some) == len(others) and all(
        a is b or (isinstance(a, float | TimeWindow) and a == b)
        for a, b in zip(some, others, strict=True)
    )
