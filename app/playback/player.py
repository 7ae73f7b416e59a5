"""Play a video: run the play clock, and show one frame.

A request replaces the one before it, so a held key never queues up; what was decoded
for another video or in another state (playing, standing) is dropped. It plays what a
plan says: plainly the whole video, or a part of it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from enum import Enum, auto
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from app.kit.commands import Command, command, declare
from app.kit.threads import wait_for_thread
from app.playback.decoder import (
    CACHE_BYTES,
    Decoder,
    DecoderSignals,
    Find,
    FramePicture,
    Open,
    PlayRange,
    Request,
    Source,
    VideoInfo,
)
from app.playback.decoder import open_reader as open_source
from app.playback.play_clock import PlayClock
from app.playback.playback_plan import PlaybackPlan, whole
from app.state.session import Session
from skelseg_core.progress import Progress

__all__ = ["FramePicture", "Player", "PlayerState", "VideoInfo"]

SHORTEST_MS, LONGEST_MS = 8, 50
"""Milliseconds between two looks which frame is due, while the video plays."""
SLOWEST, FASTEST = 0.1, 16.0
"""Speeds that can be set; 1 is that of the recording."""
SHUTTLE = (1.0, 2.0, 4.0, 8.0, 16.0)
"""Speeds that repeated presses of J or L go through."""
STEPS = {
    1: "Arrows: 1 frame",
    2: "Arrows: 2 frames",
    5: "Arrows: 5 frames",
    10: "Arrows: 10 frames",
}
"""Frames that an arrow can go, and what that is called."""
SCREEN_HZ = 60
"""Frames per second worth showing; of more, some are passed over."""
END_S = 2.0
"""Seconds that closing waits for a decode thread."""


class PlayerState(Enum):
    """Name what a player does; it has a video to show in the last two states."""

    EMPTY = auto()
    OPENING = auto()
    STANDING = auto()
    PLAYING = auto()


class Player(QObject):
    """Show one frame of one video; signal the picture, the state and failures.

    ``first_picture_shown`` follows the first picture of a video, or the news that there
    is none yet: whatever else reads files waits for it.
    """

    opened = Signal(object)
    picture_changed = Signal(object)
    first_picture_shown = Signal()
    state_changed = Signal()
    jumped = Signal()  # what is played next does not follow on what was
    asked_for = Signal(int)  # somebody asked for this frame
    ended = Signal()  # the video was played to its end, or back to its start
    step_chosen = Signal(int)  # frames by which the arrows go
    failed = Signal(str)

    def __init__(
        self,
        session: Session,
        parent: QObject | None = None,
        *,
        open_reader: Open | None = None,
        cache_bytes: int = CACHE_BYTES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(parent)
        self._session, self._now = session, clock
        self._open = open_reader or partial(open_source, cache_bytes=cache_bytes)
        self.info: VideoInfo | None = None
        self.picture: FramePicture | None = None
        self.reading: Progress | None = None
        self.missing = False
        self.state = PlayerState.EMPTY
        self.rate = 1.0
        self.step_frames = 1
        self.direction = 1
        self.target = 0
        self.plan = whole(1)
        self._source: Source | None = None
        self._find: Find | None = None
        self._decoder: Decoder | None = None
        self._ending: list[Decoder] = []
        # Numbers of requests: the last, and the first whose answers still count.
        self._asked, self._oldest = 0, 0
        self._reported = -1
        self._clock: PlayClock | None = None
        self._range = PlayRange(0, 0, 0, 1)
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._on_tick)
        # No child of the player: a decoder that hangs may outlive it and speak then.
        self._reports, queued = DecoderSignals(), Qt.ConnectionType.QueuedConnection
        self._reports.reading.connect(self._on_reading, queued)
        self._reports.opened.connect(self._on_opened, queued)
        self._reports.failed.connect(self._on_failed, queued)
        self._reports.decoded.connect(self._on_decoded, queued)
        self._reports.frame_failed.connect(self._on_frame_failed, queued)

    @property
    def opening(self) -> bool:
        """Tell whether a video was asked for and is not open yet."""
        return self.state is PlayerState.OPENING

    @property
    def playing(self) -> bool:
        """Tell whether the video plays."""
        return self.state is PlayerState.PLAYING

    @property
    def path(self) -> Path | None:
        """Return the video file that was asked for, or None where it is none.

        Until it is open that is where it should be.
        """
        return self._source if isinstance(self._source, Path) else None

    @property
    def speed(self) -> float:
        """Return the speed of playing, also while it stands; negative backwards."""
        return self.direction * self.rate

    @property
    def moment_s(self) -> float | None:
        """Return the second of the video that is due; None while it does not play."""
        clock = self._clock if self.playing else None
        return None if clock is None else clock.moment()

    # -- open and close -------------------------------------------------------------

    def open(self, source: Source, find: Find | None = None) -> None:
        """Show the first frame of another video; the one before closes by itself.

        ``find`` looks for the file where ``source`` is only where it should be. It runs
        in the decode thread: a disk may take long to answer.
        """
        self._drop()
        self.missing = False
        self._source, self._find = source, find
        self._start_decoder()
        self.state_changed.emit()

    def show_again(self) -> None:
        """Signal the first picture again: another track of its video is looked at."""
        if self.picture is not None:
            self.first_picture_shown.emit()

    def clear(self) -> None:
        """Show nothing; the decode thread ends by itself."""
        self._drop()
        self.state_changed.emit()

    def close(self) -> None:
        """Show nothing; returns when every decode thread has ended, or hangs."""
        self.clear()
        ending, self._ending = self._ending, []
        for decoder in ending:
            wait_for_thread(decoder.thread, END_S)

    def _drop(self) -> None:
        self._timer.stop()
        if self._decoder is not None:
            self._decoder.stop()
            self._ending.append(self._decoder)
        self._ending = [d for d in self._ending if d.thread.is_alive()]
        self._decoder = self.info = self.picture = self._source = None
        self.state, self._clock, self.reading = PlayerState.EMPTY, None, None
        self.plan = whole(1)
        self.target, self.direction = 0, 1

    def _start_decoder(self) -> Decoder | None:
        """Return the decoder of the video; make one where it was given up."""
        if self._decoder is None and self._source is not None:
            if self.info is None:
                self.state = PlayerState.OPENING
            request = self._new_request(self.target)
            self._decoder = Decoder(
                self._source, self._open, self._reports, request, self._find
            )
            self._decoder.start()
        return self._decoder

    def _new_request(
        self,
        frame: int | None = None,
        ranges: tuple[PlayRange, ...] = (),
        keyframe_ok: bool = False,
    ) -> Request:
        self._asked += 1
        return Request(self._asked, frame, keyframe_ok, ranges)

    def _drop_answers(self) -> None:
        """Refuse the answers to all requests so far."""
        self._oldest = self._asked + 1

    # -- go to a frame --------------------------------------------------------------

    def is_open(self, *_: object) -> bool:
        """Tell whether a video is open."""
        return self.info is not None

    @command("first", "First frame", "Home", args=(0,), enabled=is_open)
    def seek(self, frame: int, keyframe_ok: bool = False) -> None:
        """Go to a frame, exactly; while playing, play on from there.

        With ``keyframe_ok`` one near it that is quick to show may come first.
        """
        self.target = max(0, frame)
        if self.info is not None:
            self.target = min(self.target, self.info.n_frames - 1)
        self.asked_for.emit(frame)
        self.jumped.emit()
        decoder = self._start_decoder()
        if decoder is None:
            return
        if self.playing:
            if not self.plan.holds(self.target):
                self._plan_nothing()
            self._run_from(self.target)
        else:
            decoder.ask(self._new_request(self.target, keyframe_ok=keyframe_ok))

    @command("next", "Next frame", "Right", args=(1,), enabled=is_open)
    @command("previous", "Previous frame", "Left", args=(-1,), enabled=is_open)
    def go_on(self, direction: int) -> None:
        """Go on (1) or back (-1) by the frames that are chosen as a step."""
        self.step(direction * self.step_frames)

    @declare(
        (Command(f"step-{n}", text, args=(n,)) for n, text in STEPS.items()),
        checked=lambda self, n: self.step_frames == n,
    )
    def choose_step(self, n: int) -> None:
        """Choose by how many frames the arrows go."""
        self.step_frames = n
        self.step_chosen.emit(n)
        self.state_changed.emit()

    @command("frame-next", "Forward 1 frame", "Ctrl+Right", args=(1,), enabled=is_open)
    @command("frame-previous", "Back 1 frame", "Ctrl+Left", args=(-1,), enabled=is_open)
    def step(self, n: int) -> None:
        """Go some frames on or back from the frame that was asked for last."""
        if self.info is None:
            return
        self.pause()
        self.seek(self.target + n)

    # -- play -----------------------------------------------------------------------

    @command(
        "second-on", "Forward 1 second", "Shift+Right", args=(1.0,), enabled=is_open
    )
    @command(
        "second-back", "Back 1 second", "Shift+Left", args=(-1.0,), enabled=is_open
    )
    def step_seconds(self, seconds: float) -> None:
        """Show the frame that is so many seconds later, at most the first or last."""
        if self.info is not None:
            times = self.info.times
            self.seek(times.frame_at(times.start_s(self.target) + seconds))

    @command("last", "Last frame", "End", enabled=is_open)
    def seek_end(self) -> None:
        """Show the last frame."""
        if self.info is not None:
            self.seek(self.info.n_frames - 1)

    def play(self) -> None:
        """Play on from the frame asked for last; at the end, from the start."""
        if self.state is PlayerState.STANDING:
            self._go(self._beginning())

    def pause(self) -> None:
        """Stand still at the frame that is shown."""
        if not self.playing:
            return
        self._timer.stop()
        self.state = PlayerState.STANDING
        self.direction = 1
        self._drop_answers()
        if self._decoder is not None:
            picture = self.picture
            if picture is None or picture.is_preview or picture.frame != self.target:
                self._decoder.ask(self._new_request(self.target))
            else:
                self._decoder.ask(self._new_request())
        self.state_changed.emit()

    @command("play", "Play or pause", "Space", enabled=is_open)
    def toggle(self) -> None:
        """Play, or pause."""
        if self.playing:
            self.pause()
        else:
            self.play()

    def set_rate(self, rate: float) -> None:
        """Set the speed; 1 is that of the recording."""
        rate = max(SLOWEST, min(rate, FASTEST))
        if rate != self.rate:
            self._set_pace(rate)
            self.state_changed.emit()

    @command("slower", "Play slower", "Ctrl+Down", args=(0.5,), enabled=is_open)
    @command("faster", "Play faster", "Ctrl+Up", args=(2,), enabled=is_open)
    def scale_rate(self, factor: float) -> None:
        """Multiply the speed by a factor."""
        self.set_rate(self.rate * factor)

    @command("shuttle-back", "Play backwards", "J", args=(-1,), enabled=is_open)
    @command("shuttle-on", "Play forwards", "L", args=(1,), enabled=is_open)
    def shuttle(self, direction: int) -> None:
        """Play on (1) or back (-1) at the speed that is set; again, twice as fast.

        The speed stays through a pause, as one that was chosen; the direction does not.
        """
        if self.info is None:
            return
        if self.playing and self.direction == direction and not self.plan.name:
            self._set_pace(next((r for r in SHUTTLE if r > self.rate), FASTEST))
        else:
            self._plan_nothing()
            self.direction = direction
            self._go(self._beginning())
        self.state_changed.emit()

    @command("shuttle-stop", "Pause", "K", enabled=is_open)
    def stop(self) -> None:
        """Pause; where it stands still already, go back to the recording's speed."""
        if self.playing:
            self.pause()
        else:
            self.set_rate(1.0)

    def follow(self, plan: PlaybackPlan | None, frame: int | None = None) -> None:
        """Play a plan from a frame of it (None: where it stands); None ends it."""
        if self.info is None:
            return
        if plan is None:
            self._plan_nothing()
            if self.playing:
                self._run_from(self.target)
        else:
            self.pause()
            self.jumped.emit()
            self.plan = plan
            self._go(self.target if frame is None else frame)
        self.state_changed.emit()

    def _plan_nothing(self) -> None:
        self.plan = whole(self.info.n_frames if self.info is not None else 1)

    def _beginning(self) -> int:
        """Find the frame at which playing on begins."""
        shown = self.picture is not None and self.picture.frame == self.target
        frame = self.target + self.direction * shown
        if self.direction < 0:
            return max(0, frame)
        if self.plan.holds(frame):
            return frame
        if not self.plan.holds(self.target):
            self._plan_nothing()
            return min(frame, self.plan.stop - 1)
        return self.plan.start

    def _go(self, frame: int) -> None:
        if abs(frame - self.target) > 1:
            self.jumped.emit()
        self.state = PlayerState.PLAYING
        self._run_from(frame)
        self.state_changed.emit()

    def _run_from(self, frame: int) -> None:
        decoder, info = self._start_decoder(), self.info
        if decoder is None or info is None:
            return
        self._clock = PlayClock(info.times, self._now)
        self._clock.speed = self.speed
        self._run(decoder, frame)

    def _run(self, decoder: Decoder, frame: int) -> None:
        self._drop_answers()
        self._range = self._new_range(frame)
        ranges = [self._range]
        if self._loops():
            ranges.append(self._new_range(self.plan.start))
        decoder.ask(self._new_request(ranges=tuple(ranges)))
        self._timer.start(0)

    def _new_range(self, frame: int) -> PlayRange:
        """Return the frames of the plan from one on."""
        info, plan = self.info, self.plan
        rate = self.rate * (info.mean_rate if info is not None else 1)
        step = self.direction * max(1, int(rate / SCREEN_HZ))
        last = plan.stop - 1 if self.direction > 0 else plan.start
        return PlayRange(self._range.number + 1, frame, last, step)

    def _loops(self) -> bool:
        """Tell whether the plan begins anew at its end."""
        return self.plan.loop and self.direction > 0

    def _set_pace(self, rate: float) -> None:
        self.rate = rate
        clock, decoder = self._clock, self._decoder
        if not self.playing or clock is None or decoder is None:
            return
        clock.set_speed(self.speed)
        # Another speed may pass over more frames or fewer: ask for them anew.
        if not clock.running:
            self._run(decoder, self._range.start)
        elif self.target != self._range.last:
            self._run(decoder, self.target + self.direction)

    def _on_tick(self) -> None:
        clock, decoder, asked = self._clock, self._decoder, self._asked
        if clock is None or decoder is None or not self.playing:
            return
        due = clock.due()
        if due is not None and not self._range.reached(due, self._range.last):
            due = self._range.last
        picture = decoder.take(self._range.number, due)
        if picture is not None:
            if not clock.running:
                clock.start(picture.frame)
            self.target = picture.frame
            self._show(picture)
        if asked != self._asked or not self.playing:
            return  # who saw the picture asked for something else
        if self._over(clock, decoder):
            self._turn(clock, decoder)
        else:
            self._timer.start(self._wait_ms(clock))

    def _over(self, clock: PlayClock, decoder: Decoder) -> bool:
        """Tell whether all of the plan has been played."""
        picture, last = self.picture, self._range.last
        if self._loops() and clock.running:
            return clock.until_after(last) <= 0
        shown = clock.running and picture is not None and picture.frame == last
        return shown or decoder.done(self._range.number)

    def _turn(self, clock: PlayClock, decoder: Decoder) -> None:
        """Begin the plan anew, or stand still."""
        plan = self.plan
        if not self._loops():
            self._at_end()
            return
        self._range = self._new_range(plan.start)
        self.jumped.emit()
        clock.stop()
        decoder.play_on(self._new_range(plan.start))
        # A loop of a frame that lasts 0 s would take the whole processor.
        spins = clock.times.start_s(plan.start) >= clock.times.start_s(plan.stop)
        self._timer.start(LONGEST_MS if spins else 0)

    def _at_end(self) -> None:
        if self.picture is not None:
            self.target = self.picture.frame
        plan = self.plan
        if not plan.loop:
            self._plan_nothing()
        self.pause()
        if plan.rest_at is not None:
            self.seek(plan.rest_at)
        if not plan.name:
            self.ended.emit()

    def _wait_ms(self, clock: PlayClock) -> int:
        following = self._range.following(self.target)
        left_s = clock.until(following) if following is not None else 0.0
        if following is None:
            left_s = clock.until_after(self._range.last)
        return max(SHORTEST_MS, min(math.ceil(1000.0 * left_s), LONGEST_MS))

    # -- what the decode thread says ------------------------------------------------

    def _on_reading(self, decoder: Decoder, progress: Progress) -> None:
        if decoder is self._decoder:
            self.reading = progress
            self.state_changed.emit()

    def _on_opened(self, decoder: Decoder, info: VideoInfo) -> None:
        if decoder is not self._decoder:
            return
        same = self.info is not None and self.info.n_frames == info.n_frames
        self.info, self._source, self._find = info, decoder.source, None
        self.target = min(self.target, info.n_frames - 1)
        if self.opening:
            self.state = PlayerState.STANDING
        if not same:
            self.pause()
            self._plan_nothing()
        self.opened.emit(info)
        self.state_changed.emit()

    def _on_failed(self, decoder: Decoder, text: str) -> None:
        if decoder is not self._decoder:
            return
        if self.info is None:
            self._drop()
        else:
            self._give_up()
        self.missing = decoder.missing
        self._tell_failure(text)
        self.state_changed.emit()

    def _on_decoded(self, decoder: Decoder, number: int, picture: FramePicture) -> None:
        if decoder is self._decoder and number >= self._oldest:
            self._show(picture)

    def _on_frame_failed(self, decoder: Decoder, number: int, text: str) -> None:
        # While playing, many damaged frames are one piece of news, not one each.
        news = not self.playing or self._reported != number
        if decoder is self._decoder and number >= self._oldest and news:
            self._reported = number
            self._tell_failure(text)

    def _tell_failure(self, text: str) -> None:
        self.failed.emit(text)
        if self.picture is None:
            self.first_picture_shown.emit()

    def _show(self, picture: FramePicture) -> None:
        """Change picture and frame together; nothing else changes either."""
        first, self.picture = self.picture is None, picture
        self._session.set_frame(picture.frame)
        self.picture_changed.emit(picture)
        if first:
            self.first_picture_shown.emit()

    def _give_up(self) -> None:
        """Let go of a decode thread that failed; the picture stays."""
        decoder, self._decoder = self._decoder, None
        if decoder is not None:
            decoder.stop()
        if self.opening:
            self.state = PlayerState.EMPTY
        self.pause()
