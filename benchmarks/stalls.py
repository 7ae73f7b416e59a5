"""What a key costs the window at one video of 10,000 segments and 60 classes.

A model said as many segments. Keys are pressed and commands triggered in the real
window; printed is the processor time of the GUI thread in the longest turn of its event
loop, from the key until nothing has happened for a while: the best, the median and the
worst of some rounds. With --profile NAME... the functions of some are listed, too.
Needs no display: QT_QPA_PLATFORM=offscreen.

    python -m benchmarks.stalls --rounds 5
"""

from __future__ import annotations

import argparse
import cProfile
import gc
import math
import os
import pstats
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
from PySide6.QtCore import QAbstractEventDispatcher, QEventLoop, Qt, QTimer
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.kit import memory
from app.kit.settings import Settings
from app.state.document import open_document
from app.window.leaving import leave
from app.window.main_window import MainWindow
from app.window.project_window import ProjectWindow
from skelseg_core.labels.bulk_edits import relabel_all
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.prediction import Prediction, save_prediction
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.project.folder import ProjectFolder, create_project, probe_video
from skelseg_core.project.project_edits import add_video, edit_lane

MODEL = "made"
LIMIT_MS = 50
UP = Qt.SortOrder.AscendingOrder


def rest(ms: int) -> None:
    """Let the window run for a while."""
    loop = QEventLoop()
    QTimer.singleShot(ms, loop.quit)
    loop.exec()


def wait(ready: Callable[[], object]) -> None:
    """Let the window run until something is so."""
    until = time.monotonic() + 120
    while not ready() and time.monotonic() < until:
        rest(5)


def write_film(path: Path, n_frames: int) -> None:
    """Write a small grey film, in short groups of pictures."""
    with av.open(str(path), "w") as file:
        stream = file.add_stream("mpeg4", rate=30)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.gop_size = 12
        for n in range(n_frames):
            grey = np.full((48, 64, 3), n % 200, np.uint8)
            file.mux(stream.encode(av.VideoFrame.from_ndarray(grey, "rgb24")))
        file.mux(stream.encode(None))


def make_project(root: Path, n_segments: int, n_classes: int) -> ProjectFolder:
    """Make a project of one long video that a model pre-labelled, often in doubt."""
    n_frames, dice = 10 * n_segments, np.random.default_rng(0)
    names = tuple(f"action {n}" for n in range(n_classes))
    folder, project = create_project(root / "project", label_map_from_names(names))
    write_film(root / "long.mp4", n_frames)
    project = add_video(project, probe_video(root / "long.mp4", folder, project))
    cuts = np.sort(dice.choice(np.arange(1, n_frames), n_segments - 1, replace=False))
    steps = dice.integers(1, n_classes, n_segments).cumsum() % n_classes
    labels = np.repeat(steps, np.diff([0, *cuts, n_frames]))
    scores = dice.normal(0, 1, (n_frames, n_classes)).astype(np.float32)
    scores[np.arange(n_frames), labels] += 5
    shares = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    said = Segmentation.from_frames(labels, "model", shares.max(axis=1))
    fixed, ids = np.zeros(n_frames, bool), np.arange(n_classes)
    made = Prediction(shares, ids, said, "key", fixed, trained_on=False)
    video = project.tracks[0].id
    save_prediction(folder.prediction_path(video, MODEL), made)
    folder.save(project, folder.load())
    return ProjectFolder(folder.root)


class Turns:
    """Measures the turns of the event loop in processor time of this thread."""

    def __init__(self) -> None:
        self.longest_ms, self.n = 0.0, 0
        self._since = time.thread_time()
        dispatcher = QAbstractEventDispatcher.instance()
        dispatcher.awake.connect(self.begin)
        dispatcher.aboutToBlock.connect(self.end)

    def begin(self) -> None:
        self.end()

    def end(self) -> None:
        now = time.thread_time()
        self.longest_ms = max(self.longest_ms, 1000 * (now - self._since))
        self._since = now

    def of(self, act: Callable[[], object], idle: Callable[[], bool]) -> float:
        """Do something; return the longest turn until the window is idle."""
        rest(50)
        self.longest_ms, self._since = 0.0, time.thread_time()
        act()
        self.end()
        rest(300)
        wait(idle)
        rest(100)
        return self.longest_ms


