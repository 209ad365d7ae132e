"""2:4 storage of a dense matrix: what the pruner marks, in the bits of the format, and back."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sparsesim import _jit
from sparsesim.dtypes import DTYPES
from sparsesim.errors import InputError
from sparsesim.formats import Encoded, Nm, Stream, Structured, TwoOfFour, compress_2_4, decompress_2_4
from sparsesim.formats.coding.reference import packed
from sparsesim.formats.reference import group_places
from sparsesim.formats.two_of_four_kernels import CHUNK
from sparsesim.tensors import SparseMatrix

entries = st.sampled_from([0.0, -0.0, 1.0, -1.0, 0.5, -0.25, 2.0**-149, -(2.0**-149)]) | st.floats(-9, 9, width=32)
shapes = st.tuples(st.integers(0, 5), st.integers(0, 23))
dtypes = st.sampled_from([np.dtype(np.float32), np.dtype(np.float64)])
matrices = dtypes.flatmap(lambda dtype: hnp.arrays(dtype, shapes, elements=entries))


def gaussian(shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def pruned(matrix: np.ndarray) -> np.ndarray:
    """By a stable sort of every group."""
    kept = np.zeros_like(matrix)
    for i, j in np.ndindex(matrix.shape[0], -(-matrix.shape[1] // 4)):
        group = matrix[i, 4 * j : 4 * j + 4]
        best = np.argsort(-np.abs(group), kind="stable")[: -(-group.size // 2)]
        kept[i, 4 * j + best] = group[best]
    return kept


def places_of(kept: np.ndarray) -> bytes:
    """The places of every group as the format defines them, packed."""
    padded = np.pad(kept, ((0, 0), (0, -kept.shape[1] % 4)))
    groups = padded.reshape(-1, 4) if padded.size else []
    return packed([place for group in groups for place in group_places(group, 2)], 2)


@settings(max_examples=150, deadline=None)
@given(matrices)
def test_storage_is_pruned_packed_and_comes_back(matrix):
    stored, kept = compress_2_4(matrix), pruned(matrix)
    assert stored.values.dtype == matrix.dtype
    assert stored.places.tobytes() == places_of(kept)
    back = decompress_2_4(stored)
    np.testing.assert_array_equal(back, kept)
    assert not np.signbit(back[back == 0]).any()


@settings(max_examples=60, deadline=None)
@given(matrices)
def test_the_format_writes_and_reads_the_same_streams(matrix):
    kept = pruned(matrix.astype(np.float32))
    sparse, fp32, direct = SparseMatrix.from_dense(kept), DTYPES["fp32"], Nm(2, 4)
    encoded, general = direct.encode(sparse, fp32), Structured.encode(direct, sparse, fp32)
    for stream, expected in zip(encoded.streams, general.streams, strict=True):
        assert (stream.name, stream.role, stream.item_bits, stream.count) == (
            expected.name,
            expected.role,
            expected.item_bits,
            expected.count,
        )
        assert stream.payload.tobytes() == expected.payload.tobytes()
    assert direct.decode(encoded).equals(sparse)
    assert Structured.decode(direct, encoded).equals(sparse)


@pytest.mark.parametrize("columns", [1, 2, 3, 5, 6, 7, 8])
def test_the_format_keeps_two_values_of_a_last_group_that_is_cut_off(columns):
    matrix = gaussian((3, columns)) * (np.arange(columns) % 4 < 2)
    sparse = SparseMatrix.from_dense(matrix)
    np.testing.assert_array_equal(Nm(2, 4).decode(Nm(2, 4).encode(sparse, DTYPES["fp32"])).to_array(), matrix)


@pytest.mark.parametrize("columns", [4 * CHUNK + 4, 8 * CHUNK + 27, 4 * CHUNK - 1])
def test_rows_longer_than_a_chunk(columns):
    matrix = gaussian((3, columns))
    stored, kept = compress_2_4(matrix), pruned(matrix)
    assert stored.places.tobytes() == places_of(kept)
    np.testing.assert_array_equal(decompress_2_4(stored), kept)


@pytest.mark.parametrize("shape", [(9, 20), (7, 13), (40, 4), (2, 3)], ids=str)
@pytest.mark.parametrize("threads", [2, 3, 8])
def test_the_number_of_threads_does_not_show(shape, threads, monkeypatch):
    monkeypatch.setattr(_jit, "LEAST_WORK", 1)
    matrix = np.round(gaussian(shape) * 2)
    one, many = compress_2_4(matrix), compress_2_4(matrix, threads=threads)
    assert one.places.tobytes() == many.places.tobytes()
    np.testing.assert_array_equal(one.values, many.values)
    np.testing.assert_array_equal(decompress_2_4(many, threads=threads), decompress_2_4(one))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("column", [0, 5, 8])
def test_values_that_are_not_finite_are_refused(bad, column):
    matrix = gaussian((3, 9))
    matrix[1, column] = bad
    with pytest.raises(InputError, match=rf"weight {bad} at row 1, column {column} is not finite"):
        compress_2_4(matrix)


def test_arrays_that_do_not_fit_are_refused():
    stored = compress_2_4(gaussian((4, 8)))
    with pytest.raises(InputError, match="takes float32 or float64"):
        compress_2_4(np.ones((4, 8), np.int32))
    with pytest.raises(InputError, match=r"out holds float32 \(4, 8\)"):
        compress_2_4(gaussian((4, 12)), stored)
    with pytest.raises(InputError, match="out is float64"):
        decompress_2_4(stored, np.empty((4, 8)))
    with pytest.raises(InputError, match="do not fit"):
        decompress_2_4(TwoOfFour((4, 8), stored.values, stored.places[1:]))


def test_a_stream_that_is_too_short_is_refused():
    encoded = Nm(2, 4).encode(SparseMatrix.from_dense(pruned(gaussian((4, 8)))), DTYPES["fp32"])
    places, values = encoded.streams
    short = Stream(values.name, values.role, values.item_bits, values.count, values.payload[:-4])
    with pytest.raises(InputError, match="need"):
        Nm(2, 4).decode(Encoded(encoded.format_name, encoded.shape, encoded.dtype, (places, short), {}))


def test_nothing_but_the_result_is_allocated():
    matrix = gaussian((1000, 4000))
    stored, back = compress_2_4(matrix), np.empty_like(matrix)
    tracemalloc.start()
    compress_2_4(matrix, stored, threads=2)
    decompress_2_4(stored, back, threads=2)
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak_bytes < 0.1e6
