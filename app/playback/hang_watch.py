"""Notice that a decode thread does not answer any more."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

from app.playback.decoder import Decoder

CHECKS = 4
"""Looks at the decoder within the time that it may be silent."""


class HangWatch(QObject):
    """Call ``hung`` where a decoder that is waited for gives no sign of life."""

    def __init__(
        self, patience_s: float, hung: Callable[[], None], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._hung = hung
        self._decoder: Decoder | None = None
        self._heartbeat, self._missed_beats = 0, 0
        self._timer = QTimer(self)
        self._timer.setInterval(max(1, round(1000 * patience_s / CHECKS)))
        self._timer.timeout.connect(self._on_tick)

    def start(self, decoder: Decoder) -> None:
        """Watch a decoder from now on, in place of any other."""
        self._decoder, self._missed_beats = decoder, 0
        self._timer.start()

    def stop(self) -> None:
        """Watch no decoder."""
        self._decoder = None
        self._timer.stop()

    def reset(self) -> None:
        """Give the decoder its time anew: it has just answered."""
        self._missed_beats = 0

    def _on_tick(self) -> None:
        decoder = self._decoder
        if decoder is None:
            return
        alive = decoder.thread.resting or decoder.heartbeat != self._heartbeat
        self._heartbeat = decoder.heartbeat
        self._missed_beats = 0 if alive else self._missed_beats + 1
        if self._missed_beats >= CHECKS:
            self._hung()
