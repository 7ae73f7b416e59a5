"""Decoder: the frames of one recording as pictures, in a thread of its own.

The reader is opened, used and closed in that thread only. A request replaces the one
before it; each answer carries the generation of the request it belongs to. When nothing
is asked, the thread decodes ahead; it looks up after every frame.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Union

import numpy as np
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from skelseg_core.errors import MissingVideo, SkelsegError, VideoError
from skelseg_core.progress import Progress
from skelseg_core.project.poses_only_video import BlankVideo, blank_video
from skelseg_core.project.value import VideoItem
from skelseg_core.video.media_path import media_state
from skelseg_core.video.times import FrameTimes

if TYPE_CHECKING:
    from skelseg_core.video.reader import VideoReader

RING = 12
RING_BYTES = 128 * 2**20
CACHE_BYTES = 512 * 2**20
CATCH_UP = 8
"""Who is late decodes so many frames between two that are shown."""
PATIENCE_S = 0.2
"""So long a newer request waits for one that is being answered."""
LOOK_S = 0.5
"""So often the file is looked at while it plays."""


@dataclass(frozen=True, eq=False)
class VideoInfo:
    """What is known of the video that is open.

    Without ``has_pictures`` there are poses alone, and every picture is the same.
    ``videos`` says which of how many video streams of the file it is, from 1.
    """

    n_frames: int
    width: int
    height: int
    mean_rate: float
    times: FrameTimes
    damage: str | None
    fingerprint: str
    has_pictures: bool = True
    has_sound: bool = False
    videos: tuple[int, int] = (1, 1)


@dataclass(frozen=True, eq=False)
class FramePicture:
    """A decoded frame; ``image`` looks into ``pixels``, so hold on to both."""

    frame: int
    image: QImage
    pixels: np.ndarray


Source = Path | VideoItem
"""What is played: a video file, or a recording of which there are poses alone."""
Reader = Union["VideoReader", BlankVideo]
Open = Callable[[Source, Callable[[Progress], None]], Reader]


def open_reader(
    source: Source, tick: Callable[[Progress], None], cache_bytes: int = CACHE_BYTES
) -> Reader:
    """Open a video in the decode thread; a file seen first is read through before."""
    if isinstance(source, VideoItem):
        return blank_video(source)
    from skelseg_core.video.reader import VideoReader, open_index

    for progress in open_index(source):
        tick(progress)
    return VideoReader(source, cache_bytes=cache_bytes)


def _picture(frame: int, pixels: np.ndarray) -> FramePicture:
    pixels = np.ascontiguousarray(pixels)
    height, width = pixels.shape[:2]
    image = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32)
    return FramePicture(frame, image, pixels)


def _info(reader: Reader) -> VideoInfo:
    return VideoInfo(
        len(reader),
        reader.width,
        reader.height,
        reader.mean_rate,
        reader.times,
        reader.damage,
        reader.fingerprint,
        not isinstance(reader, BlankVideo),
        reader.has_sound,
        reader.videos,
    )


@dataclass(frozen=True)
class PlayRange:
    """Frames to play: from ``start`` by ``step``, negative backwards, to ``last``."""

    number: int
    start: int
    last: int
    step: int

    def following(self, frame: int) -> int | None:
        """The frame after this one; the last is never passed over."""
        if frame == self.last:
            return None
        bound = min if self.step > 0 else max
        return bound(frame + self.step, self.last)

    def reached(self, frame: int, due: int) -> bool:
        """Whether ``frame`` does not lie behind ``due``."""
        return frame <= due if self.step > 0 else frame >= due


@dataclass(frozen=True)
class _Job:
    """A frame to decode: for the leg that plays, as wanted, or else ahead of need."""

    frame: int
    generation: int
    serial: int
    leg: PlayRange | None = None
    wanted: bool = False
    roughly: bool = False


class _AtHand:
    """How a reader without a file is asked: all its frames are at hand."""

    def has(self, n: int) -> bool:
        return True

    def nearest(self, n: int) -> int:
        return n

    keyframe_at = nearest

    def ahead(self) -> None:
        return None

    def approach(self, n: int) -> Iterator[None]:
        return iter(())


class _LeftOff(Exception):
    """Raised in the decode thread where something newer is asked for."""


class DecoderSignals(QObject):
    """What decode threads say, each with the decoder that says it; connect queued."""

    reading = Signal(object, object)  # Progress
    opened = Signal(object, object)  # VideoInfo
    failed = Signal(object, str)
    decoded = Signal(object, int, object)  # generation, Picture
    frame_failed = Signal(object, int, str)


class Decoder:
    """One video in a thread of its own: the frame wanted, or a ring ahead of play."""

    def __init__(
        self, source: Source, open_: Open, reports: DecoderSignals, first: int
    ) -> None:
        self._source, self._open, self._reports = source, open_, reports
        self.name = source.name if isinstance(source, Path) else source.id
        self._condition = threading.Condition()
        self._stopping = False
        self._generation = self._serial = 0
        self._wanted: int | None = first
        self._roughly = False
        self._legs: deque[PlayRange] = deque()
        self._next: int | None = None
        self._due: int | None = None
        self._ring: deque[tuple[PlayRange, FramePicture]] = deque()
        self._n_frames = 0
        self._room = RING
        self._ahead = True
        self._steps: Any = _AtHand()
        self._told = (-1, 0.0)
        self._looked = 0.0
        self._gone = False
        self.missing = False
        self._state: tuple[int, int] | None = None
        self.beats = 0
        self.resting = False
        self.thread = threading.Thread(
            target=self._run, name=f"decode {self.name}", daemon=True
        )

    # -- called by the player -------------------------------------------------------

    def start(self) -> None:
        """Begin, unless it has begun or was stopped."""
        if self.thread.ident is None and not self._stopping:
            self.thread.start()

    def stop(self) -> None:
        """Let the thread end after the frame it is at."""
        with self._condition:
            self._stopping = True
            self._ask(self._generation, None, ())

    def want(self, frame: int, generation: int, roughly: bool = False) -> None:
        """Decode this frame next, in place of any other that was wanted.

        Roughly: one that is quick to show comes first.
        """
        with self._condition:
            self._roughly = roughly
            self._ask(generation, frame, ())

    def play(self, legs: Sequence[PlayRange], generation: int) -> None:
        """Fill the ring with the frames of these legs."""
        with self._condition:
            self._ask(generation, None, legs)

    def then(self, leg: PlayRange) -> None:
        """Go on with this leg after those before it."""
        with self._condition:
            self._legs.append(leg)
            if self._next is None:
                self._next = self._legs[0].start
            self._condition.notify()

    def rest(self, generation: int) -> None:
        """Show nothing more."""
        with self._condition:
            self._ask(generation, None, ())

    def _ask(
        self, generation: int, wanted: int | None, legs: Sequence[PlayRange]
    ) -> None:
        self._generation, self._wanted = generation, wanted
        self._serial += 1
        self._legs = deque(legs)
        self._next = legs[0].start if legs else None
        self._due = None
        self._ring.clear()
        self._ahead = True
        self._condition.notify()

    def take(self, leg: int, due: int | None) -> FramePicture | None:
        """The latest picture of a leg that is due (None: the first); drops the late.

        Where the ring has run dry before ``due``, decoding hurries.
        """
        with self._condition:
            while self._legs and self._legs[0].number < leg:
                self._legs.popleft()
                self._next = self._legs[0].start if self._legs else None
            while self._ring and self._ring[0][0].number < leg:
                self._ring.popleft()
            picture = None
            while self._is_due(leg, due):
                picture = self._ring.popleft()[1]
                if due is None:
                    break
            current = bool(self._legs) and self._legs[0].number == leg
            self._due = due if current and not self._ring else None
            self._condition.notify()
            return picture

    def _is_due(self, leg: int, due: int | None) -> bool:
        if not self._ring or self._ring[0][0].number != leg:
            return False
        at, picture = self._ring[0]
        return due is None or at.reached(picture.frame, due)

    def done(self, leg: int) -> bool:
        """Whether every frame of a leg was decoded and taken."""
        with self._condition:
            waiting = bool(self._ring) and self._ring[0][0].number == leg
            return not waiting and all(x.number != leg for x in self._legs)

    # -- the decode thread ----------------------------------------------------------

    def _run(self) -> None:
        try:
            self._state = _state(self._source)
            with self._open(self._source, self._tick) as reader:
                info = _info(reader)
                size = 4 * info.width * info.height
                with self._condition:
                    self._n_frames = info.n_frames
                    self._room = max(3, min(RING, RING_BYTES // size))
                if hasattr(reader, "approach"):
                    self._steps = reader
                self._tell(self._reports.opened, info)
                try:
                    self._serve(reader)
                finally:
                    # What it keeps is let go of here, not where this is forgotten.
                    self._steps = _AtHand()
        except _LeftOff:
            return
        except SkelsegError as error:
            self.missing = isinstance(error, MissingVideo)
            self._tell(self._reports.failed, str(error))
        except Exception as error:
            self._tell(
                self._reports.failed,
                f"{self.name} cannot be played ({error}); check the file.",
            )

    def _tick(self, progress: Progress) -> None:
        self.beats += 1
        if self._stopping:
            raise _LeftOff
        self._tell(self._reports.reading, progress)

    def _serve(self, reader: Reader) -> None:
        damage = reader.damage
        while (job := self._next_job()) is not None:
            self._look_at_file(job)
            try:
                self._do(reader, job)
            except _LeftOff:
                continue
            except Exception as error:
                self._fail(job, error)
            if reader.damage != damage:  # found while decoding
                damage = reader.damage
                self._tell(self._reports.frame_failed, job.generation, damage or "")

    def _next_job(self) -> _Job | None:
        with self._condition:
            while not self._stopping:
                job = self._job()
                if job is not None:
                    return job
                self.resting = True
                self._condition.wait()
                self.resting = False
            return None

    def _job(self) -> _Job | None:
        now = self._generation, self._serial
        if self._wanted is not None:
            frame = max(0, min(self._wanted, self._n_frames - 1))
            self._wanted = None
            return _Job(frame, *now, wanted=True, roughly=self._roughly)
        if self._hungry:
            leg = self._legs[0]
            return _Job(self._caught_up(self._next or 0, leg), *now, leg)
        ahead = self._steps.ahead() if self._ahead else None
        return None if ahead is None else _Job(ahead, *now)

    @property
    def _hungry(self) -> bool:
        return self._next is not None and len(self._ring) < self._room

    def _caught_up(self, frame: int, leg: PlayRange) -> int:
        """The frame to go on with: where it is late, one that is quick to come by."""
        due = self._due
        if due is None or leg.reached(due, frame):
            return frame
        key: int = self._steps.keyframe_at(due)
        if leg.step > 0:
            return key if key > frame else min(due, frame + max(CATCH_UP, leg.step))
        return due if self._steps.has(due) else max(key, leg.last)

    def _do(self, reader: Reader, job: _Job) -> None:
        if job.leg is None and not job.wanted:
            for _ in self._steps.prefetch(job.frame):
                self._go_on(job)
            return
        if job.roughly:
            near = self._steps.nearest(job.frame)
            if near not in (job.frame, self._told[0]):
                self._show(reader, job, near)
        self._show(reader, job, job.frame)

    def _show(self, reader: Reader, job: _Job, frame: int) -> None:
        for _ in self._steps.approach(frame):
            if not self._steps.has(frame):
                self._go_on(job)
        picture = _picture(frame, reader.bgra(frame))
        if job.leg is not None:
            self._told = (-1, 0.0)
            self._add(job, job.leg, picture)
        else:
            self._told = (frame, time.monotonic())
            self._tell(self._reports.decoded, job.generation, picture)

    def _go_on(self, job: _Job) -> None:
        """Return where the job is still worth its time."""
        self.beats += 1
        newer = self._serial != job.serial
        if newer and job.wanted and self._wanted is not None:
            # Else whoever asks faster than can be decoded would see nothing.
            newer = time.monotonic() - self._told[1] < PATIENCE_S
        if job.leg is not None and job.leg.step < 0:
            newer = newer or self._caught_up(job.frame, job.leg) != job.frame
        elif job.leg is None and not job.wanted:
            newer = newer or self._hungry
        if newer or self._stopping:
            raise _LeftOff

    def _fail(self, job: _Job, error: Exception) -> None:
        if job.leg is None and not job.wanted:
            self._ahead = False  # nobody asked for it; who does is told
            return
        if job.leg is not None:
            self._add(job, job.leg, None)
        text = str(error)
        if not isinstance(error, SkelsegError):
            text = (
                f"Frame {job.frame:,} of {self.name} cannot be decoded ({error}); go "
                "on with another frame."
            )
        self._tell(self._reports.frame_failed, job.generation, text)

    def _add(self, job: _Job, leg: PlayRange, picture: FramePicture | None) -> None:
        with self._condition:
            # Every leg has a number of its own: what is played now says it all.
            if not self._legs or self._legs[0].number != leg.number:
                return
            self._next = leg.following(job.frame)
            if self._next is None:
                self._legs.popleft()
                self._next = self._legs[0].start if self._legs else None
            if picture is not None:
                self._ring.append((leg, picture))

    def _look_at_file(self, job: _Job) -> None:
        """Say that the file is gone; where it is another one, end by a `VideoError`."""
        now = time.monotonic()
        if self._state is None or (not job.wanted and now - self._looked < LOOK_S):
            return
        self._looked, state = now, _state(self._source)
        if state is None and not self._gone:
            self._gone = True
            self._tell(
                self._reports.frame_failed,
                job.generation,
                f"{self.name} was moved or deleted while it is open; put it back "
                "before you go on.",
            )
        if state is not None and state != self._state:
            raise VideoError(
                f"{self.name} was changed while it was open; the next frame you go to "
                "opens it anew."
            )

    def _tell(self, signal: object, *values: object) -> None:
        try:
            signal.emit(self, *values)  # type: ignore[attr-defined]
        except RuntimeError:  # the player is gone and nobody closed it
            self._stopping = True


def _state(source: Source) -> tuple[int, int] | None:
    """Size and time of change of a file; None where there is none."""
    return media_state(source) if isinstance(source, Path) else None
