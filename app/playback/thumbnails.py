"""Make small pictures of single frames in a thread.

A request replaces the one before it. The pictures used last are kept, up to
`KEPT_BYTES`, so that a strip that was there before is shown at once.
"""

from __future__ import annotations

import contextlib
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QObject, QRect, QSize, Qt, Signal
from PySide6.QtGui import QImage

from app.kit.threads import wait_for_thread
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
    """

    box: Box | None
    width: int
    height: int
    span: int = 1


class ThumbnailReader(QObject):
    """Make small pictures of one video; ``ready`` says that one is there."""

    ready = Signal(int)
    _made = Signal(object, int, object, object)  # thread, frame, spec, image

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
        self._kept: OrderedDict[tuple[int, ThumbnailSpec], QImage] = OrderedDict()
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
        """Close the video; returns when every thread has ended."""
        self.open(None)
        ending, self._ending = self._ending, []
        for thread in ending:
            wait_for_thread(thread)

    def want(self, frames: Sequence[int], spec: ThumbnailSpec) -> None:
        """Make these pictures next, in this order, in place of any others."""
        self._spec = spec
        if self._thread is not None:
            missing = [n for n in frames if (n, spec) not in self._kept]
            self._thread.want(missing, spec)

    def image(self, frame: int) -> QImage | None:
        """Return a frame as it was wanted last, or None where it is not there yet."""
        if self._spec is None or (frame, self._spec) not in self._kept:
            return None
        self._kept.move_to_end((frame, self._spec))
        return self._kept[frame, self._spec]

    def _on_made(
        self, thread: _Thread, frame: int, spec: ThumbnailSpec, image: QImage
    ) -> None:
        if thread is not self._thread or (frame, spec) in self._kept:
            return
        self._kept[frame, spec] = image
        self._bytes += image.sizeInBytes()
        while self._bytes > KEPT_BYTES and len(self._kept) > 1:
            self._bytes -= self._kept.popitem(last=False)[1].sizeInBytes()
        if spec == self._spec:
            self.ready.emit(frame)


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


class _Thread(threading.Thread):
    """Open the video when a picture is first wanted; end with `stop` or an error."""

    def __init__(self, source: Source, open_: Open, made: object) -> None:
        super().__init__(name="small pictures", daemon=True)
        self._source, self._open, self._made = source, open_, made
        self._condition = threading.Condition()
        self._stopping = False
        self._wanted: list[int] = []
        self._spec: ThumbnailSpec | None = None

    def stop(self) -> None:
        """Let the thread end after the frame it is at."""
        with self._condition:
            self._stopping = True
            self._condition.notify()

    def want(self, frames: list[int], spec: ThumbnailSpec) -> None:
        """Make these frames next."""
        with self._condition:
            self._wanted, self._spec = frames, spec
            self._condition.notify()
        if frames and self.ident is None:
            self.start()

    def run(self) -> None:
        # The player says in words what is wrong with a video; here it stays empty.
        try:
            with self._open(self._source, self._tick) as reader:
                while (job := self._next()) is not None:
                    with _one_at_a_time(), contextlib.suppress(Exception):
                        self._make(reader, *job)
        except Exception:
            return

    def _tick(self, _: object) -> None:
        if self._stopping:
            raise InterruptedError

    def _next(self) -> tuple[int, ThumbnailSpec] | None:
        with self._condition:
            while not self._stopping:
                if self._wanted and self._spec is not None:
                    return self._wanted.pop(0), self._spec
                self._condition.wait()
            return None

    def _make(self, reader: Reader, frame: int, spec: ThumbnailSpec) -> None:
        if not 0 <= frame < len(reader):
            return
        pixels = reader.bgra(_quickest(reader, frame, spec.span))
        height, width = pixels.shape[:2]
        whole = QImage(
            pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32
        )
        left, top, right, bottom = spec.box or (0, 0, width, height)
        part = QRect(round(left), round(top), round(right - left), round(bottom - top))
        small = whole.copy(part).scaled(
            QSize(spec.width, spec.height),
            Qt.AspectRatioMode.KeepAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )
        try:
            self._made.emit(self, frame, spec, small)  # type: ignore[attr-defined]
        except RuntimeError:  # whoever wanted it is gone
            self._stopping = True


def _quickest(reader: Reader, frame: int, span: int) -> int:
    """Return the frame itself, or a keyframe among those that will do as well."""
    if span == 1:
        return frame
    return max(frame, reader.keyframe_at(min(frame + span, len(reader)) - 1))
