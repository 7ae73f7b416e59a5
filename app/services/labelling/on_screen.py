"""Note which frames of the current video are on the screen, for the law of review."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from app.playback.player import Player
from app.state.change import Change
from app.state.session import Session
from skelseg_core.labels.reviewing import LEAST_S, Screen, Sight
from skelseg_core.project.videos_and_tracks import Track
from skelseg_core.video.times import FrameTimes

LARGE_PX = 76
"""Height of a picture from which the end of a segment can be judged by it."""


class OnScreen(QObject):
    """Follow what is shown; ``changed`` says that more was seen.

    ``clock`` returns seconds that never go back; ``in_sight`` tells whether nothing
    hides the picture.
    """

    changed = Signal()
    in_sight: Callable[[], bool] = staticmethod(lambda: True)
    clock = staticmethod(time.monotonic)

    def __init__(
        self,
        item: Callable[[], Track | None],
        session: Session,
        player: Player,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.item, self._session, self._player = item, session, player
        self._of: tuple[object, ...] = ()
        self._screen = Screen(FrameTimes.even(1, 1.0))
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        # A coarse timer may fire before the time is up, and nothing would ask again.
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(round(1000 * LEAST_S) + 20)
        self._timer.timeout.connect(self.changed)
        self._plays, self._plays_since_s = False, 0.0
        session.frame_changed.connect(self._on_frame)
        player.state_changed.connect(self._on_state)
        player.first_picture_shown.connect(lambda: self._on_frame(session.frame))

    def _current(self) -> Screen:
        """Return the record of the current video; another one begins anew."""
        item, info = self.item(), self._player.info
        key = (item.id, item.n_frames, info) if item is not None else ()
        if key != self._of:
            even = (
                item.video.even_times if item is not None else FrameTimes.even(1, 1.0)
            )
            fits = info is not None and info.n_frames == even.n_frames
            self._screen = Screen(info.times if info is not None and fits else even)
            self._of = key
        return self._screen

    @property
    def sight(self) -> Sight:
        """Frames of the current video that were seen up to now."""
        return self._current().sight(self.clock())

    @property
    def settled(self) -> bool:
        """Tell whether what is shown can have been looked at by now."""
        player, now_s = self._player, self.clock()
        if player.playing:
            return now_s - self._plays_since_s >= LEAST_S
        arrived = player.target == self._session.frame
        return arrived and self._current().settled(now_s)

    def shows(self, where: str, frames: Iterable[int], large: bool = True) -> None:
        """Note which frames have a picture in one place, such as the loupe, now."""
        self._current().shows(where, frames, self.clock(), large)
        self._timer.start()

    def follow(self, change: Change) -> None:
        """Forget what was seen of frames that have another class since."""
        video_id = self._session.track_id
        if video_id not in change.tracks:
            return
        before, item = change.before.find(video_id), self.item()
        if before is None or item is None or before.annotation is item.annotation:
            return
        if before.n_frames == item.n_frames:
            lanes = before.annotation, item.annotation
            self._current().follow(*lanes, self.clock())

    def _on_state(self) -> None:
        """Note since when it plays."""
        if self._player.playing and not self._plays:
            self._plays_since_s = self.clock()
        self._plays = self._player.playing

    def _on_frame(self, frame: int) -> None:
        if self._player.picture is not None and self.in_sight():
            self._current().goes_to(frame, self.clock())
            if not (self._player.playing and self._timer.isActive()):
                self._timer.start()
