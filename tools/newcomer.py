"""A newcomer's way from an empty home to an exported CSV, by events of the X server.

The program is opened on a video. Two classes are named, a stretch of each is labelled,
the rest is filled in like these, and the labels are exported. Printed are the keys and
clicks that this takes, the seconds, and the words that come into sight on the way. The
skeleton is found by the estimator, so this takes minutes.
Needs xdotool, and a display with a window manager:

    python -m tools.newcomer VIDEO
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

LOOK_MS, REST_S, LONGEST_S = 200, 1.0, 900.0
"""Milliseconds between two looks at the window, seconds after each key, and seconds
after which it is given up."""


class Newcomer:
    """Presses keys, clicks, and reads what comes into sight."""

    rest_s, longest_s = REST_S, LONGEST_S
    waits_for = "the window"

    def __init__(self, stop: int = 0) -> None:
        self.n_events, self.texts, self._stop = 0, dict[str, str](), stop
        self.began = self._pressed = time.monotonic()
        self._steps = self._way()
        self._until: Callable[[], bool] = next(self._steps)

    def look(self) -> bool:
        """Read the window, and press the next key; False at the end of the way."""
        now = time.monotonic()
        if now - self.began > self.longest_s:
            raise SystemExit(f"It took too long: {self.waits_for} did not come.")
        self._read()
        if now - self._pressed < self.rest_s or not self._until():
            return True
        self._pressed = now
        self._until = next(self._steps, None)  # type: ignore[assignment]
        return self._until is not None

    def _way(self) -> Iterator[Callable[[], bool]]:
        """Press keys, and yield what to wait for after each."""

        def anyhow() -> bool:
            return True

        yield lambda: button_in_sight("Create project") is not None
        for name in ("rest", "exercise"):
            yield self._type(name, anyhow)
            yield self._key("Return", anyhow)
        yield self._click("Create project", has_picture)
        middle = self._stop // 2
        for digit, stop in (("1", middle), ("2", self._stop)):
            yield self._key("i", anyhow)
            yield self._key("g", anyhow)
            yield self._type(str(stop), anyhow)
            yield self._key("Return", anyhow)
            yield self._key("o", anyhow)
            yield self._key(digit, anyhow)
        yield self._key("ctrl+l", _is_filled)
        yield self._key("ctrl+e", lambda: button_in_sight("Export") is not None)
        yield self._click("Export", is_exported)

    def _key(self, key: str, until: Callable[[], bool]) -> Callable[[], bool]:
        self.n_events += 1
        subprocess.Popen(["xdotool", "key", key])
        return until

    def _type(self, text: str, until: Callable[[], bool]) -> Callable[[], bool]:
        self.n_events += len(text)
        subprocess.Popen(["xdotool", "type", text])
        return until

    def _click(self, button: str, until: Callable[[], bool]) -> Callable[[], bool]:
        widget = button_in_sight(button)
        place = widget.mapToGlobal(widget.rect().center())
        self.n_events += 1
        move = ["mousemove", str(place.x()), str(place.y())]
        subprocess.Popen(["xdotool", *move, "click", "1"])
        return until

    def _read(self) -> None:
        from PySide6.QtWidgets import (
            QAbstractButton,
            QApplication,
            QLabel,
            QLineEdit,
            QMenuBar,
        )

        for widget in QApplication.allWidgets():
            if not widget.isVisible():
                continue
            said: list[str] = []
            if isinstance(widget, QLabel | QAbstractButton):
                said = [widget.text()]
            elif isinstance(widget, QLineEdit):
                said = [widget.text() or widget.placeholderText()]
            elif isinstance(widget, QMenuBar):
                said = [action.text() for action in widget.actions()]
            for text in said:
                words = re.sub(r"<[^>]*>|&", "", text)
                # A number that changes is the same text.
                self.texts.setdefault(re.sub(r"\d+", "0", words), words)

    @property
    def n_words(self) -> int:
        """Number of words in all texts that came into sight."""
        return sum(len(re.findall(r"[^\W\d_]{2,}", text)) for text in self.texts)


def project_window() -> Any:
    from PySide6.QtWidgets import QApplication

    windows = (getattr(w, "project_window", None) for w in QApplication.allWidgets())
    return next((w for w in windows if w is not None), None)


def button_in_sight(text: str) -> Any:
    """Find the button with this text that is in sight; of pages, none of their row."""
    from PySide6.QtWidgets import QApplication, QPushButton

    for widget in QApplication.allWidgets():
        is_one = isinstance(widget, QPushButton) and not widget.isCheckable()
        if is_one and widget.isVisible() and widget.text() == text:
            return widget
    return None


def has_picture() -> bool:
    window = project_window()
    return window is not None and window.player.picture is not None


def _is_filled() -> bool:
    (item,) = project_window().document.project.videos
    return bool(item.annotation.n_labelled == item.n_frames)


def is_exported() -> bool:
    root = project_window().document.folder.root
    return any((root / "exports").glob("*.csv"))


def run_program(newcomer: Newcomer, argument: str) -> None:
    """Run the program with an argument, while the newcomer goes through it."""
    from PySide6.QtCore import QTimer

    from app import application as program

    begin = program.Application.begin

    def looked_at(self: program.Application, arguments: list[str]) -> None:
        timer = QTimer(self.application, interval=LOOK_MS)

        def look() -> None:
            if not newcomer.look():
                timer.stop()
                project_window().window.close()

        timer.timeout.connect(look)
        timer.start()
        begin(self, arguments)

    program.Application.begin = looked_at  # type: ignore[method-assign]
    sys.argv = ["skelseg", argument]
    program.run_window([argument])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("video", type=Path)
    parser.add_argument("--stop", type=int, default=240, help="last labelled frame")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        for name in ("DATA", "STATE", "CONFIG", "CACHE"):
            os.environ[f"XDG_{name}_HOME"] = str(Path(place) / name)
        video = Path(shutil.copy(options.video, place))
        newcomer = Newcomer(options.stop)
        run_program(newcomer, str(video))
    took = time.monotonic() - newcomer.began
    print(f"{newcomer.n_events} keys and clicks in {took:.0f} s")
    print(f"{newcomer.n_words} words in {len(newcomer.texts)} texts:")
    for text in newcomer.texts.values():
        print(" ", " ".join(text.split()))


if __name__ == "__main__":
    main()
