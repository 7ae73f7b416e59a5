"""Write the proxy of a video while its frames are read, and limit disk use.

A proxy is complete or absent: it is written under a hidden name and verified before it
moves into place. Failures cost only the proxy: whoever reads the frames still gets them
all.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import time
from collections.abc import Generator, Iterator
from pathlib import Path

import av
import cv2
import numpy as np

from skelseg_core.array_files import save_npz
from skelseg_core.errors import SkelsegError, VideoError
from skelseg_core.files import new_folder
from skelseg_core.progress import Progress, Task
from skelseg_core.said import Said
from skelseg_core.video.clip_writing import add_video
from skelseg_core.video.container import open_container
from skelseg_core.video.index import VideoIndex, packet_digest
from skelseg_core.video.media_path import media_path, media_state
from skelseg_core.video.proxy import (
    FRAMES,
    GROUP,
    RATE,
    TABLE,
    ProxyFile,
    ProxyTable,
    pays,
    proxies_folder,
    proxy_folder,
    proxy_size,
    remove_proxy,
)
from skelseg_core.video.reader import VideoReader, open_index

MAX_BYTES = 20 * 10**9
"""Default limit in bytes for all proxies together."""
SPARE_BYTES = 2 * 10**9
"""Bytes to leave free on the disk: with less, no proxy is written."""
FRAME_BYTES = 10_000
"""Size in bytes of a proxy frame, estimated generously."""
STALE_S = 600.0
"""Seconds after which a half-written proxy counts as abandoned by a killed process."""
ENCODERS = {
    "libx264": {
        "preset": "ultrafast",
        "tune": "fastdecode",
        "crf": "23",
        "x264-params": f"keyint={GROUP}:min-keyint={GROUP}:scenecut=0:bframes=0:log=-1",
    },
    "mpeg4": {"g": str(GROUP), "bf": "0", "sc_threshold": "1000000000", "q": "4"},
}
"""Encoders by preference, each with keyframes exactly every `GROUP` frames."""
SAMPLES = 8
"""Places at which the proxy is compared with the original frames."""
MAX_DIFFERENCE = 12.0
"""Largest mean brightness difference (0..255) of two equal pictures."""
ROUNDING = 0.5
"""Tolerance by which a neighbour may be more alike, as in still scenes."""
BEYOND_LOSS = 2.0
"""Factor by which neighbours must differ more than the loss of encoding."""
STEP = 10
"""Frames between two progress reports."""

_log = logging.getLogger(__name__)


def is_missing(index: VideoIndex) -> bool:
    """Tell whether the video has no proxy and would gain from one."""
    return pays(index) and not proxy_folder(index).is_dir()


def write_proxy(path: Path, max_bytes: int = MAX_BYTES) -> Task[bool]:
    """Write the proxy of a video, unless it exists or does not pay.

    Returns
    -------
    bool
        Whether a proxy exists now.
    """
    yield from open_index(path)
    with VideoReader(path, cache_bytes=1) as reader:
        if is_missing(reader.index):
            step = Said("small copy of {}", media_path(path).file.name)
            for n, _ in with_proxy(reader.frames(), reader, max_bytes):
                if n % STEP == 0:
                    yield Progress(step, n, len(reader))
        return proxy_folder(reader.index).is_dir()


def with_proxy(
    frames: Iterator[tuple[int, np.ndarray]], reader: VideoReader, max_bytes: int
) -> Generator[tuple[int, np.ndarray], None, None]:
    """Pass on all frames of a video, and write its proxy on the way.

    Parameters
    ----------
    frames : iterator of int and ndarray (H, W, 3)
        Numbers and RGB pictures of ``reader``, from 0 to the last.
    reader : VideoReader
    max_bytes : int
        Limit for all proxies together; the least recently used are removed.
    """
    with contextlib.closing(_Writing(reader, max_bytes)) as writing:
        for n, picture in frames:
            writing.add(n, picture)
            yield n, picture
        writing.finish()


class _Writing:
    """Write one proxy; log a failure, and write nothing afterwards."""

    def __init__(self, reader: VideoReader, max_bytes: int) -> None:
        self._name = media_path(reader.path).file.name
        self._steps: Generator[None, tuple[int, np.ndarray] | None, None] | None
        self._steps = _written(reader, max_bytes)
        self._go_on(None)

    def add(self, n: int, picture: np.ndarray) -> None:
        self._go_on((n, picture))

    def finish(self) -> None:
        self._go_on(None)

    def close(self) -> None:
        if self._steps is not None:
            self._steps.close()

    def _go_on(self, value: tuple[int, np.ndarray] | None) -> None:
        try:
            if self._steps is not None:
                self._steps.send(value)
        except StopIteration:
            self._steps = None
        except (SkelsegError, OSError, av.FFmpegError) as error:
            self._steps = None
            _log.warning("no small copy of %s: %s", self._name, error)
        except Exception:
            # A bug here may lose the proxy, but not the poses of an hour of film.
            self._steps = None
            _log.exception("the small copy of %s failed", self._name)


def _written(
    reader: VideoReader, max_bytes: int
) -> Generator[None, tuple[int, np.ndarray] | None, None]:
    """Write received pictures, until None, into the proxy of the video."""
    state, index = media_state(reader.path), reader.index
    _check_room(len(reader))
    target = proxy_folder(index)
    with new_folder(target) as folder:
        encoder = _Encoder(folder / FRAMES, reader)
        try:
            while (sent := (yield)) is not None:
                encoder.add(*sent)
        finally:
            encoder.close()
        if media_state(reader.path) != state:
            raise VideoError("{} was changed meanwhile.", reader.path)
        table = ProxyTable(
            index.picture_key,
            reader.fingerprint,
            os.path.abspath(reader.path),
            _digests(folder / FRAMES, len(reader)),
        )
        _compare(folder, table.digests, encoder.samples)
        save_npz(folder / TABLE, table.arrays())
    _make_room(max_bytes, target, table.path)


def _check_room(n_frames: int) -> None:
    folder = proxies_folder()
    folder.mkdir(parents=True, exist_ok=True)
    _by_use()
    if shutil.disk_usage(folder).free < SPARE_BYTES + FRAME_BYTES * n_frames:
        raise VideoError("The disk of {} has too little space.", folder)


class _Encoder:
    """Encode pictures in order, and keep some originals."""

    def __init__(self, path: Path, reader: VideoReader) -> None:
        self._size = proxy_size(reader.width, reader.height)
        middles = np.linspace(0, len(reader) - 1, SAMPLES).astype(int)
        self._sampled = {int(n) + k for n in middles for k in (-1, 0, 1)}
        self.samples: dict[int, np.ndarray] = {}
        self._output = av.open(str(path), mode="w")
        self._stream = add_video(self._output, ENCODERS, self._size, 1, RATE)

    def add(self, n: int, picture: np.ndarray) -> None:
        """Encode the RGB picture (H, W, 3) of frame ``n``."""
        small = cv2.resize(picture, self._size, interpolation=cv2.INTER_AREA)
        if n in self._sampled:
            self.samples[n] = _grey(small)
        frame = av.VideoFrame.from_ndarray(small, format="rgb24")
        frame.pts = n
        self._output.mux(self._stream.encode(frame))

    def close(self) -> None:
        try:
            self._output.mux(self._stream.encode(None))
        finally:
            self._output.close()


def _grey(picture: np.ndarray) -> np.ndarray:
    grey: np.ndarray = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    return grey.astype(np.int16)


def _digests(path: Path, n_frames: int) -> np.ndarray:
    """Read a proxy back packet by packet, and verify the position of each.

    Raises
    ------
    VideoError
        If one is not, or there are more or fewer than frames.
    """
    digests: list[int] = []
    with open_container(path) as container:
        stream = container.streams.video[0]
        for packet in container.demux(stream):
            if not packet.size:
                continue
            n, time_s = len(digests), (packet.pts or 0) * (packet.time_base or 0)
            if time_s * RATE != n or packet.is_keyframe != (n % GROUP == 0):
                raise VideoError("Frame {} of {} is out of place.", n, path)
            digests.append(packet_digest(packet))
    if len(digests) != n_frames:
        raise VideoError("{} has {} frames of {}.", path, len(digests), n_frames)
    return np.array(digests, np.int64)


def _compare(folder: Path, digests: np.ndarray, samples: dict[int, np.ndarray]) -> None:
    """Compare some pictures of a proxy, found by number, with the originals.

    Raises
    ------
    VideoError
        If one is not the picture of that number.
    """
    with contextlib.closing(ProxyFile(folder, digests)) as file:
        # Backwards, so that every picture needs a new seek.
        for n in sorted(samples, reverse=True):
            shown = _grey(file[n].to_ndarray(format="rgb24"))
            away = {
                k: float(np.abs(shown - samples[k]).mean())
                for k in (n - 1, n, n + 1)
                if k in samples
            }
            alike = min(away, key=lambda k: away[k])
            apart = float(np.abs(samples[n] - samples[alike]).mean())
            # Neighbours that differ by less than the encoding loss prove nothing.
            tells = apart > BEYOND_LOSS * away[alike]
            shifted = tells and away[n] > away[alike] + ROUNDING
            if shifted or away[n] > MAX_DIFFERENCE:
                raise VideoError("Frame {} of {} is another picture.", n, folder)


def _make_room(max_bytes: int, newest: Path, path: str) -> None:
    """Remove the least recently used proxies, and others of the video at ``path``."""
    used = 0
    for folder in _by_use():
        with contextlib.suppress(OSError):
            used += sum(file.stat().st_size for file in folder.iterdir())
        if folder != newest and (used > max_bytes or _is_of(folder, path=path)):
            remove_proxy(folder)


def _by_use() -> list[Path]:
    """List proxy folders, most recently used first; remove abandoned ones."""
    found = []
    for folder in proxies_folder().glob("*"):
        # Another process may remove it meanwhile.
        with contextlib.suppress(OSError):
            files = list(folder.iterdir()) or [folder]
            used_at = max(file.stat().st_mtime for file in files)
            if not folder.name.startswith("."):
                found.append((used_at, folder))
            elif used_at < time.time() - STALE_S:
                shutil.rmtree(folder, ignore_errors=True)
    return [folder for _, folder in sorted(found, reverse=True)]


def _is_of(folder: Path, path: str = "", fingerprint: str = "") -> bool:
    """Tell whether a proxy belongs to a video, by its path or fingerprint."""
    try:
        table = ProxyTable.load(folder)
    except SkelsegError:
        return True  # damaged, origin unknown
    return path == table.path or fingerprint == table.fingerprint


def remove_proxies(fingerprint: str | None = None) -> Task[None]:
    """Remove the proxies of the video with this fingerprint, or all proxies."""
    for folder in _by_use():
        yield Progress("removing small copies")
        if fingerprint is None or _is_of(folder, fingerprint=fingerprint):
            remove_proxy(folder)
