"""LiveLabelling: a segment that grows with the playhead while a class key says so.

A key that is held labels until it is let go; one that is tapped, until `end`, the same
key again, or another. A hand is later than the eye: the reaction lag is taken off both
ends, by the times of the frames. Where playing ends by itself nobody reacted, and all
that was seen counts. What a person labelled is never painted over: a segment that
grows ends before it. Undo of a key takes back what it did, and the segment that it had
ended grows on.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject

from app.kit.commands import command
from app.kit.notices import Notices
from app.kit.settings import Settings
from app.playback.player import Player
from app.state.document import Document
from app.state.live_edit import LiveEdit
from app.state.session import GrowingSegment, Session
from skelseg_core.labels.edits import (
    open_range_at,
    paint,
)
from skelseg_core.labels.segmentation import (
    Segmentation,
)
from skelseg_core.project.value import ANNOTATION
from skelseg_core.video.times import FrameTimes

Mark = tuple[int, float]
HOLD_S = 0.35
"""A key that is down for longer is held, not tapped."""
SLIVER_S = 0.5
"""Unlabelled frames before a segment that last no longer were the reaction to it."""


def lagged_frame(
    times: FrameTimes, frame: int, lag_ms: float, speed: float = 1.0
) -> int:
    """The frame that was shown ``lag_ms`` before ``frame``.

    Parameters
    ----------
    times : FrameTimes
    frame : int
        The frame that is shown now.
    lag_ms : float
        Of the person, in milliseconds of the day.
    speed : float
        Seconds of the video per second of the day; negative backwards.
    """
    return times.frame_at(times.start_s(frame) - lag_ms / 1000 * speed)


@dataclass
class _Open:
    """The segment that grows within frames ``[low, high)``, which no person labelled.

    It grows backwards where ``forward`` is False. ``begun`` says whether it begins
    where the key was pressed, not at labels that were there.
    """

    growth: LiveEdit
    class_id: int
    name: str
    anchor: int
    forward: bool
    pressed_at: float
    shown: int
    low: int
    high: int
    begun: bool

    @property
    def over(self) -> bool:
        """Whether the frame that is shown is one that a person labelled."""
        return not self.low <= self.shown < self.high

    def seen(self) -> tuple[int, int]:
        """From where it began to the frame that is shown, that one included."""
        low, high = sorted((self.anchor, self.shown))
        return max(low, self.low), min(high + 1, self.high)

    def until(self, frame: int) -> tuple[int, int]:
        """From where it began to ``frame``, which shows what came next."""
        if self.forward:
            return self.anchor, min(max(frame, self.anchor + 1), self.high)
        return max(min(frame + 1, self.anchor), self.low), self.anchor + 1

    def sets(self, span: tuple[int, int], reacted: bool) -> tuple[bool, bool]:
        """Whether a person said where it starts, and where it stops.

        ``reacted`` is whether a key ended it. Where playing ended, or labels that were
        there, nobody said that the action ends.
        """
        start, stop = span
        if self.forward:
            return self.begun, reacted and stop < self.high
        return reacted and start > self.low, self.begun


class LiveLabelling(QObject):
    """Owns the segment that grows; what it does is one undo step of the document."""

    def __init__(
        self,
        document: Document,
        session: Session,
        player: Player,
        settings: Settings,
        notices: Notices,
        parent: QObject | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(parent)
        self._notices = notices
        self._document, self._session = document, session
        self._player, self._settings, self._now = player, settings, clock
        self._open: _Open | None = None
        self._ended: _Open | None = None
        session.frame_changed.connect(self._on_frame)
        session.video_changed.connect(self._stop)
        player.jumped.connect(self._stop)
        player.state_changed.connect(self._on_state)
        document.changed.connect(self._on_changed)

    @property
    def running(self) -> bool:
        """Whether a segment grows."""
        return self._open is not None

    @property
    def ready(self) -> bool:
        """Whether a class key would begin a segment that grows."""
        return self._player.playing and self._player.info is not None

    def press(self, class_id: int) -> None:
        """A class key went down while the video plays."""
        before = self._open
        self.end()
        info, video_id = self._player.info, self._session.video_id
        again = before is not None and before.class_id == class_id
        if again or info is None or not self._document.project.has(video_id):
            return
        name = self._document.project.label_map.name_of(class_id)
        if info.n_frames != self._document.project.video(video_id).n_frames:
            return
        item = self._document.project.video(video_id)
        if ANNOTATION in item.missing:
            self._notices.refuse(item.why_missing(ANNOTATION))
            return
        annotation = item.annotation
        shown, forward = self._session.frame, self._player.speed > 0
        # What the key before labelled may be this very frame, and is no obstacle.
        base = annotation if before is None else before.growth.base
        free = open_range_at(base, shown)
        if free is None:
            self._notices.refuse(
                self.tr(
                    "Frame {} is labelled by a person already; pause to change it."
                ).format(f"{shown:,}")
            )
            return
        low, high = free
        pressed = self._lagged()
        anchor = min(max(pressed, low), high - 1)
        if forward:
            anchor = self._without_sliver(annotation, anchor, low)
        self._ended = before
        self._open = _Open(
            LiveEdit(self._document, video_id, self._now),
            class_id,
            name,
            anchor,
            forward,
            self._now(),
            shown,
            low,
            high,
            anchor == pressed,
        )
        self._grow()

    def _without_sliver(self, annotation: Segmentation, anchor: int, low: int) -> int:
        """Where a segment begins: with what is unlabelled, if that began just now."""
        info, segment = self._player.info, annotation.at(anchor)
        if info is None or segment.class_id is not None:
            return anchor
        start = max(segment.start, low)
        times = info.times
        short_s = SLIVER_S * max(1.0, self._player.speed)
        return (
            start if times.start_s(anchor) - times.start_s(start) <= short_s else anchor
        )

    def mark(self) -> Mark:
        """The frame that a person reacts to now, and the time of the day."""
        return self._lagged(), self._now()

    def release(self, class_id: int, mark: Mark) -> None:
        """A class key came up at this mark: where it was held, that is the end."""
        held, (frame, at) = self._open, mark
        if held is None or held.class_id != class_id:
            return
        if at - held.pressed_at > HOLD_S:
            self._finish(held.until(frame), True)

    @command(
        "live-end",
        "End the segment that grows",
        "E",
        enabled=lambda self: self.running,
    )
    def end(self) -> None:
        """End the segment where the person saw that it is over."""
        if self._open is not None:
            self._finish(self._open.until(self._lagged()), True)

    def _stop(self, *_: object) -> None:
        """End it with the last frame that was seen."""
        if self._open is not None:
            self._finish(self._open.seen())

    def _finish(self, span: tuple[int, int], reacted: bool = False) -> None:
        done, self._open = self._open, None
        self._ended = None
        if done is not None:
            self._write(done, span, reacted)
        self._session.set_growing(None)

    def _lagged(self) -> int:
        info, frame = self._player.info, self._session.frame
        if info is None or frame >= info.n_frames:
            return frame
        lag = self._settings.reaction_lag_ms
        return lagged_frame(info.times, frame, lag, self._player.speed)

    def _grow(self) -> None:
        grows = self._open
        if grows is None:
            return
        if grows.over:
            self._finish(grows.seen())
            return
        start, stop = grows.seen()
        if grows.growth.due:
            self._write(grows, (start, stop))
        if self._open is grows:
            self._session.set_growing(GrowingSegment(grows.class_id, start, stop))

    def _write(
        self, grows: _Open, span: tuple[int, int], reacted: bool = False
    ) -> None:
        text = self.tr("Label {} while playing").format(grows.name)
        start, stop = span
        here, there = grows.sets(span, reacted)

        def grown(value: Segmentation) -> Segmentation:
            return paint(
                value,
                start,
                stop,
                grows.class_id,
                sets_start=here,
                sets_stop=there,
            )

        grows.growth.show(text, grown)

    def _on_frame(self, frame: int) -> None:
        if self._open is not None and self._player.playing:
            self._open.shown = frame
            self._grow()

    def _on_state(self) -> None:
        grows = self._open
        if grows is None:
            return
        if not self._player.playing or (self._player.speed > 0) != grows.forward:
            self._stop()

    def _on_changed(self, _: object) -> None:
        if self._open is None or self._open.growth.intact:
            return
        ended, self._ended = self._ended, None
        if ended is not None and ended.growth.intact:
            # The key was taken back that had ended this one.
            self._open = ended
            ended.shown = self._session.frame
            self._grow()
        else:
            # Somebody else edited, or took it back: theirs counts.
            self._open = None
            self._session.set_growing(None)
