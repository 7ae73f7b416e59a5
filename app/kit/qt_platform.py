"""Find out whether Qt can open a window: a display, and libraries of the system.

Without one of these Qt ends the program, or its import fails: both are found out before
it is imported. ``python -m app.kit.qt_platform`` installs the libraries where it may,
and says elsewhere how to; ``make`` calls it.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

from skelseg_core.module_commands import module_command

NO_DISPLAY = (
    "skelseg needs a display to open its window: over ssh use 'ssh -X', without a "
    "screen use 'xvfb-run skelseg app' or the commands of 'skelseg --help'."
)


class Library(NamedTuple):
    """A library of the system by its file, and the packages that have it."""

    file: str
    debian: str
    fedora: str


LIBRARIES = (
    Library("libglib-2.0.so.0", "libglib2.0-0", "glib2"),
    Library("libGL.so.1", "libgl1", "mesa-libGL"),
    Library("libEGL.so.1", "libegl1", "mesa-libEGL"),
    Library("libxkbcommon.so.0", "libxkbcommon0", "libxkbcommon"),
    Library("libdbus-1.so.3", "libdbus-1-3", "dbus-libs"),
    Library("libfontconfig.so.1", "libfontconfig1", "fontconfig"),
    # These only for windows on X11.
    Library("libxcb-cursor.so.0", "libxcb-cursor0", "xcb-util-cursor"),
    Library("libxkbcommon-x11.so.0", "libxkbcommon-x11-0", "libxkbcommon-x11"),
    Library("libxcb-icccm.so.4", "libxcb-icccm4", "xcb-util-wm"),
    Library("libxcb-keysyms.so.1", "libxcb-keysyms1", "xcb-util-keysyms"),
    Library("libxcb-shape.so.0", "libxcb-shape0", "libxcb"),
)
"""Those that systems come without."""


def why_no_window() -> str:
    """Say why no window can be opened here, and what to do; empty where one can."""
    return missing_text() if _has_display() else NO_DISPLAY


# -- libraries ----------------------------------------------------------------------


def missing_text() -> str:
    """Say which libraries Qt lacks, and how to install them; empty where it has all."""
    failed = _why_not_loaded()
    if not failed:
        return ""
    missing = [library for library in LIBRARIES if _why_not(library.file)]
    files = [library.file for library in missing] or [failed]
    what, them = ("libraries", "them") if files[1:] else ("a library", "it")
    needs = f"The window needs {what} that this system lacks, {', '.join(files)}; "
    for program, packages in (
        ("apt-get", [library.debian for library in missing]),
        ("dnf", [library.fedora for library in missing]),
    ):
        if packages and shutil.which(program):
            line = f"sudo {program} install {' '.join(packages)}"
            return f"{needs}install {them} by: {line}"
    return f"{needs}install {them} with your package manager."


def _why_not_loaded() -> str:
    """Return why none of the platforms of Qt that may be used here can be loaded."""
    failed = ""
    if sys.platform.startswith("linux"):
        for plugin in _plugins():
            error = _why_not(str(plugin))
            if not error:
                return ""
            failed = failed or error
    return failed


def _plugins() -> list[Path]:
    """List the files of Qt's platforms here; a Qt of the system has all it needs."""
    asked = os.environ.get("QT_QPA_PLATFORM", "")
    names = [name.partition(":")[0] for name in asked.split(";") if name]
    usual = ["wayland", "xcb"] if os.environ.get("WAYLAND_DISPLAY") else ["xcb"]
    found = importlib.util.find_spec("PySide6")  # which does not import it
    homes = (found and found.submodule_search_locations) or []
    folders = [Path(home, "Qt", "plugins", "platforms") for home in homes]
    return [
        plugin
        for name in names or usual
        for folder in folders
        for plugin in sorted(folder.glob(f"libq{name}*.so"))
    ]


def _why_not(file: str) -> str:
    """Load a library; return what is wrong where that cannot be done."""
    try:
        ctypes.CDLL(file)
    except OSError as error:
        # The system writes it: the name of a library, then what is wrong.
        return f"{error}".partition(": ")[0]
    return ""


# -- display ------------------------------------------------------------------------


def _has_display() -> bool:
    asked = os.environ.get("QT_QPA_PLATFORM") or os.environ.get("WAYLAND_DISPLAY")
    needs_x = sys.platform not in ("win32", "darwin") and not asked
    return not needs_x or _x_server_answers(os.environ.get("DISPLAY", ""))


def _x_server_answers(display: str) -> bool:
    """Return True if an X server answers; without one Qt ends the program."""
    host, colon, rest = display.rpartition(":")
    number = rest.partition(".")[0]
    if not colon or not number.isdigit():
        return False
    path = f"/tmp/.X11-unix/X{number}"
    if host and host != "unix" and not host.startswith("/"):
        places: list[tuple[int, object]] = [
            (socket.AF_INET6, (host, 6000 + int(number))),
            (socket.AF_INET, (host, 6000 + int(number))),
        ]
    elif sys.platform != "win32":
        places = [(socket.AF_UNIX, f"\0{path}"), (socket.AF_UNIX, path)]
    else:
        places = []
    return any(_connects(family, place) for family, place in places)


def _connects(family: int, place: Any) -> bool:
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.settimeout(2)
        try:
            probe.connect(place)
        except OSError:
            return False
    return True


# -- for make -----------------------------------------------------------------------


def main() -> int:
    """Install the libraries that are missing, where that is possible, or say how."""
    text = missing_text()
    may = hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get")
    if text and may and sys.argv[1:] != ["again"]:
        print("Installing Qt's system libraries ...")  # noqa: T201
        quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL}
        quiet["env"] = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        packages = [library.debian for library in LIBRARIES]
        install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends"]
        subprocess.run(["apt-get", "update", "-qq"], check=False, **quiet)
        subprocess.run([*install, *packages], check=False, **quiet)
        # A process finds nothing that was not there when it looked first.
        return subprocess.call(module_command("app.kit.qt_platform", "again"))
    if text:
        print(text, file=sys.stderr)  # noqa: T201
    return 1 if text else 0


if __name__ == "__main__":
    sys.exit(main())
