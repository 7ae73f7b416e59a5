"""What the lanes of the current video are drawn from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar, cast

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.timeline.lane import Lane, LaneReader
from app.timeline.segments import LaneData
from app.timeline.style import Inks, Style, inks_of
from skelseg_core.labels.classes import LabelMap
from skelseg_core.labels.prediction import Prediction
from skelseg_core.poses.kinematics import Kinematics
from skelseg_core.project.value import ANNOTATION, VideoItem, prediction_lane
from skelseg_core.video.times import FrameTimes

if TYPE_CHECKING:
    from pathlib import Path

    from app.playback.player import VideoInfo
    from app.state.document import Document
    from app.state.session import Session
    from app.timeline.kinds.subject import SubjectRuns

_Derived = TypeVar("_Derived")
_Reader = TypeVar("_Reader", bound=LaneReader)


class VideoData(QObject):
    """Segments, predictions, motion and subject of the current video, and its readers.

    Signals ``changed`` where there may be other lanes than before, and ``grown`` where
    a reader has more to show. ``subject`` says who the subject is, where that has to be
    said; ``dragged`` is where boundaries of the annotation, by index, are dragged to.
    """

    changed = Signal()
    grown = Signal()

    def __init__(
        self,
        document: Document,
        session: Session,
        kinds: Sequence[type[Lane]],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._document, self._session, self._kinds = document, session, kinds
        readers = {kind.reader for kind in kinds if kind.reader is not None}
        self._readers = {reader: reader(self) for reader in readers}
        for reader in self._readers.values():
            reader.changed.connect(self.grown)
        self.key_of: Callable[[str], str] = lambda _command: ""
        self.dragged: tuple[tuple[int, int], ...] = ()
        self.motion: Kinematics | None = None
        self.subject: SubjectRuns | None = None
        self._predictions: dict[str, Prediction] = {}
        self._times: FrameTimes | None = None
        self._derived: dict[str, tuple[tuple[object, ...], object]] = {}

    # -- what there is ----------------------------------------------------------------

    def find(self) -> VideoItem | None:
        """The current video, or None."""
        return self._document.project.find(self._session.video_id)

    @property
    def item(self) -> VideoItem:
        """The current video; there is one where there are lanes."""
        item = self.find()
        assert item is not None
        return item

    @property
    def label_map(self) -> LabelMap:
        """The classes of the project."""
        return self._document.project.label_map

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

    def find_prediction(self, lane: str) -> Prediction | None:
        """What the model of a prediction lane said last, or None."""
        return self._predictions.get(lane)

    def prediction(self, lane: str) -> Prediction:
        """What the model of a lane said last; there is one where it has probabilities.

        After an undo the segments that the lane shows may be of an earlier one.
        """
        return self._predictions[lane]

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
        return [m for m in self.item.models if prediction_lane(m) in self._predictions]

    def seconds_of(self, frame: int) -> float:
        """When a frame begins; for the frame after the last, when that one ends."""
        item, times = self.find(), self._times
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
        """A value that is made once, and again where one of ``of`` is another object.

        Values of the project never change, so that the same object means the same.
        """
        kept = self._derived.get(name)
        if kept is None or [*map(id, kept[0])] != [*map(id, of)]:
            kept = self._derived[name] = (of, make())
        return cast(_Derived, kept[1])

    # -- what comes of it -------------------------------------------------------------

    def forget(self) -> None:
        """Drop what is known of the video; call when it changes."""
        self.motion = self.subject = None
        self._predictions.clear()
        self._derived.clear()
        self._times = None
        for reader in self._readers.values():
            reader.forget()

    def open(self, path: Path | None, info: VideoInfo) -> None:
        """Take the file of the video, which is open now."""
        self._times = info.times
        if path is not None:
            for reader in self._readers.values():
                reader.start(path, info)
        self.changed.emit()

    def close(self) -> None:
        """Let go of the video's file."""
        for reader in self._readers.values():
            reader.close()

    def set_prediction(self, lane: str, prediction: Prediction) -> None:
        """Show what a model says beside the segments of a lane, where it fits."""
        item = self.find()
        if item is not None and prediction.curves.n_frames == item.n_frames:
            self._predictions[lane] = prediction
        else:
            self._predictions.pop(lane, None)
        self.changed.emit()

    def set_subject(self, subject: SubjectRuns | None) -> None:
        """Show who the subject is, or nothing of it."""
        self.subject = subject
        self.changed.emit()

    def set_motion(self, motion: Kinematics | None) -> None:
        """Show how the subject of this video moves, or nothing of it."""
        item, self.motion = self.find(), None
        if item is not None and motion is not None:
            fits = len(motion.speeds) == item.n_frames
            known = bool(np.isfinite(motion.speeds).any())
            self.motion = motion if fits and known else None
        self.changed.emit()
