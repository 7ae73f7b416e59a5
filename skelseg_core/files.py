"""Files: atomic writing, and careful reading of text, JSON, YAML, CSV and arrays.

`atomic_write` is the only function that replaces a user's file: a reader sees the old
bytes or the new ones, never a mixture, whatever is killed or full meanwhile. Where a
result is a folder, `new_folder` does the same for all its files.
"""

from __future__ import annotations

import contextlib
import csv
import errno
import fnmatch
import hashlib
import io
import json
import os
import re
import shutil
import socket
import sys
import tempfile
import time
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
import yaml

from skelseg_core.absent_content import absent_content, pointer_sentence
from skelseg_core.array_stream import read_array
from skelseg_core.bundled import resource as resource
from skelseg_core.errors import FormatError, ProjectError

MAX_ARRAY_BYTES = 8 << 30
"""Largest array file that is loaded, unpacked."""
MAX_TEXT_BYTES = 64 << 20
"""Largest text file that is read, unless the caller sets another limit."""
MAX_NAME_BYTES = 200
"""Longest file name that skelseg gives: file systems take 255 bytes, and suffixes such
as ``.conflict-…json`` or ``.segments.csv`` have to fit as well."""
TEMPORARY = ".skelseg-"
"""Start of the names of temporary files; computer and process follow."""
_DEPTH = 4
"""Folders between a file of a project and the project's own, at most."""
_DEVICES = {"CON", "PRN", "AUX", "NUL"} | {
    f"{port}{n}" for port in ("COM", "LPT") for n in "0123456789¹²³"
}
_DAMAGE = (
    *(OSError, ValueError, EOFError, MemoryError, KeyError, NotImplementedError),
    *(RuntimeError, OverflowError, zipfile.BadZipFile, zlib.error),
)
"""Exceptions by which NumPy and zipfile refuse a damaged file of arrays."""
_HALF_CHARACTER = re.compile(r"\\u[dD][89a-fA-F]")
"""Escapes in JSON that may stand for half a character, which UTF-8 cannot hold."""


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
            os.fsync(stream.fileno())
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
            "{} could not be written ({}) and was left as it was; {}.",
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
                "{} is behind a link that leads out of the project, to {}; skelseg "
                "writes nothing there. Put the folder itself in the place of the link.",
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
            "{} could not be written and was left as it was: UTF-8 cannot hold a "
            "character of '{}'; write it anew.",
            printable(path),
            around,
        ) from error


def printable(text: object) -> str:
    """Make a text or path printable: ``?`` stands for what UTF-8 cannot hold."""
    return str(text).encode("utf-8", "replace").decode("utf-8")


def short_name(name: str, max_bytes: int = MAX_NAME_BYTES) -> str:
    """Cut ``name`` between two characters where it has more than ``max_bytes``."""
    return name.encode("utf-8", "replace")[:max_bytes].decode("utf-8", "ignore")


def free_path(path: Path) -> Path:
    """Find a path that does not exist: ``path``, or with ``-2``, ``-3`` and so on."""
    candidate, n = path, 2
    while candidate.exists():
        candidate, n = path.with_name(f"{path.stem}-{n}{path.suffix}"), n + 1
    return candidate


def temporary_prefix() -> str:
    """Make the start of a temporary file's name: of this computer and this process.

    It is short whatever the name of the file that it becomes, and says whose it was
    (see `project.stray_files`).
    """
    computer = zlib.crc32(socket.gethostname().encode("utf-8", "replace"))
    return f"{TEMPORARY}{computer:08x}-{os.getpid()}-"


def advice(error: OSError) -> str:
    """Write what helps against an error of the system, to end a sentence."""
    return _ADVICE.get(error.errno or 0, "choose another folder")


_PERMISSIONS = "see to the permissions of its folder or choose another one"
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
            "{} cannot be written ({}), so nothing was begun; see to its permissions, "
            "or copy the project to another folder.",
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
            "{} is gone: it was moved or deleted, or its disk is away; put it back "
            "there.",
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
        state = "all is as it was" if back else f"what was there is in {aside}"
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