class Person:
    """Presses keys in the window and waits for what they bring."""

    def __init__(self, project_window: ProjectWindow, turns: Turns) -> None:
        self.window, self.turns = project_window, turns
        self.took: dict[str, list[float]] = {}
        self.profiles: dict[str, cProfile.Profile] = {}

    def idle(self) -> bool:
        return not self.window.services.jobs.running

    def do(self, name: str, act: Callable[[], object]) -> None:
        """Do something and note what it took."""
        profile = self.profiles.get(name)
        if profile is not None:
            profile.enable()
        self.took.setdefault(name, []).append(self.turns.of(act, self.idle))
        if profile is not None:
            profile.disable()

    def key(self, key: str, name: str = "") -> None:
        """Press a key where the keyboard is."""
        widget = QApplication.focusWidget() or self.window.docks.timeline
        self.do(name or key, lambda: QTest.keySequence(widget, QKeySequence(key)))

    def command(self, name: str, text: str = "") -> None:
        """Run a command of the window."""
        action = self.window.window.findChild(QAction, name)
        assert action is not None
        if not action.isEnabled():
            print(f"{name} is not enabled ({text})")
            return
        self.do(text or name, action.trigger)


def in_the_room(person: Person, turn: int) -> None:
    """Review a few places by keys; enter twice."""
    room = person.window.services.review.review_room
    person.command("room", "Ctrl+R, first" if not turn else "Ctrl+R, later")
    wait(lambda: room.state == "at")
    rest(500)
    person.key("N", "room: N")
    person.key("Return", "room: Return")
    person.key("2", "room: class key")
    person.key("Alt+Right", "room: Alt+Right")
    person.key("B", "room: B")
    person.key("N", "room: N")
    person.key("Backspace", "room: Backspace")
    person.key("U", "room: U")
    person.command("undo", "room: undo")
    person.command("undo", "room: undo")
    person.command("redo", "room: redo")
    person.key("G", "room: G")
    person.key("D", "room: D")
    person.key("D", "room: D")
    person.key("Escape", "room: Escape")
    person.command("room", "Ctrl+R, again")
    person.key("Escape", "room: Escape")


def on_the_wall(person: Person, _: int) -> None:
    """Open the wall, mend a strip, turn, choose a class, close it."""
    person.command("wall", "wall: open")
    person.key("Right", "wall: Right")
    person.key("3", "wall: class key")
    person.command("undo", "wall: undo")
    person.key("X", "wall: mark as wrong")
    person.key("X", "wall: mark as wrong")
    person.key("PgDown", "wall: next page")
    wall = person.window.docks.wall
    person.do("wall: list of choices", wall.choice.showPopup)
    person.do("wall: list closed", wall.choice.hidePopup)
    person.do("wall: other class", lambda: wall.choice.activated.emit(3))
    person.do("wall: all again", lambda: wall.choice.activated.emit(0))
    # Time in which somebody looks at all of it; the keys follow at once.
    for _ in range(200):
        strips = range(len(person.window.services.review.review_wall.shown))
        person.window.services.review.review_wall.look(strips, 0.25)
    person.key("Return", "wall: Return")
    person.command("undo", "wall: undo")
    person.key("Escape", "wall: close")


