"""Painting everything over a picture of 1080p, against painting the bare picture.

A heatmap, the subject, other people and the label, with a new frame at every paint, as
while playing; and a picture that is brightened, which is looked up once a frame. One
run, in turns; prints medians in ms.
Needs no display: QT_QPA_PLATFORM=offscreen.
"""

from __future__ import annotations

import argparse
import statistics
import time
from types import SimpleNamespace
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from app.playback.player import FramePicture
from app.services.models.file_readers import heatmap_input
from app.state.session import Overlays, Session
from app.views.picture.overlays import PoseOverlay
from app.views.picture.transport import FrameLabel
from app.views.picture.video import VideoView
from skelseg_core.config import ModelConfig, Preset
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.poses.skeletons import load_skeleton
from skelseg_core.video.times import FrameTimes

WIDTH, HEIGHT = 1920, 1080
FRAMES, PEOPLE, RATE = 600, 4, 30.0
NOTHING = Overlays(skeleton=False, others=False, labels=False)
BODY = (
    (0, -0.44), (0.02, -0.46), (-0.02, -0.46), (0.04, -0.45), (-0.04, -0.45),
    (0.1, -0.32), (-0.1, -0.32), (0.15, -0.15), (-0.15, -0.15), (0.14, 0.02),
    (-0.14, 0.02), (0.07, 0.02), (-0.07, 0.02), (0.07, 0.25), (-0.07, 0.25),
    (0.07, 0.48), (-0.07, 0.48),
)  # fmt: skip
"""Somebody who stands, COCO's keypoints, as shares of the height."""
NAMES = ("heatmap", "skeleton", "others", "labels")


class Still(QObject):
    """A player of made pictures."""

    picture_changed = Signal(object)
    state_changed = Signal()
    failed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        times = FrameTimes.even(FRAMES, RATE)
        self.info = SimpleNamespace(times=times, has_pictures=True)
        rng = np.random.default_rng(0)
        self._pixels = rng.integers(0, 255, (HEIGHT, WIDTH, 4), dtype=np.uint8)
        self._pixels[..., 3] = 255
        self.go_to(0)

    def go_to(self, frame: int) -> None:
        size = WIDTH, HEIGHT, 4 * WIDTH
        image = QImage(self._pixels.data, *size, QImage.Format.Format_RGB32)
        self.picture = FramePicture(frame, image, self._pixels)


def people() -> PoseOverlay:
    """Some people who walk about; the subject fills half of the picture."""
    skeleton, rng = load_skeleton("coco17"), np.random.default_rng(1)
    tall = np.array([800.0, 500.0, 500.0, 400.0]).reshape(PEOPLE, 1, 1, 1)
    middle = np.array([(900, 560), (300, 500), (1300, 520), (1600, 480)], float)
    steps = np.cumsum(rng.normal(0, 1.5, (PEOPLE, FRAMES, len(BODY), 2)), axis=1)
    points = np.array(BODY) * tall + middle.reshape(PEOPLE, 1, 1, 2) + steps
    points = np.moveaxis(points, 0, 1).astype(np.float32)
    scores = rng.uniform(0.2, 1, points.shape[:-1]).astype(np.float32)
    poses = PoseSequence(points, scores, skeleton.name, (WIDTH, HEIGHT))
    recipe = Preset(model=ModelConfig(modalities=("heatmap", "rgb")))
    subject = np.zeros(FRAMES, int)
    heatmap = heatmap_input(poses, subject, skeleton, recipe)
    return PoseOverlay(poses, subject, skeleton, heatmap=heatmap)


class Bench:
    """A view of the size of the picture, painted into an image."""

    def __init__(self) -> None:
        self.session, self.player = Session(), Still()
        player: Any = self.player
        self.view = VideoView(self.session, player)
        self.view.resize(WIDTH, HEIGHT)
        self.view.set_overlay_source(people())
        label = FrameLabel("open drawer", "#e69f00", "reach (hands 0.82)")
        self.view.set_label_source(lambda _: label)
        self.sheet = QImage(WIDTH, HEIGHT, QImage.Format.Format_RGB32)
        self.frame = 60

    def ms(self, overlays: Overlays, gamma: float) -> float:
        """One paint of a frame that was not painted before."""
        self.session.set_overlays(**vars(overlays))
        self.session.set_gamma(gamma)
        self.frame = (self.frame + 1) % FRAMES
        self.player.go_to(self.frame)
        begin = time.perf_counter()
        self.view.render(self.sheet)
        return 1000.0 * (time.perf_counter() - begin)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    rounds = parser.parse_args().rounds
    application = QApplication.instance() or QApplication([])
    bench = Bench()
    everything = Overlays(**dict.fromkeys(NAMES, True))
    cases = {"bare picture": (NOTHING, 1.0), "everything": (everything, 1.0)}
    for name in NAMES:
        on = {name: True, "skeleton": name in ("skeleton", "others")}
        cases[name] = (Overlays(**{**vars(NOTHING), **on}), 1.0)
    cases["brightened"] = (NOTHING, 2.0)
    took: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name, (overlays, gamma) in cases.items():
            took[name].append(bench.ms(overlays, gamma))
    bare = statistics.median(took.pop("bare picture"))
    print(f"bare picture {bare:.2f} ms; beyond that, median and 95 of 100:")
    for name, values in took.items():
        middle, late = statistics.median(values), np.percentile(values, 95)
        print(f"{name:12} {middle - bare:6.2f} {late - bare:6.2f}")
    del application


if __name__ == "__main__":
    main()
