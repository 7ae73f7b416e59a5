"""Arrays of strangers' files: the header is checked before anything is allocated."""

from __future__ import annotations

import math
from typing import BinaryIO, NamedTuple

import numpy as np

MOST_ROWS = 1 << 28
"""Longest side of an array without a single value, whose file says nothing of it."""


class _Header(NamedTuple):
    shape: tuple[int, ...]
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
        raise ValueError(f"the array needs more than the {size:,} bytes there are")
    if not count and any(n > MOST_ROWS for n in header.shape):
        raise ValueError("the array is empty and huge")
    stream.seek(0)
    return np.asarray(np.lib.format.read_array(stream, allow_pickle=False))


def _header(stream: BinaryIO) -> _Header:
    try:
        version = np.lib.format.read_magic(stream)
        if version == (1, 0):
            shape, _, dtype = np.lib.format.read_array_header_1_0(stream)
        elif version == (2, 0):
            shape, _, dtype = np.lib.format.read_array_header_2_0(stream)
        else:
            raise ValueError(f"the array is of version {version}")
    except (ValueError, EOFError, OSError, MemoryError):
        raise
    except Exception as error:
        # NumPy parses the header as Python source: TokenError, TypeError, ...
        raise ValueError(f"the header is damaged ({error})") from error
    if not all(type(n) is int and n >= 0 for n in shape):
        raise ValueError(f"the shape is {shape}")
    return _Header(shape, dtype)
