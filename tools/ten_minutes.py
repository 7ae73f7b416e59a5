"""Follow docs/first-ten-minutes.md by events of the X server, and take its pictures.

Pressed are the keys that its steps name, in their order. It ends with exported tables,
or says at which step it did not go on. Needs xdotool, the program import of
ImageMagick, and a display of 1366x768 with a window manager:

    python -m tools.ten_minutes
"""

from __future__ import annotations

import os
import re
import subprocess
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
                if picture:
                    yield self._picture(PAGE.parent / picture)
                elif button:
                    yield self._click(button, is_exported)
                elif key.isdigit() and len(key) > 1:
                    yield self._type(key, lambda: True)
                else:
                    yield self._key(_named(key), self._after(key))

    def _after(self, key: str) -> Callable[[], bool]:
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


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="skelseg-") as place:
        for name in ("DATA", "STATE", "CONFIG", "CACHE"):
            os.environ[f"XDG_{name}_HOME"] = str(Path(place) / name)
        reader = Reader()
        try:
            run_program(reader, "--demo")
        finally:
            tables = sorted(Path(place).rglob("exports/ben-2*.csv"))
            print(
                f"Ended in the step {reader.step}, with {len(tables)} tables of ben-2."
            )


if __name__ == "__main__":
    main()
