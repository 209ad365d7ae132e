"""Kernels against the definitions in `reference`."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sparsesim.formats import occupancy, reference
from sparsesim.formats.kernels import group_slots
from sparsesim.tensors import SparseMatrix
from tests.strategies import group_matrices, patterns

BLOCK = st.integers(1, 5)


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
    assert occupancy.row_gap_padding(matrix, bits) == reference.row_gap_padding(dense, bits)


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
