"""How long a look takes with a proxy and without, on a film it makes: 1080p30 H.264.

The film has a keyframe every 250 frames. Timed are the first picture of a frame
somewhere in it and the exact one, twelve frames of a loupe, and a wall of sixty strips
of five pictures, by the player and the reader of small pictures as the window uses
them; and what the proxy costs: processor time and bytes a frame. Processor time says
what a busy machine hides. Needs no display.

    python -m benchmarks.proxy [--minutes 1] [--film FILE] [--proxy-only]
"""

from __future__ import annotations

import argparse
import os
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from app.playback.player import FramePicture, Player
from app.playback.thumbnails import Box, ThumbnailReader, ThumbnailSpec
from app.state.session import Session
from benchmarks.playing import film
from skelseg_core.progress import run
from skelseg_core.video.proxy import FRAMES, proxy_folder
from skelseg_core.video.proxy_writing import remove_proxies, with_proxy, write_proxy
from skelseg_core.video.reader import VideoReader

LOOKS = 40
"""Frames that are gone to, each somewhere else."""
LOUPES, LOUPE_FRAMES = 10, 12
STRIPS, PICTURES = 60, 5
GAP_FRAMES = 3
"""Frames from one picture of a strip to the next."""
PATIENCE_S = 600.0


def wait(done: Callable[[], bool]) -> None:
    """Run events until something is so."""
    loop, timer = QEventLoop(), QTimer()
    stop = time.monotonic() + PATIENCE_S
    timer.timeout.connect(
        lambda: loop.quit() if done() or time.monotonic() > stop else None
    )
    # Not without a pause: the threads that are timed need their turn.
    timer.start(1)
    if not done():
        loop.exec()
    assert done(), "the patience of the benchmark has ended"


def looks(path: Path, rng: random.Random) -> tuple[list[float], list[float]]:
    """Milliseconds until any picture of a frame is there, and until the exact one."""
    player, first, exact = Player(Session()), list[float](), list[float]()
    shown: list[FramePicture] = []
    player.picture_changed.connect(shown.append)
    player.open(path)
    wait(lambda: player.picture is not None)
    assert player.info is not None
    for _ in range(LOOKS):
        n = rng.randrange(player.info.n_frames)
        shown.clear()
        start = time.perf_counter()
        player.seek(n)
        wait(lambda n=n: any(p.frame == n for p in shown))  # type: ignore[misc]
        first.append(1000 * (time.perf_counter() - start))
        wait(lambda n=n: any(p.frame == n and not p.is_preview for p in shown))  # type: ignore[misc]
        exact.append(1000 * (time.perf_counter() - start))
    player.close()
    return first, exact


def small_pictures(
    reader: ThumbnailReader, frames: Sequence[int], spec: ThumbnailSpec
) -> float:
    """Milliseconds until there is a picture of every frame."""
    start = time.perf_counter()
    reader.want(frames, spec)
    wait(lambda: all(reader.image(n) is not None for n in frames))
    return 1000 * (time.perf_counter() - start)


def loupes(path: Path, rng: random.Random, n_frames: int, box: Box) -> list[float]:
    """Milliseconds for the frames of a loupe, in the middle of the picture."""
    reader, spec = ThumbnailReader(), ThumbnailSpec(box, 150, 150, exact=True)
    reader.open(path)
    small_pictures(reader, [0], spec)
    found = []
    for _ in range(LOUPES):
        first = rng.randrange(n_frames - LOUPE_FRAMES)
        found.append(small_pictures(reader, range(first, first + LOUPE_FRAMES), spec))
    reader.close()
    return found


def wall(path: Path, rng: random.Random, n_frames: int) -> float:
    """Milliseconds for the strips of a wall."""
    reader, spec = ThumbnailReader(), ThumbnailSpec(None, 128, 72)
    reader.open(path)
    small_pictures(reader, [0], spec)
    frames: list[int] = []
    for _ in range(STRIPS):
        first = rng.randrange(n_frames - PICTURES * GAP_FRAMES)
        frames += [first + k * GAP_FRAMES for k in range(PICTURES)]
    took = small_pictures(reader, list(dict.fromkeys(frames)), spec)
    reader.close()
    return took


