"""Player: the play clock, and the one frame that is shown.

A request replaces the one before it, so a held key never queues up; what was decoded
for another video or for another mode (playing, standing) is dropped.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Qt, QTimer, Signal

from app.decoder import (
    Decoder,
    Open,
    Picture,
    Reports,
    Source,
    VideoInfo,
    open_reader,
)
from app.session import Session
from skelseg_core.progress import Progress

__all__ = ["Picture", "Player", "VideoInfo"]

SHORTEST_MS, LONGEST_MS = 8, 50
SLOWEST, FASTEST = 0.1, 16.0


class Player(QObject):
    """Shows one frame of one video; signals the picture, its state and what failed."""

    opened = Signal(object)
    picture_changed = Signal(object)
    state_changed = Signal()
    failed = Signal(str)

    def __init__(
        self,
        session: Session,
        parent: QObject | None = None,
        *,
        open_reader: Open = open_reader,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(parent)
        self._session, self._open, self._clock = session, open_reader, clock
        self.info: VideoInfo | None = None
        self.picture: Picture | None = None
        self.path: Path | None = None
        self.reading: Progress | None = None
        self.playing = False
        self.rate = 1.0
        self.target = 0
        self._decoder: Decoder | None = None
        self._ending: list[Decoder] = []
        self._generation = 0
        self._told = -1
        self._anchor: tuple[float, float] | None = None
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._on_tick)
        self._reports, queued = Reports(self), Qt.ConnectionType.QueuedConnection
        self._reports.reading.connect(self._on_reading, queued)
        self._reports.opened.connect(self._on_opened, queued)
        self._reports.failed.connect(self._on_failed, queued)
        self._reports.decoded.connect(self._on_decoded, queued)
        self._reports.frame_failed.connect(self._on_frame_failed, queued)

    @property
    def opening(self) -> bool:
        """Whether a video was asked for and is not there yet."""
        return self._decoder is not None and self.info is None

    # -- open and close -------------------------------------------------------------

    def open(self, source: Source) -> None:
        """Show the first frame of another video; the one before closes by itself."""
        self._drop()
        self.path = source if isinstance(source, Path) else None
        self._decoder = Decoder(source, self._open, self._reports, self.target)
        self.state_changed.emit()

    def close(self) -> None:
        """Show nothing; returns when every decode thread has ended."""
        self._drop()
        for decoder in self._ending:
            decoder.thread.join()
        self._ending = []
        self.state_changed.emit()

    def _drop(self) -> None:
        self._timer.stop()
        if self._decoder is not None:
            self._decoder.stop()
            self._ending.append(self._decoder)
        self._ending = [d for d in self._ending if d.thread.is_alive()]
        self._decoder = self.info = self.picture = self.path = None
        self._anchor, self.playing, self.target = None, False, 0
        self.reading, self._generation = None, 0

    # -- go to a frame --------------------------------------------------------------

    def seek(self, frame: int, keyframe_ok: bool = False) -> None:
        """Go to a frame, exactly; while playing, play on from there."""
        self.target = max(0, frame)
        if self.info is not None:
            self.target = min(self.target, self.info.n_frames - 1)
        if self._decoder is None:
            return
        if self.playing:
            self._run_from(self.target)
        else:
            self._decoder.want(self.target, self._generation)

    def step(self, n: int) -> None:
        """Go some frames on or back from the frame that was asked for last."""
        if self.info is None:
            return
        self.pause()
        self.seek(self.target + n)

    # -- play -----------------------------------------------------------------------

    def play(self) -> None:
        """Play from the frame asked for last; at the end, from the start."""
        info = self.info
        if info is None or self.playing:
            return
        shown = self.picture is not None and self.picture.frame == self.target
        start = self.target + 1 if shown else self.target
        self.playing = True
        self._run_from(start if start < info.n_frames else 0)
        self.state_changed.emit()

    def pause(self) -> None:
        """Stand still at the frame that is shown."""
        if not self.playing:
            return
        self._timer.stop()
        self.playing = False
        self._generation += 1
        if self._decoder is not None:
            if self.picture is None or self.picture.frame != self.target:
                self._decoder.want(self.target, self._generation)
            else:
                self._decoder.rest(self._generation)
        self._anchor = None
        self.state_changed.emit()

    def toggle(self) -> None:
        """Play, or pause."""
        if self.playing:
            self.pause()
        else:
            self.play()

    def set_rate(self, rate: float) -> None:
        """Set the speed; 1 is that of the recording."""
        rate = max(SLOWEST, min(rate, FASTEST))
        if rate == self.rate:
            return
        if self._anchor is not None:
            self._anchor = (self._clock(), self._now_s(self._anchor))
        self.rate = rate
        self.state_changed.emit()

    def _run_from(self, frame: int) -> None:
        self._generation += 1
        self._anchor = None
        if self._decoder is not None:
            self._decoder.run_from(frame, self._generation)
            self._timer.start(0)

    def _now_s(self, anchor: tuple[float, float]) -> float:
        return anchor[1] + (self._clock() - anchor[0]) * self.rate

    def _due(self) -> int | None:
        """The frame whose time has come; None until the first one is there."""
        if self._anchor is None or self.info is None:
            return None
        now = self._now_s(self._anchor)
        return int(np.searchsorted(self.info.timestamps_s, now, "right")) - 1

    def _on_tick(self) -> None:
        info, decoder = self.info, self._decoder
        if info is None or decoder is None or not self.playing:
            return
        picture = decoder.take(self._due())
        if picture is not None:
            if self._anchor is None:
                shown_s = float(info.timestamps_s[picture.frame])
                self._anchor = (self._clock(), shown_s)
            self.target = picture.frame
            self._show(picture)
        if (picture is not None and picture.frame == info.n_frames - 1) or decoder.dry:
            self._at_end()
        elif self.playing:
            self._timer.start(self._wait_ms(info))

    def _at_end(self) -> None:
        if self.picture is not None:
            self.target = self.picture.frame
        self.pause()

    def _wait_ms(self, info: VideoInfo) -> int:
        following = self.target + 1
        if self._anchor is None or following >= info.n_frames:
            return SHORTEST_MS
        left_s = float(info.timestamps_s[following]) - self._now_s(self._anchor)
        wait = math.ceil(1000.0 * left_s / self.rate)
        return max(SHORTEST_MS, min(wait, LONGEST_MS))

    # -- what the decode thread says ------------------------------------------------

    def _on_reading(self, decoder: Decoder, progress: Progress) -> None:
        if decoder is self._decoder:
            self.reading = progress
            self.state_changed.emit()

    def _on_opened(self, decoder: Decoder, info: VideoInfo) -> None:
        if decoder is not self._decoder:
            return
        self.info = info
        self.target = min(self.target, info.n_frames - 1)
        self.opened.emit(info)
        self.state_changed.emit()

    def _on_failed(self, decoder: Decoder, text: str) -> None:
        if decoder is not self._decoder:
            return
        self._drop()
        self.failed.emit(text)
        self.state_changed.emit()

    def _on_decoded(self, decoder: Decoder, generation: int, picture: Picture) -> None:
        if decoder is self._decoder and generation == self._generation:
            self._show(picture)

    def _on_frame_failed(self, decoder: Decoder, generation: int, text: str) -> None:
        # While playing, a damaged stretch is one piece of news, not one per frame.
        news = not self.playing or self._told != generation
        if decoder is self._decoder and generation == self._generation and news:
            self._told = generation
            self.failed.emit(text)

    def _show(self, picture: Picture) -> None:
        """The one place where picture and frame change, together."""
        self.picture = picture
        self._session.set_frame(picture.frame)
        self.picture_changed.emit(picture)
