"""A clip labelled from nothing by keyboard alone, and by mouse alone: what it costs.

A person is played: they know where the boundaries are, see them come while the film
runs, and react late by 0.25 s, more or less (0.06 s). What they do goes to the real
window as key and mouse events: the classes are named while the film plays, then every
boundary is gone to and, where the loupe shows it at the wrong frame, put right. Playing
takes its real time; a key is given 0.28 s and a click 1.1 s, as the keystroke-level
model has it, a look at a boundary 1.2 s. Needs no display: QT_QPA_PLATFORM=offscreen.

The truth of a clip of the demo is its own; for another film it is a text file of
lines `frame class`, each the first frame of a segment.
"""

from __future__ import annotations

import argparse
import os
import random
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolButton

from app.kit.settings import Settings
from app.state.document import open_document
from app.timeline.layout import HEADER_PX
from app.window.leaving import leave
from app.window.main_window import MainWindow
from app.window.project_window import ProjectWindow
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.project.folder import ProjectFolder, create_project, probe_video
from skelseg_core.project.imports.label_files import labels_of_video, load_labels
from skelseg_core.project.project import add_video
from skelseg_core.tasks.demo import write_demo

LAG_S, JITTER_S = 0.25, 0.06
KEY_S, CLICK_S, LOOK_S = 0.28, 1.1, 1.2


@dataclass
class Person:
    """Who labels: what they did, and what it would have taken them."""

    project_window: ProjectWindow
    truth: list[tuple[int, int]]
    dice: random.Random = field(default_factory=lambda: random.Random(3))
    keys: int = 0
    clicks: int = 0
    spent_s: float = 0.0

    @property
    def events(self) -> int:
        return self.keys + self.clicks

    def press(self, key: str) -> None:
        QTest.keySequence(self.project_window.docks.timeline, QKeySequence(key))
        self.keys += 1
        self.spent_s += KEY_S
        QTest.qWait(15)

    def click(self, widget: object, at: QPoint) -> None:
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton, pos=at)  # type: ignore[call-overload]
        self.clicks += 1
        self.spent_s += CLICK_S
        QTest.qWait(15)

    # -- what both hands have in common ---------------------------------------------

    def name(self, class_id: int) -> None:
        raise NotImplementedError

    def play(self) -> None:
        raise NotImplementedError

    def end(self) -> None:
        raise NotImplementedError

    def put_right(self, index: int, frame: int) -> None:
        raise NotImplementedError

    def label(self, rate: float) -> None:
        """Name what is seen while the film plays once, then look at every boundary."""
        project_window, start = self.project_window, time.perf_counter()
        player = project_window.player
        times = player.info.times.starts_s if player.info is not None else np.zeros(1)
        project_window.settings.reaction_lag_ms = round(LAG_S * 1000)
        player.set_rate(rate)
        self.play()
        # At once: within the lag that is taken off it begins at the first frame.
        self.name(self.truth[0][1])
        for frame, class_id in self.truth[1:]:
            reacts = times[frame] + rate * self.dice.gauss(LAG_S, JITTER_S)
            while player.playing and times[project_window.session.frame] < reacts:
                QTest.qWait(2)
            self.name(class_id)
        while player.playing:
            QTest.qWait(20)
        self.spent_s = time.perf_counter() - start
        self.look()

    def look(self) -> None:
        """Go through the boundaries, and put right those that are not."""
        for index, (frame, _) in enumerate(self.truth[1:]):
            self.spent_s += LOOK_S
            self.put_right(index, frame)

    def boundary(self, index: int) -> int:
        item = self.project_window.services.current_video.item
        assert item is not None
        return int(item.annotation.boundaries[index])


class Keyboard(Person):
    """Never touches the mouse."""

    def name(self, class_id: int) -> None:
        self.press(self.project_window.document.project.label_map.keys[class_id])

    def play(self) -> None:
        self.press("Space")

    def put_right(self, index: int, frame: int) -> None:
        if index == 0:
            self.press("Home")
        self.press("Down")
        while (off := frame - self.boundary(index)) != 0:
            side = "Right" if off > 0 else "Left"
            if self.tick(index, off) == frame:
                self.press("Alt+." if off > 0 else "Alt+,")
                continue
            step = "Alt+Shift+" if abs(off) > 5 else "Alt+"
            self.press(step + side)

    def tick(self, index: int, off: int) -> int | None:
        """The tick that the boundary would go to: the eye sees it on the timeline."""
        at = self.boundary(index)
        ticks = self.project_window.docks.timeline.snap_candidates()
        there = ticks[ticks > at] if off > 0 else ticks[ticks < at][::-1]
        return int(there[0]) if len(there) else None


