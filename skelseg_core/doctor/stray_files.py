"""Stray files of a project: of no video, cut off, kept from a conflict, led astray."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from skelseg_core.doctor.finding import Finding, Fix, moved_away
from skelseg_core.project.copies.stray_files import SET_ASIDE, find_strays, remove_stray
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.lost_tracks import find_lost_tracks
from skelseg_core.project.project import Project
from skelseg_core.said import Said

OF_A_VIDEO = (
    *("labels", "annotators", "poses", "poses3d", "risk"),
    *("predictions", "prelabels"),
)
"""Folders whose files are named for videos."""
_CONFLICTS = (".conflict-", "conflicted copy", ".sync-conflict-", "-conflict-")


def conflict_copies(folder: ProjectFolder, project: Project) -> Iterator[Finding]:
    """Find versions of others that were kept beside a file."""
    for path in _files(folder.root):
        if any(mark in path.name for mark in _CONFLICTS):
            yield Finding(
                "conflict",
                "warning",
                Said(
                    "{} has what somebody else wrote at the same time; open the "
                    "project in the window, which shows its labels as a lane, or "
                    "delete it.",
                    _name(folder, path),
                ),
            )


def orphans(folder: ProjectFolder, project: Project) -> Iterator[Finding]:
    """Find files of videos that the project does not have."""
    ids = set(project.track_ids)
    lost = {track.path: track for track in find_lost_tracks(folder, project)}
    for path in _files(folder.root):
        parts = path.relative_to(folder.root).parts
        if parts[0] not in OF_A_VIDEO or _is_other(path):
            continue
        if path in lost:
            yield Finding(
                "lost track",
                "warning",
                Said(
                    "{} has {:,} labelled frames of a track that the project does not "
                    "have; open the project in the window, which can bring it back, "
                    "or move the file away.",
                    _name(folder, path),
                    lost[path].n_labelled,
                ),
            )
            continue
        whose = parts[1] if parts[0] == "predictions" else path.stem
        if whose not in ids:
            yield Finding(
                "orphan",
                "note",
                Said(
                    "{} belongs to '{}', and the project has no such video or track; "
                    "add it again, or move the file away.",
                    _name(folder, path),
                    project.titled(whose),
                ),
                fix=moved_away(folder, path),
            )


def leftovers(folder: ProjectFolder, project: Project) -> Iterator[Finding]:
    """Find temporary files of writers that were cut off."""
    for path in find_strays(folder.root):
        yield Finding(
            "leftover",
            "note",
            Said("{} was incomplete when the program ended.", _name(folder, path)),
            fix=Fix(Said("Delete {}", path.name), run=partial(remove_stray, path)),
        )


def dangling_links(folder: ProjectFolder, project: Project) -> Iterator[Finding]:
    """Find links that lead nowhere, or out of the project to where we would write."""
    root = folder.root.resolve()
    for path in _files(folder.root):
        if not path.is_symlink():
            continue
        target = Path(os.readlink(path))
        if not path.exists():
            annex = ".git/annex" in target.as_posix()
            do = (
                Said("run 'git annex get {}'", _name(folder, path))
                if annex
                else Said("put it back")
            )
            yield Finding(
                "link",
                "error",
                Said(
                    "{} is a link to {}, which is missing; {}.",
                    _name(folder, path),
                    target,
                    do,
                ),
            )
        elif not path.resolve().is_relative_to(root):
            yield Finding(
                "link",
                "note",
                Said(
                    "{} is a link out of the project, to {}: skelseg would write "
                    "there.",
                    _name(folder, path),
                    path.resolve(),
                ),
            )


def _is_other(path: Path) -> bool:
    """Tell whether a file is told of by another check, or is no file of ours."""
    if path.suffix not in (".json", ".npz"):
        return True
    return any(mark in path.name for mark in _CONFLICTS)


def _files(root: Path) -> Iterator[Path]:
    for here, below, names in os.walk(root):
        below[:] = sorted(n for n in below if not n.startswith(".") and n != SET_ASIDE)
        for name in sorted(names):
            if not name.startswith("."):
                yield Path(here, name)


def _name(folder: ProjectFolder, path: Path) -> str:
    return path.relative_to(folder.root).as_posix()
