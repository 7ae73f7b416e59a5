"""VideoData: what the lanes of one video are drawn from, beside its segments."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from app.timeline.curves import Curve
from app.timeline.lane_set import Lane, ShownLanes
from app.timeline.ribbon import Ribbon
from app.timeline.subject_lane import SubjectLane
from app.timeline.ticks import Ticks
from skelseg_core.labels.prediction import Prediction
from skelseg_core.labels.segmentation import (
    Segmentation,
)
from skelseg_core.poses.kinematics import PAIRS, Kinematics
from skelseg_core.project.value import VideoItem


class VideoData:
    """Predictions, motion, subject: set as they are read, forgotten with the video.

    ``subject`` says who the subject is, where that has to be said.
    """

    def __init__(self) -> None:
        self.subject: SubjectLane | None = None
        self.has_sound = False
        self._uncertainty: dict[str, Curve] = {}
        self._ribbons: dict[str, Ribbon] = {}
        self._same: dict[str, tuple[Segmentation, bool]] = {}
        self._motion: Kinematics | None = None
        self._speeds: dict[str, Curve] = {}
        self._ticks: dict[str, Ticks] = {}

    def forget(self) -> None:
        """Another video. Whether it has sound is said anew."""
        self.subject = None
        self._uncertainty.clear()
        self._ribbons.clear()
        self._same.clear()
        self.set_motion(None)

    def set_confidence(self, lane: str, values: np.ndarray | None) -> None:
        """How sure a model is (T,), where nothing else is known of it, or None."""
        self._uncertainty.pop(lane, None)
        self._ribbons.pop(lane, None)
        self._same.pop(lane, None)
        self._ticks.pop("model", None)
        if values is not None:
            self._uncertainty[lane] = Curve(np.clip(1 - np.asarray(values), 0, 1))

    def set_prediction(self, lane: str, prediction: Prediction) -> None:
        """All that a model says."""
        self._uncertainty[lane] = Curve(prediction.curves.uncertainty)
        self._ribbons[lane] = Ribbon(prediction)
        self._same.pop(lane, None)
        self._ticks.pop("model", None)

    def set_motion(self, motion: Kinematics | None) -> None:
        """How the subject moves, or that it is not known."""
        self._motion = motion
        self._speeds.clear()
        self._ticks.clear()

    def present(self) -> ShownLanes:
        """What there is to be shown."""
        motion = self._motion
        known: tuple[str, ...] = ()
        if motion is not None and np.isfinite(motion.speeds).any():
            known = motion.keypoints
        return ShownLanes(
            probabilities=tuple(self._ribbons),
            uncertain=tuple(self._uncertainty),
            keypoints=known,
            pairs=tuple(p for p, both in PAIRS.items() if set(both) <= set(known)),
            subject=self.subject is not None,
            sound=self.has_sound,
        )

    def ribbon(self, lane: str) -> Ribbon:
        """The ribbon of a prediction lane that has one."""
        return self._ribbons[lane]

    def prediction(self, lane: str, item: VideoItem) -> Prediction | None:
        """What is known of the prediction that a lane shows, None where it is not."""
        ribbon, shown = self._ribbons.get(lane), item.lanes.get(lane)
        if ribbon is None or shown is None:
            return None
        last, same = self._same.get(lane, (None, False))
        if last is not shown:
            # After an undo the lane shows an earlier one than there is in the file.
            same = ribbon.prediction.segmentation == shown
            self._same[lane] = shown, same
        return ribbon.prediction if same else None

    def curve(self, lane: Lane) -> Curve:
        """The curve of a lane of uncertainty or motion."""
        if lane.kind == "uncertainty":
            return self._uncertainty[lane.source]
        if lane.name not in self._speeds:
            assert self._motion is not None
            values = self._motion.curve(lane.name)
            assert values is not None
            self._speeds[lane.name] = Curve.scaled(values)
        return self._speeds[lane.name]

    def ticks(self, name: str, item: VideoItem) -> Ticks:
        """Boundaries of all models, or where the motion changes."""
        if name not in self._ticks:
            if name == "motion" and self._motion is not None:
                motion = self._motion
                self._ticks[name] = Ticks(motion.changes, motion.strengths)
            else:
                lanes = [n for n in item.lanes if n.startswith("prediction:")]
                self._ticks[name] = Ticks.joined([self._said(n, item) for n in lanes])
        return self._ticks[name]

    def _said(self, lane: str, item: VideoItem) -> Ticks:
        boundaries = np.asarray(item.lanes[lane].boundaries)
        ribbon = self._ribbons.get(lane)
        if ribbon is None or ribbon.prediction.curves.n_frames != item.n_frames:
            return Ticks(boundaries, np.ones(len(boundaries)))
        return Ticks(boundaries, ribbon.prediction.curves.strengths(boundaries))

    def forget_model_ticks(self) -> None:
        """The segments of a prediction are others now."""
        self._ticks.pop("model", None)

    def snap_frames(self, lanes: Collection[Lane], item: VideoItem) -> np.ndarray:
        """Frames at which something begins in these lanes, rising, each once.

        Those of the annotation are left out: they are what is dragged.
        """
        found = [np.zeros(0, np.int64)]
        for lane in lanes:
            if lane.kind in ("prediction", "annotator"):
                found.append(np.asarray(item.lanes[lane.source].boundaries, np.int64))
            elif lane.kind == "boundaries":
                found.append(self.ticks(lane.name, item).frames)
        return np.unique(np.concatenate(found))
