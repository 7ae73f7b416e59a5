"""IsolatedReader: the frames of a video, decoded by a process of its own.

Decoders are C libraries. One that crashes ends its process: the frame that was asked
for is lost, another process is started and goes on with the next one. What the process
says is checked as a stranger's file is: sizes are known before anything is read.

A picture takes some milliseconds more than in the own process, so that only videos
that crashed the program before are read like this (see `open_video`).
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from skelseg_core import MOST_PIXELS
from skelseg_core.child_process import exit_name, module_command
from skelseg_core.errors import LostFrame, MissingVideo, VideoError
from skelseg_core.progress import Progress
from skelseg_core.video.crash_marks import has_crashed
from skelseg_core.video.media_path import media_path
from skelseg_core.video.remote.address import is_remote
from skelseg_core.video.remote.permission import is_let
from skelseg_core.video.times import FrameTimes

if TYPE_CHECKING:
    from skelseg_core.video.reader import VideoReader

MODULE = "skelseg_core.video.reader_process"
"""Module that the process runs."""
MOST_FRAMES = 100_000_000
"""Longest video whose table of frames is accepted."""
MOST_LINE = 1 << 16
"""Longest line in bytes that is accepted of the process."""
PIPE_BYTES = 1 << 20
"""Size in bytes of the pipe that pictures come through, where it can be chosen."""
CACHE_BYTES = 256 << 20
"""Size in bytes of the decoded frames that the process keeps."""


def open_video(
    path: Path, cache_bytes: int = CACHE_BYTES
) -> VideoReader | IsolatedReader:
    """Open a video; in a process of its own where it crashed the program before.

    Raises
    ------
    VideoError
        Where the file cannot be read as a video.
    """
    if has_crashed(path):
        return IsolatedReader(path, cache_bytes=cache_bytes)
    from skelseg_core.video.reader import VideoReader

    return VideoReader(path, cache_bytes=cache_bytes)


class _Ended(Exception):
    """Raised where the process ended before it answered; says how."""


@dataclass(frozen=True, eq=False)
class _Facts:
    """Facts on a video, as the process tells them when it has opened it."""

    n_frames: int
    width: int
    height: int
    mean_rate: float
    fingerprint: str
    videos: tuple[int, int]
    starts_s: np.ndarray
    key_frames: np.ndarray

    @classmethod
    def of(cls, said: dict[str, Any], table: np.ndarray) -> _Facts:
        """Check what the process says.

        Raises
        ------
        ValueError, KeyError, TypeError
            Where no video is like this.
        """
        n_frames, video, n_videos = int(said["n_frames"]), *map(int, said["videos"])
        facts = cls(
            n_frames,
            int(said["width"]),
            int(said["height"]),
            float(said["mean_rate"]),
            str(said["fingerprint"]),
            (video, n_videos),
            table[:n_frames],
            table[n_frames:].astype(np.int64),
        )
        fits = facts.width > 0 < facts.height and 0 < n_frames == len(facts.starts_s)
        if not fits or facts.width * facts.height > MOST_PIXELS:
            raise ValueError("no video is like this")
        return facts


class IsolatedReader(contextlib.AbstractContextManager["IsolatedReader"]):
    """Frames of a video by number, as `VideoReader` gives them, from another process.

    A reader belongs to the thread that uses it. It has no sound and no proxy: nothing
    of the file is read in this process.

    Parameters
    ----------
    path : Path
        As for `VideoReader`.
    tick : callable, optional
        Told the progress while a file that is seen first is read through.
    cache_bytes : int
        Decoded frames are kept in the process up to this many bytes.

    Raises
    ------
    VideoError
        Where the file cannot be read as a video, or crashes the process at once.
    """

    has_pictures, has_sound, is_slow = True, False, False

    def __init__(
        self,
        path: Path,
        tick: Callable[[Progress], object] | None = None,
        cache_bytes: int = CACHE_BYTES,
    ) -> None:
        self.path = path
        self.damage: str | None = None
        self._name = media_path(path).file.name
        self._tick, self._cache_bytes = tick or (lambda _: None), cache_bytes
        self._process: subprocess.Popen[bytes] | None = None
        # The frame that is decoded, and those that cannot be.
        self._at: int | None = None
        self._lost: set[int] = set()
        # By keyframe: the first of the frames up to the next one that are given up.
        self._given_up: dict[int, int] = {}
        try:
            self._facts = self._started()
        except _Ended as ended:
            raise VideoError(
                "{} crashes its decoder when it is opened ({}); copy it again, or "
                "convert it to H.264.",
                path,
                ended,
            ) from ended
        except BaseException:
            self.close()
            raise
        self.times = FrameTimes.of_table(self._facts.starts_s)

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process; closing twice is harmless."""
        self._ended()

    def __len__(self) -> int:
        return self._facts.n_frames

    @property
    def width(self) -> int:
        """Width in px as seen upright."""
        return self._facts.width

    @property
    def height(self) -> int:
        """Height in px as seen upright."""
        return self._facts.height

    @property
    def mean_rate(self) -> float:
        """Mean frames per second."""
        return self._facts.mean_rate

    @property
    def fingerprint(self) -> str:
        """Key of file size, frame count and timestamps."""
        return self._facts.fingerprint

    @property
    def videos(self) -> tuple[int, int]:
        """Number of this video stream, from 1, and how many the file has."""
        return self._facts.videos

    def keyframe_at(self, n: int) -> int:
        """Return the last frame at or before ``n`` that is quick to decode."""
        keys = self._facts.key_frames
        row = int(np.searchsorted(keys, self._checked(n), side="right")) - 1
        return int(keys[row]) if row >= 0 else 0

    def has(self, n: int) -> bool:
        """Tell whether frame ``n`` is the one that was decoded last."""
        return n == self._at

    def nearest(self, n: int) -> int:
        """Return ``n``: what else is at hand is known in the process alone."""
        return self._checked(n)

    def is_near(self, n: int) -> bool:
        """Return True: there is no `preview` to show meanwhile."""
        return True

    def preview(self, n: int) -> None:
        """Return None: no proxy is read in this process."""

    def ahead(self) -> None:
        """Return None: nothing is decoded that nobody asked for."""

    def approach(self, n: int) -> Iterator[None]:
        """Decode towards frame ``n``, one frame at each step, until it is at hand.

        Raises
        ------
        LostFrame
            Where the decoder crashes on the way.
        """
        n = self._checked(n)
        if n == self._at:
            return
        self._refuse_lost(n)
        with self._losing(n):
            self._ask(approach=n)
            while self._ask(step=True).get("more") is True:
                yield
        self._at = n

    prefetch = approach

    def bgra(self, n: int) -> np.ndarray:
        """Read frame ``n`` upright, uint8 (H, W, 4): blue, green, red, 255.

        Raises
        ------
        LostFrame
            Where the decoder crashes.
        """
        n = self._checked(n)
        self._refuse_lost(n)
        with self._losing(n):
            answer = self._ask(frame=n)
            pixels = self._read(answer, (self.height, self.width, 4), np.uint8)
        self._at = n
        damage = answer.get("damage")
        self.damage = str(damage) if damage else None
        return pixels

    # -- frames that crash the decoder ------------------------------------------------

    def _checked(self, n: int) -> int:
        if not 0 <= n < len(self):
            raise IndexError(f"frame {n} is not in 0..{len(self) - 1}")
        return n

    def _refuse_lost(self, n: int) -> None:
        given_up = self._given_up.get(self.keyframe_at(n), len(self))
        if n in self._lost or n >= given_up:
            raise LostFrame(
                "Frame {:,} of {} could not be decoded: it crashed the decoder; go on "
                "with another frame, or convert the video to H.264.",
                n,
                self._name,
            )

    @contextlib.contextmanager
    def _losing(self, n: int) -> Iterator[None]:
        """Lose frame ``n`` where the process ends; the next frame starts another.

        Whatever crashes on the way to two frames crashes on the way to all that follow
        up to the next keyframe: these are not tried, for each costs a new process.
        """
        try:
            yield
        except _Ended as ended:
            key = self.keyframe_at(n)
            same = [m for m in self._lost if self.keyframe_at(m) == key]
            if same:
                self._given_up[key] = min(n, *same)
            self._lost.add(n)
            raise LostFrame(
                "Frame {:,} of {} could not be decoded: it crashed the decoder ({}), "
                "which was started again; go on with another frame, or convert the "
                "video to H.264.",
                n,
                self._name,
                ended,
            ) from ended

    # -- the process ------------------------------------------------------------------

    def _started(self) -> _Facts:
        """Start the process and let it open the video."""
        self._process = subprocess.Popen(
            module_command(MODULE),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        _widen(self._process)
        # The process has no project to ask whether the address may be read.
        let = is_remote(self.path) and is_let(self.path)
        answer = self._ask(open=str(self.path), cache_bytes=self._cache_bytes, let=let)
        while "step" in answer:
            n, total = answer.get("done"), answer.get("total")
            if isinstance(n, int) and isinstance(total, int):
                self._tick(Progress(str(answer["step"]), n, total))
            answer = self._answer()
        n_bytes = answer.get("bytes")
        if not isinstance(n_bytes, int) or not 0 < n_bytes <= 16 * MOST_FRAMES:
            raise self._ended("nonsense")
        try:
            table = self._read(answer, (n_bytes // 8,), np.dtype("<f8"))
            damage = answer.get("damage")
            self.damage = str(damage) if damage else None
            return _Facts.of(answer["facts"], table)
        except (KeyError, TypeError, ValueError):
            raise self._ended("nonsense") from None

    def _ask(self, **request: Any) -> dict[str, Any]:
        """Ask something of the process, which is started where there is none."""
        if self._process is None:
            self._go_on()
        assert self._process is not None
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
        except OSError:
            raise self._ended() from None
        return self._answer()

    def _go_on(self) -> None:
        """Start the process again, for the same video."""
        if self._started().fingerprint != self.fingerprint:
            self.close()
            raise VideoError(
                "{} was changed while it was open; open it anew.", self._name
            )

    def _answer(self) -> dict[str, Any]:
        assert self._process is not None
        assert self._process.stdout is not None
        try:
            line = self._process.stdout.readline(MOST_LINE)
            answer = json.loads(line) if line.endswith(b"\n") else None
        except (OSError, ValueError):
            answer = None
        if not isinstance(answer, dict):
            raise self._ended()
        if "error" in answer:
            kind = MissingVideo if answer.get("missing") is True else VideoError
            raise kind("{}", str(answer["error"]))
        if "failed" in answer:
            raise RuntimeError(str(answer["failed"]))
        return answer

    def _read(
        self, answer: dict[str, Any], shape: tuple[int, ...], dtype: Any
    ) -> np.ndarray:
        """Read the array that follows an answer."""
        assert self._process is not None
        assert self._process.stdout is not None
        array = np.empty(shape, dtype)
        if answer.get("bytes") != array.nbytes:
            raise self._ended("nonsense")
        left = memoryview(array.data).cast("B")
        while left:
            n = self._process.stdout.readinto(left)  # type: ignore[attr-defined]
            if not n:
                raise self._ended()
            left = left[n:]
        return array

    def _ended(self, how: str = "") -> _Ended:
        """End the process, if it runs still; return how it ended."""
        process, self._process, self._at = self._process, None, None
        if process is None:
            return _Ended(how)
        if not how:
            try:
                how = exit_name(process.wait(timeout=1.0))
            except subprocess.TimeoutExpired:
                how = ""
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                try:
                    stream.close()
                except OSError:
                    continue
        return _Ended(how or "it hung")


def _widen(process: subprocess.Popen[bytes]) -> None:
    """Give the pipe of a process room for a part of a picture, where that is possible.

    Linux has a limit for all pipes of a person together: it stays small then.
    """
    if sys.platform == "linux":
        import fcntl

        assert process.stdout is not None
        with contextlib.suppress(OSError):
            fcntl.fcntl(process.stdout, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