@contextlib.contextmanager
def locked(path: Path, what: str) -> Iterator[None]:
    """Hold a lock on a file while the block runs; a process that ends lets go of it.

    Parameters
    ----------
    path : Path
        The file that is locked; it stays, empty.
    what : str
        Name of the work, for the error: ``"a benchmark"``.

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
                "{} holds files already, which would mix with the new ones; choose "
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
            os.fsync(handle)
        finally:
            os.close(handle)


def read_text(path: Path, max_bytes: int = MAX_TEXT_BYTES) -> str:
    """Read the text of a UTF-8 file (a byte order mark is dropped).

    Parameters
    ----------
    path : Path
    max_bytes : int
        A larger file is refused before it is read.

    Raises
    ------
    FormatError
        Where the file is missing, too large or not UTF-8.
    """
    try:
        size = path.stat().st_size
        if size > max_bytes:
            raise FormatError(
                "{} has {:,} bytes, and text of its kind is read up to {:,}; check "
                "that it is the right file.",
                path,
                size,
                max_bytes,
            )
        data = path.read_bytes()
        if absent := pointer_sentence(path, data[:200]):
            raise FormatError("{}", absent)
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FormatError(
            "{} is not a UTF-8 text file (byte {}); save it as UTF-8.",
            path,
            error.start,
        ) from error
    except OSError as error:
        raise unreadable(path, error) from error


def unreadable(path: Path, error: OSError) -> FormatError:
    """Make the error for a file that the system does not let us read."""
    if absent := absent_content(path):
        return FormatError("{}", absent)
    return FormatError(
        "{} cannot be read ({}); check its path and permissions.", path, error.strerror
    )


def read_json(path: Path, max_bytes: int = MAX_TEXT_BYTES) -> Any:
    """Read the value of a JSON file of up to ``max_bytes``.

    Raises
    ------
    FormatError
        Where it cannot be read (`read_text`) or is no JSON, with line and column.
    """
    text = read_text(path, max_bytes)
    try:
        value = json.loads(text)
        if _HALF_CHARACTER.search(text):
            # It could never be saved again: ``?`` stands for it, as in `printable`.
            value = json.loads(printable(json.dumps(value, ensure_ascii=False)))
        return value
    except json.JSONDecodeError as error:
        raise FormatError(
            "{}, line {}, column {}: {}; the file is damaged, restore it from a copy.",
            path,
            error.lineno,
            error.colno,
            error.msg,
        ) from error
    except RecursionError as error:
        raise FormatError(
            "{} is nested too deeply to be a skelseg file.", path
        ) from error
    except ValueError as error:
        # Python refuses whole numbers of more than 4,300 digits.
        raise FormatError(
            "{} has a number of thousands of digits; the file is damaged, restore it "
            "from a copy.",
            path,
        ) from error


class _PlainLoader(yaml.SafeLoader):
    """A safe loader that refuses aliases (a few bytes of them can fill the memory)."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            raise yaml.YAMLError("aliases are not allowed")
        return super().compose_node(parent, index)


def read_yaml(path: Path) -> dict[str, Any]:
    """Read the mapping of a YAML file.

    Raises
    ------
    FormatError
        Where it is no YAML, holds aliases, or is no mapping.
    """
    value = _from_yaml(path, _PlainLoader.get_single_data)
    if not isinstance(value, dict):
        raise FormatError("{}: expected 'name: value' lines.", path)
    return value


def read_yaml_node(path: Path) -> yaml.Node | None:
    """Read the root node of a YAML file, with its lines; None for an empty one.

    Raises
    ------
    FormatError
        Where it is no YAML or holds aliases.
    """
    node = _from_yaml(path, _PlainLoader.get_single_node)
    return node if isinstance(node, yaml.Node) else None


