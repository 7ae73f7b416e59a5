"""How fast the player goes to frames and plays, on a film it makes: 1080p30 H.264.

Exact seeks are timed against a bare PyAV loop from the keyframe before, and OpenCV; one
frame back, playing for ten seconds forwards and backwards with every picture painted,
and (``--long``) memory over 500 changes of video and 10,000 seeks. Needs no display.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import av
import cv2
import numpy as np
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication

from app.playback.player import FramePicture, Player
from app.state.session import Session
from skelseg_core.video.reader import VideoReader

SIZE = (1920, 1080)
RATE = 30
SEEKS = 12
PLAY_S = 10.0


def film(path: Path, seconds: float, size: tuple[int, int] = SIZE) -> Path:
    """Texture that moves, and noise, so that decoding has to work."""
    rng = np.random.default_rng(0)
    width, height = size
    texture = cv2.resize(
        rng.integers(0, 255, (height // 8, width // 4), np.uint8), (2 * width, height)
    )
    noise = rng.integers(0, 24, (8, height, width), np.uint8)
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=RATE, options={"preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.thread_count = 0
        grey = np.full((height // 2, width), 128, np.uint8)
        for n in range(int(seconds * RATE)):
            x = n * 3 % width
            luma = cv2.add(texture[:, x : x + width] // 2 + 40, noise[n % 8])
            frame = av.VideoFrame.from_ndarray(np.vstack([luma, grey]), "yuv420p")
            frame.pts = n
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path


def timed_ms(do: Callable[[], object]) -> float:
    """Milliseconds that one call takes."""
    start = time.perf_counter()
    do()
    return 1000 * (time.perf_counter() - start)


# -- seeking ------------------------------------------------------------------------


def bare_seek(path: Path, container: av.container.InputContainer, n: int) -> np.ndarray:
    """Frame ``n`` as a loop would get it that knows the file has a constant rate."""
    stream = container.streams.video[0]
    pts = round(n / RATE / stream.time_base)
    container.seek(pts, stream=stream)
    for frame in container.decode(stream):
        if frame.pts >= pts:
            return frame.to_ndarray(format="bgra")
    raise AssertionError(f"{path} has no frame {n}")


def seeks(path: Path) -> None:
    """Random exact seeks, in turns, so that all suffer alike from a busy machine."""
    order = random.Random(1).sample(range(RATE, film_length(path)), SEEKS)
    ours, bare, opencv = [], [], []
    capture = cv2.VideoCapture(str(path))

    def read_cv(n: int) -> None:
        capture.set(cv2.CAP_PROP_POS_FRAMES, n)
        capture.read()

    with VideoReader(path, cache_bytes=1) as reader, av.open(str(path)) as container:
        container.streams.video[0].thread_type = "AUTO"
        container.streams.video[0].codec_context.thread_count = min(
            8, os.cpu_count() or 1
        )
        reader.bgra(0)
        for n in order:
            reader.bgra(0)
            ours.append(timed_ms(lambda n=n: reader.bgra(n)))
            bare.append(timed_ms(lambda n=n: bare_seek(path, container, n)))
            opencv.append(timed_ms(lambda n=n: read_cv(n)))
    capture.release()
    pairs = [a / b for a, b in zip(ours, bare, strict=True)]
    print(
        f"exact seek, median of {SEEKS}: {statistics.median(ours):.0f} ms; bare PyAV "
        f"{statistics.median(bare):.0f} ms, OpenCV {statistics.median(opencv):.0f} ms; "
        f"{statistics.median(pairs):.2f}x PyAV (target 1.15)"
    )


def film_length(path: Path) -> int:
    """Number of frames of a film."""
    with VideoReader(path) as reader:
        return len(reader)


# -- the player ---------------------------------------------------------------------


class Stage:
    """A player whose pictures are painted into an image, and what it showed when."""

    def __init__(self) -> None:
        self.session = Session()
        self.player = Player(self.session)
        self.canvas = QImage(1280, 720, QImage.Format.Format_RGB32)
        self.shown: list[tuple[float, int]] = []
        self.player.picture_changed.connect(self._paint)

    def _paint(self, picture: FramePicture) -> None:
        painter = QPainter(self.canvas)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(self.canvas.rect(), picture.image)
        painter.end()
        self.shown.append((time.perf_counter(), picture.frame))

    def wait(self, until: Callable[[], bool], limit_s: float = 60.0) -> None:
        """Run the event loop until something is so."""
        loop, timer, end = QEventLoop(), QTimer(), time.perf_counter() + limit_s
        timer.timeout.connect(
            lambda: loop.quit() if until() or time.perf_counter() > end else None
        )
        timer.start(1)
        loop.exec()
        timer.stop()

    def rest(self, seconds: float) -> None:
        """Let everything settle."""
        end = time.perf_counter() + seconds
        self.wait(lambda: time.perf_counter() > end)

    def go(self, frame: int) -> float:
        """Milliseconds until the frame that is asked for is painted."""
        start = time.perf_counter()
        self.player.seek(frame)
        while self.player.picture is None or self.player.picture.frame != frame:
            QApplication.processEvents()
        return 1000 * (time.perf_counter() - start)


def steps_back(path: Path) -> None:
    """One frame back, after the film was played for a while, and far back too."""
    stage = Stage()
    stage.player.open(path)
    stage.wait(lambda: stage.player.picture is not None)
    stage.go(400)
    stage.rest(1.0)
    near = [stage.go(n) for n in range(399, 339, -1)]
    held = []
    for n in range(339, 180, -1):
        held.append(stage.go(n))
        stage.rest(0.03)
    stage.player.close()
    print(
        f"one frame back at hand: median {statistics.median(near):.1f} ms, worst "
        f"{max(near):.1f} ms (target 16); held for 160 frames: median "
        f"{statistics.median(held):.1f} ms, over 16 ms {sum(t > 16 for t in held)}, "
        f"worst {max(held):.0f} ms"
    )


def scrubbing(path: Path) -> None:
    """A hand that moves fast: how long until something of each place is seen."""
    stage = Stage()
    stage.player.open(path)
    stage.wait(lambda: stage.player.picture is not None)
    dice, firsts = random.Random(2), []
    length = stage.player.info.n_frames if stage.player.info else 0
    for _ in range(40):
        before, start = len(stage.shown), time.perf_counter()
        stage.player.seek(dice.randrange(length), keyframe_ok=True)
        stage.wait(lambda before=before: len(stage.shown) > before, 3.0)
        firsts.append(1000 * (time.perf_counter() - start))
    start = time.perf_counter()
    stage.wait(lambda: stage.session.frame == stage.player.target)
    print(
        f"scrubbing anywhere: first picture after {statistics.median(firsts):.0f} ms "
        f"(worst {max(firsts):.0f}), the exact one {time.perf_counter() - start:.2f} s "
        "after the hand rests"
    )
    stage.player.close()


def plays(path: Path, rate: float, start: int, back: bool = False) -> None:
    """Ten seconds of playing: frames that were not shown, and drift of the clock."""
    stage = Stage()
    stage.player.open(path)
    stage.wait(lambda: stage.player.picture is not None)
    stage.go(start)
    stage.rest(1.0)
    stage.shown.clear()
    stage.player.set_rate(rate)
    if back:
        stage.player.shuttle(-1)
        stage.player.set_rate(rate)
    else:
        stage.player.play()
    stage.rest(PLAY_S)
    stage.player.pause()
    print(played(f"the player{' backwards' if back else ''}", stage.shown, rate))
    stage.player.close()


def played(what: str, shown: list[tuple[float, int]], rate: float) -> str:
    """Of pictures, when and which: what was left out, and how far from the clock."""
    first, last = shown[0], shown[-1]
    span, took = abs(last[1] - first[1]), last[0] - first[0]
    distinct = len({n for _, n in shown}) - 1
    dropped = 1 - distinct / span if span else 1.0
    return (
        f"{what} at {rate:g}x for {took:.1f} s: {dropped:.1%} of frames not shown, "
        f"{distinct / took:.0f} pictures/s, drift "
        f"{1000 * (span / RATE / rate - took):+.0f} ms"
    )


# -- memory, threads, handles -------------------------------------------------------


def usage() -> str:
    """Resident memory, threads and open files of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return (
        f"{pages * os.sysconf('SC_PAGE_SIZE') / 2**20:.0f} MB, "
        f"{threading.active_count()} threads, {len(os.listdir('/proc/self/fd'))} files"
    )


def long_run(folder: Path) -> None:
    """500 changes of video and 10,000 seeks leave nothing behind."""
    films = [film(folder / f"{n}.mp4", 4, (320, 240)) for n in range(4)]
    stage, dice = Stage(), random.Random(3)
    for n in range(500):
        if n in (50, 499):
            print(f"after {n} changes of video: {usage()}")
        stage.player.open(films[n % 4])
        stage.wait(lambda: stage.player.picture is not None)
    for n in range(10_001):
        if n in (0, 1000, 10_000):
            print(f"after {n} seeks: {usage()}")
        stage.go(dice.randrange(4 * RATE))
    stage.player.close()
    print(f"closed: {usage()}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--long", action="store_true", help="memory over 10,000 seeks")
    parser.add_argument("--seconds", type=float, default=30.0)
    options = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = QApplication([])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if options.long:
            long_run(folder)
        else:
            path = film(folder / "film.mp4", options.seconds)
            seeks(path)
            steps_back(path)
            scrubbing(path)
            plays(path, 1.0, 300)
            plays(path, 1.0, 700, back=True)
            plays(path, 16.0, 0)
    application.quit()


if __name__ == "__main__":
    main()
