"""A pre-label reviewed in the program as it is started, by X events of keys alone.

`python -m benchmarks.reviewing_real one_by_one.mp4`: the film of `film` is cut into two
videos of three people each. The first has our labels, `keypoints` is trained on it
(what lies in ``--out`` is not made again), the second is pre-labelled in the window and
reviewed there: a share of the queue in the review room, the rest on the wall, until
every boundary is within K frames of ours. The same video is labelled from nothing, by
keys alone as in `labelling_real`, to the same K.

A script that knows our labels presses the keys: it is never in doubt and presses no
wrong one. A second window, which nobody sees and which is given the same keys, tells it
what is on the screen; what is compared in the end are the files of the program.

Needs Xvfb, xdotool and the film.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import shutil
import tempfile
import time
from pathlib import Path

from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.kit import theme
from app.kit.settings import Settings
from app.state.document import open_document
from app.window.leaving import leave
from app.window.main_window import MainWindow
from app.window.project_window import ProjectWindow
from benchmarks.correcting import until
from benchmarks.film import LABELS, cut, cuts, frames_of
from benchmarks.labelling import KEY_S, LAG_S, LOOK_S, truth_of
from benchmarks.labelling_real import SIZE, Screen
from benchmarks.least_events import LeastEvents
from benchmarks.reviewing_persons import FromNothing, Reviewer
from benchmarks.working_lane import WorkingLane
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.predictions.fitting import fitting_prediction
from skelseg_core.predictions.found import models_of
from skelseg_core.progress import run
from skelseg_core.project.folder import ProjectFolder, create_project, probe_video
from skelseg_core.project.imports.label_files import load_labels
from skelseg_core.project.project import ANNOTATION, add_video
from skelseg_core.review.wall import LEAST_SECONDS
from skelseg_core.tasks.registry import TASKS

MODEL = "first-half"
FIRST, SECOND = "first", "second"


def halves(film: Path, root: Path) -> tuple[ProjectFolder, Segmentation]:
    """Make a project of two videos, a model of the first; and the second's labels."""
    rows = load_labels(LABELS)
    names, frames = rows.names, frames_of(rows)
    people = cuts(rows)
    middle = people[len(people) // 2][0]
    truth = Segmentation.from_frames(frames[middle:])
    if (root / "project.json").is_file():
        return ProjectFolder(root), truth
    folder, project = create_project(root, label_map_from_names(names))
    before = project
    for name, start, stop in ((FIRST, 0, middle), (SECOND, middle, len(frames))):
        path = root / f"{name}.mp4"
        cut(film, start, stop, path)
        item = probe_video(path, folder, project)
        if name == FIRST:
            labels = Segmentation.from_frames(frames[start:stop])
            item = item.with_lane(ANNOTATION, labels)
        project = add_video(project, item)
    folder.save(project, before)
    for item in project.videos:
        run(TASKS["estimate_poses"](root=str(root), video_id=item.id))
    run(TASKS["train"](root=str(root), name=MODEL, preset="keypoints"))
    return folder, truth


def twin_of(folder: ProjectFolder, base: Path) -> tuple[MainWindow, ProjectWindow]:
    """Open a copy of the project in a window that nobody sees."""
    twin = base / "twin"
    shutil.copytree(folder.root, twin, ignore=shutil.ignore_patterns("*.lock"))
    settings = Settings(base / "twin.ini")
    settings.reaction_lag_ms = round(LAG_S * 1000)
    window = MainWindow(settings)
    window.resize(*SIZE)
    window.show()
    window.activateWindow()
    project_window = window.fill(open_document(ProjectFolder(twin)))
    project_window.services.pose_service.by_itself = False
    project_window.start()
    while project_window.player.picture is None:
        QTest.qWait(50)
    QTest.qWait(1000)
    return window, project_window


def settings_file(base: Path) -> Path:
    """Write the settings of a person who has seen the tour."""
    file = base / "config" / "skelseg" / "settings.ini"
    settings = Settings(file)
    settings.reaction_lag_ms = round(LAG_S * 1000)
    settings.tour_seen = True
    Settings(file)  # is read once the values are written
    return file


def within(lane: Segmentation, truth: Segmentation, collar: int) -> str:
    """Say whether a lane is the truth within so many frames."""
    left = LeastEvents(WorkingLane.of(lane).shown, WorkingLane.of(truth).shown, collar)
    if left.events:
        return f"NOT as it should be: {left.plan()}"
    return f"every boundary within {collar}"


def labelled_from_nothing(
    folder: ProjectFolder,
    truth: Segmentation,
    base: Path,
    collar: int,
    shots: Path | None,
) -> None:
    """Label the second video while it plays, then put its boundaries right."""
    project = folder.load()
    bare = project.video(SECOND).with_lane(
        ANNOTATION, Segmentation.unlabelled(truth.n_frames)
    )
    folder.save(dataclasses.replace(project, videos=(bare,)), project)
    file = settings_file(base)
    window, project_window = twin_of(folder, base)
    screen = Screen(folder, file, base / "home")
    person = FromNothing(project_window, truth_of(truth))
    person.screen, person.folder, person.collar = screen, folder, collar
    try:
        person.label(1.0)
    finally:
        time.sleep(4)
        if shots:
            screen.picture(shots / f"nothing-{collar}.png")
    code = screen.close()
    lane = folder.load().video(SECOND).annotation
    looks = len(truth) - 1
    moved = person.keys - len(truth) - 1
    play_s = truth.n_frames / project.video(SECOND).mean_rate
    seconds = play_s + moved * KEY_S + looks * LOOK_S
    print(
        f"from nothing, K={collar}: {person.events} events, {looks} boundaries looked "
        f"at, estimated {seconds:.0f} s, clock {person.spent_s:.0f} s; ended with "
        f"{code}; {within(lane, truth, collar)}",
        flush=True,
    )
    leave(window)


def reviewed(
    folder: ProjectFolder,
    truth: Segmentation,
    base: Path,
    collar: int,
    share: float,
    shots: Path | None,
) -> None:
    """Pre-label the second video on the screen, and review it there."""
    screen = Screen(folder, settings_file(base), base / "home")
    screen.do("key", "ctrl+p")
    until(lambda: bool(models_of(folder.root, SECOND)))
    time.sleep(2)
    window, project_window = twin_of(folder, base)
    if project_window.session.video_id != SECOND:
        raise SystemExit(f"{project_window.session.video_id} is open")
    person = Reviewer(project_window, truth, collar)
    person.screen, person.folder, person.keys = screen, folder, 1
    project = project_window.document.project
    said = fitting_prediction(folder, project, project.video(SECOND), MODEL)
    print(f"pre-label: {within(said.segmentation, truth, collar)}")
    start = time.perf_counter()
    person.review(share)
    spent = time.perf_counter() - start - person.waited_s
    time.sleep(4)
    if shots:
        screen.picture(shots / f"after-{collar}.png")
    code = screen.close()
    lane = folder.load().video(SECOND).annotation
    seconds = (
        person.keys * KEY_S + person.places * LOOK_S + person.strips * LEAST_SECONDS
    )
    here = project_window.document.project.video(SECOND).annotation
    print(
        f"reviewed, K={collar}, {share:.2f} of the queue: {person.events} events, "
        f"{person.places} places looked at and {person.strips} strips, "
        f"estimated {seconds:.0f} s, clock {spent:.0f} s; "
        f"{sum(s.reviewed for s in lane.segments)} of {len(lane)} "
        f"segments reviewed; ended with {code}; {within(lane, truth, collar)}; "
        f"{'as' if here == lane else 'NOT as'} in the window beside it\n"
        f"  {' '.join(person.log)}",
        flush=True,
    )
    leave(window)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("film", type=Path)
    parser.add_argument("--out", type=Path, default=Path("reviewing"))
    parser.add_argument("--collars", type=int, nargs="*", default=[2, 5])
    parser.add_argument("--share", type=float, default=1 / 3, help="of the queue")
    parser.add_argument("--only", choices=("review", "nothing"))
    parser.add_argument("--shots", type=Path, help="pictures of the screen")
    options = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = QApplication([])
    theme.apply(application, "dark")
    made, truth = halves(options.film, options.out / "project")
    print(f"{len(truth)} segments; load {os.getloadavg()[0]:.1f}", flush=True)
    for collar in options.collars:
        for way in ("review", "nothing"):
            if options.only not in (None, way):
                continue
            with tempfile.TemporaryDirectory() as name:
                base = Path(name)
                for kind in ("CACHE", "STATE", "CONFIG", "DATA"):
                    os.environ[f"XDG_{kind}_HOME"] = f"{base}/twin-{kind}"
                shutil.copytree(made.root, base / "project")
                folder = ProjectFolder(base / "project")
                if way == "review":
                    reviewed(folder, truth, base, collar, options.share, options.shots)
                else:
                    labelled_from_nothing(folder, truth, base, collar, options.shots)
    print(f"load {os.getloadavg()[0]:.1f}")
    application.quit()


if __name__ == "__main__":
    main()