def by_hand(person: Person, turn: int) -> None:
    """Edit as without a model."""
    player, editor = (
        person.window.player,
        person.window.services.labelling.segment_editor,
    )
    timeline = person.window.docks.timeline
    timeline.setFocus()
    person.do("seek", lambda: player.seek(50_003 + 500 * turn))
    person.command("boundary-next", "next boundary")
    person.key("Alt+Right", "Alt+Right")
    person.key("Alt+Right", "Alt+Right again")
    person.key("4", "class key")
    person.command("undo")
    person.command("redo")
    person.command("review", "Return")
    person.command("second-on", "a second on")
    person.command("boundary-next", "next boundary")
    person.command("choose-none", "Escape")
    person.do("seek", lambda: player.seek(50_203 + 500 * turn))
    person.command("split")
    person.command("merge")
    person.command("absorb")
    person.command("undecided")
    person.command("choose-class")
    person.command("choose-none", "Escape")
    person.command("choose-class", "select a class")
    person.do("label what is selected", lambda: editor.apply_class(7))
    person.command("undo", "undo of many")
    start = 60_000 + 500 * turn
    person.window.session.set_range(start, start + 40)
    person.do("paint a range", lambda: editor.apply_class(5))
    person.do(
        "zoom", lambda: person.window.docks.timeline.set_view(timeline.view.fit())
    )


def lanes_and_tables(person: Person, _: int) -> None:
    """Show difference lane and tables; edit with them open."""
    docks = person.window.docks
    person.command("difference-next", "difference: next")
    docks.timeline.setFocus()
    person.do("statistics: show", lambda: docks.show_more("statistics"))
    docks.timeline.setFocus()
    person.command("split", "split with statistics")
    person.command("undo", "undo with statistics")
    document = person.window.document
    document.apply("Remove", lambda p: edit_lane(p, p.tracks[0].id, every_other_class))
    person.do("undo of a change of all", document.undo)
    person.do("redo of a change of all", document.redo)
    person.command("difference-next", "difference: next of many")
    person.do("zoom out", lambda: docks.timeline.set_view(docks.timeline.view.fit()))
    person.command("split", "split with many differences")
    person.command("undo", "undo with many differences")
    document.undo()
    person.do("playing", lambda: (person.window.player.play(), rest(1500)))
    person.do("pause", person.window.player.pause)


def every_other_class(lane: Segmentation) -> Segmentation:
    """Give every other segment another class, as if a model had been another."""
    odd = range(1, len(lane), 2)
    return relabel_all(lane, odd, 0)


def collect_all() -> None:
    """Collect all garbage as in a pause of the keys."""
    gc.collect()
    gc.freeze()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--segments", type=int, default=10_000)
    parser.add_argument("--classes", type=int, default=60)
    parser.add_argument("--profile", nargs="*", default=[])
    parser.add_argument("--functions", type=int, default=50)
    options = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = QApplication([])
    with tempfile.TemporaryDirectory() as name:
        for kind in ("CACHE", "STATE", "CONFIG", "DATA"):
            os.environ[f"XDG_{kind}_HOME"] = f"{name}/{kind}"
        root = Path(name).resolve()
        folder = make_project(root, options.segments, options.classes)
        memory.keep_collector_quiet()
        # Keys come all the time: what waits for a pause is an act of its own.
        memory.PAUSE_S = math.inf
        memory.GarbageCollector(application)
        window = MainWindow(Settings(root / "settings.ini"))
        window.resize(1600, 1000)
        window.show()
        window.activateWindow()
        project_window: ProjectWindow = window.fill(open_document(folder))
        project_window.services.models.pose_service.by_itself = False
        project_window.start()
        current = project_window.services.current_video
        wait(lambda: project_window.player.picture and current.shown_prediction)
        rest(5000)
        person = Person(project_window, Turns())
        person.profiles = {
            name: cProfile.Profile(time.thread_time) for name in options.profile
        }
        person.do("nothing", lambda: None)
        for turn in range(options.rounds):
            in_the_room(person, turn)
            on_the_wall(person, turn)
            by_hand(person, turn)
            lanes_and_tables(person, turn)
            person.do("garbage, in a pause", collect_all)
        leave(window)
    print(f"{'ms of the longest turn':26}  best median worst")
    for what, took in person.took.items():
        middle = statistics.median(took)
        late = " !" if middle > LIMIT_MS else ""
        print(f"{what:26} {min(took):5.0f} {middle:6.0f} {max(took):5.0f}{late}")
    for what, profile in person.profiles.items():
        print(f"\n{what}")
        pstats.Stats(profile).sort_stats("cumulative").print_stats(options.functions)
    application.quit()


if __name__ == "__main__":
    main()
