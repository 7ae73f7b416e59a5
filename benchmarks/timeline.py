"""A step of panning, zooming and dragging on a long timeline, and opening it.

10,000 segments in three lanes, 100,000 frames x 30 classes of probabilities and all
other lanes on; each step is the event and the paint of the whole widget that follows,
into a picture of 1,600 px. Prints median and 95 of 100 in ms, of the best of some
rounds, the median of the processor's time alone, which others that are busy lengthen
less, and how long a loop of fillRect over the segments of one lane takes beside them.
With --beside a tree of another commit does the same, in turn, by its own benchmark:
git worktree add ../before 749cd9b. Needs no display: QT_QPA_PLATFORM=offscreen.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, QPoint, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QRegion
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from app.kit.label_style import style_of
from app.state.current_video import CurrentVideo
from app.state.document import Document, open_document
from app.state.session import Session
from app.timeline.kinds.waveform import WaveformReader
from app.timeline.lane_place import LanePlace
from app.timeline.lane_set import LaneSet
from app.timeline.layout import HEADER_PX, LANES_TOP
from app.timeline.segments import paint_segments
from app.timeline.view import TimelineView
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.prediction import Prediction
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.poses.kinematics import Kinematics
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.poses.skeletons import load_skeleton
from skelseg_core.project.folder import create_project
from skelseg_core.project.project import ANNOTATION
from skelseg_core.project.project_edits import add_video
from skelseg_core.project.videos_and_tracks import Track, annotator_lane
from skelseg_core.video.audio import BLOCK_RATE, Waveform
from skelseg_core.video.times import FrameTimes

FRAMES, SEGMENTS, CLASSES, RATE = 100_000, 10_000, 30, 30.0
WIDTH, HEIGHT = 1600, 640
ALL = ("probability", "waveform", "filmstrip", "motion:hips")
MODEL = "hands"


Step = tuple[float, float]
"""Milliseconds on the clock, and of the processor."""


class Still(QObject):
    """A player that only says where it was sent."""

    opened = Signal(object)
    first_picture_shown = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session, self.info, self.target = session, None, 0

    def seek(self, frame: int, keyframe_ok: bool = False) -> None:
        self.session.set_frame(frame)

    def pause(self) -> None: ...


def segmentation(seed: int) -> Segmentation:
    """Segments of many lengths, a third of them by a model."""
    rng = np.random.default_rng(seed)
    cuts = np.sort(rng.choice(np.arange(1, FRAMES), SEGMENTS - 1, replace=False))
    starts = np.concatenate([[0], cuts])
    steps = rng.integers(1, CLASSES, SEGMENTS).cumsum() % CLASSES
    labels = np.repeat(steps, np.diff(np.append(starts, FRAMES)))
    return Segmentation.from_frames(labels, "model" if seed % 2 else "human")


def prediction() -> Prediction:
    """A model that is fairly sure and often wrong."""
    rng = np.random.default_rng(0)
    said = segmentation(1)
    logits = rng.normal(0, 1, (FRAMES, CLASSES)).astype(np.float32)
    logits[np.arange(FRAMES), said.to_frames()] += 5
    odds = np.exp(logits)
    shares = odds / odds.sum(axis=1, keepdims=True)
    return Prediction(shares, np.arange(CLASSES), said)


def motion() -> Kinematics:
    """Somebody who trembles, and is hidden now and then."""
    rng, skeleton = np.random.default_rng(1), load_skeleton("coco17")
    points = np.cumsum(rng.normal(0, 2, (FRAMES, 1, len(skeleton), 2)), axis=0)
    scores = np.where(rng.random(points.shape[:-1]) < 0.05, 0.0, 0.8)
    poses = PoseSequence(points, scores, skeleton.name, (1920, 1080))
    return Kinematics.of(poses, FrameTimes.even(FRAMES, RATE), skeleton.keypoints)


def document(root: Path) -> Document:
    """A project of one long video."""
    names = tuple(f"action {n}" for n in range(CLASSES))
    folder, project = create_project(root, label_map_from_names(names))
    lanes = {ANNOTATION: segmentation(0), annotator_lane("Anna"): segmentation(2)}
    item = Track.of_film("long", "long.mp4", "x", FRAMES, 1920, 1080, RATE, lanes)
    opened = open_document(folder)
    opened.apply("Add", lambda _: add_video(project, item))
    return opened


class Bench:
    """A timeline with every lane on."""

    def __init__(
        self, opened: Document, said: Prediction, moves: Kinematics, heard: Waveform
    ) -> None:
        self.session = Session()
        player: Any = Still(self.session)
        current = CurrentVideo(opened, self.session)
        self.view = TimelineView(current, player)
        lanes = LaneSet(dict.fromkeys(ALL, True))
        self.view.lanes.show_as(lanes)
        self.view.resize(WIDTH, HEIGHT)
        self.sheet = QImage(WIDTH, HEIGHT, QImage.Format.Format_RGB32)
        begin = time.perf_counter()
        self.session.set_video("long")
        reader = self.view.data.reader(WaveformReader)
        reader.open(Path("long.mp4"), np.arange(FRAMES + 1) / RATE)
        reader.found = heard  # as if a file had been read
        current.set_prediction("long", MODEL, said)
        people = np.repeat(np.random.default_rng(2).integers(0, 3, 50), FRAMES // 50)
        poses: Any = SimpleNamespace(subject=people, several=True)
        current.set_poses("long", poses)
        current.set_motion(poses, moves)
        self.paint()
        self.opening_ms = 1000 * (time.perf_counter() - begin)

    def paint(self) -> None:
        flags = QWidget.RenderFlag.DrawWindowBackground
        self.view.render(self.sheet, QPoint(), QRegion(), flags)

    def timed(self, do: Callable[[int], object], steps: int) -> list[Step]:
        took = []
        for n in range(steps):
            begin, worked = time.perf_counter(), time.thread_time()
            do(n)
            self.paint()
            spent = time.perf_counter() - begin, time.thread_time() - worked
            took.append((1000 * spent[0], 1000 * spent[1]))
        return took

    def zoom(self, frames_per_px: float, middle: float = FRAMES / 2) -> None:
        view = self.view.view.fit()
        factor = view.frames_per_px / frames_per_px
        self.view.set_view(view.zoomed(factor, view.x_of(middle)))
        self.paint()

    def pan(self, steps: int) -> list[Step]:
        def step(n: int) -> None:
            self.view.set_view(self.view.view.panned(9 if n % 20 < 10 else -9))

        return self.timed(step, steps)

    def zoomed(self, steps: int) -> list[Step]:
        def step(n: int) -> None:
            factor = 1.25 if n % 20 < 10 else 0.8
            self.view.set_view(self.view.view.zoomed(factor, 700))

        return self.timed(step, steps)

    def drag(self, steps: int) -> list[Step]:
        """Drag a boundary between two long segments to and fro."""
        item = self.view.item()
        assert item is not None
        edges = np.asarray(item.annotation.boundaries)
        wide = int(np.minimum(np.diff(edges)[:-1], np.diff(edges)[1:]).argmax()) + 1
        self.zoom(0.25, float(edges[wide]))
        x = HEADER_PX + round(self.view.view.x_of(float(edges[wide])))
        at = QPoint(x, LANES_TOP + 10)
        button, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        QTest.mousePress(self.view, button, keys, at)
        took = self.timed(
            lambda n: QTest.mouseMove(self.view, at + QPoint(n % 40 - 20, 0)), steps
        )
        QTest.keyClick(self.view, Qt.Key.Key_Escape)
        QTest.mouseRelease(self.view, button, keys, at)
        return took


def sound() -> Waveform:
    """Noise as long as the video."""
    blocks = int(FRAMES / RATE * BLOCK_RATE)
    loud = np.random.default_rng(2).integers(0, 20_000, blocks).astype(np.int16)
    made = Waveform(-loud, loud)
    made.prepare()
    return made


def fill_loop(item: Track, sheet: QImage) -> float:
    """Processor milliseconds of the plain way to paint a lane: a box per segment."""
    colours = [QColor.fromHsv(n * 11 % 360, 200, 200) for n in range(CLASSES)]
    scale = (WIDTH - HEADER_PX) / FRAMES
    begin = time.thread_time()
    painter = QPainter(sheet)
    for s in item.annotation.segments:
        colour = colours[s.class_id or 0]
        x = round(s.start * scale)
        painter.fillRect(x, 60, max(1, round(len(s) * scale)), 40, colour)
    painter.end()
    return 1000 * (time.thread_time() - begin)


def lane_alone(bench: Bench) -> float:
    """Processor milliseconds of one lane of segments, all of it in view."""
    view, style, took = bench.view, style_of(bench.view), []
    data, class_colors = view.data.segments(ANNOTATION), view.data.class_colors(style)
    for _ in range(20):
        begin = time.thread_time()
        painter = QPainter(bench.sheet)
        paint_segments(
            LanePlace(painter, view.view.fit(), 60, 40, style), data, class_colors
        )
        painter.end()
        took.append(1000 * (time.thread_time() - begin))
    return min(took)


def run_in(tree: Path, steps: int) -> None:
    """Run a round of the benchmark of a tree of the program."""
    command = [sys.executable, "-c", "from benchmarks.timeline import main; main()"]
    chosen = ["--rounds", "1", "--steps", str(steps)]
    path = {**os.environ, "PYTHONPATH": str(tree)}
    subprocess.run([*command, *chosen], cwd=tree, env=path, check=True)


def main() -> None:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--beside", type=Path, help="a folder with another commit")
    chosen = parser.parse_args()
    if chosen.beside is not None:
        for tree in (chosen.beside, Path.cwd()) * chosen.rounds:
            print(f"-- {tree}", flush=True)
            run_in(tree, chosen.steps)
        return
    application = QApplication.instance() or QApplication([])
    said, moves, heard = prediction(), motion(), sound()
    begin = time.perf_counter()
    _ = said.curves
    thread_ms = 1000 * (time.perf_counter() - begin)
    cases: dict[str, Callable[[Bench], list[Step]]] = {
        "pan, all of it but a little": lambda b: (b.zoom(50), b.pan(chosen.steps))[1],
        "pan, 8 frames a pixel": lambda b: (b.zoom(8), b.pan(chosen.steps))[1],
        "pan, 1 frame a pixel": lambda b: (b.zoom(1), b.pan(chosen.steps))[1],
        "pan, 5 pixels a frame": lambda b: (b.zoom(0.2), b.pan(chosen.steps))[1],
        "zoom, from all of it": lambda b: (b.zoom(60), b.zoomed(chosen.steps))[1],
        "zoom, among boxes": lambda b: (b.zoom(1), b.zoomed(chosen.steps))[1],
        "drag": lambda b: b.drag(chosen.steps),
    }
    best: dict[str, list[Step]] = {}
    opening, loops, lanes = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        opened = document(Path(folder) / "p")
        for _ in range(chosen.rounds):
            bench = Bench(opened, said, moves, heard)
            opening.append(bench.opening_ms)
            item = bench.view.item()
            assert item is not None
            loops.append(fill_loop(item, bench.sheet))
            lanes.append(lane_alone(bench))
            for name, case in cases.items():
                took = case(bench)
                if name not in best or _middle(took) < _middle(best[name]):
                    best[name] = took
            bench.view.deleteLater()
        opened.close()
    loop, lane = min(loops), min(lanes)
    print(f"opening {min(opening):.1f} ms; before that {thread_ms:.0f} ms in a thread")
    print(
        f"one lane of all its segments {lane:.2f} ms; a fillRect for each {loop:.2f} "
        f"({loop / lane:.0f} times)"
    )
    print(f"{'step with every lane on':28} median     95    cpu")
    for name, steps in best.items():
        late = float(np.percentile([s[0] for s in steps], 95))
        cpu = statistics.median(s[1] for s in steps)
        print(f"{name:28} {_middle(steps):6.2f} {late:6.2f} {cpu:6.2f}")
    del application


def _middle(steps: list[Step]) -> float:
    return statistics.median(s[0] for s in steps)


if __name__ == "__main__":
    main()
