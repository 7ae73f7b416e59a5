"""What a Python program does that it should not, noted from its first line on.

Imported by a ``.pth`` file of the environment under test, in every program that is
started there. Connections, names looked up and files opened to be written are lines of
the file that WATCH_LOG names. WATCH_LINGER_S is waited at the end of a program that
has loaded ONNX Runtime, whose reports go out some seconds after. Where
WATCH_CLOSE_WHEN names a file, the window is closed once that file is there and nothing
is at work any more, and what it shows is written to WATCH_WINDOW.
"""

from __future__ import annotations

import atexit
import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

CALLS = frozenset(
    {
        *("socket.connect", "socket.sendto", "socket.sendmsg", "socket.bind"),
        *("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"),
    }
)
PATIENCE_S = 180.0
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


def watch(log: int, event: str, values: tuple[Any, ...]) -> None:
    """Note what may leave the machine or a file."""
    if event in CALLS:
        address = values[1] if event.startswith("socket.connect") else values[0]
        if not isinstance(address, str | bytes) or event == "socket.getaddrinfo":
            os.write(log, f"{event} {values[1:]!r}\n".encode())
    elif event == "open" and isinstance(values[0], str | bytes | os.PathLike):
        mode, flags = values[1], values[2]
        writes = set(mode or "") & set("wax+") or (not mode and flags & WRITES)
        if writes:
            path = os.path.realpath(os.fsdecode(values[0]))
            os.write(log, f"write {path}\n".encode(errors="backslashreplace"))


def linger(seconds: float) -> None:
    """Give a library that reports behind our back the time to do it."""
    if "onnxruntime" in sys.modules:
        time.sleep(seconds)


def close_window(when: Path, note: Path) -> None:
    """Close the window from its own thread, once all is done; other programs end."""
    while "app.window.project_window" not in sys.modules:
        time.sleep(0.2)
    deadline = time.monotonic() + PATIENCE_S
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    application = QApplication.instance()
    state: dict[str, Any] = {}

    def look() -> None:
        from app.window.main_window import MainWindow

        for window in QApplication.topLevelWidgets():
            if not isinstance(window, MainWindow) or window.project_window is None:
                continue
            project_window = window.project_window
            ready = (
                project_window.player.info is not None
                and not project_window.jobs.running
            )
            if ready and when.exists():
                state["title"] = window.windowTitle()
                state["frames"] = project_window.player.info.n_frames
                note.write_text(json.dumps(state))
                window.close()

    while not state:
        QTimer.singleShot(0, application, look)
        time.sleep(0.5)
        if time.monotonic() > deadline:
            os._exit(9)  # nobody is there to close it


def start() -> None:
    """Begin, where the environment asks for it."""
    log = os.environ.get("WATCH_LOG")
    if not log:
        return
    number = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    sys.addaudithook(lambda event, values: watch(number, event, values))
    seconds = os.environ.get("WATCH_LINGER_S")
    if seconds:
        atexit.register(linger, float(seconds))
    when = os.environ.get("WATCH_CLOSE_WHEN")
    if when:
        places = (Path(when), Path(os.environ["WATCH_WINDOW"]))
        threading.Thread(target=close_window, args=places, daemon=True).start()


start()
