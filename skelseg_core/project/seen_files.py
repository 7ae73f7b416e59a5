"""Seen files: digests of what was read or written, so that nothing unseen is lost."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from skelseg_core.errors import ProjectError, unreachable
from skelseg_core.file_names import free_path, short_name
from skelseg_core.files import advice, atomic_write, behind_links, encoded
from skelseg_core.project.lane_index import Stamp, stamp_of

OF_ONE_FILE = (errno.EACCES, errno.EPERM, errno.EISDIR)
"""Errors of what cannot be read while the disk answers: no permission, a folder."""


class SeenFiles:
    """Write files of a folder; keep versions of others that were not read.

    A file whose bytes are not those that were read or written last was changed by
    somebody else: it is kept beside ours under another name.
    """

    def __init__(self) -> None:
        # Digests by folder and name: a path per file would cost ten times the memory.
        self._digests: dict[str, dict[str, str]] = {}
        # Size and times of change at that time: who looks whether something changed
        # need not read what has them still.
        self._stamps: dict[str, dict[str, Stamp]] = {}
        # What a write that failed may have left: ours, too.
        self._tried: dict[str, set[str]] = {}
        # Files that say more than was made of them.
        self._richer: set[str] = set()

    def digest(self, path: Path) -> str:
        """Return the digest of a file as last read or written, or the empty text."""
        folder, name = os.path.split(path)
        return self._digests.get(folder, {}).get(name, "")

    def note(self, path: Path, digest: str, stamp: Stamp | None = None) -> None:
        """Remember the digest of what was read from a file or written into it.

        ``stamp`` are its size and times from before it was read, where they are known.
        """
        folder, name = os.path.split(path)
        self._digests.setdefault(folder, {})[name] = digest
        stamps = self._stamps.setdefault(folder, {})
        if stamp is None:
            stamps.pop(name, None)
        else:
            stamps[name] = stamp

    def stamps(self, folder: str) -> Mapping[str, Stamp]:
        """Return size and times of the seen files of a folder, where they are known."""
        return self._stamps.get(folder, {})

    def names(self, folder: str) -> set[str]:
        """Return the names of the seen files of a folder."""
        return set(self._digests.get(folder, {}))

    def forget(self, path: Path) -> None:
        """Forget what was read of a file: its bytes are kept when it is written."""
        folder, name = os.path.split(path)
        self._digests.get(folder, {}).pop(name, None)
        self._stamps.get(folder, {}).pop(name, None)

    def keep(self, path: Path) -> None:
        """Keep what a file says beside it when it is written, though it was read."""
        self._richer.add(str(path))

    def lost(self, root: Path) -> Iterator[Path]:
        """Find seen files in the folders below ``root`` that are gone."""
        for folder, seen in list(self._digests.items()):
            if folder != str(root):
                for name in seen.keys() - _file_names(Path(folder)):
                    yield Path(folder, name)

    def write(
        self, path: Path, text: str, check: Callable[[], object] = lambda: None
    ) -> list[Path]:
        """Write one file; return the copies of what somebody else had written there.

        ``check`` is called right before the old file goes, and may raise.
        """
        data = encoded(text, path)
        kept: list[Path] = []

        def keep() -> None:
            # Only now: on a busy disk somebody else may write while this one is.
            check()
            kept.extend(self._keep_unseen(path, data))

        if _bytes_there(path) != data:
            self._tried.setdefault(str(path), set()).add(digest_of(data))
            atomic_write(path, data, before=keep)
            del self._tried[str(path)]
        self._richer.discard(str(path))
        self.note(path, digest_of(data), stamp_of(path))
        return kept

    def _keep_unseen(self, path: Path, data: bytes) -> list[Path]:
        """Keep what a file says beside it, where ``data`` would be the end of it."""
        there = _bytes_there(path)
        if there is None and os.path.exists(path):
            # Not the link: what it leads to is replaced.
            target = behind_links(path)
            aside = free_path(_beside(target))
            target.rename(aside)
            return [aside]
        if there is None or there == data:
            return []
        if self.is_ours(path, there) and str(path) not in self._richer:
            return []
        return [keep_beside(path, there)]

    def is_ours(self, path: Path, data: bytes) -> bool:
        """Tell whether these bytes of a file were read or written by this object."""
        digest = digest_of(data)
        return digest == self.digest(path) or digest in self._tried.get(str(path), ())


def keep_beside(path: Path, data: bytes) -> Path:
    """Write another version of a file beside it, as ``NAME.conflict-….json``.

    The same bytes are not kept twice.
    """
    stem = short_name(path.stem)
    for there in sorted(path.parent.glob(f"{stem}.conflict-*{path.suffix}")):
        if bytes_of(there) == data:
            return there
    kept = _reserved(_beside(path))
    try:
        atomic_write(kept, data)
    except BaseException:
        with contextlib.suppress(OSError):
            kept.unlink()
        raise
    return kept


def _beside(path: Path) -> Path:
    stamp = time.strftime("%Y%m%d-%H%M%S")
    return path.with_name(f"{short_name(path.stem)}.conflict-{stamp}{path.suffix}")


def _reserved(path: Path) -> Path:
    """Make an empty file of a name that nobody has, so that nobody else takes it."""
    while True:
        candidate = free_path(path)
        try:
            # That of an annotator may be new, too.
            candidate.parent.mkdir(parents=True, exist_ok=True)
            candidate.open("xb").close()
        except FileExistsError:
            continue
        except OSError as error:
            raise ProjectError(
                "{} could not be written ({}); {}.",
                candidate,
                error.strerror or error,
                advice(error),
            ) from error
        return candidate


def bytes_of(path: Path) -> bytes | None:
    """Read a file whole; None where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError:
        return None


def _bytes_there(path: Path) -> bytes | None:
    """Read a file that is to be replaced; None where there is none to be read.

    Raises
    ------
    ProjectError
        Where the disk does not answer: nobody knows what would be lost.
    """
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        if error.errno in OF_ONE_FILE:
            return None
        raise ProjectError(unreachable(error)) from error


def digest_of(data: bytes) -> str:
    """Compute the digest by which the content of a file is known again."""
    return hashlib.sha256(data).hexdigest()


def _file_names(folder: Path) -> set[str]:
    """List the names of the files in a folder; a broken link does not count."""
    try:
        with os.scandir(folder) as entries:
            return {entry.name for entry in entries if entry.is_file()}
    except FileNotFoundError:
        return set()
    except OSError as error:
        raise ProjectError(unreachable(error)) from error
