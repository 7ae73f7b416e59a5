"""Stray files: what writes that were cut off have left in and beside a project."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from skelseg_core.file_names import free_path
from skelseg_core.files import temporary_prefix
from skelseg_core.process_identity import process_start

SET_ASIDE = "set-aside"
"""Folder in a project for files that are taken out of the way."""
OLD_S = 24 * 3600
"""Seconds after which nobody writes on a temporary file any more."""
IMPORT = ".skelseg-import"
"""Hidden folder of an import into a folder that has hidden files already."""
DEPTH = 3
"""Folders below the project's own in which files are written."""
_OURS = re.compile(r"[.]skelseg-([0-9a-f]{8})-([0-9]+)-[a-z0-9_]{8}[.]tmp")


def remove_strays(root: Path) -> list[Path]:
    """Remove temporary files that nobody writes on: old ones, or of dead processes.

    Folders of dead processes go, too, also those beside the project: a folder that is
    imported or saved as a whole is made beside what it becomes.

    Parameters
    ----------
    root : Path
        Folder of a project; links out of it are not followed.

    Returns
    -------
    list of Path
        What was removed.
    """
    removed = []
    for path in (*find_strays(root), *_beside(root)):
        with contextlib.suppress(OSError):
            remove_stray(path)
            removed.append(path)
    return removed


def remove_stray(path: Path) -> None:
    """Remove a temporary file or folder.

    Raises
    ------
    OSError
        Where that cannot be done.
    """
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


def set_aside(root: Path, path: Path) -> None:
    """Move a file of a project to its folder of files set aside.

    Raises
    ------
    OSError
        Where that cannot be done.
    """
    target = root / SET_ASIDE / path.relative_to(root)
    target.parent.mkdir(parents=True, exist_ok=True)
    path.rename(free_path(target))


def _beside(root: Path) -> Iterator[Path]:
    """Find folders beside a project that were to become a folder."""
    with contextlib.suppress(OSError), os.scandir(root.absolute().parent) as entries:
        for entry in entries:
            path = Path(entry.path)
            if entry.is_dir(follow_symlinks=False) and _is_stray(path):
                yield path


def find_strays(root: Path) -> Iterator[Path]:
    """Find what `remove_strays` removes in the folder of a project."""
    for path in (root / IMPORT, *_temporary(root)):
        with contextlib.suppress(OSError):
            if _is_stray(path):
                yield path


def _temporary(root: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(root):
        at = Path(folder)
        deep = len(at.relative_to(root).parts) >= DEPTH
        yield from (at / name for name in (*names, *folders) if name.endswith(".tmp"))
        folders[:] = [] if deep else [f for f in folders if not f.startswith(".")]


def _is_stray(path: Path) -> bool:
    if path.name == IMPORT:
        # No import begins where a project is, and none takes a day to move its files.
        return time.time() - path.lstat().st_mtime > OLD_S
    ours = _OURS.fullmatch(path.name)
    if ours is None:
        return False
    # The own time of a folder does not tell whether somebody writes in it.
    if not path.is_dir() and time.time() - path.lstat().st_mtime > OLD_S:
        return True
    return _is_of_a_dead_process(ours[1], int(ours[2]))


def _is_of_a_dead_process(computer: str, process: int) -> bool:
    # Processes of other computers are unknown.
    return f"-{computer}-" in temporary_prefix() and not process_start(process)
