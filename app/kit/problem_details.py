"""Details of a problem, to be copied: versions, the last fault, the end of the log."""

from __future__ import annotations

import os
import platform
import sys
from importlib import metadata
from pathlib import Path

from PySide6.QtCore import qVersion
from PySide6.QtGui import QGuiApplication

from skelseg_core import __version__
from skelseg_core.logs import log_file

LAST_LINES = 60
"""Lines of the log that are copied."""
_PACKAGES = (
    *("PySide6-Essentials", "av", "numpy", "torch", "torchvision", "onnxruntime"),
    *("opencv-python-headless", "pyqtgraph", "sounddevice"),
    *("sleap-io", "h5py", "ultralytics"),
)


def copy_details(fault: str = "") -> None:
    """Copy the versions, what is known of a fault and the end of the log.

    The home folder, which has the user's name, is written as ``~``.
    """
    texts = (versions_text(), fault, last_lines())
    text = without_home("\n\n".join(filter(None, texts)))
    QGuiApplication.clipboard().setText(text)


def versions_text() -> str:
    """List the versions of skelseg, the system and the packages, a line each."""
    lines = {
        "skelseg": __version__,
        "Python": sys.version.replace("\n", " "),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "processors": str(os.cpu_count()),
        "Qt": qVersion(),
        "platform": QGuiApplication.platformName(),
    }
    for package in _PACKAGES:
        try:
            lines[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            lines[package] = "not installed"
    return "".join(f"{name}: {value}\n" for name, value in lines.items())


def last_lines() -> str:
    """Read the end of the log; empty where there is none that can be read."""
    try:
        text = log_file().read_text("utf-8", "replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-LAST_LINES:])


def without_home(text: str) -> str:
    """Write ``~`` for the user's home folder."""
    home = str(Path.home())
    if len(home) < 3:
        return text
    # JSON doubles the backslashes of Windows.
    for written in (home, home.replace("\\", "\\\\"), home.replace("\\", "/")):
        text = text.replace(written, "~")
    return text
