"""Arrays of strangers' files: the header is checked before anything is allocated."""

from __future__ import annotations

import math
import re
from typing import BinaryIO, NamedTuple

import numpy as np

_USUAL = re.compile(
    rb"\{'descr': '([<>|][biufSU]\d{1,9})', 'fortran_order': (True|False), "
    rb"'shape': \((|\d{1,18},|\d{1,18}(?:, \d{1,18})+)\), \} *\n"
)
"""Header as NumPy writes it for plain values."""
_CHUNK = 1 << 20
MOST_ROWS = 1 << 28
"""Longest side of an array without a single value, whose file says nothing of it."""


class _Header(NamedTuple):
    shape: tuple[int, ...]
    fortran_order: bool
    dtype: np.dtype


def read_array(stream: BinaryIO, size: int) -> np.ndarray:
    """Read the array of an ``.npy`` stream; nothing in it is ever executed.

    Parameters
    ----------
    stream : binary file
        At its beginning.
    size : int
        Bytes it has: no array is made that would need more.

    Raises
    ------
    ValueError, EOFError, MemoryError
        Where the header is damaged, or promises more than the stream holds.
    """
    header = _header(stream)
    count = math.prod(header.shape)
    if header.dtype.hasobject:
        raise ValueError("the array holds Python objects")
    if count * header.dtype.itemsize > size or (not header.dtype.itemsize and count):
        raise ValueError(f"the array needs more than its {size:,} bytes")
    if not count and any(n > MOST_ROWS for n in header.shape):
        raise ValueError("the array is empty and huge")
    values = np.empty(count, header.dtype)
    if values.nbytes:
        _fill(values.view(np.uint8).data, stream)
    return values.reshape(header.shape, order="F" if header.fortran_order else "C")


def _fill(buffer: memoryview, stream: BinaryIO) -> None:
    at = 0
    while at < len(buffer):
        data = stream.read(min(_CHUNK, len(buffer) - at))
        if not data:
            raise EOFError("the array is incomplete")
        buffer[at : at + len(data)] = data
        at += len(data)


def _usual_header(stream: BinaryIO) -> _Header | None:
    """Read a header that looks like most; None, and nothing read, where it does not.

    NumPy parses it as Python source: that takes longer than all else of a small array,
    and leaves objects behind that only a collection of garbage finds.
    """
    start = stream.tell()
    text = stream.read(int.from_bytes(stream.read(2), "little"))
    found = _USUAL.fullmatch(text)
    if found is None:
        stream.seek(start)
        return None
    shape = tuple(int(n) for n in re.findall(rb"\d+", found[3]))
    return _Header(shape, found[2] == b"True", np.dtype(found[1].decode()))


def _header(stream: BinaryIO) -> _Header:
    try:
        version = np.lib.format.read_magic(stream)
        if version == (1, 0):
            usual = _usual_header(stream)
            if usual is not None:
                return usual
            shape, fortran, dtype = np.lib.format.read_array_header_1_0(stream)
        elif version == (2, 0):
            shape, fortran, dtype = np.lib.format.read_array_header_2_0(stream)
        else:
            raise ValueError(f"the array is of version {version}")
    except (ValueError, EOFError, OSError, MemoryError):
        raise
    except Exception as error:
        # NumPy parses the header as Python source: TokenError, TypeError, ...
        raise ValueError(f"the header is damaged ({error})") from error
    if not all(type(n) is int and n >= 0 for n in shape):
        raise ValueError(f"the shape is {shape}")
    return _Header(shape, fortran, dtype)