def cost(path: Path) -> tuple[float, float, float, float]:
    """Milliseconds of processor a frame to read, to write as well and by a job of its
    own; and bytes a frame."""
    with VideoReader(path) as reader:
        n_frames, times = len(reader), []
        frames = reader.frames
        for read in (frames, lambda: with_proxy(frames(), reader, 10**12)):
            start = time.process_time()
            for _ in read():
                pass
            times.append(1000 * (time.process_time() - start) / n_frames)
        size = (proxy_folder(reader.index) / FRAMES).stat().st_size / n_frames
    run(remove_proxies())
    start = time.process_time()
    run(write_proxy(path))
    alone = 1000 * (time.process_time() - start) / n_frames
    return times[0], times[1], alone, size


def work(path: Path) -> tuple[list[float], list[float]]:
    """Milliseconds of processor for a frame somewhere: of the proxy, of the video."""
    rng, small, whole = random.Random(1), list[float](), list[float]()
    with VideoReader(path, cache_bytes=1) as reader:
        for read, times, looks in (
            (reader.preview, small, 5 * LOOKS),
            (reader.bgra, whole, LOOKS),
        ):
            for _ in range(looks):
                n, start = rng.randrange(len(reader)), time.process_time()
                read(n)
                times.append(1000 * (time.process_time() - start))
    return small, whole


def printed(name: str, values: Sequence[float]) -> None:
    """Print a row: median, 95th percentile and the longest."""
    median, high, most = np.percentile(values, [50, 95, 100])
    print(f"| {name} | {median:.1f} | {high:.1f} | {most:.1f} |", flush=True)


def measure(path: Path, how: str) -> None:
    """Time the looks, with the proxy that is there or without one."""
    with VideoReader(path) as reader:
        n_frames, width, height = len(reader), reader.width, reader.height
    rng, side = random.Random(0), height / 3
    box = (width / 2 - side, side / 2, width / 2 + side, 2.5 * side)
    first, exact = looks(path, rng)
    printed(f"first picture anywhere, {how}", first)
    printed(f"exact picture anywhere, {how}", exact)
    printed(
        f"{LOUPE_FRAMES} frames of a loupe, {how}", loupes(path, rng, n_frames, box)
    )
    printed(f"wall of {STRIPS} strips, {how}", [wall(path, rng, n_frames)])


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0, help="length of the film")
    parser.add_argument("--film", type=Path, help="a film to take in its place")
    parser.add_argument(
        "--proxy-only", action="store_true", help="leave out the minutes without one"
    )
    options = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    QApplication([])
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = str(Path(folder, "cache"))
        path = options.film or film(Path(folder, "film.mp4"), 60 * options.minutes)
        with VideoReader(path) as reader:
            longest = int(np.diff([*reader.index.key_frames, len(reader)]).max())
            print(
                f"{len(reader):,} frames of {reader.width}x{reader.height}, groups of "
                f"up to {longest}\n"
            )
        print("| ms | median | 95 % | longest |\n|---|---|---|---|")
        if not options.proxy_only:
            measure(path, "without a proxy")
        read, written, alone, size = cost(path)
        measure(path, "with a proxy")
        for name, values in zip(("proxy", "video"), work(path), strict=True):
            printed(f"processor time of a frame somewhere, of the {name}", values)
        print(
            f"\nReading all frames takes {read:.1f} ms of processor a frame, writing "
            f"the proxy on the way {written - read:.1f} ms more, writing it by itself "
            f"{alone:.1f} ms; it has {size:,.0f} bytes a frame, "
            f"{size * 108_000 / 1e6:,.0f} MB an hour at 30 frames a second."
        )


if __name__ == "__main__":
    main()
