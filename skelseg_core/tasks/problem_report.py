"""Problem report: versions, log, settings and labels in one zip file for a developer.

Versions, the log and the settings; the project's own text files only where a person
says so; no media. The home folder is written as ``~``. Nothing is sent.
"""

from __future__ import annotations

import io
import os
import platform
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from skelseg_core import __version__
from skelseg_core.files import atomic_write, leads_out
from skelseg_core.logs import crash_file, log_file, log_folder
from skelseg_core.progress import Progress, Task

_PACKAGES = (
    *("PySide6-Essentials", "av", "numpy", "torch", "torchvision", "onnxruntime"),
    *("opencv-python-headless", "pyqtgraph", "sounddevice"),
    *("sleap-io", "h5py", "ultralytics"),
)
LAST_LINES = 60
"""Lines of the log that `last_lines` returns."""
_MOST_BYTES = 64 << 20
"""Bytes at the end of a file that go into a report."""


@dataclass(frozen=True)
class ReportPart:
    """A file of the report."""

    name: str
    text: str


def versions_text(more: Mapping[str, str] | None = None) -> str:
    """List the versions of skelseg, the system and the packages, a line each.

    Parameters
    ----------
    more : Mapping[str, str], optional
        What else is known by the caller, by name.
    """
    lines = {
        "skelseg": __version__,
        "Python": sys.version.replace("\n", " "),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "processors": str(os.cpu_count()),
        **(more or {}),
    }
    for package in _PACKAGES:
        try:
            lines[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            lines[package] = "not installed"
    return "".join(f"{name}: {value}\n" for name, value in lines.items())


def without_home(text: str) -> str:
    """Write ``~`` for the user's home folder, which holds the user's name."""
    home = str(Path.home())
    if len(home) < 3:
        return text
    # Settings and JSON double the backslashes of Windows.
    for written in (home, home.replace("\\", "\\\\"), home.replace("\\", "/")):
        text = text.replace(written, "~")
    return text


def report_parts(
    settings: Path, more: Mapping[str, str] | None = None
) -> list[ReportPart]:
    """Collect versions, log and settings, as they are put into a report.

    Parameters
    ----------
    settings : Path
        File of the settings.
    more : Mapping[str, str], optional
        As in `versions_text`.
    """
    parts = [ReportPart("versions.txt", versions_text(more))]
    name = log_file().name
    logs = [*sorted(log_folder().glob(f"{name}*")), crash_file()]
    parts += [p for path in logs if (p := _read(path, f"logs/{path.name}")) is not None]
    part = _read(settings, settings.name)
    return [*parts, part] if part is not None else parts


def project_parts(root: Path) -> Task[list[ReportPart]]:
    """Collect the videos and the labels of a project, as they are put into a report."""
    files = [root / "project.json"]
    for folder in ("labels", "annotators"):
        files += sorted((root / folder).rglob("*.json"))
    parts = []
    for n, path in enumerate(files):
        yield Progress("reading the project", n, len(files))
        name = f"project/{path.relative_to(root).as_posix()}"
        if leads_out(path, root):
            parts.append(ReportPart(name, "It is a link out of the project.\n"))
        elif (part := _read(path, name)) is not None:
            parts.append(part)
    return parts


def last_lines(n: int = LAST_LINES) -> str:
    """Read the end of the log."""
    part = _read(log_file(), "")
    return "\n".join(part.text.splitlines()[-n:]) if part is not None else ""


def write_report(path: Path, parts: list[ReportPart]) -> None:
    """Write a report as a zip file.

    Raises
    ------
    ProjectError
        Where it cannot be written.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in parts:
            archive.writestr(part.name, part.text.encode("utf-8", "replace"))
    atomic_write(path, buffer.getvalue())


def _read(path: Path, name: str) -> ReportPart | None:
    """Read the end of a file without the home folder; None where there is nothing."""
    try:
        with open(path, "rb") as stream:
            stream.seek(max(0, path.stat().st_size - _MOST_BYTES))
            data = stream.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        return ReportPart(name, f"It could not be read: {error.strerror or error}\n")
    text = data.decode("utf-8", "replace")
    return ReportPart(name, without_home(text)) if text else None
