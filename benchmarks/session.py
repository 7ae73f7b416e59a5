"""Somebody works in the window for an hour; how often does it hang?

The demo is opened in the real window and worked on by key and mouse events: opening
projects, seeking, scrubbing, playing, labelling, nudging, undoing, pre-labelling in the
background, exporting, changing the video. A thread looks every few milliseconds whether
the GUI thread still turns its event loop; where it did not for more than 50 ms the
stack says what it was at. Another process says when the machine itself stood still:
what is left of a gap without that is the program's. `--minutes 60` is the long run.
Needs no display: QT_QPA_PLATFORM=offscreen.
"""

from __future__ import annotations

import argparse
import faulthandler
import os
import random
import re
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QEventLoop, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QKeySequence, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.application import Application
from app.kit import theme
from app.kit.settings import Settings
from app.services.files.exporter import start_export
from app.window.leaving import leave
from app.window.project_window import ProjectWindow
from benchmarks.pauses import Machine, in_line, overlap
from skelseg_core.project.demo_project import write_demo

STALL_S = 0.05
LEFT = Qt.MouseButton.LeftButton
KEYS = (
    *("Right", "Left", "Right", "Shift+Right", "Shift+Left", "Ctrl+Right", "Up"),
    *("Down", "Down", "Home", "1", "2", "3", "4", "5", "S", "M", "[", "]", "Delete"),
    *("Alt+Left", "Alt+Right", "Alt+Right", "I", "O", "Return", "Ctrl+Z"),
    *("Ctrl+Y", "Backspace", "H", "H", "P", "P", "+", "-", "F", "J", "K", "L"),
)


def rest(ms: int) -> None:
    """Let the window run for a while.

    `QTest.qWait` would stop it for 10 ms at a time, and every other thread with it.
    """
    loop = QEventLoop()
    QTimer.singleShot(ms, loop.quit)
    loop.exec()


class Watch:
    """Looks from a thread whether the GUI thread still turns."""

    def __init__(self) -> None:
        self.gaps: list[tuple[float, float]] = []
        self.where: Counter[str] = Counter()
        self.doing = self._seen = ""
        self._begun = self._beat = time.monotonic()
        self._worked, self._stood = time.thread_time(), in_line()
        self._main = threading.main_thread().ident or 0
        self._ended = threading.Event()
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(4)
        self._timer.timeout.connect(self._on_beat)
        self._thread = threading.Thread(target=self._look, daemon=True)

    def start(self) -> None:
        self._begun = self._beat = time.monotonic()
        self._timer.start()
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()
        self._thread.join()
        self._timer.stop()

    def _on_beat(self) -> None:
        now, worked = time.monotonic(), time.thread_time()
        gap, self._beat = now - self._beat, now
        work, self._worked = worked - self._worked, worked
        stood = in_line()
        line, self._stood = stood - self._stood, stood
        if gap > STALL_S:
            self.gaps.append((now - gap, now))
            at = f"{(now - self._begun) / 60:5.1f} min {self.doing:9}"
            took = (
                f"{gap * 1000:4.0f} ms, {work * 1000:.0f} of them at work, "
                f"{line * 1000:.0f} in line for a processor"
            )
            print(f"{at} {took}  {self._seen}", flush=True)
        self._seen = ""

    def _look(self) -> None:
        seen = 0.0
        while not self._ended.wait(0.01):
            beat = self._beat
            late = time.monotonic() - beat
            # Earlier it would make the stall that it tells of.
            if late > STALL_S and beat != seen:
                seen = beat
                self._seen = self._at()
                self.where[f"{self.doing}: {self._seen}"] += 1

    def _at(self) -> str:
        """Where the GUI thread is, innermost first, read without touching its frames.

        A frame held here would keep its painter alive beyond the end of its event.
        """
        with tempfile.TemporaryFile("w+") as file:
            faulthandler.dump_traceback(file, all_threads=True)
            file.seek(0)
            blocks = file.read().split("\n\n")
        mine = next((b for b in blocks if f"{self._main:#018x}" in b), "")
        found = re.findall(r'File "([^"]+)", line (\d+) in (\w+)', mine)
        ours = [
            f"{Path(file).name}:{line} {name}"
            for file, line, name in found
            if "/app/" in file or "skelseg_core" in file
        ]
        return " < ".join(ours[:3]) or "Qt, or collecting garbage"


