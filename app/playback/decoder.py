"""Decode the frames of one recording into pictures, in a thread of its own.

The reader is opened, used and closed in that thread only. A request replaces the one
before it; each answer carries the number of the request it belongs to. When nothing is
asked, the thread decodes ahead; after every frame it looks for a newer request.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Union

import numpy as np
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from app.kit.language import in_language, tr
from app.kit.threads import Thread
from skelseg_core.errors import MissingVideo, SkelsegError, VideoError
from skelseg_core.progress import Progress
from skelseg_core.project.poses_only_video import BlankVideo, blank_video
from skelseg_core.project.videos_and_tracks import Track
from skelseg_core.video.media_path import media_state
from skelseg_core.video.times import FrameTimes

if TYPE_CHECKING:
    from skelseg_core.video.reader import VideoReader

RING = 12
"""Pictures decoded ahead of playing, at most."""
RING_BYTES = 128 * 2**20
"""Size in bytes of these pictures together; three are kept however large they are."""
CACHE_BYTES = 512 * 2**20
"""Size in bytes of the decoded frames that are kept for going back and forth."""
CATCH_UP = 8
"""Frames from one picture to the next while playing is late."""
PATIENCE_S = 0.2
"""Seconds that a newer request waits for the frame that is being decoded."""
LOOK_S = 0.5
"""Seconds between two looks at the file while it plays."""


@dataclass(frozen=True, eq=False)
class VideoInfo:
    """Describe the video that is open.

    Without ``has_pictures`` there are poses alone, and every picture is the same.
    Where it ``is_slow``, looks at frames here and there take long without a proxy.
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
    is_slow: bool = False


