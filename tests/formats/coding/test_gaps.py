"""Positions to gaps and back, with as much padding as the definition has."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sparsesim.formats import reference
from sparsesim.formats.coding.gaps import gap_entries, positions_of
from sparsesim.tensors import SparseMatrix
from tests.strategies import patterns


@given(matrix=patterns(max_side=20), bits=st.integers(1, 5))
@settings(deadline=None)
def test_gaps_place_every_entry(matrix: SparseMatrix, bits: int) -> None:
    pointers, gaps, slots = gap_entries(matrix.indptr, matrix.indices, bits)
    assert not len(gaps) or 0 <= gaps.min() <= gaps.max() < 2**bits
    assert positions_of(pointers, gaps)[slots].tolist() == matrix.indices.tolist()
    padding = [reference.line_padding(row, bits) for row in matrix.to_array()]
    assert np.diff(pointers).tolist() == (matrix.row_lengths + np.array(padding, dtype=np.int64)).tolist()
