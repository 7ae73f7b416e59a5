"""Array files: careful reading and atomic writing; and keys of what arrays hold."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np

from skelseg_core.absent_content import absent_content
from skelseg_core.array_stream import read_array
from skelseg_core.errors import FormatError
from skelseg_core.files import atomic_write
from skelseg_core.text_files import MAX_TEXT_BYTES

MAX_ARRAY_BYTES = 8 << 30
"""Largest array file that is loaded, unpacked."""
_DAMAGE = (
    *(OSError, ValueError, EOFError, MemoryError, KeyError, NotImplementedError),
    *(RuntimeError, OverflowError, zipfile.BadZipFile, zlib.error),
)
"""Exceptions by which NumPy and zipfile refuse a damaged file of arrays."""


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
    how = "damaged or not an .npz file; delete it or restore it from a copy"
    with _read_well(path, how), zipfile.ZipFile(path) as archive:
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


def npz_text(path: Path, name: str) -> str:
    """Read one text of an ``.npz`` and nothing else of it; empty where there is none.

    Raises
    ------
    FormatError
        Where the file is missing or damaged.
    """
    with _read_well(path), zipfile.ZipFile(path) as archive:
        info = archive.NameToInfo.get(f"{name}.npy")
        if info is None or info.file_size > MAX_TEXT_BYTES:
            return ""
        return str(_member(archive, info))


def npz_checksum(path: Path) -> str:
    """Tell the arrays of an ``.npz`` by the checksums that it holds, unread.

    Raises
    ------
    FormatError
        Where the file is missing or damaged.
    """
    with _read_well(path), zipfile.ZipFile(path) as archive:
        members = archive.infolist()
    return content_key(sorted([m.filename, m.file_size, m.CRC] for m in members))


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> np.ndarray:
    with archive.open(info) as stream:
        return read_array(cast(BinaryIO, stream), info.file_size)


def load_npy(path: Path) -> np.ndarray:
    """Load the array of an ``.npy``; raises FormatError where that is impossible."""
    how = "damaged or not an .npy file"
    with _read_well(path, how), path.open("rb") as stream:
        return read_array(stream, path.stat().st_size)


@contextlib.contextmanager
def _read_well(path: Path, damaged: str = "damaged") -> Iterator[None]:
    """Say in a sentence that a file is missing or ``damaged``."""
    try:
        yield
    except _DAMAGE as error:
        is_gone = isinstance(error, FileNotFoundError)
        said = f"{path} is {'missing' if is_gone else damaged}."
        raise FormatError("{}", absent_content(path) or said) from error


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
