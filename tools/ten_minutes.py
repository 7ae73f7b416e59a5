"""Follow docs/first-ten-minutes.md by events of the X server, and take its pictures.

Pressed are the keys that its steps name, in their order. It ends with exported tables,
or says at which step it did not go on. Needs xdotool, the program import of
ImageMagick, and a display of 1366x768 with a window manager:

    python -m tools.ten_minutes

With ``--unseen`` the keys are events of Qt and no pictures are taken: it needs no
screen, and waits for what each key does in place of seconds. That is how the wheel is
tried (.ci/run), with these files and the page, and no other of the repository.
"""

from __future__ import annotations

import argparse
import csv
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tools.newcomer import (
    Newcomer,
    button_in_sight,
    has_picture,
    is_exported,
    project_window,
    run_program,
)

PAGE = Path(__file__).resolve().parent.parent / "docs" / "first-ten-minutes.md"
SHOWN_S = 6.0
"""Seconds until what is there takes keys, and pre-labels are on the timeline too."""
_STEP = re.compile(r"^\d\. \*\*(\w+).*?(?=^\d\. |^In the folder)", re.M | re.S)
_KEYS = {"←": "Left", "→": "Right", "Esc": "Escape", "Space": "space"}
_DONE = re.compile(r"`([^`]+)`|!\[[^\]]*\]\(([^)]*)\)|button \*(\w+)\*")


def steps() -> list[tuple[str, str]]:
    """Name and text of each step of the page that is done in the window."""
    found = [(m[1], m[0]) for m in _STEP.finditer(PAGE.read_text(encoding="utf-8"))]
    return [(name, re.sub(r"`(make|skelseg) [^`]*`", "", text)) for name, text in found]


class Reader(Newcomer):
    """Does what the page says, one step after the other."""

    step, rest_s, _there, _predicted = "", 2.0, 0.0, 0.0

    def _way(self) -> Iterator[Callable[[], bool]]:
        yield self._ready
        for self.step, text in steps():
            for key, picture, button in _DONE.findall(text):
                self.waits_for = f"what {key or picture or button} does in {self.step}"
                if picture:
                    yield self._picture(PAGE.parent / picture)
                elif button:
                    yield self._click(button, is_exported)
                elif key.isdigit() and len(key) > 1:
                    yield self._type(key, lambda: True)
                else:
                    yield self._key(_named(key), self.after(key))

    def after(self, key: str) -> Callable[[], bool]:
        """What to wait for after a key, beside a second."""
        waits: dict[str, Callable[[], bool]] = {
            "Esc": lambda: button_in_sight("Skip") is None,
            "Ctrl+P": lambda: self._shown(),
            "Ctrl+E": lambda: button_in_sight("Export") is not None,
        }
        return waits.get(key, lambda: True)

    def _ready(self) -> bool:
        """True some seconds after the window is there: the first key gets lost else."""
        if not _is_ready():
            return False
        self._there = self._there or time.monotonic()
        return time.monotonic() - self._there > SHOWN_S

    def _shown(self) -> bool:
        """True some seconds after the pre-labels are there."""
        if not _is_predicted():
            return False
        self._predicted = self._predicted or time.monotonic()
        return time.monotonic() - self._predicted > SHOWN_S

    def _picture(self, path: Path) -> Callable[[], bool]:
        small = ("-resize", "1000x", "+dither", "-colors", "160", f"PNG8:{path}")
        command = ["import", "-window", "root", *small]
        taken = subprocess.Popen(command)
        return lambda: taken.poll() is not None


