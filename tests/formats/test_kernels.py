"""Kernels against the definitions in `reference`."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparsesim.errors import InputError
from sparsesim.formats import occupancy, reference
from sparsesim.formats.coding.bit_stream import pack, signed, unpack
from sparsesim.formats.coding.gaps import gap_entries, positions_of
from sparsesim.formats.kernels import group_slots
from sparsesim.tensors import SparseMatrix
from tests.strategies import group_matrices, patterns

BLOCK = st.integers(1, 5)


@given(width=st.integers(0, 64), data=st.data())
@settings(deadline=None)
def test_packing(width: int, data: st.DataObject) -> None:
    numbers = st.integers(-(2**63), 2**63 - 1) if width == 64 else st.integers(0, 2**width - 1)
    codes = data.draw(st.lists(numbers, max_size=20))
    payload = pack(np.array(codes, dtype=np.int64), width)
    assert payload.tobytes() == reference.packed(codes, width)
    assert unpack(payload, width, len(codes)).tolist() == codes


def test_a_payload_that_is_too_short() -> None:
    with pytest.raises(InputError, match="3 items of 5 bits need 2 bytes, not 1"):
        unpack(np.zeros(1, np.uint8), 5, 3)


@given(width=st.integers(2, 63), data=st.data())
@settings(deadline=None)
def test_twos_complement(width: int, data: st.DataObject) -> None:
    number = data.draw(st.integers(-(2 ** (width - 1)), 2 ** (width - 1) - 1))
    payload = pack(np.array([number], dtype=np.int64), width)
    assert signed(unpack(payload, width, 1), width).tolist() == [number]


@given(matrix=patterns(), block_rows=BLOCK, block_columns=BLOCK)
@settings(deadline=None)
def test_blocks(matrix: SparseMatrix, block_rows: int, block_columns: int) -> None:
    expected = reference.occupied_blocks(matrix.to_array(), block_rows, block_columns)
    assert occupancy.occupied_blocks(matrix, block_rows, block_columns) == expected


@given(matrix=patterns())
@settings(deadline=None)
def test_diagonals_and_rows(matrix: SparseMatrix) -> None:
    dense = matrix.to_array()
    assert occupancy.occupied_diagonals(matrix) == reference.occupied_diagonals(dense)
    assert occupancy.longest_row(matrix) == reference.longest_row(dense)
    assert occupancy.non_empty_rows(matrix) == reference.non_empty_rows(dense)


@given(matrix=patterns(max_side=20), bits=st.integers(1, 5))
@settings(deadline=None)
def test_padding_zeros(matrix: SparseMatrix, bits: int) -> None:
    dense = matrix.to_array()
    assert occupancy.run_padding(matrix, bits) == reference.run_padding(dense, bits)
    assert occupancy.gap_padding(matrix, bits) == reference.gap_padding(dense, bits)


@given(matrix=patterns(max_side=20), bits=st.integers(1, 5))
@settings(deadline=None)
def test_gaps_place_every_entry(matrix: SparseMatrix, bits: int) -> None:
    pointers, gaps, slots = gap_entries(matrix.indptr, matrix.indices, bits)
    assert not len(gaps) or 0 <= gaps.min() <= gaps.max() < 2**bits
    assert positions_of(pointers, gaps)[slots].tolist() == matrix.indices.tolist()
    padding = [reference.line_padding(row, bits) for row in matrix.to_array()]
    assert np.diff(pointers).tolist() == (matrix.row_lengths + np.array(padding, dtype=np.int64)).tolist()


@given(keep=st.integers(1, 4), extra=st.integers(0, 3), data=st.data())
@settings(deadline=None)
def test_group_slots(keep: int, extra: int, data: st.DataObject) -> None:
    of = keep + extra
    matrix = data.draw(group_matrices(keep, of))
    rows, columns = matrix.shape
    groups = -(-columns // of)
    sources, places = group_slots(matrix.indptr, matrix.indices, groups, keep, of)
    padded = np.zeros((rows, groups * of))
    padded[:, :columns] = matrix.to_array()
    expected = [reference.group_places(group, keep) for group in padded.reshape(-1, of)]
    assert places.reshape(-1, keep).tolist() == expected
    stored = np.append(matrix.value_array(), 0)[sources].reshape(-1, keep)
    assert np.array_equal(stored, np.take_along_axis(padded.reshape(-1, of), places.reshape(-1, keep), axis=1))
    assert np.array_equal(np.sort(sources[sources >= 0]), np.arange(matrix.nnz))
