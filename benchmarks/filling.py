"""The rest of a film filled in by example, then reviewed in the room alone: events.

`python -m benchmarks.filling one_by_one.mp4`: the first half of the film of `film` has
our labels. Ctrl+L fills in the rest, Ctrl+R opens the room, and somebody who knows our
labels reviews place by place until nothing is left: a boundary that is off by more than
`COLLAR` frames is clicked in the loupe, or moved by a key where the loupe does not show
it; a class that is another gets its key; then Return. Every key and click is an event
in the real window, with its pictures drawn as for a person; what was refused counts.

What lies in ``--out`` is not made again. Needs no display: QT_QPA_PLATFORM=offscreen.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.kit import theme
from app.kit.settings import Settings
from app.state.document import open_document
from app.timeline.layout import HEADER_PX
from app.views.picture.loupe import LoupeView
from app.window.leaving import leave
from app.window.main_window import MainWindow
from app.window.project_window import ProjectWindow
from benchmarks.film import LABELS, cuts, frames_of
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.segmentation import UNLABELLED, Segment, Segmentation
from skelseg_core.progress import run
from skelseg_core.project.folder import ProjectFolder, create_project, probe_video
from skelseg_core.project.imports.label_files import load_labels
from skelseg_core.project.project import ANNOTATION
from skelseg_core.project.project_edits import add_video
from skelseg_core.tasks.registry import TASKS

Held = Qt.KeyboardModifier
COLLAR = 1
WAIT_S = 60
SIZE = 1440, 900
LOOK_MS = 500


def half_labelled(film: Path, root: Path) -> tuple[ProjectFolder, np.ndarray, int]:
    """Make a project whose first half is labelled, all labels, and where it ends."""
    rows = load_labels(LABELS)
    truth, people = frames_of(rows), cuts(rows)
    half = people[len(people) // 2][0]
    if (root / "project.json").is_file():
        return ProjectFolder(root), truth, half
    frames = truth.copy()
    frames[half:] = UNLABELLED
    folder, project = create_project(root, label_map_from_names(rows.names))
    item = probe_video(film, folder, project)
    ours = Segmentation.from_frames(frames).segments
    lane = Segmentation(tuple(s.as_reviewed() for s in ours))
    item = item.with_lane(ANNOTATION, lane)
    folder.save(add_video(project, item), project)
    run(TASKS["estimate_poses"](root=str(root), video_id=item.id))
    return folder, truth, half


class Reviewer:
    """Somebody who knows the labels, and works in the room alone."""

    def __init__(self, window: ProjectWindow, truth: np.ndarray) -> None:
        self.window, self.truth = window, Segmentation.from_frames(truth)
        self.room, self.player = window.services.review.review_room, window.player
        self.keys = self.clicks = 0

    @property
    def lane(self) -> Segmentation:
        item = self.window.services.current_video.item
        assert item is not None
        return item.annotation

    def wait(self, there: Callable[[], bool]) -> None:
        end = time.monotonic() + WAIT_S
        while not there():
            if time.monotonic() > end:
                docks, frame = self.window.docks, self.window.session.frame
                print(self.room.place, self.player.target, frame, self.player.playing)
                print(docks.strip.is_drawn, docks.loupe.is_drawn, docks.loupe.shown())
                raise SystemExit("the program did not get so far")
            QTest.qWait(20)

    def press(self, key: str) -> None:
        QTest.keySequence(QApplication.focusWidget(), QKeySequence(key))
        self.keys += 1

    def look(self) -> None:
        """Wait until the pictures of the place are there, and look at them."""
        QTest.qWait(20)
        self.wait(lambda: self.room.ready)
        QTest.qWait(LOOK_MS)

    def true_cut(self, segment: Segment, cut: int) -> int:
        """Return where the boundary of a segment lies in truth."""

        def common(other: Segment) -> int:
            return min(other.stop, segment.stop) - max(other.start, segment.start)

        same = [s for s in self.truth.segments if s.class_id == segment.class_id]
        if not same:
            return cut
        own = max(same, key=common)
        return own.start if cut == segment.start else own.stop

    def review(self) -> None:
        """Go from place to place, put right what is wrong, and agree."""
        self.press("Ctrl+R")
        self.wait(lambda: self.room.state == "at")
        while self.room.state == "at":
            self.look()
            number = self.room.walk and self.room.walk.number
            self.put_right()
            if self.room.walk and self.room.walk.number == number:
                self.look()
                if not self.room.seen[0]:
                    # Too long for its pictures: play it.
                    self.press("D")
                    self.wait(lambda: self.room.seen[0])
                self.press("Return")
                QTest.qWait(60)
        self.fill_gaps()

    def fill_gaps(self) -> None:
        """Label what is like no example: a click on the timeline, and a key."""
        timeline, lane = self.window.docks.timeline, self.lane
        for gap in [s for s in lane.segments if s.unlabelled]:
            middle = (gap.start + gap.stop) // 2
            row, x = timeline.rows[0], HEADER_PX + timeline.view.x_of(middle)
            at = QPoint(round(x), row.top + row.height // 2)
            QTest.mouseClick(timeline, Qt.MouseButton.LeftButton, pos=at)
            self.clicks += 1
            self.wait(lambda: self.window.session.frame == self.player.target)
            self.name(self.truth.at(middle).class_id)

    def name(self, class_id: int | None) -> None:
        """Press the key of a class."""
        label_map = self.window.document.project.label_map
        named = label_map.get(class_id or 0)
        assert named is not None
        self.press(named.key)

    def put_right(self) -> None:
        """Put the class and the selected boundary of the place right."""
        segment = self.room.segment
        assert segment is not None
        wanted = self._true_class(segment)
        if wanted != segment.class_id and wanted is not None:
            self.name(wanted)
            return
        docks = self.window.docks
        ends = [(segment.start, docks.loupe), (segment.stop, docks.end_loupe)]
        wrong = [
            (loupe, cut, self.true_cut(segment, cut))
            for cut, loupe in ends
            if 0 < cut < self.lane.n_frames
        ]
        wrong = [w for w in wrong if abs(w[2] - w[1]) > COLLAR]
        for n, (loupe, _, true) in enumerate(wrong):
            if true in loupe.shown():
                # The last click goes on, too.
                held = Held.ShiftModifier if n == len(wrong) - 1 else Held.NoModifier
                self.click(loupe, true, held)
                QTest.qWait(60 if n == len(wrong) - 1 else LOOK_MS)
            else:
                self.far(loupe, true, n == len(wrong) - 1)

    def far(self, loupe: LoupeView, true: int, last: bool) -> None:
        """Move an end near by a picture of the whole, then click its frame."""
        strip = self.window.docks.strip
        nearest = min(strip.frames, key=lambda frame: abs(frame - true))
        if loupe is self.window.docks.end_loupe:
            self.press("Down")
        at = strip.cells()[strip.frames.index(nearest)].center().toPoint()
        QTest.mouseClick(strip, Qt.MouseButton.LeftButton, Held.ShiftModifier, at)
        self.clicks += 1
        self.look()
        self.click(loupe, true, Held.ShiftModifier if last else Held.NoModifier)
        QTest.qWait(60 if last else LOOK_MS)

    def _true_class(self, segment: Segment) -> int | None:
        """Return its own class where a third of it has that, else the commonest."""
        there = self.truth.to_frames()[segment.start : segment.stop]
        if 3 * (there == segment.class_id).sum() >= len(there):
            return segment.class_id
        return int(np.bincount(there).argmax())

    def click(self, loupe: LoupeView, frame: int, held: Held = Held.NoModifier) -> None:
        """Click a frame in a loupe."""
        cell = loupe.cells()[frame - loupe.shown().start]
        at = QPointF(cell.center()).toPoint()
        QTest.mouseClick(loupe, Qt.MouseButton.LeftButton, held, at)
        self.clicks += 1


def told(lane: Segmentation, first: int) -> list[tuple[int, int | None]]:
    """List where segments begin, and their classes, from a frame on."""
    return [(s.start, s.class_id) for s in lane.segments if s.stop > first]


def reviewed(folder: ProjectFolder, truth: np.ndarray, half: int, base: Path) -> None:
    settings = Settings(base / "settings.ini")
    settings.tour_seen = True
    main = MainWindow(settings)
    main.resize(*SIZE)
    main.show()
    window = main.fill(open_document(folder))
    window.services.models.pose_service.by_itself = False
    window.start()
    person = Reviewer(window, truth)
    person.wait(lambda: window.player.picture is not None)
    QTest.qWait(1000)
    window.player.seek(half)
    said: list[str] = []
    window.services.notices.said.connect(said.append)
    window.docks.timeline.setFocus()
    QTest.keySequence(window.docks.timeline, QKeySequence("Ctrl+L"))
    person.wait(lambda: person.lane.at(len(truth) - 1).class_id is not None)
    print(said[-1] if said else "")
    n = sum(not s.reviewed for s in person.lane.segments)
    print("filled:", told(person.lane, half))
    print("ours:  ", told(person.truth, half))
    start = time.perf_counter()
    person.review()
    spent, lane = time.perf_counter() - start, person.lane
    off = np.flatnonzero(lane.to_frames() != truth)
    events = person.keys + person.clicks
    left = [s for s in lane.segments if not s.reviewed]
    print(
        f"{n} segments: {events} events, {events / n:.2f} a segment "
        f"({person.keys} keys, {person.clicks} clicks) in {spent:.0f} s; "
        f"{len(left)} not reviewed; {len(off)} frames are others than ours; boundaries "
        f"{lane.boundaries[lane.boundaries >= half].tolist()}, true "
        f"{[c for c in person.truth.boundaries.tolist() if c >= half]}"
    )
    leave(main)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("film", type=Path)
    parser.add_argument("--out", type=Path, default=Path("filling"))
    options = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as name:
        base = Path(name)
        for kind in ("CACHE", "STATE", "CONFIG", "DATA"):
            os.environ[f"XDG_{kind}_HOME"] = f"{base}/{kind}"
        application = QApplication([])
        theme.apply(application, "dark")
        made, truth, half = half_labelled(options.film, options.out / "project")
        shutil.copytree(made.root, base / "project")
        reviewed(ProjectFolder(base / "project"), truth, half, base)
        application.quit()


if __name__ == "__main__":
    main()