@dataclass(frozen=True, eq=False)
class FramePicture:
    """Hold a decoded frame; ``image`` looks into ``pixels``, so keep both.

    Parameters
    ----------
    frame : int
    image : QImage
    pixels : ndarray (H, W, 4) uint8
    preview_of : tuple of int, optional
        Width and height in px of the video, where the picture is the small one of its
        proxy and that of the video follows.
    """

    frame: int
    image: QImage
    pixels: np.ndarray
    preview_of: tuple[int, int] | None = None

    @property
    def is_preview(self) -> bool:
        """Tell whether the picture of the video itself follows."""
        return self.preview_of is not None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in px of a picture of the video."""
        return self.preview_of or (self.image.width(), self.image.height())


Source = Path | Track
"""Recording to play: the path of a video file, or a video with poses alone."""
Reader = Union["VideoReader", BlankVideo]
Find = Callable[[], Path]
"""Function that looks for the file of a recording, which may take long."""
Open = Callable[[Source, Callable[[Progress], None]], Reader]


def open_reader(
    source: Source, tick: Callable[[Progress], None], cache_bytes: int = CACHE_BYTES
) -> Reader:
    """Open a video in the decode thread; a file seen first is read through before."""
    if isinstance(source, Track):
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
        in_language(reader.damage) if reader.damage else None,
        reader.fingerprint,
        reader.has_pictures,
        reader.has_sound,
        reader.is_slow,
    )


@dataclass(frozen=True)
class PlayRange:
    """Name frames to play: from ``start`` to ``last`` by ``step`` (negative: back)."""

    number: int
    start: int
    last: int
    step: int

    def following(self, frame: int) -> int | None:
        """Return the frame to play after this one; the last is never passed over."""
        if frame == self.last:
            return None
        bound = min if self.step > 0 else max
        return bound(frame + self.step, self.last)

    def reached(self, frame: int, due: int) -> bool:
        """Tell whether ``frame`` does not lie behind ``due``."""
        return frame <= due if self.step > 0 else frame >= due


@dataclass(frozen=True)
class Request:
    """Ask for frames to decode, in place of any request before; by default, none.

    Parameters
    ----------
    number : int
        Rises from request to request.
    frame : int, optional
        Frame to show.
    keyframe_ok : bool
        Whether a frame near it that is quick to show may come first.
    ranges : tuple of PlayRange
        Frames to play, one range after the other; each has a number of its own.
    """

    number: int
    frame: int | None = None
    keyframe_ok: bool = False
    ranges: tuple[PlayRange, ...] = ()


@dataclass(frozen=True)
class _Job:
    """Name a frame to decode: to show, to play (``play_range``), or ahead of need."""

    frame: int
    request: Request
    play_range: PlayRange | None = None
    is_ahead: bool = False

    @property
    def is_shown(self) -> bool:
        return self.play_range is None and not self.is_ahead


class _Interrupted(Exception):
    """Raised in the decode thread where something newer is asked for."""


class DecoderSignals(QObject):
    """Signal the results of decode threads, each with its decoder; connect queued."""

    reading = Signal(object, object)  # Progress
    opened = Signal(object, object)  # VideoInfo
    failed = Signal(object, str)
    decoded = Signal(object, int, object)  # number of the request, FramePicture
    frame_failed = Signal(object, int, str)


class _FileWatch:
    """Notice that the file of an open video vanishes or is replaced."""

    def __init__(self, source: Source, name: str) -> None:
        self._path = source if isinstance(source, Path) else None
        self._name = name
        self._state = self._now()
        self._looked_at = -math.inf
        self._gone = False

    def _now(self) -> tuple[int, int] | None:
        return None if self._path is None else media_state(self._path)

    def look(self, at_once: bool) -> str:
        """Return once a sentence that the file is gone, else the empty text.

        Raises
        ------
        VideoError
            Where another file has taken its place.
        """
        now = time.monotonic()
        if self._state is None or (not at_once and now - self._looked_at < LOOK_S):
            return ""
        self._looked_at, state = now, self._now()
        if state is not None and state != self._state:
            raise VideoError(
                "{} was changed while it was open. Go to another frame to open it "
                "again.",
                self._name,
            )
        if state is not None or self._gone:
            return ""
        self._gone = True
        text = tr("{} was moved or deleted while it was open. Put it back to go on.")
        return text.format(self._name)


class Decoder:
    """Decode one video in a thread: the frame asked for, or some ahead of playing."""

    def __init__(
        self,
        source: Source,
        open_: Open,
        reports: DecoderSignals,
        request: Request,
        find: Find | None = None,
    ) -> None:
        self.source, self._find = source, find
        self._open, self._reports = open_, reports
        self.name = source.name if isinstance(source, Path) else source.id
        self._condition = threading.Condition()
        self._stopping = False
        self._request, self._begun = request, False
        # The first begins with the frame that is decoded next.
        self._ranges: deque[PlayRange] = deque()
        self._ring: deque[tuple[PlayRange, FramePicture]] = deque()
        self._room = RING
        # The frame that is due, where the ring has run dry before it.
        self._late_for: int | None = None
        self._reads_ahead = True
        self._last_shown = (-1, 0.0)
        self.missing = False
        self.thread = Thread(self._run, f"decode {self.name}")

    # -- called by the player -------------------------------------------------------

    def start(self) -> None:
        """Start the thread, unless it was started or stopped."""
        if self.thread.ident is None and not self._stopping:
            self.thread.start()

    def stop(self) -> None:
        """Let the thread end after the frame it is at."""
        with self._condition:
            self._stopping = True
        self.ask(Request(-1))

    def ask(self, request: Request) -> None:
        """Answer this request in place of any other."""
        with self._condition:
            self._request, self._begun = request, False
            self._ranges = deque(request.ranges)
            self._ring.clear()
            self._late_for = None
            self._reads_ahead = True
            self._wake()

    def play_on(self, play_range: PlayRange) -> None:
        """Go on with this range after those before it."""
        with self._condition:
            self._ranges.append(play_range)
            self._wake()

    def take(self, number: int, due: int | None) -> FramePicture | None:
        """Take the latest picture of a range that is due (None: its first).

        Earlier ones are dropped. Where there is none, decoding hurries to ``due``.
        """
        with self._condition:
            while self._ranges and self._ranges[0].number < number:
                self._ranges.popleft()
            while self._ring and self._ring[0][0].number < number:
                self._ring.popleft()
            picture = None
            while self._is_due(number, due):
                picture = self._ring.popleft()[1]
                if due is None:
                    break
            current = bool(self._ranges) and self._ranges[0].number == number
            self._late_for = due if current and not self._ring else None
            self._wake()
            return picture

    def _wake(self) -> None:
        self.thread.resting = False
        self._condition.notify()

    def _is_due(self, number: int, due: int | None) -> bool:
        if not self._ring or self._ring[0][0].number != number:
            return False
        play_range, picture = self._ring[0]
        return due is None or play_range.reached(picture.frame, due)

    def done(self, number: int) -> bool:
        """Tell whether every frame of a range was decoded and taken."""
        with self._condition:
            waiting = bool(self._ring) and self._ring[0][0].number == number
            return not waiting and all(r.number != number for r in self._ranges)

    # -- the decode thread ----------------------------------------------------------

    def _run(self) -> None:
        try:
            if self._find is not None:
                self.source = self._find()
            watch = _FileWatch(self.source, self.name)
            with self._open(self.source, self._tick) as reader:
                info = _info(reader)
                size = 4 * info.width * info.height
                with self._condition:
                    self._room = max(3, min(RING, RING_BYTES // size))
                self._tell(self._reports.opened, info)
                self._serve(reader, watch)
        except _Interrupted:
            return
        except SkelsegError as error:
            self.missing, text = isinstance(error, MissingVideo), in_language(error)
            self._tell(self._reports.failed, text)
        except Exception as error:
            text = tr("{} cannot be played ({}). Check the file.")
            self._tell(self._reports.failed, text.format(self.name, error))

    def _tick(self, progress: Progress) -> None:
        if self._stopping:
            raise _Interrupted
        self._tell(self._reports.reading, progress)

    def _serve(self, reader: Reader, watch: _FileWatch) -> None:
        damage = reader.damage
        while (job := self._next_job(reader)) is not None:
            gone = watch.look(at_once=job.is_shown)
            if gone:
                self._tell(self._reports.frame_failed, job.request.number, gone)
            try:
                self._do(reader, job)
            except _Interrupted:
                continue
            except Exception as error:
                self._fail(job, error)
            if reader.damage != damage:  # found while decoding
                damage = reader.damage
                number = job.request.number
                text = in_language(damage or "")
                self._tell(self._reports.frame_failed, number, text)

    def _next_job(self, reader: Reader) -> _Job | None:
        with self._condition:
            while not self._stopping:
                job = self._job(reader)
                if job is not None:
                    return job
                self.thread.resting = True
                self._condition.wait()
            return None

    def _job(self, reader: Reader) -> _Job | None:
        request = self._request
        if self._awaits_frame and request.frame is not None:
            self._begun = True
            return _Job(max(0, min(request.frame, len(reader) - 1)), request)
        if self._wants_more:
            play_range = self._ranges[0]
            frame = self._skip_to(reader, play_range.start, play_range)
            return _Job(frame, request, play_range)
        ahead = reader.ahead() if self._reads_ahead else None
        return None if ahead is None else _Job(ahead, request, is_ahead=True)

    @property
    def _awaits_frame(self) -> bool:
        """Tell whether a frame is asked for that was not begun."""
        return self._request.frame is not None and not self._begun

    @property
    def _wants_more(self) -> bool:
        """Tell whether frames are to be played, and the ring has room for one."""
        return bool(self._ranges) and len(self._ring) < self._room

    def _skip_to(self, reader: Reader, frame: int, play_range: PlayRange) -> int:
        """Return the frame to go on with: where it is late, one quick to come by."""
        due = self._late_for
        if due is None or play_range.reached(due, frame):
            return frame
        key = reader.keyframe_at(due)
        if play_range.step > 0:
            step = max(CATCH_UP, play_range.step)
            return key if key > frame else min(due, frame + step)
        return due if reader.has(due) else max(key, play_range.last)

    def _do(self, reader: Reader, job: _Job) -> None:
        if job.is_ahead:
            for _ in reader.prefetch(job.frame):
                self._check(reader, job)
            return
        is_slow = job.is_shown and not reader.is_near(job.frame)
        if is_slow and not self._show_preview(reader, job):
            near = reader.nearest(job.frame) if job.request.keyframe_ok else job.frame
            if near not in (job.frame, self._last_shown[0]):
                self._show(reader, job, near)
        self._show(reader, job, job.frame)

    def _show_preview(self, reader: Reader, job: _Job) -> bool:
        """Show the frame small and at once; False where there is no small one."""
        pixels = reader.preview(job.frame)
        if pixels is None:
            return False
        picture = replace(
            _picture(job.frame, pixels), preview_of=(reader.width, reader.height)
        )
        self._last_shown = (job.frame, time.monotonic())
        self._tell(self._reports.decoded, job.request.number, picture)
        return True

    def _show(self, reader: Reader, job: _Job, frame: int) -> None:
        for _ in reader.approach(frame):
            if not reader.has(frame):
                self._check(reader, job)
        self._hand_over(job, frame, _picture(frame, reader.bgra(frame)))

    def _hand_over(self, job: _Job, frame: int, picture: FramePicture) -> None:
        if job.play_range is not None:
            self._last_shown = (-1, 0.0)
            self._add(job.play_range, job.frame, picture)
        else:
            self._last_shown = (frame, time.monotonic())
            self._tell(self._reports.decoded, job.request.number, picture)

    def _check(self, reader: Reader, job: _Job) -> None:
        """Interrupt a job that is no longer worth its time."""
        newer = self._request is not job.request
        if newer and job.is_shown and self._awaits_frame:
            # Asked faster than it can decode, it would otherwise never show a frame.
            newer = time.monotonic() - self._last_shown[1] < PATIENCE_S
        if job.play_range is not None and job.play_range.step < 0:
            frame = self._skip_to(reader, job.frame, job.play_range)
            newer = newer or frame != job.frame
        elif job.is_ahead:
            newer = newer or self._wants_more
        if newer or self._stopping:
            raise _Interrupted

    def _fail(self, job: _Job, error: Exception) -> None:
        if job.is_ahead:
            self._reads_ahead = False  # nobody asked for it; who does is told
            return
        if job.play_range is not None:
            self._add(job.play_range, job.frame, None)
        text = in_language(error)
        if not isinstance(error, SkelsegError):
            text = tr(
                "Frame {} of {} cannot be decoded ({}). Go to another frame."
            ).format(f"{job.frame:,}", self.name, error)
        self._tell(self._reports.frame_failed, job.request.number, text)

    def _add(
        self, play_range: PlayRange, frame: int, picture: FramePicture | None
    ) -> None:
        with self._condition:
            # Another range is played by now: its number says so.
            if not self._ranges or self._ranges[0].number != play_range.number:
                return
            following = play_range.following(frame)
            if following is None:
                self._ranges.popleft()
            else:
                self._ranges[0] = replace(play_range, start=following)
            if picture is not None:
                self._ring.append((play_range, picture))

    def _tell(self, signal: object, *values: object) -> None:
        try:
            signal.emit(self, *values)  # type: ignore[attr-defined]
        except RuntimeError:  # the player is gone and nobody closed it
            self._stopping = True
