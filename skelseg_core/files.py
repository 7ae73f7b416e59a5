"""Files: atomic writing of files and folders, and locks.

`atomic_write` is the only function that replaces a user's file: a reader sees the old
bytes or the new ones, never a mixture, whatever is killed or full meanwhile. Where a
result is a folder, `new_folder` does the same for all its files.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import socket
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from skelseg_core.errors import ProjectError
from skelseg_core.file_names import printable
from skelseg_core.operating_system import is_too_long, to_disk
from skelseg_core.said import Said

TEMPORARY = ".skelseg-"
"""Start of the names of temporary files; computer and process follow."""
_DEPTH = 4
"""Folders between a file of a project and the project's own, at most."""


def atomic_write(
    path: str | os.PathLike[str],
    data: bytes | str,
    sync: bool = True,
    before: Callable[[], object] = lambda: None,
) -> None:
    """Replace the file ``path`` by ``data``, whole or not at all; text becomes UTF-8.

    A symbolic link stays and its target is replaced; `behind_links` says which links
    are replaced themselves. The mode of an old file is kept.

    Parameters
    ----------
    path : path
        Its folder is made where it is missing.
    data : bytes or str
    sync : bool
        Wait until the disk has it, so that it also survives a power cut. That takes
        milliseconds; without it thousands of files in a `new_folder` take seconds.
    before : callable, optional
        Called once the disk has it, right before the old file goes; may raise.

    Raises
    ------
    ProjectError
        Where the folder cannot be written or the disk is full; the old file stands.
    """
    target = behind_links(path)
    payload = encoded(data, target) if isinstance(data, str) else data
    with _file_beside(target, sync) as (handle, _), os.fdopen(handle, "wb") as stream:
        stream.write(payload)
        if sync:
            stream.flush()
            to_disk(stream.fileno())
        before()


@contextlib.contextmanager
def _file_beside(target: Path, sync: bool) -> Iterator[tuple[int, Path]]:
    """Open a hidden file beside ``target`` that becomes it when the block ends well."""
    temporary: str | None = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(
            prefix=temporary_prefix(), suffix=".tmp", dir=target.parent
        )
        yield handle, Path(temporary)
        os.chmod(temporary, _mode_for(target))
        replace_file(temporary, target)
        temporary = None
        if sync:
            _sync_folder(target.parent)
    except OSError as error:
        raise ProjectError(
            "{} could not be written ({}) and is unchanged; {}.",
            printable(target),
            error.strerror or error,
            advice(error),
        ) from error
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                os.unlink(temporary)


