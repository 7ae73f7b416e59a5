"""Frame times: when the frames of the videos are shown, as far as that is known."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.playback.decoder import VideoInfo
from app.playback.player import Player
from app.state.document import Document
from app.state.session import Session
from skelseg_core.labels.statistics import moments_s
from skelseg_core.project.value import VideoItem

EVEN_S = 0.0005


class FrameTimes(QObject):
    """Remembers the timestamps of every video that was opened; signals ``changed``.

    Of a video that runs evenly nothing is kept: its mean rate says the same.
    """

    changed = Signal(str)  # video id

    def __init__(
        self,
        document: Document,
        session: Session,
        player: Player,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._session = document, session
        self._uneven: dict[str, np.ndarray] = {}
        self._known: set[str] = set()
        player.opened.connect(self._on_opened)

    def knows(self, video_id: str) -> bool:
        """Whether the times of a video are those of its timestamps."""
        return video_id in self._known

    def timestamps_s(self, item: VideoItem) -> np.ndarray | None:
        """Timestamps (T,) of a video, None where its mean rate is all there is."""
        return self._uneven.get(item.id)

    def moments_s(self, item: VideoItem, frames: np.ndarray) -> np.ndarray:
        """When some frames (0 to T, the end) of a video begin."""
        times = self.timestamps_s(item)
        return moments_s(frames, item.n_frames, item.mean_rate, times)

    def _on_opened(self, info: VideoInfo) -> None:
        project, video_id = self._document.project, self._session.video_id
        if not project.has(video_id):
            return
        item = project.video(video_id)
        self._uneven.pop(video_id, None)
        self._known.discard(video_id)
        if info.n_frames == item.n_frames:
            self._known.add(video_id)
            even = moments_s(np.arange(item.n_frames), item.n_frames, item.mean_rate)
            if np.abs(info.timestamps_s - even).max() > EVEN_S:
                self._uneven[video_id] = info.timestamps_s
        self.changed.emit(video_id)
