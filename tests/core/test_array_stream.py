"""Arrays of ``.npy`` streams, read as NumPy reads them."""

from __future__ import annotations

import gc
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from skelseg_core.array_stream import read_array

DTYPES = st.sampled_from(
    ["?", "u1", "i2", "i4", "i8", "f2", "f4", "f8", ">f4", ">i8", "U3", "S5", "U0"]
)


def written(array: np.ndarray, version: tuple[int, int] | None = None) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array, version, allow_pickle=False)
    return stream.getvalue()


@given(
    DTYPES.flatmap(
        lambda kind: arrays.arrays(kind, arrays.array_shapes(min_dims=0, min_side=0))
    ),
    st.booleans(),
    st.sampled_from([None, (2, 0)]),
)
def test_it_reads_what_numpy_reads(
    array: np.ndarray, fortran: bool, version: tuple[int, int] | None
) -> None:
    data = written(np.asfortranarray(array) if fortran else array, version)
    expected = np.load(io.BytesIO(data), allow_pickle=False)
    found = read_array(io.BytesIO(data), len(data))
    assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
    assert found.flags.writeable
    np.testing.assert_array_equal(found, expected)


def test_a_header_that_numpy_would_not_write_is_read_as_well() -> None:
    array = np.arange(6, dtype="<f4").reshape(2, 3)
    usual = b"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }"
    other = b"{'shape':(2,3),'descr':'<f4','fortran_order':False}"
    data = written(array)
    assert usual in data
    changed = data.replace(usual, other.ljust(len(usual)))
    np.testing.assert_array_equal(read_array(io.BytesIO(changed), len(data)), array)


@pytest.mark.parametrize("left_out", [1, 40, 100])
def test_an_array_that_is_cut_off_is_none(left_out: int) -> None:
    data = written(np.arange(10.0))[:-left_out]
    with pytest.raises((EOFError, ValueError)):
        read_array(io.BytesIO(data), 1000)


def test_it_leaves_nothing_for_the_collector() -> None:
    data = written(np.arange(10.0))
    gc.collect()
    for _ in range(9):
        read_array(io.BytesIO(data), len(data))
    assert gc.collect() == 0