class Mouse(Person):
    """Never touches the keyboard."""

    def name(self, class_id: int) -> None:
        palette = self.project_window.docks.classes.list
        index = palette.model().index(class_id, 0)
        palette.scrollTo(index)
        row = palette.visualRect(index)
        self.click(palette.viewport(), palette.button_in(row).center())

    def play(self) -> None:
        button: QToolButton = self.project_window.docks.transport.buttons["play"]
        self.click(button, button.rect().center())

    def put_right(self, index: int, frame: int) -> None:
        timeline, loupe = (
            self.project_window.docks.timeline,
            self.project_window.docks.loupe,
        )
        row = timeline.rows[0]
        x = HEADER_PX + timeline.view.x_of(self.boundary(index))
        self.click(timeline, QPoint(round(x), row.top + row.height // 2))
        for _ in range(8):
            if self.boundary(index) == frame:
                return
            shown = loupe.shown()
            nearest = min(max(frame, shown.start), shown.stop - 1)
            cell = loupe.cells()[nearest - shown.start]
            self.click(loupe, QPointF(cell.center()).toPoint())
        raise SystemExit(f"boundary {index} does not get to frame {frame}")


def truth_of(value: Segmentation) -> list[tuple[int, int]]:
    return [(s.start, s.class_id or 0) for s in value.segments]


def demo_clip(root: Path, clip: str) -> tuple[ProjectFolder, list[tuple[int, int]]]:
    """A project of one clip of the demo, without its labels, and its truth."""
    write_demo(root)
    folder = ProjectFolder(root)
    project = folder.load()
    item = project.video(clip)
    path = root / "truth" / f"{clip}.csv"
    ids = {c.name: c.id for c in project.label_map.classes}
    truth = labels_of_video(load_labels(path), item, ids, path)
    bare = Segmentation.unlabelled(item.n_frames)
    alone = project.__class__(
        **{
            **{f: getattr(project, f) for f in project.__dataclass_fields__},
            "videos": (item.with_lane("annotation", bare),),
        }
    )
    folder.save(alone)
    return folder, truth_of(truth)


def film(root: Path, video: Path, truth: Path) -> tuple[ProjectFolder, list]:
    """A project of a film, and the truth in a text file."""
    lines = [line.split(maxsplit=1) for line in truth.read_text().splitlines() if line]
    names = list(dict.fromkeys(name for _, name in lines))
    folder, project = create_project(root, label_map_from_names(names))
    item = probe_video(video, folder, project)
    folder.save(add_video(project, item), project)
    return folder, [(int(frame), names.index(name)) for frame, name in lines]


def labelled(
    hand: type[Person],
    folder: ProjectFolder,
    truth: list[tuple[int, int]],
    rate: float,
    settings: Settings,
) -> None:
    """Open the project, label it, and print what it took."""
    window = MainWindow(settings)
    window.resize(1600, 1000)
    window.show()
    project_window = window.fill(open_document(folder))
    project_window.services.pose_service.by_itself = False
    project_window.start()
    while project_window.player.picture is None:
        QTest.qWait(50)
    QTest.qWait(500)
    project_window.docks.set_loupe(True)
    person = hand(project_window, truth)
    person.label(rate)
    item = project_window.services.current_video.item
    assert item is not None
    right = truth_of(item.annotation) == truth
    segments = len(truth)
    print(
        f"{hand.__name__:9} {segments} segments at {rate:g}x: {person.events} events "
        f"({person.keys} keys, {person.clicks} clicks), "
        f"{person.events / segments:.1f} a segment, {person.spent_s / 60:.1f} minutes "
        f"for {item.n_frames / item.mean_rate / 60:.1f} of film; "
        f"{'every frame as it should be' if right else 'NOT as it should be'}"
    )
    leave(window)


def what_to_label(description: str | None) -> argparse.ArgumentParser:
    """The options that say what is labelled, and how fast it is played."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--clip", default="farid-1", help="of the demo")
    parser.add_argument("--video", type=Path, help="another film")
    parser.add_argument("--truth", type=Path, help="its truth")
    parser.add_argument("--rate", type=float, default=1.0)
    return parser


def project_of(
    options: argparse.Namespace, root: Path
) -> tuple[ProjectFolder, list[tuple[int, int]]]:
    """A project of what the options name, without labels, and its truth."""
    if options.video:
        return film(root, options.video, options.truth)
    return demo_clip(root, options.clip)


def main() -> None:
    options = what_to_label(__doc__).parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as name:
        for kind in ("CACHE", "STATE", "CONFIG", "DATA"):
            os.environ[f"XDG_{kind}_HOME"] = f"{name}/{kind}"
        application = QApplication([])
        for hand in (Keyboard, Mouse):
            root = Path(name) / hand.__name__
            folder, truth = project_of(options, root)
            settings = Settings(Path(name) / f"{hand.__name__}.ini")
            labelled(hand, folder, truth, options.rate, settings)
        application.quit()


if __name__ == "__main__":
    main()
