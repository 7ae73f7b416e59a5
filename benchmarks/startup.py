"""From command to a window with its name, against a bare Qt window.

Both are started as processes of their own, in turns; each says when it has painted. Of
skelseg, two moments: the window says what is opened; everything can be used. Prints
ratios of medians. Needs a display (or QT_QPA_PLATFORM=offscreen).
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time

BARE = """
import sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QLabel, QMainWindow
class Window(QMainWindow):
    def paintEvent(self, event):
        super().paintEvent(event)
        print("frame", flush=True)
        print("ready", flush=True)
        QTimer.singleShot(0, QApplication.quit)
application = QApplication(sys.argv)
window = Window()
window.setCentralWidget(QLabel("bare"))
window.resize(1440, 900)
window.show()
application.exec()
"""

OURS = """
import sys
import app.application as program
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
show, fill = program.MainWindow.show_opening, program.MainWindow.fill
def shown(window, *about):
    show(window, *about)
    print("frame", flush=True)
def filled(window, document):
    project_window = fill(window, document)
    def ready(picture):
        project_window.docks.video.repaint()
        print("ready", flush=True)
        QTimer.singleShot(0, window.close)
        QTimer.singleShot(0, QApplication.quit)
    project_window.player.picture_changed.connect(ready)
    return project_window
program.MainWindow.show_opening, program.MainWindow.fill = shown, filled
sys.argv = ["skelseg", "--demo"]
program.run_window(sys.argv[1:])
"""


def seconds(code: str, home: str) -> tuple[float, float]:
    """From the start of a process to its first picture, and until it is ready."""
    places = {f"XDG_{n}_HOME": home for n in ("DATA", "STATE", "CONFIG", "CACHE")}
    begin = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **places},
    )
    assert process.stdout is not None
    frame = ready = 0.0
    for line in process.stdout:
        now = time.perf_counter() - begin
        if line.strip() == "frame" and not frame:
            frame = now
        if line.strip() == "ready" and not ready:
            ready = now
    process.wait()
    return frame, ready


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    rounds = parser.parse_args().rounds
    bare, frame, ready = [], [], []
    with tempfile.TemporaryDirectory() as home:
        # Writes the demo and the index of its clips.
        first, _ = seconds(OURS, home)
        for _ in range(rounds):
            bare.append(seconds(BARE, home)[0])
            a, b = seconds(OURS, home)
            frame.append(a)
            ready.append(b)
    base = statistics.median(bare)
    print(f"bare window {base:.3f} s; very first start {first:.3f} s")
    for name, values in (("window", frame), ("ready", ready)):
        value = statistics.median(values)
        print(f"skelseg, {name}: {value:.3f} s, {value / base:.2f} times the bare one")


if __name__ == "__main__":
    main()
