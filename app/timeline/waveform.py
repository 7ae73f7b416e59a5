"""Waveform: the sound of the video along the timeline, read in a thread."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, QRectF, Qt, Signal
from PySide6.QtGui import QPainter

from app.kit.background import wait_for_thread
from app.timeline.geometry import TimeWindow
from app.timeline.shaded import Shaded
from app.timeline.style import Style

if TYPE_CHECKING:
    from skelseg_core.video.audio import Waveform

QUIETEST = 0.02
"""A recording whose loudest sample is below this is not blown up any further."""

LIFT = 0.6
OPACITY = 0.55


class WaveformRow(QObject):
    """The envelope of one video's sound; ``changed`` says that there is more to see."""

    changed = Signal()
    _read = Signal(object, object)  # thread, share 0..1 or Waveform or None

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._path: Path | None = None
        self._edges_s = np.zeros(2)
        self._thread: _Thread | None = None
        self._ending: list[_Thread] = []
        self._found: Waveform | None = None
        self.text = ""
        self._shaded = Shaded()
        self._read.connect(self._on_read, Qt.ConnectionType.QueuedConnection)

    @property
    def there(self) -> bool:
        """Whether the video has sound."""
        return self._path is not None

    def open(self, path: Path | None, edges_s: np.ndarray | None = None) -> None:
        """Another video, or none; its frame n begins at ``edges_s[n]``, (T + 1,)."""
        if self._thread is not None:
            self._thread.stopping = True
            threads = [*self._ending, self._thread]
            self._ending = [t for t in threads if t.is_alive()]
        self._path, self._thread, self._found, self.text = path, None, None, ""
        if edges_s is not None:
            self._edges_s = edges_s

    def close(self) -> None:
        """Let go of the file; returns when every thread has ended."""
        self.open(None)
        ending, self._ending = self._ending, []
        for thread in ending:
            wait_for_thread(thread)

    def paint(
        self,
        painter: QPainter,
        view: TimeWindow,
        top: float,
        height: float,
        style: Style,
    ) -> None:
        """Paint what is there; the first time, begin to read."""
        if self._thread is None and self._path is not None:
            self._thread = _Thread(self._path, self._read)
            self._thread.start()
        if self._found is None:
            painter.fillRect(QRectF(0, top, view.width, height), style.well)
            return
        ratio = painter.device().devicePixelRatio()
        device, rows = view.scaled(ratio), max(3, round(height * ratio))
        low, high = self._found.columns(self._seconds(device))
        gain = 1 / max(QUIETEST, self._found.peak)
        envelope = _lifted(low * gain), _lifted(high * gain)
        self._shaded.draw(painter, top, _drawn(*envelope, rows), style)

    def _seconds(self, view: TimeWindow) -> np.ndarray:
        """When each pixel begins, and the last ends, (width + 1,)."""
        frames = view.first + np.arange(view.width + 1) * view.frames_per_px
        whole = np.clip(frames.astype(np.int64), 0, len(self._edges_s) - 2)
        begin = self._edges_s[whole]
        part = np.clip(frames - whole, 0, 1)
        return np.asarray(begin + part * (self._edges_s[whole + 1] - begin))

    def _on_read(self, thread: _Thread, news: object) -> None:
        if thread is not self._thread:
            return
        if isinstance(news, float):
            self.text = f"{int(news * 100)} %"
        else:
            self._found = news  # type: ignore[assignment]
            self.text = "" if news is not None else self.tr("cannot be read")
        self.changed.emit()


def _lifted(values: np.ndarray) -> np.ndarray:
    """Values -1..1, the small ones drawn larger: a soft contact shows beside a loud."""
    return np.asarray(np.sign(values) * np.abs(values) ** LIFT)


def _drawn(low: np.ndarray, high: np.ndarray, rows: int) -> np.ndarray:
    """Shade of each pixel (rows, W), by how much of it lies in the envelope."""
    half = (rows - 1) / 2
    above = (half - high * half).astype(np.float32)
    below = (half - low * half + 1).astype(np.float32)
    edge = np.arange(rows, dtype=np.float32)[:, None]
    share = np.minimum(below, edge + 1) - np.maximum(above, edge)
    np.clip(share, 0, 1, out=share)
    share *= np.float32(OPACITY * 255)
    return np.asarray(share.astype(np.uint8))


class _Thread(threading.Thread):
    """Reads the envelope of one file, unless it is told to stop."""

    def __init__(self, path: Path, read: object) -> None:
        super().__init__(name="waveform", daemon=True)
        self._path, self._read = path, read
        self.stopping = False

    def run(self) -> None:
        from skelseg_core.video.audio import read_waveform

        task = read_waveform(self._path)
        try:
            while not self.stopping:
                progress = next(task)
                self._tell(progress.fraction or 0.0)
        except StopIteration as end:
            end.value.prepare()  # not while it is painted
            self._tell(end.value)
        except Exception:
            self._tell(None)
        finally:
            task.close()

    def _tell(self, news: object) -> None:
        try:
            self._read.emit(self, news)  # type: ignore[attr-defined]
        except RuntimeError:  # whoever wanted it is gone
            self.stopping = True
