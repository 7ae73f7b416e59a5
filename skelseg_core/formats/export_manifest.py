"""Export folder: files written as one, replacing only what skelseg wrote before.

``manifest.json`` in the folder has the SHA-256 of every file that was written. A file
is replaced only while its checksum is still the same: labels of others, and corrections
made in an export, stay. New files are made in a hidden folder beside the old ones and
change places with them at the end.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from skelseg_core import __version__
from skelseg_core.errors import FormatError, ProjectError
from skelseg_core.files import advice, atomic_write, locked, replace_files
from skelseg_core.labels.classes import LabelMap
from skelseg_core.text_files import read_json

MANIFEST = "manifest.json"
MANIFEST_SCHEMA = 1
_HIDDEN = ".skelseg-export"
_LOCK = ".skelseg-export.lock"
_OWN = "manifest_sha256"

_FOREIGN = "was not exported by skelseg"
_CHANGED = "was changed after skelseg exported it"
_REPLACEABLE = (_FOREIGN, _CHANGED)
"""Reasons not to replace a file that a person may set aside; links and folders stay."""


def manifest(
    label_map: LabelMap, videos: Sequence[Mapping[str, object]]
) -> dict[str, Any]:
    """Describe exported labels for the manifest that lies beside them.

    Parameters
    ----------
    label_map : LabelMap
        The classes, in the order of the channels.
    videos : sequence of mapping
        Per video: id, file, fingerprint, n_frames, width, height, mean_rate, lane; of
        a prediction also model_key, trained_on (whether the model was), unlike (true
        where the video is unlike what it learnt from) and what
        `tasks.seen_in_training` tells; annotator, where somebody said who labelled it.
    """
    return {
        "schema": MANIFEST_SCHEMA,
        "tool": "skelseg",
        "tool_version": __version__,
        "intervals": "half-open",
        "label_map": [
            {"id": c.id, "name": c.name, "key": c.key, "color": c.color}
            | ({"tier": c.tier} if c.tier else {})
            for c in label_map.classes
        ],
        "videos": [dict(video) for video in videos],
    }


@contextlib.contextmanager
def export_folder(
    out: Path,
    names: Sequence[str],
    about: Mapping[str, Any],
    replaced: list[Path] | None = None,
) -> Iterator[Path]:
    """Open a folder to fill; its files are in ``out`` when the block ends well.

    Where the block fails or is cancelled, or the disk is full, ``out`` is as it was.

    Parameters
    ----------
    out : Path
        Made where it is missing.
    names : sequence of str
        Files to be written, relative to ``out``, as far as they are known: what was
        written to the block's folder counts at its end. A name that ends with ``/`` is
        a folder that is written as a whole: files of an earlier export in it are
        removed.
    about : mapping
        Content of the manifest beside its checksums, as it is at the end of the block.
        ``tracks`` are those in each of the files, by its name.
    replaced : list of Path, optional
        Where it is given, files of others are replaced as well, and added to it.

    Raises
    ------
    ProjectError
        Where a file in ``out`` would be replaced that is not skelseg's, two names are
        one, another export writes to ``out``, or it cannot be written.
    """
    made = _made(out)
    done = False
    try:
        with _alone(out):
            known = _Known(out)
            overwrite = replaced is not None
            _check(out, names, known, overwrite)
            hidden = out / _HIDDEN
            new = hidden / "new"
            try:
                shutil.rmtree(hidden, ignore_errors=True)
                new.mkdir(parents=True)
                yield new
                made_files = _written(new)
                # Another program may have written files meanwhile.
                foreign = _check(out, _all(names, made_files), known, overwrite)
                _put_in_place(out, names, about, known)
                done = True
                if replaced is not None:
                    now = {out / name for name in (*made_files, MANIFEST)}
                    replaced += [path for path in foreign if path in now]
            except ProjectError as error:
                # Name the folder that the person chose, not the hidden one.
                said = str(error).replace(os.path.realpath(new), str(out))
                raise ProjectError(said) from error
            except OSError as error:
                raise _unwritable(out, error) from error
            finally:
                # Old files that could not be moved back are not thrown away.
                if not (hidden / "old").exists():
                    shutil.rmtree(hidden, ignore_errors=True)
    finally:
        if not done:
            for folder in reversed(made):
                with contextlib.suppress(OSError):
                    folder.rmdir()


def foreign_files(out: Path, names: Sequence[str]) -> tuple[Path, ...]:
    """List what an export of these names would replace and is not skelseg's to replace.

    Nothing is written; a folder that cannot be read has none.
    """
    try:
        found = _refused(out, names, _Known(out)) if out.is_dir() else ()
        return tuple(path for path, _ in found)
    except OSError:
        return ()


def unchanged_files(out: Path) -> set[str]:
    """Find the files of a folder that are as our manifest there says."""
    known = _Known(out)
    there = (name for name in known.files if (out / name).is_file())
    return {name for name in there if not known.why_not(out, name)}


class _Known:
    """Checksums that a folder's manifest has of the files skelseg wrote there."""

    def __init__(self, out: Path) -> None:
        self.about, self.manifest = _read_manifest(out / MANIFEST)
        self.files = dict(self.about.pop("files", {}))
        # An export that was killed left its manifest in the hidden folder.
        left, why = _read_manifest(out / _HIDDEN / "new" / MANIFEST)
        self.left = dict(left.get("files", {})) if not why else {}

    def why_not(self, out: Path, name: str) -> str:
        """Return why a file may not be replaced; empty where it may."""
        path = out / name
        if path.is_symlink():
            return "is a link"
        if path.is_dir():
            return "is a folder"
        if name == MANIFEST:
            return self.manifest
        said = (self.files.get(name), self.left.get(name))
        sums = {s for s in said if isinstance(s, str)}
        if not sums:
            return _FOREIGN
        return "" if _sha256(path) in sums else _CHANGED


