"""From command to a window with its name, against a bare Qt window.

Both are started as processes of their own, in turns; each says when it has painted, and
how much of the processor it took until then. Of skelseg, two moments: the window says
what is opened; everything can be used. The modules are compiled before, as those of an
installed program are. Prints ratios of medians, for every folder of a copy of the
program that is named. Needs a display (or QT_QPA_PLATFORM=offscreen).
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time

SAYS = """
import sys, time
def say(what):
    print(what, time.process_time(), flush=True)
"""
BARE = """
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QLabel, QMainWindow
class Window(QMainWindow):
    def paintEvent(self, event):
        super().paintEvent(event)
        say("frame")
        say("ready")
        QTimer.singleShot(0, QApplication.quit)
application = QApplication(sys.argv)
window = Window()
window.setCentralWidget(QLabel("bare"))
window.resize(1440, 900)
window.show()
application.exec()
"""

OURS = """
sys.path.insert(0, "")
import app.application as program
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
show, fill = program.MainWindow.show_opening, program.MainWindow.fill
def shown(window, *about):
    show(window, *about)
    say("frame")
def filled(window, document):
    project_window = fill(window, document)
    def ready(picture):
        project_window.docks.video.repaint()
        say("ready")
        QTimer.singleShot(0, window.close)
        QTimer.singleShot(0, QApplication.quit)
    project_window.player.picture_changed.connect(ready)
    return project_window
program.MainWindow.show_opening, program.MainWindow.fill = shown, filled
sys.argv = ["skelseg", "--demo"]
program.run_window(sys.argv[1:])
"""


Times = dict[str, tuple[float, float]]
"""What a clock said and the processor took, by what there was then."""


def seconds(code: str, home: str, folder: str = "") -> Times:
    """From the start of a process to its first picture, and until it is ready."""
    env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    env |= {f"XDG_{n}_HOME": home for n in ("DATA", "STATE", "CONFIG", "CACHE")}
    begin = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", SAYS + code],
        stdout=subprocess.PIPE,
        text=True,
        cwd=folder or None,
        env={**env, "PYTHONPYCACHEPREFIX": f"{home}/bytecode"},
    )
    assert process.stdout is not None
    found: Times = {}
    for line in process.stdout:
        what, took = line.split()
        found.setdefault(what, (time.perf_counter() - begin, float(took)))
    process.wait()
    return found


def median(of: list[Times], what: str, which: int) -> float:
    return statistics.median(times[what][which] for times in of)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="*", default=[os.getcwd()])
    parser.add_argument("--rounds", type=int, default=10)
    options = parser.parse_args()
    bare: list[Times] = []
    ours: dict[str, list[Times]] = {folder: [] for folder in options.folders}
    with tempfile.TemporaryDirectory() as home:
        for folder in ours:  # writes bytecode, the demo and the index of its clips
            first = seconds(OURS, home, folder)["ready"][0]
            print(f"{folder}: very first start {first:.3f} s")
        for _ in range(options.rounds):
            bare.append(seconds(BARE, home))
            for folder, times in ours.items():
                times.append(seconds(OURS, home, folder))
    for which, name in enumerate(("by the clock", "of the processor")):
        base = median(bare, "frame", which)
        print(f"{name}: bare window {base:.3f} s")
        for folder, times in ours.items():
            for what in ("frame", "ready"):
                value = median(times, what, which)
                print(f"  {folder}, {what}: {value:.3f} s, {value / base:.2f} times")


if __name__ == "__main__":
    main()
