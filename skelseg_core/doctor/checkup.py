"""Checkup: all checks of a project or a video, and the fixes that were asked for."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from skelseg_core.doctor.finding import Case, Check, Finding, Fix
from skelseg_core.doctor.frame_contract import frames_of_videos, of_index
from skelseg_core.doctor.labels import (
    broken_conventions,
    flickers,
    odd_lengths,
    outside_of_their_tier,
)
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
    (Said("links"), dangling_links),
    (Said("copies kept from conflicts"), conflict_copies),
    (Said("files without a video"), orphans),
    (Said("leftover files"), leftovers),
    (Said("conventions"), broken_conventions),
    (Said("flickers"), flickers),
    (Said("durations"), odd_lengths),
    (Said("tiers"), outside_of_their_tier),
)


@dataclass(frozen=True)
class Checkup:
    """Result of a checkup: what was found, errors first, and the project it is about.

    ``project`` is None where it is a video, or a project that cannot be read.
    """

    findings: tuple[Finding, ...]
    project: Project | None = None

    @property
    def n_errors(self) -> int:
        """Number of errors."""
        return sum(f.severity == "error" for f in self.findings)


def examine_project(root: Path) -> Task[Checkup]:
    """Check a project: its files, its frames and its labels. Changes nothing.

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
        return Checkup((Finding("project", "error", str(error)),))
    return (yield from examine(folder, project))


def examine(folder: ProjectFolder, project: Project) -> Task[Checkup]:
    """Check a project that is open: its value, and the files in its folder."""
    case = Case(folder, project)
    found = [Finding("project", "warning", note) for note in folder.notes]
    found += yield from frames_of_videos(case)
    for n, (name, check) in enumerate(_CHECKS):
        yield Progress(name, n, len(_CHECKS))
        found += _made(name, check(case))
    found.sort(key=lambda finding: _ORDER[finding.severity])
    return Checkup(tuple(found), project)


def examine_video(path: Path) -> Task[Checkup]:
    """Check the table of frames of one video file.

    Raises
    ------
    VideoError
        Where the file is no video or none of its frames can be decoded.
    """
    index = yield from open_index(path)
    return Checkup(tuple(of_index(index)))


def _made(name: str, found: Iterable[Finding]) -> Iterator[Finding]:
    """Go through what a check finds; what stops one check stops no other."""
    try:
        yield from found
    except SkelsegError as error:
        yield Finding("check", "error", Said("The check of {} ended: {}", name, error))
    except OSError as error:
        why = unreachable(error)
        yield Finding("check", "error", Said("The check of {} ended: {}", name, why))


def apply_fixes(root: Path, checkup: Checkup) -> Task[list[str]]:
    """Apply the fixes of a checkup, of files first, and save the project.

    Returns
    -------
    list of str
        A sentence for each that was applied, and for each that could not be.
    """
    said: list[str] = []
    fixes = [f.fix for f in checkup.findings if f.fix is not None]
    for n, fix in enumerate(fix for fix in fixes if fix.run is not None):
        yield Progress("files", n, len(fixes))
        said.append(_run(fix))
    edits = [fix for fix in fixes if fix.edit is not None]
    if checkup.project is None or not edits:
        return said
    folder = ProjectFolder(root)
    before = after = folder.load()
    for fix in edits:
        try:
            after = fix.edit(after) if fix.edit is not None else after
            said.append(Said("{}: done.", fix.text))
        except SkelsegError as error:
            said.append(Said("{}: not done. {}", fix.text, error))
    if after is not before:
        said += folder.save(after, before).notes
    return said


def _run(fix: Fix) -> str:
    assert fix.run is not None
    try:
        fix.run()
    except (OSError, SkelsegError) as error:
        why = unreachable(error) if isinstance(error, OSError) else error
        _log.warning("a fix was not applied: %s", fix.text, exc_info=True)
        return Said("{}: not done. {}", fix.text, why)
    return Said("{}: done.", fix.text)
