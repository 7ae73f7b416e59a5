"""A pre-label put right in the program as it is started, by X events alone.

`python -m benchmarks.correcting one_by_one.mp4`: the first half of the film of `film`
has our labels, a model is trained on them (what lies in ``--out`` is not made again),
and the second half is pre-labelled in the window and put right: every boundary is
looked at, and accepted or corrected. The person is that of `labelling_real`, who sees
at once which frame of the loupe is the first of the new action: the events are a lower
bound for somebody who has to think. The files are compared with the labels, frame by
frame, once the program has ended.

Needs Xvfb, xdotool and the film.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.kit import theme
from app.kit.settings import Settings
from app.state.document import open_document
from app.timeline.layout import HEADER_PX
from app.window.leaving import leave
from app.window.main_window import MainWindow
from benchmarks.film import LABELS, cuts, frames_of
from benchmarks.labelling import CLICK_S, truth_of
from benchmarks.labelling_real import SIZE, RealKeyboard, Screen
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.segmentation import UNLABELLED, Segmentation
from skelseg_core.predictions.found import models_of
from skelseg_core.progress import run
from skelseg_core.project.folder import ProjectFolder, create_project, probe_video
from skelseg_core.project.imports.label_files import load_labels
from skelseg_core.project.project import ANNOTATION, add_video
from skelseg_core.tasks.registry import TASKS

MODEL = "half"
WAIT_S = 180


def half_labelled(
    film: Path, root: Path
) -> tuple[ProjectFolder, list[tuple[int, int]]]:
    """A project whose first half is labelled, with a model of it; and all labels."""
    rows = load_labels(LABELS)
    names, frames = rows.names, frames_of(rows)
    truth = truth_of(Segmentation.from_frames(frames))
    people = cuts(rows)
    frames[people[len(people) // 2][0] :] = UNLABELLED
    if (root / "project.json").is_file():
        return ProjectFolder(root), truth
    folder, project = create_project(root, label_map_from_names(names))
    item = probe_video(film, folder, project)
    item = item.with_lane(ANNOTATION, Segmentation.from_frames(frames))
    folder.save(add_video(project, item), project)
    run(TASKS["estimate_poses"](root=str(root), video_id=item.id))
    run(TASKS["train"](root=str(root), name=MODEL, preset="keypoints"))
    return folder, truth


class Corrector(RealKeyboard):
    """Puts a pre-label right: by Return, and by clicks in the loupe."""

    def alone(self, key: str) -> None:
        """Press a key on the screen, before there is a window beside it."""
        words = [w.lower() if len(w) > 1 else w for w in key.split("+")]
        words[-1] = {"return": "Return"}.get(words[-1], words[-1])
        self.screen.do("key", "+".join(words))
        self.keys += 1

    def begin_at(self, index: int) -> None:
        """Click the boundary after a segment on the timeline."""
        timeline = self.project_window.docks.timeline
        row = timeline.rows[0]
        x = HEADER_PX + timeline.view.x_of(self.boundary(index))
        self.click(timeline, QPoint(round(x), row.top + row.height // 2))

    def click_and_go_on(self, frame: int) -> None:
        """Click a frame in the loupe with Shift."""
        loupe = self.project_window.docks.loupe
        cell = loupe.cells()[frame - loupe.shown().start]
        at = QPointF(cell.center()).toPoint()
        place = loupe.mapTo(self.project_window.window, at)
        self.screen.do("mousemove", str(place.x()), str(place.y()))
        self.screen.do("keydown", "shift", "click", "1", "keyup", "shift")
        held = Qt.KeyboardModifier.ShiftModifier
        button = Qt.MouseButton.LeftButton
        self._beside(lambda: QTest.mouseClick(loupe, button, held, at), CLICK_S)
        self.clicks += 1

    def correct(self, first: int) -> None:
        """Look at the boundaries from the one after segment ``first`` on."""
        self.begin_at(first)
        for index in range(first, len(self.truth) - 1):
            self._settle()
            if self.project_window.session.boundary != index:
                raise SystemExit(
                    f"not at the boundary {index} but {self.project_window.session}"
                )
            frame = self.truth[index + 1][0]
            if self.boundary(index) == frame:
                self.press("Return")
            elif frame in self.project_window.docks.loupe.shown():
                self.click_and_go_on(frame)
            else:
                raise SystemExit(f"frame {frame} is not in the loupe")

    def _settle(self) -> None:
        time.sleep(0.3)
        QTest.qWait(300)


def until(what: Callable[[], bool]) -> None:
    end = time.monotonic() + WAIT_S
    while not what():
        if time.monotonic() > end:
            raise SystemExit("the program did not get so far")
        time.sleep(0.5)


def corrected(
    folder: ProjectFolder, truth: list[tuple[int, int]], base: Path, shots: Path | None
) -> None:
    file = base / "config" / "skelseg" / "settings.ini"
    settings = Settings(file)
    settings.tour_seen = True
    Settings(file)  # is read once the values are written
    item = folder.load().videos[0]
    # The last that is labelled and what is predicted after it are one segment.
    done = len(item.annotation) - 2
    screen = Screen(folder, file, base / "home")
    person: Any = Corrector.__new__(Corrector)
    person.screen, person.keys, person.clicks = screen, 0, 0

    def saved() -> Segmentation:
        return folder.load().videos[0].annotation

    person.alone("ctrl+p")
    until(lambda: bool(models_of(folder.root, folder.video_ids()[0])))
    person.alone("ctrl+Return")
    until(lambda: all(s.class_id is not None for s in saved().segments))
    begun = person.keys
    twin = base / "twin"
    shutil.copytree(folder.root, twin, ignore=shutil.ignore_patterns("*.lock"))
    window = MainWindow(Settings(base / "twin.ini"))
    window.resize(*SIZE)
    window.show()
    project_window = window.fill(open_document(ProjectFolder(twin)))
    project_window.start()
    while project_window.player.picture is None:
        QTest.qWait(50)
    QTest.qWait(3000)
    person = Corrector(project_window, truth)
    person.screen, person.folder, person.keys = screen, folder, begun
    off = [int(c) - f for c, (f, _) in zip(saved().boundaries, truth[1:], strict=True)]
    if shots:
        screen.picture(shots / "before.png")
    start = time.perf_counter()
    person.correct(done)
    time.sleep(4)
    if shots:
        screen.picture(shots / "after.png")
    spent = time.perf_counter() - start
    code = screen.close()
    right = truth_of(saved()) == truth
    n, late = len(truth) - 1 - done, off[done:]
    print(
        f"{n} segments, pre-labelled boundaries off by {late}: {person.events} events "
        f"({person.keys} keys, {person.clicks} clicks) in {spent:.0f} s; reviewed "
        f"{sum(s.reviewed for s in saved().segments)} of {len(truth)}; the program "
        f"ended with {code}; "
        f"{'every frame as it should be' if right else 'NOT as it should be'}"
    )
    leave(window)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("film", type=Path)
    parser.add_argument("--out", type=Path, default=Path("correcting"))
    parser.add_argument("--shots", type=Path, help="pictures of the screen")
    options = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as name:
        base = Path(name)
        for kind in ("CACHE", "STATE", "CONFIG", "DATA"):
            os.environ[f"XDG_{kind}_HOME"] = f"{base}/twin-{kind}"
        application = QApplication([])
        theme.apply(application, "dark")
        made, truth = half_labelled(options.film, options.out / "project")
        shutil.copytree(made.root, base / "project")
        folder = ProjectFolder(base / "project")
        corrected(folder, truth, base, options.shots)
        application.quit()


if __name__ == "__main__":
    main()
