"""Decoder: the frames of one recording as pictures, in a thread of its own.

The reader is opened, used and closed in that thread only. A request replaces the one
before it; each answer carries the generation of the request it belongs to.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Union

import numpy as np
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from skelseg_core.blank_video import BlankVideo, blank_video
from skelseg_core.errors import SkelsegError
from skelseg_core.progress import Progress
from skelseg_core.project import VideoItem

if TYPE_CHECKING:
    from skelseg_core.video import VideoReader

RING = 16
RING_BYTES = 256 * 2**20


@dataclass(frozen=True, eq=False)
class VideoInfo:
    """What is known of the video that is open; times in seconds, shape (n_frames,).

    Without ``has_pictures`` there are poses alone, and every picture is the same.
    """

    n_frames: int
    width: int
    height: int
    mean_rate: float
    timestamps_s: np.ndarray
    damage: str | None
    fingerprint: str
    has_pictures: bool = True


@dataclass(frozen=True, eq=False)
class Picture:
    """A decoded frame; ``image`` looks into ``pixels``, so hold on to both."""

    frame: int
    image: QImage
    pixels: np.ndarray


Source = Path | VideoItem
"""What is played: a video file, or a recording of which there are poses alone."""
Reader = Union["VideoReader", BlankVideo]
Open = Callable[[Source, Callable[[Progress], None]], Reader]


def open_reader(source: Source, tick: Callable[[Progress], None]) -> Reader:
    """Open a video in the decode thread; a file seen first is read through before."""
    if isinstance(source, VideoItem):
        return blank_video(source)
    from skelseg_core.video import VideoReader, open_index

    for progress in open_index(source):
        tick(progress)
    return VideoReader(source)


class _Stopped(Exception):
    """Raised in the decode thread where nobody waits for the video any more."""


def _picture(frame: int, pixels: np.ndarray) -> Picture:
    pixels = np.ascontiguousarray(pixels)
    height, width = pixels.shape[:2]
    image = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32)
    return Picture(frame, image, pixels)


def _info(reader: Reader) -> VideoInfo:
    times = np.array(reader.timestamps_s, np.float64)
    times.flags.writeable = False
    return VideoInfo(
        len(reader),
        reader.width,
        reader.height,
        reader.mean_rate,
        times,
        reader.damage,
        reader.fingerprint,
        not isinstance(reader, BlankVideo),
    )


class Reports(QObject):
    """What decode threads say, each with the decoder that says it; connect queued."""

    reading = Signal(object, object)  # Progress
    opened = Signal(object, object)  # VideoInfo
    failed = Signal(object, str)
    decoded = Signal(object, int, object)  # generation, Picture
    frame_failed = Signal(object, int, str)


class Decoder:
    """One video in a thread of its own: the frame wanted, or a ring ahead of play."""

    def __init__(
        self, source: Source, open_: Open, reports: Reports, first: int
    ) -> None:
        self._source, self._open, self._reports = source, open_, reports
        self._name = source.name if isinstance(source, Path) else source.id
        self._condition = threading.Condition()
        self._stopping = False
        self._generation = 0
        self._wanted: int | None = first
        self._next: int | None = None
        self._ring: deque[Picture] = deque()
        self._n_frames = 0
        self._room = RING
        self.thread = threading.Thread(
            target=self._run, name=f"decode {self._name}", daemon=True
        )
        self.thread.start()

    # -- called by the player -------------------------------------------------------

    def stop(self) -> None:
        """Let the thread end after the frame it is at."""
        with self._condition:
            self._stopping = True
            self._ring.clear()
            self._condition.notify()

    def want(self, frame: int, generation: int) -> None:
        """Decode this frame next, in place of any other that was wanted."""
        with self._condition:
            self._generation, self._wanted, self._next = generation, frame, None
            self._ring.clear()
            self._condition.notify()

    def run_from(self, frame: int, generation: int) -> None:
        """Fill the ring from this frame on."""
        with self._condition:
            self._generation, self._wanted, self._next = generation, None, frame
            self._ring.clear()
            self._condition.notify()

    def rest(self, generation: int) -> None:
        """Decode nothing more."""
        with self._condition:
            self._generation, self._wanted, self._next = generation, None, None
            self._ring.clear()

    def take(self, due: int | None) -> Picture | None:
        """The latest picture that is due (None: the first there is); drops the late.

        Where the ring has run dry before ``due``, decoding goes on from there.
        """
        with self._condition:
            picture = None
            while self._ring and (due is None or self._ring[0].frame <= due):
                picture = self._ring.popleft()
                if due is None:
                    break
            if due is not None and not self._ring and self._next is not None:
                self._next = max(self._next, min(due, self._n_frames - 1))
            self._condition.notify()
            return picture

    @property
    def dry(self) -> bool:
        """Whether every frame up to the end was decoded and taken."""
        with self._condition:
            ahead = self._next
            return not self._ring and ahead is not None and ahead >= self._n_frames

    # -- the decode thread ----------------------------------------------------------

    def _run(self) -> None:
        try:
            with self._open(self._source, self._tick) as reader:
                info = _info(reader)
                size = 4 * info.width * info.height
                with self._condition:
                    self._n_frames = info.n_frames
                    self._room = max(3, min(RING, RING_BYTES // size))
                self._tell(self._reports.opened, info)
                self._serve(reader)
        except _Stopped:
            return
        except SkelsegError as error:
            self._tell(self._reports.failed, str(error))
        except Exception as error:
            self._tell(
                self._reports.failed,
                f"{self._name} cannot be played ({error}); check the file.",
            )

    def _tick(self, progress: Progress) -> None:
        with self._condition:
            if self._stopping:
                raise _Stopped
        self._tell(self._reports.reading, progress)

    def _serve(self, reader: Reader) -> None:
        damage = reader.damage
        while (job := self._next_job()) is not None:
            frame, generation, playing = job
            picture: Picture | None = None
            try:
                picture = _picture(frame, reader.bgra(frame))
            except Exception as error:
                text = str(error)
                if not isinstance(error, SkelsegError):
                    text = (
                        f"Frame {frame:,} of {self._name} cannot be decoded "
                        f"({error}); go on with another frame."
                    )
                self._tell(self._reports.frame_failed, generation, text)
            if reader.damage != damage:  # found while decoding
                damage = reader.damage
                self._tell(self._reports.frame_failed, generation, damage or "")
            if playing:
                self._add(frame, generation, picture)
            elif picture is not None:
                self._tell(self._reports.decoded, generation, picture)

    def _next_job(self) -> tuple[int, int, bool] | None:
        with self._condition:
            while not self._stopping:
                if self._wanted is not None:
                    frame = max(0, min(self._wanted, self._n_frames - 1))
                    self._wanted = None
                    return frame, self._generation, False
                ahead = self._next
                room = len(self._ring) < self._room
                if ahead is not None and ahead < self._n_frames and room:
                    return ahead, self._generation, True
                self._condition.wait()
            return None

    def _add(self, frame: int, generation: int, picture: Picture | None) -> None:
        with self._condition:
            if generation != self._generation or self._next is None:
                return
            self._next = max(self._next, frame + 1)
            if picture is not None:
                self._ring.append(picture)

    def _tell(self, signal: object, *values: object) -> None:
        try:
            signal.emit(self, *values)  # type: ignore[attr-defined]
        except RuntimeError:  # the player is gone and nobody closed it
            self._stopping = True
