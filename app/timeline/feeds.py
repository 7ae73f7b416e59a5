"""Feeds: what comes bit by bit of the current video, and is shown in its lanes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.timeline.filmstrip import Filmstrip
from app.timeline.sources import VideoData
from app.timeline.subject_lane import SubjectLane
from app.timeline.waveform import WaveformRow

if TYPE_CHECKING:
    from app.playback.player import VideoInfo
    from skelseg_core.labels.prediction import Prediction
    from skelseg_core.poses.kinematics import Kinematics


class Feeds(QObject):
    """Takes what fits the video, whose frames ``n_frames`` counts.

    Signals ``changed`` where there may be other lanes than before, ``filmed`` where
    there are more pictures, and ``heard`` where more of the sound is known.
    """

    changed = Signal()
    filmed = Signal()
    heard = Signal()

    def __init__(self, n_frames: Callable[[], int], parent: QObject) -> None:
        super().__init__(parent)
        self._n_frames = n_frames
        self.sources = VideoData()
        self.filmstrip, self.waveform = Filmstrip(self), WaveformRow(self)
        self.filmstrip.changed.connect(self.filmed)
        self.waveform.changed.connect(self.heard)

    def forget(self) -> None:
        """Another video, of which nothing is known yet."""
        self.sources.forget()
        self.filmstrip.open(None)
        self.waveform.open(None)

    def open(self, path: Path | None, info: VideoInfo) -> None:
        """The file of the video is open."""
        # By now the table of frames is in the cache, and opening takes no time.
        self.filmstrip.open(path, info.width / max(1, info.height))
        edges_s = info.times.edges_s(np.arange(info.n_frames + 1))
        self.waveform.open(path if info.has_sound else None, edges_s)
        self.changed.emit()

    def close(self) -> None:
        """Let go of the video's file."""
        self.filmstrip.close()
        self.waveform.close()

    def set_confidence(self, lane: str, values: np.ndarray | None) -> None:
        """Say how sure (T,) a model is whose prediction is this lane of this video."""
        fits = values is not None and len(values) == self._n_frames()
        self.sources.set_confidence(lane, values if fits else None)
        self.changed.emit()

    def set_prediction(self, lane: str, prediction: Prediction) -> None:
        """Show what a model says beside the segments of this lane of this video."""
        if prediction.curves.n_frames == self._n_frames():
            self.sources.set_prediction(lane, prediction)
        else:
            self.sources.set_confidence(lane, None)
        self.changed.emit()

    def set_subject(self, lane: SubjectLane | None) -> None:
        """Show who is the subject, or nothing of it."""
        self.sources.subject = lane
        self.changed.emit()

    def set_motion(self, motion: Kinematics | None) -> None:
        """Show how the subject of this video moves, or nothing of it."""
        fits = motion is not None and len(motion.speeds) == self._n_frames()
        self.sources.set_motion(motion if fits else None)
        self.changed.emit()
