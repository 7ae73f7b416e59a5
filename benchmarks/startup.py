"""From command to a window that shows the first frame, against a bare Qt window.

Both are started as processes of their own, in turns; each prints when it has painted.
The figure is the ratio of the medians. Needs a display (or QT_QPA_PLATFORM=offscreen).
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time

BARE = """
import sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QLabel, QMainWindow
class Window(QMainWindow):
    def paintEvent(self, event):
        super().paintEvent(event)
        print("painted", flush=True)
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
import app.desk as m
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
start = m.Desk.start
def started(window):
    def painted(picture):
        window.panels.video.repaint()
        print("painted", flush=True)
        QTimer.singleShot(0, QApplication.quit)
    window.player.picture_changed.connect(painted)
    start(window)
m.Desk.start = started
from app.__main__ import main
sys.argv = ["skelseg", "--demo"]
main()
"""


def seconds(code: str) -> float:
    begin = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line.strip() == "painted":
            break
    spent = time.perf_counter() - begin
    process.wait()
    return spent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    rounds = parser.parse_args().rounds
    seconds(OURS)  # writes the demo and the index of its clips
    bare, ours = [], []
    for _ in range(rounds):
        bare.append(seconds(BARE))
        ours.append(seconds(OURS))
    a, b = statistics.median(bare), statistics.median(ours)
    print(
        f"bare window {a:.3f} s, skelseg with its first frame {b:.3f} s: {b / a:.2f}x"
    )


if __name__ == "__main__":
    main()