class Unseen(Reader):
    """Presses without a screen, and goes on when the key has done its work."""

    rest_s = 0.5
    """More than two events of a held key are apart."""
    longest_s = 300.0

    n_ready = 0

    def _ready(self) -> bool:
        """True from the second look on: the program drops keys until its loop runs."""
        self.n_ready += _is_ready()
        return self.n_ready > 1

    def _key(self, key: str, until: Callable[[], bool]) -> Callable[[], bool]:
        from PySide6.QtGui import QKeySequence
        from PySide6.QtTest import QTest
        from PySide6.QtWidgets import QApplication

        self.n_events += 1
        where = QApplication.focusWidget() or project_window().window
        pressed = QKeySequence(key.replace("Escape", "Esc"))[0]
        QTest.keyClick(where, pressed.key(), pressed.keyboardModifiers())
        return until

    def _type(self, text: str, until: Callable[[], bool]) -> Callable[[], bool]:
        from PySide6.QtTest import QTest
        from PySide6.QtWidgets import QApplication

        self.n_events += len(text)
        QTest.keyClicks(QApplication.focusWidget(), text)
        return until

    def _click(self, button: str, until: Callable[[], bool]) -> Callable[[], bool]:
        from PySide6.QtCore import Qt
        from PySide6.QtTest import QTest

        self.n_events += 1
        QTest.mouseClick(button_in_sight(button), Qt.MouseButton.LeftButton)
        return until

    def after(self, key: str) -> Callable[[], bool]:
        made = project_window()
        room, player = made.services.review.review_room, made.player
        playing, place, before = player.playing, room.place, made.document.project
        in_room = room.state == "at"

        def stands() -> bool:
            return not player.playing and made.session.frame == player.target

        waits: dict[str, Callable[[], bool]] = {
            "Space": lambda: player.playing != playing,
            "Ctrl+P": lambda: made.services.current_video.shown_prediction is not None,
            "Ctrl+R": lambda: room.state == "at" and room.ready,
            "D": lambda: player.playing,
            "Esc": lambda: not room.in_room() and button_in_sight("Skip") is None,
            "Ctrl+Z": lambda: made.document.project is not before,
            "Ctrl+Shift+Z": lambda: made.document.project is not before,
            "1": lambda: made.document.project is not before,
        }
        if in_room and key in ("Return", "N"):
            return lambda: room.place is not place and room.ready
        if key == "Ctrl+E":
            return super().after(key)
        return waits.get(key, stands)

    def _picture(self, path: Path) -> Callable[[], bool]:
        return lambda: True


def _named(key: str) -> str:
    """Name a key as xdotool does."""
    *held, last = key.split("+")
    last = _KEYS.get(last, last)
    if len(last) == 1:
        last = last.lower()
    return "+".join([*(word.lower() for word in held), last])


def _is_ready() -> bool:
    offered = has_picture() and button_in_sight("Skip") is not None
    return offered and bool(project_window().window.isActiveWindow())


def _is_predicted() -> bool:
    window = project_window()
    return any(window.document.folder.root.glob("predictions/ben-2/*.npz"))


def check_tables(root: Path) -> None:
    """See that the tables hold what the page says."""
    tables = []
    for name in ("ben-2.csv", "ben-2.segments.csv"):
        with (root / "exports" / name).open(newline="", encoding="utf-8") as file:
            tables.append(list(csv.DictReader(file)))
    frames, segments = tables
    first = {(row["label"], row["source"], row["reviewed"]) for row in frames[:22]}
    seen = [s["label"] for s in segments if s["reviewed"] == "true"]
    if first != {("stand", "human", "true")} or "place" not in seen:
        sys.exit(f"Reviewed are {seen}, and frames 0 to 21 are {first}.")
    if len(frames) != 551 or not all(row["label"] for row in frames):
        sys.exit(f"{len(frames)} frames are exported, some without a label.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--unseen", action="store_true", help="by events of Qt alone")
    unseen = parser.parse_args().unseen
    with tempfile.TemporaryDirectory(prefix="skelseg-") as place:
        for name in ("DATA", "STATE", "CONFIG", "CACHE"):
            os.environ[f"XDG_{name}_HOME"] = str(Path(place) / name)
        reader = Unseen() if unseen else Reader()
        try:
            run_program(reader, "--demo")
        finally:
            tables = sorted(Path(place).rglob("exports/ben-2*.csv"))
            print(
                f"Ended in the step {reader.step}, with {len(tables)} tables of ben-2, "
                f"after {reader.n_events} keys and clicks."
            )
        if unseen:
            check_tables(next(Path(place).rglob("exports")).parent)


if __name__ == "__main__":
    main()
