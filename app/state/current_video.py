"""Hold everything that is known of the video that is looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.kit.commands import command
from app.state.document import Change, Document
from app.state.session import Session
from skelseg_core.labels.prediction import Prediction
from skelseg_core.poses.skeleton import Skeleton
from skelseg_core.project.project import VideoItem, prediction_lane, shown_to_annotator
from skelseg_core.video.times import FrameTimes

if TYPE_CHECKING:
    from skelseg_core.config import HeatmapConfig
    from skelseg_core.poses.corrections import Correction
    from skelseg_core.poses.kinematics import Kinematics
    from skelseg_core.poses.sequence import PoseSequence, SubjectPick

VIDEO, TIMES, POSES, MOTION = "video", "times", "poses", "motion"
"""Names that `CurrentVideo.changed` sends; for a prediction, that of its lane."""


@dataclass(frozen=True, eq=False)
class SubjectBox:
    """Hold the subject as networks are given it, and the boxes they see it in.

    ``whole`` is that of the whole video, ``squares`` (T, 4) those that follow the
    subject; ``sees`` says for each which streams are given it, or nothing.
    """

    poses: PoseSequence
    whole: tuple[float, float, float, float]
    squares: np.ndarray
    sees: tuple[str, str]


@dataclass(frozen=True, eq=False)
class ShownPoses:
    """Hold what is needed to draw the people and what the network is given.

    ``poses`` are the estimate with its corrections; ``subject`` follows the ``picks``.
    """

    estimate: PoseSequence
    corrections: tuple[Correction, ...]
    poses: PoseSequence
    subject: np.ndarray
    skeleton: Skeleton
    heatmap: HeatmapConfig
    box: SubjectBox
    several: bool = False
    picks: tuple[SubjectPick, ...] = ()


class CurrentVideo(QObject):
    """Hold what was read of the current video: times, poses, motion, predictions.

    ``changed`` names what is another now. With ``VIDEO`` all of it is unknown again;
    what is read of a video after another one was chosen is not taken.
    """

    changed = Signal(str)

    def __init__(
        self, document: Document, session: Session, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.document, self.session = document, session
        self._times: FrameTimes | None = None
        self._poses: ShownPoses | None = None
        self._motion: Kinematics | None = None
        self._predictions: dict[str, Prediction] = {}
        # What a blind project shows of a video: one object, as long as that is one.
        self._seen: dict[str, tuple[VideoItem, VideoItem]] = {}
        session.video_left.connect(self._on_video_left)
        document.changed.connect(self._on_document_changed)

    # -- what is known --------------------------------------------------------------

    @property
    def item(self) -> VideoItem | None:
        """Return the video that is looked at, or None.

        It is as its annotator sees it: without what a blind project hides.
        """
        return self.seen(self.session.video_id)

    def seen(self, video_id: str) -> VideoItem | None:
        """Return a video without what a blind project hides, or None."""
        project = self.document.project
        item = project.find(video_id)
        if item is None or not project.blind:
            return item
        kept = self._seen.get(video_id)
        if kept is None or kept[0] is not item:
            kept = self._seen[video_id] = item, shown_to_annotator(project, item)
        return kept[1]

    @property
    def times(self) -> FrameTimes | None:
        """Return when the frames are shown, or None until the video file was opened."""
        return self._times

    @property
    def poses(self) -> ShownPoses | None:
        """Return the poses with their corrections, or None while they are not read."""
        return self._poses

    @property
    def motion(self) -> Kinematics | None:
        """Return the speeds of the subject, or None while they are not computed."""
        return self._motion

    @property
    def predictions(self) -> Mapping[str, Prediction]:
        """Return the predictions of the video that were read, by lane."""
        return MappingProxyType(self._predictions)

    @property
    def shown_model(self) -> str:
        """Return the model whose prediction would be accepted, or the empty text."""
        item, chosen = self.item, self.session.model
        if item is None or not item.models:
            return ""
        return chosen if chosen in item.models else item.models[-1]

    @property
    def shown_prediction(self) -> Prediction | None:
        """Return the prediction that would be accepted, or None until it is read."""
        return self._predictions.get(prediction_lane(self.shown_model))

    # -- what was read --------------------------------------------------------------

    def set_times(self, times: FrameTimes) -> None:
        """Store when the frames of the opened file are shown."""
        self._times = times
        self.changed.emit(TIMES)

    def set_poses(self, video_id: str, poses: ShownPoses | None) -> None:
        """Store the poses of a video; None where there are none."""
        if video_id == self.session.video_id:
            self._poses = poses
            self.changed.emit(POSES)
            if poses is None:
                self._set_motion(None)

    def set_motion(self, poses: ShownPoses, motion: Kinematics) -> None:
        """Store the speeds of the subject of these poses."""
        if poses is self._poses:
            self._set_motion(motion)

    def _set_motion(self, motion: Kinematics | None) -> None:
        self._motion = motion
        self.changed.emit(MOTION)

    def set_prediction(self, video_id: str, model: str, found: Prediction) -> None:
        """Store the prediction of a model for a video."""
        if video_id == self.session.video_id:
            lane = prediction_lane(model)
            self._predictions[lane] = found
            self.changed.emit(lane)

    # -- another video --------------------------------------------------------------

    def _on_video_left(self) -> None:
        self._times = self._poses = self._motion = None
        self._predictions.clear()
        self.changed.emit(VIDEO)

    def _on_document_changed(self, change: Change) -> None:
        if not change.after.blind:
            self._seen.clear()
        if not change.after.has(self.session.video_id):
            videos = change.after.videos
            # At none first: windows are painted while the labels of another are read.
            self.session.set_video("")
            if videos:
                self.session.set_video(videos[0].id)

    # -- from one video to the next -------------------------------------------------

    def has(self, step: int) -> bool:
        """Tell whether there is a video ``step`` places on."""
        return self._at(step) is not None

    @command("video-previous", "Previous video", "PgUp", args=(-1,), enabled=has)
    @command("video-next", "Next video", "PgDown", args=(1,), enabled=has)
    def go(self, step: int) -> None:
        """Look at the video ``step`` places on in the list."""
        item = self._at(step)
        if item is not None:
            self.session.set_video(item.id)

    def _at(self, step: int) -> VideoItem | None:
        project = self.document.project
        place = project.places.get(self.session.video_id)
        if place is None or not 0 <= place + step < len(project.videos):
            return None
        return project.videos[place + step]

    @property
    def has_unfinished(self) -> bool:
        """Tell whether a video other than the current one has frames to label."""
        project = self.document.project
        unfinished = len(project.videos) - project.totals.finished
        current = project.find(self.session.video_id)
        return unfinished > (current is not None and not current.finished)

    def unfinished(self) -> VideoItem | None:
        """Find the next video with frames to label, beginning again after the last."""
        project = self.document.project
        at = project.places.get(self.session.video_id, -1)
        others = chain(project.videos[at + 1 :], project.videos[: max(0, at)])
        return next((v for v in others if not v.finished), None)

    @command(
        "video-unfinished",
        "Next unfinished video",
        "Ctrl+PgDown",
        enabled=lambda self: self.has_unfinished,
    )
    def go_to_unfinished(self) -> None:
        """Look at the next video with frames to label."""
        item = self.unfinished()
        if item is not None:
            self.session.set_video(item.id)
