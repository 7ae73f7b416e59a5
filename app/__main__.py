"""Start the program: what can be said without Qt, then the window."""

from __future__ import annotations

import sys

from app.kit.qt_platform import why_no_window
from skelseg_core import __version__

USAGE = """\
Usage: skelseg-app [PROJECT | VIDEO... | FOLDER | --demo]

Open a project, videos, a folder of them or the demo; without any, what was open
last.
'skelseg --help' lists the commands that need no window."""


def main() -> int:
    """Open the window; return the exit code."""
    if sys.argv[1:] in (["--help"], ["-h"]):
        print(USAGE)  # noqa: T201
        return 0
    if sys.argv[1:] == ["--version"]:
        print(f"skelseg, version {__version__}")  # noqa: T201
        return 0
    if why := why_no_window():
        print(f"Error: {why}", file=sys.stderr)  # noqa: T201
        return 2
    from app.application import run_window

    return run_window(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
