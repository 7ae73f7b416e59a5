"""The waveform lane: the sound of the video, read in a thread."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Qt, Signal

from app.kit.commands import Command
from app.kit.language import tr
from app.kit.threads import Thread, wait_for_thread
from app.timeline.geometry import TimeWindow
from app.timeline.lane import MEASURES, Lane
from app.timeline.lane_place import LanePlace
from app.timeline.video_data import LaneReader

if TYPE_CHECKING:
    from app.playback.player import VideoInfo
    from app.timeline.video_data import VideoData
    from skelseg_core.video.audio import Waveform

MIN_PEAK = 0.02
"""A recording whose loudest sample (0..1) is below this is not amplified further."""

LIFT = 0.6
"""Exponent that draws soft sounds larger than they are."""
OPACITY = 0.55


class WaveformReader(LaneReader):
    """Read and paint the envelope of a video's sound, from its first painting on.

    ``found`` is the envelope as soon as it is known.
    """

    _read = Signal(object, object)  # thread, share 0..1 or Waveform or None

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._path: Path | None = None
        self._edges_s = np.zeros(2)
        self._thread: _Thread | None = None
        self._ending: list[_Thread] = []
        self.found: Waveform | None = None
        self.text = ""
        self._read.connect(self._on_read, Qt.ConnectionType.QueuedConnection)

    @property
    def there(self) -> bool:
        """True if the video has sound."""
        return self._path is not None

    def start(self, path: Path, info: VideoInfo) -> None:
        edges_s = info.times.edges_s(np.arange(info.n_frames + 1))
        self.open(path if info.has_sound else None, edges_s)

    def forget(self) -> None:
        self.open(None)

    def open(self, path: Path | None, edges_s: np.ndarray | None = None) -> None:
        """Open a video, or none; its frame n begins at ``edges_s[n]``, (T + 1,)."""
        if self._thread is not None:
            self._thread.stopping = True
            threads = [*self._ending, self._thread]
            self._ending = [t for t in threads if t.is_alive()]
        self._path, self._thread, self.found, self.text = path, None, None, ""
        if edges_s is not None:
            self._edges_s = edges_s

    def close(self) -> None:
        """Close the file; return when every thread has ended, or hangs."""
        self.open(None)
        ending, self._ending = self._ending, []
        for thread in ending:
            wait_for_thread(thread)

    def paint(self, place: LanePlace) -> None:
        """Paint the envelope; begin to read it at the first call."""
        unread = self.found is None and self._thread is None
        if unread and self._path is not None:
            self._thread = _Thread(self._path, self._read)
            self._thread.start()
        if self.found is None:
            place.painter.fillRect(place.area, place.style.well)
            return
        low, high = self.found.columns(self._seconds(place.device))
        gain = 1 / max(MIN_PEAK, self.found.peak)
        envelope = _amplified(low * gain), _amplified(high * gain)
        place.draw_shades(_drawn(*envelope, place.lines(least=3)))

    def _seconds(self, view: TimeWindow) -> np.ndarray:
        """Return when each pixel begins, and the last ends, in seconds (width + 1,)."""
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
            self.found = news  # type: ignore[assignment]
            self.text = "" if news is not None else self.tr("cannot be read")
        self.changed.emit()


def _amplified(values: np.ndarray) -> np.ndarray:
    """Draw small values of -1..1 larger: soft sounds show beside loud ones."""
    return np.asarray(np.sign(values) * np.abs(values) ** LIFT)


def _drawn(low: np.ndarray, high: np.ndarray, rows: int) -> np.ndarray:
    """Return the shade of each pixel (rows, W), by the share inside the envelope."""
    half = (rows - 1) / 2
    above = (half - high * half).astype(np.float32)
    below = (half - low * half + 1).astype(np.float32)
    edge = np.arange(rows, dtype=np.float32)[:, None]
    share = np.minimum(below, edge + 1) - np.maximum(above, edge)
    np.clip(share, 0, 1, out=share)
    share *= np.float32(OPACITY * 255)
    return np.asarray(share.astype(np.uint8))


class _Thread(Thread):
    """Read the envelope of one file, until ``stopping`` is set."""

    def __init__(self, path: Path, read: object) -> None:
        super().__init__(name="waveform")
        self._path, self._read = path, read
        self.stopping = False

    def run(self) -> None:
        from skelseg_core.video.audio import read_waveform

        task = read_waveform(self._path)
        try:
            while not self.stopping:
                progress = next(task)
                self._emit(progress.fraction or 0.0)
        except StopIteration as end:
            end.value.prepare()  # here in the thread, not at the first paint
            self._emit(end.value)
        except Exception:
            self._emit(None)
        finally:
            task.close()

    def _emit(self, news: object) -> None:
        try:
            self._read.emit(self, news)  # type: ignore[attr-defined]
        except RuntimeError:  # the reader was deleted
            self.stopping = True


class WaveformLane(Lane):
    """Loudness of the sound, for videos that have sound."""

    kind = "waveform"
    usual_px, least_px = 28, 16
    menu_part = MEASURES
    shown_at_first = False
    scrolls = True
    reader = WaveformReader
    commands = (
        Command("waveform", "Waveform of the sound", ("Shift+W",), args=(kind,)),
    )

    @classmethod
    def of(cls, video: VideoData) -> Sequence[Lane]:
        return [cls()] if video.reader(WaveformReader).there else []

    @property
    def title(self) -> str:
        return tr("Sound")

    def subtitle(self, video: VideoData) -> str:
        return video.reader(WaveformReader).text

    def paint(self, place: LanePlace, video: VideoData) -> None:
        video.reader(WaveformReader).paint(place)
