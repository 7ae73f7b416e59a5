"""What a project of many videos costs: one edit, undo, the next video, a filter letter.

Every video is the same clip with 40 segments of its own. Times of the window are
processor time of the GUI thread from the call until no event waits, the median of
several; the first picture is what a clock says, without and with an index of the
labels. The bookkeeping is what `skelseg predict DIR --video X` does beside its network.
Needs no display: QT_QPA_PLATFORM=offscreen.

With ``--tracks`` each has a second tier as well, whose track is labelled the same way,
and the last line says how many times the milliseconds of one track an act takes.

    python -m benchmarks.projects --videos 100 1000 10000
    python -m benchmarks.projects --videos 10000 --tracks
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from app.kit.settings import Settings
from app.state.document import open_document
from app.window.leaving import leave
from app.window.main_window import MainWindow
from app.window.project_window import ProjectWindow
from skelseg_core.cli.terminal import track_ids
from skelseg_core.features.video_work import work_on
from skelseg_core.files import atomic_write
from skelseg_core.labels.edits import paint, remap_classes
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.project.class_edits import add_class
from skelseg_core.project.demo_project import write_demo
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import ANNOTATION, Project
from skelseg_core.project.track_edits import add_tier
from skelseg_core.project.videos_and_tracks import Track
from tests.projects import changed

N_SEGMENTS = 40
ROUNDS = 15


def segments(n_frames: int, n: int, dice: random.Random) -> Segmentation:
    """Reviewed segments of three classes; the last one is unlabelled."""
    cuts = sorted(dice.sample(range(1, n_frames), n - 1))
    made = [
        Segment(start, stop, dice.randrange(3)).as_reviewed()
        for start, stop in zip([0, *cuts[:-1]], cuts, strict=True)
    ]
    return Segmentation((*made, Segment(cuts[-1], n_frames)))


def make_project(
    root: Path, n_videos: int, n_segments: int, n_frames: int = 0, two: bool = False
) -> ProjectFolder:
    """A project of ``n_videos`` entries of the demo's longest clip.

    With ``n_frames`` they are said to be that long, and cannot be played. With ``two``
    each has a labelled track of a second tier as well.
    """
    demo = write_demo(root)
    clip = max(demo.tracks, key=lambda v: v.n_frames)
    path = "videos/none.mp4" if n_frames else clip.video.path
    n_frames = n_frames or clip.n_frames
    dice = random.Random(1)
    videos = tuple(
        changed(
            clip,
            id=f"clip-{i:05d}",
            path=path,
            n_frames=n_frames,
            lanes={ANNOTATION: segments(n_frames, n_segments, dice)},
        )
        for i in range(n_videos)
    )
    folder = ProjectFolder(root)
    project = replace(demo, tracks=videos)
    folder.save(with_second_tier(project, dice) if two else project, folder.load())
    return ProjectFolder(root)


def with_second_tier(project: Project, dice: random.Random) -> Project:
    """The project with a tier of three classes that all videos are labelled in."""
    project = add_tier(project, "Left hand")
    tier = project.tiers[1]
    for name in ("second", "third"):
        project = add_class(project, name, tier=tier.id)
    names = dict(enumerate(project.classes_of(tier).ids))

    def labelled(item: Track) -> Track:
        made = segments(item.n_frames, N_SEGMENTS, dice)
        return item.with_lane(ANNOTATION, remap_classes(made, names))

    videos = (labelled(v) if v.tier else v for v in project.tracks)
    return replace(project, tracks=tuple(videos))


def rest(ms: int) -> None:
    """Let the window run for a while."""
    loop = QEventLoop()
    QTimer.singleShot(ms, loop.quit)
    loop.exec()


def wait(ready: Callable[[], object]) -> None:
    """Let the window run until something is there."""
    until = time.monotonic() + 300
    while not ready() and time.monotonic() < until:
        rest(2)


def median_ms(act: Callable[[int], object], rest_ms: int = 60) -> float:
    """Milliseconds of this thread from an act until no event waits."""
    took = []
    for i in range(ROUNDS):
        start = time.thread_time()
        act(i)
        QApplication.processEvents()
        took.append(1000 * (time.thread_time() - start))
        rest(rest_ms)
    return statistics.median(took)


def opened(folder: ProjectFolder, root: Path) -> tuple[MainWindow, ProjectWindow]:
    """The window of a project, once it shows its first picture."""
    window = MainWindow(Settings(root / "settings.ini"))
    window.resize(1600, 1000)
    window.show()
    project_window: ProjectWindow = window.fill(open_document(folder))
    project_window.start()
    wait(lambda: project_window.player.picture)
    return window, project_window


def first_pictures(root: Path, place: Path) -> tuple[MainWindow, ProjectWindow, str]:
    """The window opened twice; the second stays."""
    took = []
    for turn in range(2):
        start = time.perf_counter()
        window, project_window = opened(ProjectFolder(root), place)
        took.append(time.perf_counter() - start)
        if not turn:
            leave(window)
    return window, project_window, f"{took[0]:.2f} and {took[1]:.2f} s (target 1)"


def in_the_window(project_window: ProjectWindow) -> dict[str, float]:
    """Milliseconds per act, by its name."""
    document, session = project_window.document, project_window.session
    videos = project_window.docks.videos
    rest(3000)

    def edit(i: int) -> None:
        start = 5 * i
        document.edit_lane(
            "Paint", session.track_id, lambda lane: paint(lane, start, start + 3, i % 3)
        )

    def letter(i: int) -> None:
        videos.search.setText("clip-0"[: 1 + i % 6])

    def state(i: int) -> None:
        videos.state.setCurrentIndex(1 + i % 2)

    found = {"edit": median_ms(edit), "undo": median_ms(lambda _: document.undo())}
    found["next video"] = median_ms(
        lambda _: project_window.services.current_video.go(1), 200
    )
    found["filter letter"] = median_ms(letter)
    videos.search.clear()
    found["filter state"] = median_ms(state)
    videos.state.setCurrentIndex(0)
    return found


def bookkeeping(root: Path) -> float:
    """Milliseconds that `skelseg predict` takes for one video beside its network."""
    took = []
    for i in range(3):
        start = time.perf_counter()
        video, model = track_ids(root, ["clip-00007"])[0], f"m{i}"
        ProjectFolder(root).load_only([video])  # whether the model fits
        work_on(str(root), video, 1)
        made = ProjectFolder(root).prediction_path(video, model)
        atomic_write(made, b"as a network writes it")
        took.append(1000 * (time.perf_counter() - start))
    return statistics.median(took)


class Stall:
    """Longest time that the event loop did not turn."""

    def __init__(self) -> None:
        self.longest_ms = 0.0
        self._beat = time.perf_counter()
        self._timer = QTimer(interval=2)
        self._timer.timeout.connect(self._on_beat)
        self._timer.start()

    def _on_beat(self) -> None:
        now = time.perf_counter()
        self.longest_ms = max(self.longest_ms, 1000 * (now - self._beat))
        self._beat = now

    def of(self, act: Callable[[], object], done: Callable[[], object]) -> str:
        """Do something; how long it took, and the longest stall meanwhile."""
        rest(100)
        self.longest_ms, start = 0.0, time.perf_counter()
        act()
        wait(done)
        took = time.perf_counter() - start
        rest(100)
        return f"{took:.1f} s, longest stall {self.longest_ms:.0f} ms (target 50)"


def merging(root: Path, place: Path) -> None:
    """Merge two classes of 100 videos of 5,000 segments each, and undo that."""
    make_project(root, 100, 5000, 500_000)
    window = MainWindow(Settings(place / "settings.ini"))
    window.resize(1600, 1000)
    window.show()
    project_window: ProjectWindow = window.fill(open_document(ProjectFolder(root)))
    project_window.start()
    rest(5000)
    document, stall = project_window.document, Stall()
    n = len(document.project.label_map)
    editor = project_window.services.labelling.class_editor
    gone, into = document.project.label_map.ids[:2]
    merged = stall.of(
        lambda: editor.delete(gone, into), lambda: len(document.project.label_map) < n
    )
    print(f"100 videos of 5,000 segments: merging two classes {merged}")
    wait(lambda: not document.unsaved)
    undone = stall.of(document.undo, lambda: len(document.project.label_map) == n)
    print(f"  undo of it {undone}")
    leave(window)


def measured(n_videos: int, two: bool) -> dict[str, float]:
    """Milliseconds per act in a project of so many videos, printed as well."""
    with tempfile.TemporaryDirectory() as name:
        for kind in ("CACHE", "STATE", "CONFIG", "DATA"):
            os.environ[f"XDG_{kind}_HOME"] = f"{name}/{kind}"
        root = Path(name).resolve() / "project"
        make_project(root, n_videos, N_SEGMENTS, two=two)
        window, project_window, first = first_pictures(root, Path(name))
        found = in_the_window(project_window)
        leave(window)
        tracks = ", two tracks each" if two else ""
        print(f"{n_videos:,} videos{tracks}: first picture after {first}")
        print("  " + ", ".join(f"{k} {v:.1f} ms" for k, v in found.items()))
        print(f"  bookkeeping of predict {bookkeeping(root):.0f} ms (target 50)")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--videos", type=int, nargs="+", default=[100, 1000, 10000])
    parser.add_argument("--tracks", action="store_true", help="With two tracks, too.")
    options = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = QApplication([])
    for n in options.videos:
        one = measured(n, False)
        if options.tracks:
            both = measured(n, True)
            times = ", ".join(f"{k} {both[k] / one[k]:.2f}" for k in one)
            print(f"  times of one track: {times} (target of an edit 1.3)")
    if not options.tracks:
        with tempfile.TemporaryDirectory() as name:
            for kind in ("CACHE", "STATE", "CONFIG", "DATA"):
                os.environ[f"XDG_{kind}_HOME"] = f"{name}/{kind}"
            merging(Path(name).resolve() / "project", Path(name))
    application.quit()


if __name__ == "__main__":
    main()
