"""Make small pictures of single frames in a thread.

A request replaces the one before it. The pictures used last are kept, up to
`KEPT_BYTES`, so that a strip that was there before is shown at once.
"""

from __future__ import annotations

import contextlib
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from PySide6.QtCore import QObject, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage

from app.kit.threads import Thread, wait_for_thread
from app.playback.decoder import Open, Reader, Source, open_reader

KEPT_BYTES = 96 * 2**20
"""Size in bytes of the pictures that are kept."""
CACHE_BYTES = 64 * 2**20
"""Size in bytes of decoded frames that are kept: a strip goes back by a few at most."""
WAIT_S = 0.3
"""Seconds that one strip of pictures waits for another to have made its frame."""
_one_decodes = threading.Lock()

Box = tuple[float, float, float, float]
"""Left, top, right, bottom in px of the picture."""


@dataclass(frozen=True)
class ThumbnailSpec:
    """Say which part of the picture (None: all) is wanted, and how large.

    Where any of the ``span`` frames from the one on will do, the quickest is taken.
    Where the video has a proxy, pictures are made of it, which takes milliseconds;
    ``exact`` ones are made again of the video itself, once all are there.
    """

    box: Box | None
    width: int
    height: int
    span: int = 1
    exact: bool = False


Picture = tuple[int, ThumbnailSpec]
"""A frame, and how its picture is wanted."""


class ThumbnailReader(QObject):
    """Make small pictures of one video; ``ready`` says that one is there."""

    ready = Signal(int)
    _made = Signal(object, object, object)  # thread, _Wish, image

    def __init__(
        self,
        parent: QObject | None = None,
        open_: Open | None = None,
        cache_bytes: int = CACHE_BYTES,
    ) -> None:
        super().__init__(parent)
        self._open = open_ or partial(open_reader, cache_bytes=cache_bytes)
        self._thread: _Thread | None = None
        self._ending: list[_Thread] = []
        self._spec: ThumbnailSpec | None = None
        self._wanted: frozenset[Picture] = frozenset()
        # Pictures, and whether they need not be made again.
        self._kept: OrderedDict[Picture, tuple[QImage, bool]] = OrderedDict()
        self._bytes = 0
        self._made.connect(self._on_made, Qt.ConnectionType.QueuedConnection)

    def open(self, source: Source | None) -> None:
        """Choose another video; its file is opened once frames are wanted."""
        if self._thread is not None:
            self._thread.stop()
            self._ending = [t for t in (*self._ending, self._thread) if t.is_alive()]
        self._thread = None
        self._kept.clear()
        self._bytes = 0
        if source is not None:
            self._thread = _Thread(source, self._open, self._made)

    def close(self) -> None:
        """Close the video; returns when every thread has ended, or hangs."""
        self.open(None)
        ending, self._ending = self._ending, []
        for thread in ending:
            wait_for_thread(thread)

    def want(self, frames: Sequence[int], spec: ThumbnailSpec) -> None:
        """Make these pictures next, in this order, in place of any others."""
        self._spec = spec
        self.want_each([(frame, spec) for frame in frames])

    def want_each(self, pictures: Sequence[Picture]) -> None:
        """Make pictures of several parts or sizes next, as `want`."""
        self._wanted = frozenset(pictures)
        if self._thread is not None:
            missing = [_Wish(*p) for p in pictures if p not in self._kept]
            kept = [(p, self._kept[p]) for p in pictures if p in self._kept]
            again = [_Wish(*p, last=True) for p, found in kept if not found[1]]
            self._thread.want(_Request(missing, again))

    def image(self, frame: int) -> QImage | None:
        """Return a frame as it was wanted last, or None where it is not there yet."""
        return None if self._spec is None else self.image_of(frame, self._spec)

    def image_of(self, frame: int, spec: ThumbnailSpec) -> QImage | None:
        """Return a frame as this part and size, or None where it is not there yet."""
        if (frame, spec) not in self._kept:
            return None
        self._kept.move_to_end((frame, spec))
        return self._kept[frame, spec][0]

    def _on_made(self, thread: _Thread, wish: _Wish, image: QImage) -> None:
        frame, spec = wish.frame, wish.spec
        kept = self._kept.get((frame, spec))
        if thread is not self._thread or (kept is not None and kept[1] >= wish.last):
            return
        if kept is not None:
            self._bytes -= kept[0].sizeInBytes()
        self._kept[frame, spec] = (image, wish.last)
        self._bytes += image.sizeInBytes()
        while self._bytes > KEPT_BYTES and len(self._kept) > 1:
            self._bytes -= self._kept.popitem(last=False)[1][0].sizeInBytes()
        if (frame, spec) in self._wanted:
            self.ready.emit(frame)


