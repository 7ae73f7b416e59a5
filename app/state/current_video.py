"""Hold everything that is known of the video that is looked at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.kit.commands import command
from app.state.change import Change
from app.state.document import Document
from app.state.found_predictions import FoundPredictions
from app.state.session import Session
from skelseg_core.labels.classes import LabelMap
from skelseg_core.labels.prediction import Prediction
from skelseg_core.poses.skeleton import Skeleton
from skelseg_core.project.project import Project
from skelseg_core.project.project_edits import hides_other_lanes, shown_to_annotator
from skelseg_core.project.tracks import TrackId
from skelseg_core.project.videos_and_tracks import Track, model_of_lane, prediction_lane
from skelseg_core.video.times import FrameTimes

if TYPE_CHECKING:
    from skelseg_core.config import Preset
    from skelseg_core.labels.segmentation import Segmentation
    from skelseg_core.poses.corrections import Correction
    from skelseg_core.poses.kinematics import Kinematics
    from skelseg_core.poses.sequence import PoseSequence, SubjectPick
    from skelseg_core.poses.subject_input import SubjectInput

VIDEO, TIMES, POSES, MOTION = "video", "times", "poses", "motion"
PREDICTIONS = "predictions"
"""Names that `CurrentVideo.changed` sends; for a prediction that was read, that of its
lane, and `PREDICTIONS` where others are there."""


@dataclass(frozen=True, eq=False)
class HeatmapInput:
    """Hold the subject as networks of a recipe are given it, to draw heatmaps of.

    ``model`` is the chosen one, if any. Unless it sees heatmaps itself, ``instead``
    names the recipe. ``mirrored`` tells that the body is, as in a mirrored tier.
    """

    body: SubjectInput
    recipe: Preset
    model: str = ""
    instead: str = ""
    mirrored: bool = False


@dataclass(frozen=True, eq=False)
class Figure:
    """Hold which figure of the poses a person is in each frame, (T,), and a colour."""

    person: str
    color: str
    places: np.ndarray


@dataclass(frozen=True, eq=False)
class ShownPoses:
    """Hold what is needed to draw the people and what the network is given.

    ``poses`` are the estimate with its corrections; ``subject`` follows the ``picks``.
    ``people`` are those who are labelled, where these are several. Keypoints below
    ``min_score`` are missing.
    """

    estimate: PoseSequence
    corrections: tuple[Correction, ...]
    poses: PoseSequence
    subject: np.ndarray
    skeleton: Skeleton
    min_score: float
    heatmap: HeatmapInput
    several: bool = False
    picks: tuple[SubjectPick, ...] = ()
    people: tuple[Figure, ...] = ()


_TRACK = "track:"


def track_lane(item_id: str) -> str:
    """Name the lane that shows what is labelled in another track of the video."""
    return _TRACK + item_id


def track_of_lane(lane: str) -> str:
    """Return the id of the track that a lane shows; empty for any other lane."""
    return lane.removeprefix(_TRACK) if lane.startswith(_TRACK) else ""


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
        # Of all videos that were opened, by id and path: that has the rate of images.
        self._read_times: dict[tuple[str, str], FrameTimes] = {}
        self._poses: ShownPoses | None = None
        self._motion: Kinematics | None = None
        self.found = FoundPredictions(document, self)
        self._predictions: dict[str, Prediction] = {}
        # Why those that are there are not shown, by lane.
        self._unfit: dict[str, str] = {}
        self._of_tier: tuple[Project, str, Project] | None = None
        self._found: tuple[Project | None, str, Track | None] = None, "", None
        # What a blind project shows of a video: one object, as long as that is one.
        self._seen: dict[str, tuple[Track, Track]] = {}
        session.video_left.connect(self._on_video_left)
        document.changed.connect(self._on_document_changed)
        self.found.changed.connect(self._on_found)

    # -- what is known --------------------------------------------------------------

    @property
    def item(self) -> Track | None:
        """Return the video that is looked at, or None.

        It is as its annotator sees it: without what a blind project hides.
        """
        # Asked a hundred times after each edit: found once.
        key = self.document.project, self.session.track_id
        if self._found[0] is not key[0] or self._found[1] != key[1]:
            self._found = *key, self.seen(key[1])
        return self._found[2]

    @property
    def classes(self) -> LabelMap:
        """The classes that the track which is looked at is labelled with."""
        return self.document.project.classes_of(self.session.track_id)

    @property
    def tier(self) -> str:
        """Id of the tier that is looked at."""
        item = self.document.project.find(self.session.track_id)
        return self.document.project.tiers[0].id if item is None else item.tier

    @property
    def project(self) -> Project:
        """The tracks and classes of the tier that is looked at, in all videos."""
        project = self.document.project
        if len(project.tiers) == 1:
            return project
        kept = self._of_tier
        if kept is None or kept[0] is not project or kept[1] != self.tier:
            tier = project.tier(self.tier)
            kept = self._of_tier = project, self.tier, project.of_tier(tier)
        return kept[2]

    def seen(self, video_id: TrackId) -> Track | None:
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

    def knows_times(self, item: Track) -> bool:
        """Tell whether the file of a video was opened, and has its frames."""
        return (item.id, item.video.path) in self._read_times

    def times_of(self, item: Track) -> FrameTimes:
        """Return a video's times, evenly spaced where its file was not opened."""
        return self._read_times.get((item.id, item.video.path), item.video.even_times)

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
    def unfit(self) -> Mapping[str, str]:
        """Return why predictions that are there are not shown, by lane."""
        return MappingProxyType(self._unfit)

    @property
    def models(self) -> tuple[str, ...]:
        """Name the models with a prediction of the video, the newest last.

        It may not be read yet, or not fit. None are there while a project is blind.
        """
        return self.models_of(self.session.track_id)

    def models_of(self, video_id: TrackId) -> tuple[str, ...]:
        """Name the models with a prediction of a video that may be shown."""
        item = self.document.project.find(video_id)
        if item is None or hides_other_lanes(self.document.project, item):
            return ()
        read: Iterable[str] = ()
        if video_id == self.session.track_id:
            read = map(model_of_lane, (*self._predictions, *self._unfit))
        return tuple(dict.fromkeys((*self.found.models(video_id), *read)))

    def models_in_project(self) -> tuple[str, ...]:
        """Name the models with a prediction of any video that may be shown."""
        videos = self.document.project.track_ids
        return tuple(dict.fromkeys(m for v in videos for m in self.models_of(v)))

    def lane(self, name: str) -> Segmentation | None:
        """Return the segments of a lane of a person, a model or another track."""
        item = self.item
        if item is None:
            return None
        if track := track_of_lane(name):
            found = self.document.project.find(track)
            return None if found is None else found.annotation
        if model_of_lane(name) in self.models and name in self._predictions:
            return self._predictions[name].segmentation
        return item.lanes.get(name)

    @property
    def shown_model(self) -> str:
        """Return the model whose prediction would be copied, or the empty text."""
        fit = [m for m in self.models if prediction_lane(m) not in self._unfit]
        chosen = self.session.model
        return chosen if chosen in fit else next(reversed(fit), "")

    @property
    def shown_prediction(self) -> Prediction | None:
        """Return the prediction that would be copied, or None until it is read."""
        return self._predictions.get(prediction_lane(self.shown_model))

    # -- what was read --------------------------------------------------------------

    def set_times(self, times: FrameTimes) -> None:
        """Store when the frames of the opened file are shown."""
        self._times = times
        item = self.item
        if item is not None:
            self._read_times.pop((item.id, item.video.path), None)
            if times.n_frames == item.n_frames:
                self._read_times[item.id, item.video.path] = times
        self.changed.emit(TIMES)

    def set_poses(self, video_id: str, poses: ShownPoses | None) -> None:
        """Store the poses of a video; None where there are none."""
        if video_id == self.session.track_id:
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
        if video_id == self.session.track_id:
            lane = prediction_lane(model)
            self._unfit.pop(lane, None)
            self._predictions[lane] = found
            self.changed.emit(lane)

    def set_unfit(self, video_id: str, model: str, why: str) -> None:
        """Store why a prediction of a video is not shown."""
        if video_id == self.session.track_id:
            lane = prediction_lane(model)
            self._predictions.pop(lane, None)
            self._unfit[lane] = why
            self.changed.emit(lane)

    def _on_found(self, videos: frozenset[str]) -> None:
        video = self.session.track_id
        if video not in videos:
            return
        there = {prediction_lane(model) for model in self.found.models(video)}
        for known in (self._predictions, self._unfit):
            for lane in known.keys() - there:
                known.pop(lane)
        self.changed.emit(PREDICTIONS)

    # -- another video --------------------------------------------------------------

    def _on_video_left(self) -> None:
        if not self.session.same_film:
            self._times = None
        self._poses = self._motion = None
        self._predictions.clear()
        self._unfit.clear()
        self.changed.emit(VIDEO)
        self.found.look_at(self.session.track_id)

    def _on_document_changed(self, change: Change) -> None:
        if change.only_labels:
            return  # as most edits
        if not change.after.blind:
            self._seen.clear()
        stale = _is_stale(change, self.session.track_id)
        if stale:
            self._predictions.clear()
            self._unfit.clear()
        video_id = self.session.track_id
        was, now = change.before.classes_of(video_id), self.classes
        if stale or (was.ids, was.names) != (now.ids, now.names):
            self.changed.emit(PREDICTIONS)  # they are read anew
        if not change.after.has(self.session.track_id):
            videos = change.after.tracks
            # At none first: windows are painted while the labels of another are read.
            self.session.set_video(TrackId(""))
            old = change.before.find(video_id)
            if old is not None and change.after.has_video(old.video_id):
                self.session.set_video(change.after.first_track(old.video_id).id)
            elif videos:
                self.session.set_video(videos[0].id)

    # -- from one video to the next -------------------------------------------------

    def has(self, step: int) -> bool:
        """Tell whether there is a video ``step`` places on."""
        project, item = self.document.project, self.item
        if item is None:
            return False
        return 0 <= project.video_places[item.video_id] + step < len(project.video_ids)

    @command("video-previous", "Previous video", "PgUp", args=(-1,), enabled=has)
    @command("video-next", "Next video", "PgDown", args=(1,), enabled=has)
    def go(self, step: int) -> None:
        """Look at the video ``step`` places on in the list."""
        item = self._at(step)
        if item is not None:
            self.session.set_video(item.id)

    def _at(self, step: int) -> Track | None:
        """Return the video ``step`` places on, in the track that is looked at."""
        project, item = self.document.project, self.item
        if item is None or not self.has(step):
            return None
        place = project.video_places[item.video_id] + step
        return project.track_like(project.video_ids[place], item.key)

    @property
    def has_unfinished(self) -> bool:
        """Tell whether a video other than the current one has frames to label."""
        project = self.document.project
        unfinished = project.totals.unfinished
        current = project.find(self.session.track_id)
        return unfinished > (current is not None and project.to_finish(current))

    def unfinished(self) -> Track | None:
        """Find the next video with frames to label, beginning again after the last."""
        project = self.document.project
        at = project.places.get(self.session.track_id, -1)
        others = chain(project.tracks[at + 1 :], project.tracks[: max(0, at)])
        return next(filter(project.to_finish, others), None)

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


def _is_stale(change: Change, video_id: TrackId) -> bool:
    """Tell whether predictions of a video name classes or frames that are gone."""
    was, now = change.before.classes_of(video_id), change.after.classes_of(video_id)
    if was.moves != now.moves or not set(was.ids) <= set(now.ids):
        return True
    before, after = change.before.find(video_id), change.after.find(video_id)
    if before is None or after is None or before is after:
        return False
    return (before.video.fingerprint, before.n_frames) != (
        after.video.fingerprint,
        after.n_frames,
    )