def _read_manifest(path: Path) -> tuple[dict[str, Any], str]:
    """Read a manifest, and why it may not be replaced, if so."""
    if not path.is_file():
        return {}, ""
    try:
        value = read_json(path)
    except FormatError:
        return {}, _FOREIGN
    if not isinstance(value, dict) or value.get("tool") != "skelseg":
        return {}, _FOREIGN
    if _OWN not in value or not isinstance(value.get("files"), dict):
        return {}, _FOREIGN
    own = value.pop(_OWN)
    return value, "" if own == _digest(value) else _CHANGED


def _all(names: Sequence[str], made: Sequence[str]) -> list[str]:
    """List all that is written: the files, and the folders that are whole."""
    wholes = tuple(name for name in names if name.endswith("/"))
    return [*(name for name in made if not name.startswith(wholes)), *wholes]


def _check(
    out: Path, names: Sequence[str], known: _Known, overwrite: bool
) -> list[Path]:
    """Refuse two files of one name, and to replace what is not skelseg's.

    Returns the files of others that are to be replaced, where they may be.
    """
    folded = ignores_case(out)
    seen: dict[str, str] = {}
    for name in (*names, MANIFEST):
        key = name.rstrip("/").casefold() if folded else name.rstrip("/")
        if key in seen:
            raise ProjectError(
                "Two of the exported files would be {}; give one of the videos "
                "another name, or export them to two folders.",
                out / name.rstrip("/"),
            )
        seen[key] = name
    try:
        found = list(_refused(out, names, known))
    except OSError as error:
        raise _unwritable(out, error) from error
    foreign = [path for path, why in found if overwrite and why in _REPLACEABLE]
    refused = [(path, why) for path, why in found if path not in foreign]
    if refused:
        path, why = refused[0]
        n = len(refused) - 1
        more = f" (and {n:,} more cannot be replaced)" if n else ""
        raise ProjectError(
            "{} {}{}, so nothing was exported; choose an empty folder, or move these "
            "files away (--overwrite replaces them).",
            path,
            why,
            more,
        )
    return foreign