@dataclass(frozen=True)
class _Wish:
    """Name a picture to make; the ``last`` one of its frame is of the video itself."""

    frame: int
    spec: ThumbnailSpec
    last: bool = False


@dataclass(frozen=True, eq=False)
class _Request:
    """List pictures to make next, and after them those to make again of the video."""

    wanted: list[_Wish]
    to_refine: list[_Wish]

    def pop(self) -> _Wish | None:
        wishes = self.wanted or self.to_refine
        return wishes.pop(0) if wishes else None


@contextlib.contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Let one strip decode at a time, so that cores are left for the window.

    Where a file does not answer, the others go on after `WAIT_S`.
    """
    mine = _one_decodes.acquire(timeout=WAIT_S)
    try:
        yield
    finally:
        if mine:
            _one_decodes.release()


class _Thread(Thread):
    """Open the video when a picture is first wanted; end with `stop` or an error."""

    def __init__(self, source: Source, open_: Open, made: object) -> None:
        super().__init__(name="small pictures")
        self._source, self._open, self._made = source, open_, made
        self._condition = threading.Condition()
        self._stopping = False
        self._request = _Request([], [])

    def stop(self) -> None:
        """Let the thread end after the frame it is at."""
        with self._condition:
            self._stopping = True
            self._condition.notify()

    def want(self, request: _Request) -> None:
        """Make these pictures next, in place of any others."""
        with self._condition:
            self._request = request
            self.resting = False
            self._condition.notify()
        if request.wanted and self.ident is None:
            self.start()

    def run(self) -> None:
        # The player says in words what is wrong with a video; here it stays empty.
        try:
            with self._open(self._source, self._tick) as reader:
                while (job := self._next()) is not None:
                    with contextlib.suppress(Exception):
                        self._make(reader, *job)
        except Exception:
            return

    def _tick(self, _: object) -> None:
        if self._stopping:
            raise InterruptedError

    def _next(self) -> tuple[_Request, _Wish] | None:
        with self._condition:
            while not self._stopping:
                wish = self._request.pop()
                if wish is not None:
                    return self._request, wish
                self.resting = True
                self._condition.wait()
            return None

    def _make(self, reader: Reader, request: _Request, wish: _Wish) -> None:
        frame, spec = wish.frame, wish.spec
        if not 0 <= frame < len(reader):
            return
        if not wish.last:
            pixels = reader.preview(frame)
            if pixels is not None:
                self._tell(replace(wish, last=not spec.exact), pixels, reader)
                if spec.exact:
                    request.to_refine.append(replace(wish, last=True))
                return
        with _one_at_a_time():
            frame = _quickest(reader, frame, spec.span)
            for _ in reader.approach(frame):
                # Whoever looks elsewhere by now is not to wait for what was there.
                if wish.last and self._request is not request:
                    return
            self._tell(replace(wish, last=True), reader.bgra(frame), reader)

    def _tell(self, made: _Wish, pixels: np.ndarray, reader: Reader) -> None:
        height, width = pixels.shape[:2]
        whole = QImage(
            pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32
        )
        spec = made.spec
        left, top, right, bottom = spec.box or (0, 0, reader.width, reader.height)
        part = QRectF(left, top, right - left, bottom - top)
        small = whole.copy(_scaled(part, width / reader.width, height / reader.height))
        small = small.scaled(
            QSize(spec.width, spec.height),
            Qt.AspectRatioMode.KeepAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )
        try:
            self._made.emit(self, made, small)  # type: ignore[attr-defined]
        except RuntimeError:  # whoever wanted it is gone
            self._stopping = True


def _scaled(part: QRectF, across: float, down: float) -> QRect:
    """Return a part of the video's picture in one of another size, in whole px."""
    return QRect(
        round(part.left() * across),
        round(part.top() * down),
        max(1, round(part.width() * across)),
        max(1, round(part.height() * down)),
    )


def _quickest(reader: Reader, frame: int, span: int) -> int:
    """Return the frame itself, or a keyframe among those that will do as well."""
    if span == 1:
        return frame
    return max(frame, reader.keyframe_at(min(frame + span, len(reader)) - 1))