def _from_yaml(path: Path, read: Callable[[_PlainLoader], Any]) -> Any:
    try:
        return read(_PlainLoader(read_text(path)))
    except (yaml.YAMLError, RecursionError, ValueError, OverflowError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise FormatError(
            "{}{}: this is not a readable YAML file.", path, where
        ) from error


def save_npz(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write named arrays as a compressed ``.npz``, atomically."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    atomic_write(path, buffer.getvalue())


def save_npy(path: Path, array: np.ndarray) -> None:
    """Write one array as ``.npy``, atomically."""
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    atomic_write(path, buffer.getvalue())


def load_npz(
    path: Path, max_bytes: int = MAX_ARRAY_BYTES, only: Collection[str] | None = None
) -> dict[str, np.ndarray]:
    """Load the arrays of an ``.npz``; nothing in the file is ever executed.

    Given ``only`` some names, no other array is read.

    Raises
    ------
    FormatError
        Where the file is missing, damaged, truncated, or would unpack to more than
        ``max_bytes``.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(info.file_size for info in archive.infolist())
            if size > max_bytes:
                raise FormatError(
                    "{} would unpack to {:,} bytes; it was refused.", path, size
                )
            named = {m.filename.removesuffix(".npy"): m for m in archive.infolist()}
            return {
                name: _member(archive, info)
                for name, info in named.items()
                if only is None or name in only
            }
    except FileNotFoundError as error:
        raise _gone(path) from error
    except _DAMAGE as error:
        raise FormatError(
            "{}",
            absent_content(path)
            or f"{path} is damaged or no .npz file; delete it or restore it from a "
            "copy.",
        ) from error


def npz_text(path: Path, name: str) -> str:
    """Read one text of an ``.npz`` and nothing else of it; empty where there is none.

    Raises
    ------
    FormatError
        Where the file is missing or damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            info = archive.NameToInfo.get(f"{name}.npy")
            if info is None or info.file_size > MAX_TEXT_BYTES:
                return ""
            return str(_member(archive, info))
    except FileNotFoundError as error:
        raise _gone(path) from error
    except _DAMAGE as error:
        raise FormatError(
            "{}", absent_content(path) or f"{path} is damaged."
        ) from error


def npz_checksum(path: Path) -> str:
    """Tell the arrays of an ``.npz`` by the checksums that it holds, unread.

    Raises
    ------
    FormatError
        Where the file is missing or damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except FileNotFoundError as error:
        raise _gone(path) from error
    except _DAMAGE as error:
        raise FormatError(
            "{}", absent_content(path) or f"{path} is damaged."
        ) from error
    return content_key(sorted([m.filename, m.file_size, m.CRC] for m in members))


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> np.ndarray:
    with archive.open(info) as stream:
        return read_array(cast(BinaryIO, stream), info.file_size)


def load_npy(path: Path) -> np.ndarray:
    """Load the array of an ``.npy``; raises FormatError where that is impossible."""
    try:
        with path.open("rb") as stream:
            return read_array(stream, path.stat().st_size)
    except FileNotFoundError as error:
        raise _gone(path) from error
    except _DAMAGE as error:
        said = absent_content(path) or f"{path} is damaged or no .npy file."
        raise FormatError("{}", said) from error


def _gone(path: Path) -> FormatError:
    return FormatError("{}", absent_content(path) or f"{path} is missing.")


def content_key(*parts: object) -> str:
    """Compute a short stable key of values and arrays; equal content, equal key.

    Mappings and sequences are keyed by their JSON text with sorted names, arrays by
    type, shape and bytes.
    """
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, np.ndarray):
            digest.update(f"{part.dtype.str}{part.shape}".encode())
            digest.update(np.ascontiguousarray(part).tobytes())
        else:
            digest.update(json.dumps(part, sort_keys=True).encode())
        digest.update(b"\0")
    return digest.hexdigest()[:24]


def safe_name(text: str) -> str:
    """Turn ``text`` into a name inside one folder; never empty, never hidden.

    Letters, digits and accents of every script stay, and ``-``, ``_`` and ``.`` inside;
    all else becomes ``_``. This function must not change: it recognises stored names.
    `portable_name` makes new ones.
    """
    kept = "".join(c if _in_name(c) else "_" for c in text.strip())
    return kept.strip("._") or "unnamed"


def portable_name(text: str) -> str:
    """Turn ``text`` into the name of a new file that every system can have.

    The rules of `safe_name` hold. Accents are composed (NFC), so that a name typed on a
    Mac equals one typed elsewhere; a name that Windows reserves for a device (``aux``,
    ``con.old``) gets a ``_``.
    """
    name = safe_name(unicodedata.normalize("NFC", text))
    stem, dot, rest = name.partition(".")
    return f"{stem}_{dot}{rest}" if stem.upper() in _DEVICES else name


def same_name(name: str, others: Iterable[str]) -> str | None:
    """Find the one of ``others`` that a disk may take for ``name``, or None.

    Disks of Windows and macOS tell neither capitals apart nor how accents are composed.
    """
    wanted = _folded(name)
    found = [other for other in others if _folded(other) == wanted]
    return name if name in found else next(iter(found), None)


def matching_names(patterns: Sequence[str], names: Sequence[str]) -> list[str]:
    """Find the names that patterns such as ``anna-*`` mean, each once.

    A name of its own comes before what it may mean as a pattern. A pattern that nothing
    matches is kept as it is, for the caller to refuse by name.
    """
    found: list[str] = []
    for pattern in patterns:
        name = same_name(pattern, names)
        wanted = _folded(pattern)
        alike = [n for n in names if fnmatch.fnmatchcase(_folded(n), wanted)]
        found += [name] if name is not None else alike or [pattern]
    return list(dict.fromkeys(found))


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _in_name(character: str) -> bool:
    accent = unicodedata.category(character) in ("Mn", "Mc")
    return character.isalnum() or accent or character in "-_."


def read_csv_rows(
    path: Path, needed: Collection[str], wrong_header: str
) -> Iterator[tuple[str, dict[str, str]]]:
    """Read rows of a CSV file by the names of its header, each with its line.

    Parameters
    ----------
    path : Path
    needed : collection of str
        Columns that the header has to name.
    wrong_header : str
        Sentence of the error where it does not.

    Raises
    ------
    FormatError
        Where a column is missing, or a row is damaged; says which line.
    """
    lines = csv_lines(path)
    header = [name.strip() for name in next(lines, (0, []))[1]]
    if not set(needed) <= set(header):
        raise FormatError("{}, line 1: {}", path, wrong_header)
    for number, cells in lines:
        if cells:
            where = f"{path}, line {number}"
            check_width(cells, len(header), where)
            yield where, dict(zip(header, cells, strict=True))


def csv_lines(
    path: Path, max_bytes: int = MAX_TEXT_BYTES, delimiter: str = ","
) -> Iterator[tuple[int, list[str]]]:
    """Read the lines of a CSV file, blank ones too, each with its number.

    Cells are parted by ``delimiter``.

    Raises
    ------
    FormatError
        Where the file cannot be read (`read_text`) or has stray quotes.
    """
    # A StringIO would take four bytes for each character.
    data = io.BytesIO(read_text(path, max_bytes).encode())
    text = io.TextIOWrapper(data, "utf-8", newline="")
    reader = csv.reader(text, strict=True, delimiter=delimiter)
    try:
        for cells in reader:
            yield reader.line_num, cells
    except csv.Error as error:
        raise FormatError(
            "{}, line {}: {}; the file is damaged, export it again.",
            path,
            reader.line_num,
            error,
        ) from error


def check_width(cells: Sequence[str], width: int, where: str) -> None:
    """Refuse a line with more or fewer cells than the header."""
    if len(cells) != width:
        raise FormatError(
            "{}: {} values where the header names {}; the file is damaged, export it "
            "again.",
            where,
            len(cells),
            width,
        )