def _refused(
    out: Path, names: Sequence[str], known: _Known
) -> Iterator[tuple[Path, str]]:
    """List the files that may not be replaced, and why."""
    # The manifest comes last: naming the person's own file helps more.
    for name in (*names, MANIFEST):
        path = out / name
        if not os.path.lexists(path):
            continue
        whole = name.endswith("/")
        if whole and (path.is_symlink() or not path.is_dir()):
            yield path, "is not a folder"
            continue
        for file in _files_in(out, name) if whole else [name]:
            why = known.why_not(out, file)
            if why:
                yield out / file, why


def _files_in(out: Path, name: str) -> list[str]:
    """List the files in and below a folder, relative to ``out``; no hidden ones."""
    found = (out / name).rglob("*")
    files = [p for p in found if p.is_symlink() or not p.is_dir()]
    return sorted(
        p.relative_to(out).as_posix() for p in files if not p.name.startswith(".")
    )


def _written(new: Path) -> list[str]:
    """List the files that were made for ``out``."""
    made = (p for p in sorted(new.rglob("*")) if not p.is_dir())
    return [p.relative_to(new).as_posix() for p in made]


def _put_in_place(
    out: Path, names: Sequence[str], about: Mapping[str, Any], known: _Known
) -> None:
    new = out / _HIDDEN / "new"
    written = _written(new)
    wholes = [name for name in names if name.endswith("/")]
    gone = [
        file
        for name in wholes
        for file in _files_in(out, name)
        # Other files that do not conflict stay.
        if file not in written and not known.why_not(out, file)
    ]
    files = {
        name: checksum
        for name, checksum in {**known.files, **known.left}.items()
        if name not in gone and (out / name).is_file()
    }
    files |= {name: _sha256(new / name) for name in written}
    value = {**known.about, "tool": "skelseg", "tool_version": __version__, **about}
    value["files"] = dict(sorted(files.items()))
    # By file, as files of an earlier export may stay.
    before = known.about.get("tracks", {}).items()
    kept = {n: tracks for n, tracks in before if n in files and n not in written}
    if tracks := {**kept, **about.get("tracks", {})}:
        value["tracks"] = dict(sorted(tracks.items()))
    value[_OWN] = _digest(value)
    text = json.dumps(value, indent=2, ensure_ascii=False) + "\n"
    atomic_write(new / MANIFEST, text)
    moves = {new / name: out / name for name in (*written, MANIFEST)}
    replace_files(moves, [out / name for name in gone], out / _HIDDEN / "old")


def _digest(value: Mapping[str, Any]) -> str:
    """Compute the checksum of a manifest's content, however it is indented."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def ignores_case(folder: Path) -> bool:
    """Tell whether the disk takes A for a, as far as the folder's name shows."""
    other = folder.with_name(folder.name.swapcase())
    try:
        return other.name != folder.name and os.path.samefile(other, folder)
    except OSError:
        return False


def _made(out: Path) -> list[Path]:
    """Make a folder; return the folders that were made, the outermost first."""
    if out.exists() and not out.is_dir():
        raise ProjectError("{} is a file; choose a folder for the export.", out)
    missing = [p for p in (out, *out.parents) if not p.exists()][::-1]
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(out, error) from error
    return missing


@contextlib.contextmanager
def _alone(out: Path) -> Iterator[None]:
    """Keep other exports out of a folder."""
    lock = out / _LOCK
    try:
        with locked(lock, "an export"):
            try:
                yield
            finally:
                # Windows keeps the lock file until it is closed; there it stays.
                with contextlib.suppress(OSError):
                    lock.unlink()
    except OSError as error:
        raise _unwritable(out, error) from error


def _unwritable(out: Path, error: OSError) -> ProjectError:
    return ProjectError(
        "{} could not be written ({}) and is unchanged; {}.",
        out,
        error.strerror or error,
        advice(error),
    )
