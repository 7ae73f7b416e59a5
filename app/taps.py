"""Taps: one key per action while the video plays; they divide what was watched.

Each press of a class key is a tap, at the frame that was shown a reaction lag ago. What
was watched is divided halfway between neighbouring taps; that is in the document from
the first tap on, grows with what is watched, and is undone as one step.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from PySide6.QtCore import QObject

from app.document import Document
from app.growth import Growth
from app.live import lagged_frame
from app.player import Player
from app.session import Session
from app.settings import Settings
from skelseg_core.segment_edits import Tap, label_taps


@dataclass
class _Run:
    """What was watched in one piece, frames ``[start, stop)``, and its taps."""

    growth: Growth
    start: int
    stop: int
    taps: list[Tap] = field(default_factory=list)


class Taps(QObject):
    """Owns the taps of the mode; the mode itself is on or off."""

    def __init__(
        self,
        document: Document,
        session: Session,
        player: Player,
        settings: Settings,
        parent: QObject | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(parent)
        self._document, self._session = document, session
        self._player, self._settings, self._now = player, settings, clock
        self._run: _Run | None = None
        self._jumped = False
        session.frame_changed.connect(self._on_frame)
        session.video_changed.connect(self._divide)
        player.jumped.connect(self._on_jumped)
        player.state_changed.connect(self._on_state)
        document.changed.connect(self._on_changed)

    @property
    def on(self) -> bool:
        """Whether class keys are taps."""
        return self._session.tapping

    def toggle(self) -> None:
        """Enter the mode; or leave it, and what was watched stays divided."""
        if self.on:
            self._divide()
            self._session.set_taps(False, ())
        else:
            self._session.set_taps(True, ())

    def press(self, class_id: int) -> None:
        """A class key was tapped while the video plays."""
        info, frame = self._player.info, self._session.frame
        if info is None or not self._fits():
            return
        self._watch(frame)
        lag, speed = self._settings.reaction_lag_ms, self._player.speed
        if self._run is not None:
            tap = (lagged_frame(info.timestamps_s, frame, lag, speed), class_id)
            self._run.taps.append(tap)
            self._show(self._run)

    def remove_last(self) -> None:
        """Take back the last tap."""
        run = self._run
        if run is None or not run.taps:
            return
        run.taps.pop()
        if run.taps:
            self._show(run)
        else:
            run.growth.take_back()
            self._tell()

    def _divide(self, *_: object) -> None:
        """What was watched is over."""
        run, self._run = self._run, None
        if run is not None and run.taps:
            self._write(run)
        self._jumped = False
        self._tell()

    def _on_jumped(self) -> None:
        self._jumped = True

    def _on_state(self) -> None:
        # All that was watched counts, also what is not written yet.
        run = self._run
        if run is not None and run.taps and not self._player.playing:
            self._write(run)

    def _fits(self) -> bool:
        """Whether the file has the frames that are labelled."""
        info, video_id = self._player.info, self._session.video_id
        project = self._document.project
        if info is None or not project.has(video_id):
            return False
        return len(info.timestamps_s) == project.video(video_id).n_frames

    def _on_frame(self, frame: int) -> None:
        if self.on and self._player.playing and self._fits():
            self._watch(frame)
            run = self._run
            if run is not None and run.taps and run.growth.due:
                self._write(run)

    def _watch(self, frame: int) -> None:
        run = self._run
        elsewhere = run is not None and not run.start - 1 <= frame <= run.stop
        if self._jumped and elsewhere:
            self._divide()
        self._jumped = False
        run = self._run
        if run is not None:
            run.start, run.stop = min(run.start, frame), max(run.stop, frame + 1)
        else:
            growth = Growth(self._document, self._session.video_id, self._now)
            self._run = _Run(growth, frame, frame + 1)

    def _show(self, run: _Run) -> None:
        self._write(run)
        self._tell()

    def _write(self, run: _Run) -> None:
        taps, start, stop = tuple(run.taps), run.start, run.stop
        text = self.tr("Divide by taps")
        run.growth.show(text, lambda s: label_taps(s, taps, start, stop))

    def _tell(self) -> None:
        taps = tuple(self._run.taps) if self._run is not None else ()
        self._session.set_taps(self.on, taps)

    def _on_changed(self, _: object) -> None:
        # Somebody else edited, or took it back: what is watched begins anew.
        if self._run is not None and not self._run.growth.intact:
            self._run = None
            self._tell()