class Hand:
    """Works as people do: a burst of keys, a drag, some playing, a pause."""

    def __init__(
        self, owner: Application, roots: Sequence[Path], watch: Watch, out: Path
    ) -> None:
        self.owner, self.roots, self.watch, self.out = owner, roots, watch, out
        self.dice = random.Random(1)
        self.did: Counter[str] = Counter()
        self.edits = 0

    @property
    def project_window(self) -> ProjectWindow:
        window = self.owner.window
        assert window is not None
        assert window.project_window is not None
        return window.project_window

    def act(self) -> None:
        what = self.dice.choices(
            (
                *("keys", "scrub", "drag", "zoom", "play"),
                *("video", "prelabel", "export", "project"),
            ),
            (40, 14, 14, 10, 14, 4, 1, 1, 1),
        )[0]
        self.did[what] += 1
        self.watch.doing = what
        getattr(self, what)()
        rest(self.dice.choice([10, 50, 200]))

    def keys(self) -> None:
        for _ in range(self.dice.randint(3, 12)):
            key = self.dice.choice(KEYS)
            self.watch.doing = key
            QTest.keySequence(self.project_window.docks.timeline, QKeySequence(key))
            rest(self.dice.choice([10, 30, 80]))

    def _point(self) -> QPoint:
        timeline = self.project_window.docks.timeline
        x = self.dice.randrange(140, timeline.width() - 20)
        return QPoint(x, self.dice.choice([15, 40, 75, 80, 120]))

    def scrub(self) -> None:
        self._drag(Qt.KeyboardModifier.NoModifier, 20)

    def drag(self) -> None:
        modifier = self.dice.choice(
            [Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier]
        )
        self._drag(modifier, 12)

    def _drag(self, modifier: Qt.KeyboardModifier, steps: int) -> None:
        timeline, at = self.project_window.docks.timeline, self._point()
        QTest.mousePress(timeline, LEFT, modifier, at)
        for _ in range(steps):
            at += QPoint(self.dice.randint(-12, 16), 0)
            QTest.mouseMove(timeline, at)
            rest(12)
        QTest.mouseRelease(timeline, LEFT, modifier, at)

    def zoom(self) -> None:
        timeline, at = self.project_window.docks.timeline, QPointF(self._point())
        for _ in range(6):
            event = QWheelEvent(
                at,
                timeline.mapToGlobal(at),
                QPoint(),
                QPoint(0, self.dice.choice([-120, 120])),
                Qt.MouseButton.NoButton,
                self.dice.choice(
                    [Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier(0)]
                ),
                Qt.ScrollPhase.NoScrollPhase,
                False,
            )
            QApplication.sendEvent(timeline, event)
            rest(16)

    def play(self) -> None:
        player = self.project_window.player
        player.play()
        rest(self.dice.choice([500, 2000, 4000]))
        player.pause()

    def video(self) -> None:
        videos = self.project_window.document.project.tracks
        self.project_window.session.set_video(self.dice.choice(videos).id)
        rest(300)

    def prelabel(self) -> None:
        self.project_window.services.models.model_service.prelabel()

    def export(self) -> None:
        start_export(self.project_window.services.tasks, self.out)

    def project(self) -> None:
        """Open another project, every other time by way of the start page."""
        project_window = self.project_window
        self.edits += project_window.document.undo_stack.count()
        other = next(r for r in self.roots if r != project_window.document.folder.root)
        if self.dice.random() < 0.5:
            project_window.open_requested.emit(other)
        else:
            project_window.close_requested.emit()
            rest(1000)
            window = self.owner.window
            assert window is not None
            assert window.start_window is not None
            window.start_window.open_requested.emit(other)
        rest(500)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    options = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as name:
        for kind in ("CACHE", "STATE", "CONFIG", "DATA"):
            os.environ[f"XDG_{kind}_HOME"] = f"{name}/{kind}"
        application = QApplication([])
        theme.apply(application, "dark")
        roots = [Path(name).resolve() / each for each in ("demo", "other")]
        for root in roots:
            write_demo(root)
        owner = Application(application, Settings(Path(name) / "settings.ini"))
        owner.open(roots[0])
        rest(5000)
        watch = Watch()
        hand = Hand(owner, roots, watch, Path(name) / "out")
        hand.project_window.window.resize(1600, 1000)
        machine = Machine()
        watch.start()
        until = time.monotonic() + 60 * options.minutes
        while time.monotonic() < until:
            hand.act()
        watch.stop()
        pauses = machine.stop()
        edits = hand.edits + hand.project_window.document.undo_stack.count()
        leave(hand.project_window.window)
        application.quit()
    print(f"{options.minutes:g} minutes, {edits:,} edits, {dict(hand.did)}")
    left = [e - b - overlap(pauses, b, e) for b, e in watch.gaps]
    longest = max((e - b for b, e in watch.gaps), default=0.0)
    limit = f"more than {STALL_S * 1000:.0f} ms"
    print(f"{len(left)} times {limit}, worst {longest * 1000:.0f} ms")
    print(
        f"{sum(gap > STALL_S for gap in left)} times {limit} without the pauses of the "
        f"machine: {len(pauses)}, worst "
        f"{max((e - b for b, e in pauses), default=0.0) * 1000:.0f} ms"
    )
    for where, count in watch.where.most_common(20):
        print(f"{count:5d}  {where}")


if __name__ == "__main__":
    main()
