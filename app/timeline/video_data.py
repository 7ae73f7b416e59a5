"""VideoData: the data of the current video that lanes paint, and its readers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeVar, cast

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.kit.label_style import ClassColors, Style, class_colors_of
from app.state.current_video import track_of_lane
from app.timeline.geometry import TimeWindow
from app.timeline.segments import LaneData
from skelseg_core.labels.classes import LabelMap
from skelseg_core.labels.points import Points
from skelseg_core.labels.prediction import Prediction
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.poses.kinematics import Kinematics
from skelseg_core.project.bodies import people_in
from skelseg_core.project.project import ANNOTATION
from skelseg_core.project.tracks import TrackId
from skelseg_core.project.videos_and_tracks import Track, prediction_lane

if TYPE_CHECKING:
    from pathlib import Path

    from app.playback.player import VideoInfo
    from app.state.current_video import CurrentVideo, ShownPoses

_Derived = TypeVar("_Derived")


class LaneReader(QObject):
    """Read in a thread what a kind of lane shows from the video's file.

    Signals ``changed`` when there is more to show.
    """

    changed = Signal()

    def start(self, path: Path, info: VideoInfo) -> None:
        """Read the file of another video."""
        raise NotImplementedError

    def forget(self) -> None:
        """Read nothing until the next `start`; call when the video changes."""
        raise NotImplementedError

    def close(self) -> None:
        """Close the file; return when every thread has ended."""
        raise NotImplementedError


_Reader = TypeVar("_Reader", bound=LaneReader)


class VideoData(QObject):
    """Segments, predictions, motion and subject of the current video, and its readers.

    Signals ``changed`` when the video may have other lanes than before, and ``grown``
    when a reader has more to show. ``dragged`` are indices and frames of the
    annotation's boundaries during a drag.
    """

    changed = Signal()
    grown = Signal()

    def __init__(
        self,
        current: CurrentVideo,
        readers: Iterable[type[LaneReader]],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._current = current
        self._readers = {reader: reader(self) for reader in readers}
        for reader in self._readers.values():
            reader.changed.connect(self.grown)
        self.key_of: Callable[[str], str] = lambda _command: ""
        self.dragged: tuple[tuple[int, int], ...] = ()
        self._derived: dict[str, tuple[tuple[object, ...], object]] = {}
        current.changed.connect(self.changed)

    # -- data of the video -----------------------------------------------------------

    def find(self) -> Track | None:
        """Return the current video, or None."""
        return self._current.item

    @property
    def item(self) -> Track:
        """The current video, for lanes: they exist only if there is one."""
        item = self.find()
        assert item is not None
        return item

    @property
    def label_map(self) -> LabelMap:
        """The classes of the track that is labelled."""
        return self._current.classes

    @property
    def tracks(self) -> tuple[Track, ...]:
        """The tracks of the video, the one that is labelled among them."""
        return self._current.document.project.tracks_of(self.item.video_id)

    @property
    def people(self) -> tuple[str, ...]:
        """The people who have tracks in the video."""
        return tuple(people_in(self._current.document.project, self.item.video_id))

    def tier_name(self, track: Track) -> str:
        """Return the name of the tier of a track."""
        return self._current.document.project.tier(track.tier).name

    def has_points(self, track: Track) -> bool:
        """Tell whether a track has marks instead of segments."""
        return self._current.document.project.has_points(track)

    def marks(self, lane: str) -> Points:
        """Return the marks of a lane: those of its track."""
        found = self._current.document.project.find(track_of_lane(lane))
        return self.item.marks if found is None else found.marks

    def activate(self, track: TrackId) -> None:
        """Make a track the one that is labelled; no label changes."""
        self._current.session.set_video(track)

    def classes_in(self, lane: str) -> LabelMap:
        """Return the classes of a lane: those of its track."""
        track = track_of_lane(lane)
        return self._current.document.project.classes_of(track or self.item.id)

    def segments(self, lane: str) -> LaneData:
        """Return the segments of a lane of the project as arrays."""
        segmentation, label_map = self.segmentation(lane), self.classes_in(lane)
        return self.derived(
            f"segments of {lane}",
            (segmentation, label_map),
            lambda: LaneData.of(segmentation, label_map),
        )

    def dragged_annotation(self) -> LaneData:
        """Return the annotation as the drag would leave it."""
        data = self.segments(ANNOTATION)
        return data.moved(self.dragged) if self.dragged else data

    def class_colors(self, style: Style, lane: str = ANNOTATION) -> ClassColors:
        """Return the colours of the classes of a lane."""
        label_map = self.classes_in(lane)
        return self.derived(
            f"class colours of {label_map.classes[0].tier}",
            (label_map, style),
            lambda: class_colors_of(label_map, style),
        )

    @property
    def motion(self) -> Kinematics | None:
        """Speeds of the subject, or None where they are unknown."""
        motion, n_frames = self._current.motion, self.item.n_frames
        if motion is None or len(motion.speeds) != n_frames:
            return None
        known = self.derived(
            "motion is known", (motion,), lambda: bool(np.isfinite(motion.speeds).any())
        )
        return motion if known else None

    @property
    def poses(self) -> ShownPoses | None:
        """The people of the video, or None where they are unknown."""
        return self._current.poses

    @property
    def models(self) -> tuple[str, ...]:
        """Names of the models with a prediction, read or not, that fits or not."""
        return self._current.models

    @property
    def has_model(self) -> bool:
        """True if a model could pre-label the video."""
        return bool(self._current.session.model)

    @property
    def read_models(self) -> tuple[str, ...]:
        """Names of the models with a prediction that was read."""
        return tuple(m for m in self.models if self.find_prediction(prediction_lane(m)))

    def find_prediction(self, lane: str) -> Prediction | None:
        """Return the prediction of a lane's model; None until it is read."""
        return self._current.predictions.get(lane)

    def prediction(self, lane: str) -> Prediction:
        """Return the prediction of a lane's model; call only once it is read."""
        return self._current.predictions[lane]

    def why_unfit(self, lane: str) -> str:
        """Say why the prediction of a lane's model is not shown; empty where it is."""
        return self._current.unfit.get(lane, "")

    def segmentation(self, lane: str) -> Segmentation:
        """Return the segments of a lane; unlabelled until a prediction is read."""
        found, n_frames = self._current.lane(lane), self.item.n_frames
        if found is not None:
            return found
        return self.derived(
            "no segments", (float(n_frames),), lambda: Segmentation.unlabelled(n_frames)
        )

    def seconds_of(self, frame: int) -> float:
        """Return the time in seconds at which a frame begins, or the last one ends."""
        item, times = self.find(), self._current.times
        if item is None:
            return float(frame)
        if times is None or times.n_frames != item.n_frames:
            times = item.video.even_times
        return times.start_s(frame)

    def reader(self, kind: type[_Reader]) -> _Reader:
        """Return the reader of this class."""
        return cast(_Reader, self._readers[kind])

    def derived(
        self, name: str, of: tuple[object, ...], make: Callable[[], _Derived]
    ) -> _Derived:
        """Compute a value once, and again when one of ``of`` changes.

        Values of the project are immutable, so the same object means no change; numbers
        and time windows are compared.
        """
        kept = self._derived.get(name)
        if kept is None or not _same(kept[0], of):
            kept = self._derived[name] = (of, make())
        return cast(_Derived, kept[1])

    # -- reading the file -------------------------------------------------------------

    def forget(self) -> None:
        """Drop everything computed for the video; call when the video changes."""
        self._derived.clear()
        for reader in self._readers.values():
            reader.forget()

    def open(self, path: Path | None, info: VideoInfo) -> None:
        """Let the readers read the file of the video, which is open now."""
        if path is not None:
            for reader in self._readers.values():
                reader.start(path, info)
        self.changed.emit()

    def close(self) -> None:
        """Close the video's file."""
        for reader in self._readers.values():
            reader.close()


def _same(some: tuple[object, ...], others: tuple[object, ...]) -> bool:
    """Return True if two tuples hold the same objects, or equal numbers and windows."""
    return len(some) == len(others) and all(
        a is b or (isinstance(a, float | TimeWindow) and a == b)
        for a, b in zip(some, others, strict=True)
    )
