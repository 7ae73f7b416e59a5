"""Checkup: all checks of a project or a video, and the fixes that were asked for."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from skelseg_core.doctor.bodies import shared_bodies, unknown_bodies
from skelseg_core.doctor.finding import Check, Finding
from skelseg_core.doctor.frame_contract import frames_of_videos, of_index
from skelseg_core.doctor.models import damaged_models
from skelseg_core.doctor.stray_files import (
    conflict_copies,
    dangling_links,
    leftovers,
    orphans,
)
from skelseg_core.errors import SkelsegError, unreachable
from skelseg_core.progress import Progress, Task
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import Project
from skelseg_core.said import Said
from skelseg_core.video.reader import open_index

_log = logging.getLogger(__name__)
_ORDER = {"error": 0, "warning": 1, "note": 2}
_CHECKS: Sequence[tuple[str, Check]] = (
    (Said("figures of people"), unknown_bodies),
    (Said("figures of two people"), shared_bodies),
    (Said("models"), damaged_models),
    (Said("links"), dangling_links),
    (Said("copies kept from conflicts"), conflict_copies),
    (Said("files without a video"), orphans),
    (Said("leftover files"), leftovers),
)


def examine_project(root: Path) -> Task[list[Finding]]:
    """Check a project: its files and its frames. Changes nothing.

    Raises
    ------
    ProjectError
        Where there is no project in the folder.
    """
    folder = ProjectFolder(root)
    yield Progress("reading the project")
    try:
        project = folder.load()
    except SkelsegError as error:
        if not folder.project_file.is_file():
            raise
        return [Finding("project", "error", str(error))]
    return (yield from examine(folder, project))


def examine(folder: ProjectFolder, project: Project) -> Task[list[Finding]]:
    """Check a project that is open; list what was found, errors first."""
    found = [Finding("project", "warning", note) for note in folder.notes]
    found += yield from frames_of_videos(folder, project)
    for n, (name, check) in enumerate(_CHECKS):
        yield Progress(name, n, len(_CHECKS))
        found += _made(name, check(folder, project))
    return sorted(found, key=lambda finding: _ORDER[finding.severity])


def examine_video(path: Path) -> Task[list[Finding]]:
    """Check the table of frames of one video file.

    Raises
    ------
    VideoError
        Where the file is no video or none of its frames can be decoded.
    """
    index = yield from open_index(path)
    return list(of_index(index))


def _made(name: str, found: Iterable[Finding]) -> Iterator[Finding]:
    """Go through what a check finds; what stops one check stops no other."""
    try:
        yield from found
    except SkelsegError as error:
        yield Finding("check", "error", Said("The check of {} ended: {}", name, error))
    except OSError as error:
        why = unreachable(error)
        yield Finding("check", "error", Said("The check of {} ended: {}", name, why))


def apply_fixes(findings: Sequence[Finding]) -> Task[list[str]]:
    """Apply the fixes of findings.

    Returns
    -------
    list of str
        A sentence for each that was applied, and for each that could not be.
    """
    said: list[str] = []
    fixes = [f.fix for f in findings if f.fix is not None]
    for n, fix in enumerate(fixes):
        yield Progress("files", n, len(fixes))
        try:
            fix.run()
            said.append(Said("{}: done.", fix.text))
        except OSError as error:
            _log.warning("a fix was not applied: %s", fix.text, exc_info=True)
            said.append(Said("{}: not done. {}", fix.text, unreachable(error)))
    return said