def behind_links(path: str | os.PathLike[str]) -> Path:
    """Find the file or folder that is made or replaced where ``path`` is written.

    Links are followed. A link itself is replaced where it is broken, because its target
    belongs to another program (git-annex), and in a project where it leads out of the
    project or into ``.git``: whoever made the project does not choose what is written
    elsewhere.

    Raises
    ------
    ProjectError
        Where the folder that ``path`` lies in is behind a link out of the project.
    """
    target = Path(os.path.realpath(path))
    itself = Path(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
    root = _project_around(Path(path))
    if root is not None:
        if not itself.is_relative_to(root):
            raise ProjectError(
                "{} is behind a link out of the project, to {}; skelseg writes "
                "nothing there. Replace the link by the folder itself.",
                printable(path),
                printable(itself.parent),
            )
        if not target.is_relative_to(root) or ".git" in target.relative_to(root).parts:
            return itself
    return target if os.path.exists(target) else itself


def _project_around(path: Path) -> Path | None:
    """Find the project whose file ``path`` would be, by the folders in its name."""
    for folder in list(path.absolute().parents)[:_DEPTH]:
        if os.path.exists(folder / "project.json"):
            return Path(os.path.realpath(folder))
    return None


def encoded(text: str, path: Path) -> bytes:
    """Encode a text that is to be written to ``path`` as UTF-8.

    Raises
    ------
    ProjectError
        Where UTF-8 has no bytes for it: half a character, or a name from an old disk.
    """
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        around = printable(text[max(0, error.start - 20) : error.end + 20])
        raise ProjectError(
            "{} could not be written and is unchanged: UTF-8 cannot hold a character "
            "of '{}'; write it again.",
            printable(path),
            around,
        ) from error


def temporary_prefix() -> str:
    """Make the start of a temporary file's name: of this computer and this process.

    It is short whatever the name of the file that it becomes, and says whose it was
    (see `project.stray_files`).
    """
    computer = zlib.crc32(socket.gethostname().encode("utf-8", "replace"))
    return f"{TEMPORARY}{computer:08x}-{os.getpid()}-"


def advice(error: OSError) -> str:
    """Write what helps against an error of the system, to end a sentence."""
    if isinstance(error.filename, str) and is_too_long(error.filename):
        return Said(
            "its path is too long for Windows, move the project to a shorter one"
        )
    return Said(_ADVICE.get(error.errno or 0, "choose another folder"))


_PERMISSIONS = "check the permissions of its folder or choose another one"
_SPACE = "free some space or choose another folder"
_ADVICE = {
    errno.EACCES: _PERMISSIONS,
    errno.EPERM: _PERMISSIONS,
    errno.ENAMETOOLONG: "its name is too long for this disk, choose a shorter one",
    errno.ENOTDIR: "a part of its path is a file, choose another folder",
    errno.EEXIST: "a part of its path is a file, choose another folder",
    errno.EISDIR: "a folder is in its place, choose another one",
    errno.EROFS: "its disk can only be read, choose another folder",
    errno.ENOSPC: _SPACE,
    errno.EFBIG: _SPACE,
    getattr(errno, "EDQUOT", errno.ENOSPC): _SPACE,
    errno.EIO: "its disk fails, choose a folder on another one",
}


def check_writable(path: Path) -> None:
    """Refuse a path that could not be written, before anything long is begun.

    Nothing is left behind, whatever folders are missing.

    Raises
    ------
    ProjectError
        Where its folder, or the one that it would be made in, cannot be written.
    """
    folder = behind_links(path).parent
    while not os.path.lexists(folder) and folder != folder.parent:
        folder = folder.parent
    try:
        with tempfile.TemporaryFile(prefix=".", suffix=".tmp", dir=folder):
            pass
    except OSError as error:
        raise ProjectError(
            "{} cannot be written ({}), so nothing was started; check its "
            "permissions, or copy the project to another folder.",
            folder,
            error.strerror or error,
        ) from error


def check_there(folder: Path) -> None:
    """Refuse to make a folder anew that was there: its disk is away, or it was moved.

    Raises
    ------
    ProjectError
        Where it is no folder now.
    """
    if not folder.is_dir():
        raise ProjectError(
            "{} is gone: it was moved or deleted, or its disk is not connected; put "
            "it back there.",
            printable(folder),
        ) from FileNotFoundError(errno.ENOENT, "it is gone")


@contextlib.contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Give a folder to fill, which becomes ``path`` when the block ends well.

    Until then the folder lies beside ``path`` under a hidden name; where the block
    fails or is cancelled the folder is removed, and ``path`` is as it was.

    Raises
    ------
    ProjectError
        Where ``path`` is a file or holds anything already, or cannot be made.
    """
    target = behind_links(path)
    temporary = _made_beside(target)
    try:
        yield temporary
        _put_in_place(temporary, target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@contextlib.contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """Give a file to fill, which becomes ``path`` when the block ends well.

    For what is too large for `atomic_write`. Until then it lies beside ``path`` under a
    hidden name; where the block fails or is cancelled it is removed, and ``path`` is as
    it was.

    Raises
    ------
    ProjectError
        Where the folder cannot be written or the disk is full.
    """
    with _file_beside(behind_links(path), sync=True) as (handle, temporary):
        os.close(handle)
        yield temporary


def replace_files(
    moves: Mapping[Path, Path], gone: Sequence[Path], aside: Path
) -> None:
    """Move new files to where they belong as one: all of them, or none.

    Parameters
    ----------
    moves : mapping of Path to Path
        Target of each new file or folder; a file that is there is replaced.
    gone : sequence of Path
        Files that are removed along with those that are replaced.
    aside : Path
        A new folder on the same disk, where the old files wait until all are moved.

    Raises
    ------
    ProjectError
        Where one cannot be moved; all are as they were, or the old ones are in
        ``aside``, and the sentence says so.
    """
    done: list[tuple[Path | None, Path, Path | None]] = []
    made: list[Path] = []
    try:
        aside.mkdir()
        for source, target in [*moves.items(), *((None, path) for path in gone)]:
            made += [p for p in (target.parent, *target.parents) if not p.exists()]
            target.parent.mkdir(parents=True, exist_ok=True)
            kept = aside / str(len(done)) if target.exists() else None
            done.append((source, target, kept))
            if kept is not None:
                replace_file(str(target), kept)
            if source is not None:
                replace_file(str(source), target)
        for folder in {target.parent for target in moves.values()}:
            _sync_folder(folder)
    except BaseException as error:
        back = _moved_back(done, made)
        if back:
            shutil.rmtree(aside, ignore_errors=True)
        if not isinstance(error, OSError):
            raise
        state = "nothing was changed" if back else f"what was there is in {aside}"
        raise ProjectError(
            "{} could not be written ({}) and {}; {}.",
            error.filename or aside.parent,
            error.strerror or error,
            state,
            advice(error),
        ) from error
    shutil.rmtree(aside, ignore_errors=True)


def _moved_back(
    done: Sequence[tuple[Path | None, Path, Path | None]], made: Sequence[Path]
) -> bool:
    """Undo the moves; return whether all of them could be undone."""
    back = True
    for source, target, kept in reversed(done):
        try:
            if source is not None and not source.exists():
                replace_file(str(target), source)
            if kept is not None and kept.exists():
                replace_file(str(kept), target)
        except OSError:
            back = False
    for folder in made:
        with contextlib.suppress(OSError):
            folder.rmdir()
    return back


def leads_out(path: Path, root: Path) -> bool:
    """Tell whether a path below ``root`` is a link to elsewhere, or behind one."""
    return not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(root))


@contextlib.contextmanager
def locked(path: Path, what: str) -> Iterator[None]:
    """Hold a lock on a file while the block runs; a process that ends lets go of it.

    Parameters
    ----------
    path : Path
        The file that is locked; it stays, empty.
    what : str
        Name of the work, for the error: ``"an export"``.

    Raises
    ------
    ProjectError
        Where another process holds the lock.
    """
    with open(path, "ab", opener=_not_through_links) as file:
        try:
            if sys.platform == "win32":
                import msvcrt

                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            else:
                import fcntl

                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in (errno.EACCES, errno.EAGAIN, errno.EDEADLK):
                raise ProjectError(
                    "Another process runs {} in {}; wait for it, or choose another "
                    "folder.",
                    what,
                    path.parent,
                ) from error
            # Where the file system has no locks, go on without one.
        yield


def _not_through_links(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0), 0o666)


def _made_beside(target: Path) -> Path:
    try:
        if target.exists() and not target.is_dir():
            raise ProjectError("{} is a file; choose another folder.", target)
        if target.is_dir() and any(target.iterdir()):
            raise ProjectError(
                "{} already has files, which would mix with the new ones; choose "
                "another folder.",
                target,
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        made = tempfile.mkdtemp(
            prefix=temporary_prefix(), suffix=".tmp", dir=target.parent
        )
    except OSError as error:
        raise ProjectError(
            "{} could not be made ({}); {}.",
            target,
            error.strerror or error,
            advice(error),
        ) from error
    return Path(made)


def _put_in_place(temporary: Path, target: Path) -> None:
    try:
        os.chmod(temporary, _mode_for(target, 0o777))
        if target.is_dir():
            target.rmdir()  # Windows renames onto nothing, not even an empty folder
        replace_file(str(temporary), target)
        _sync_folder(target.parent)
    except OSError as error:
        raise ProjectError(
            "{} could not be written ({}); {}.",
            target,
            error.strerror or error,
            advice(error),
        ) from error


def _mode_for(target: Path, new: int = 0o666) -> int:
    if target.exists():
        return target.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return new & ~mask


def replace_file(source: str, target: Path) -> None:
    """Move a file over another; try again where Windows keeps hold of it."""
    # Windows refuses while a virus scanner or a sync client holds the old file.
    for attempt in range(10):
        try:
            os.replace(source, target)
            return
        except PermissionError:
            if os.name != "nt" or attempt == 9:
                raise
            time.sleep(0.05)


def _sync_folder(folder: Path) -> None:
    if os.name != "nt":
        handle = os.open(folder, os.O_RDONLY)
        try:
            to_disk(handle)
        finally:
            os.close(handle)
