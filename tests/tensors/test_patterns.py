from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparsesim.tensors import (
    DenseMatrix,
    DrawnMatrix,
    SparseMatrix,
    block_violation,
    group_violation,
    nm,
    pair_violation,
)
from sparsesim.tensors.kernels import cell_pattern
from tests.strategies import patterns


def crowded(dense: np.ndarray, rows: int, width: int, limit: int, of: int) -> list[tuple[int, int, int]]:
    """(row, column, count) of every group with more than `limit` units of rows x width that hold a non-zero."""
    found = []
    for row in range(0, dense.shape[0], rows):
        for column in range(0, dense.shape[1], of):
            group = dense[row : row + rows, column : column + of]
            count = sum(bool(group[:, start : start + width].any()) for start in range(0, group.shape[1], width))
            if count > limit:
                found.append((row, column, count))
    return found


def assert_first(found, expected: list[tuple[int, int, int]]) -> None:
    if not expected:
        assert found is None
        return
    assert found is not None
    assert (found.row, found.column, found.count, found.groups) == (*expected[0], len(expected))
    assert "\n" not in found.describe()


@given(matrix=patterns(), keep=st.integers(1, 4), extra=st.integers(0, 3))
@settings(deadline=None)
def test_the_first_violation_is_the_one_a_plain_search_finds(matrix: SparseMatrix, keep: int, extra: int) -> None:
    assert_first(group_violation(matrix, keep, keep + extra), crowded(matrix.to_array() != 0, 1, 1, keep, keep + extra))


@given(matrix=patterns(), keep=st.integers(1, 3), extra=st.integers(0, 2))
@settings(deadline=None)
def test_the_first_group_with_too_many_pairs(matrix: SparseMatrix, keep: int, extra: int) -> None:
    of = 2 * (keep + extra)
    assert_first(pair_violation(matrix, 2 * keep, of), crowded(matrix.to_array() != 0, 1, 2, keep, of))


@given(matrix=patterns(), rows=st.integers(1, 5), keep=st.integers(1, 4), of=st.integers(4, 9))
@settings(deadline=None)
def test_the_first_block_with_too_many_columns_or_row_with_too_many_weights(
    matrix: SparseMatrix, rows: int, keep: int, of: int
) -> None:
    dense = matrix.to_array() != 0
    assert_first(
        block_violation(matrix, rows, keep, of), crowded(dense, rows, 1, 4, of) or crowded(dense, 1, 1, keep, of)
    )


@given(matrix=patterns(), rows=st.integers(1, 5), width=st.integers(1, 5))
@settings(deadline=None)
def test_units_are_those_that_slices_show(matrix: SparseMatrix, rows: int, width: int) -> None:
    dense = matrix.to_array() != 0
    expected = [
        [
            unit
            for unit, column in enumerate(range(0, dense.shape[1], width))
            if dense[row : row + rows, column : column + width].any()
        ]
        for row in range(0, dense.shape[0], rows)
    ]
    indptr, indices = cell_pattern(matrix.indptr, matrix.indices, matrix.shape[1], rows, width)
    assert [indices[start:end].tolist() for start, end in pairwise(indptr)] == expected


@pytest.mark.parametrize("shape", [(3, 10), (2, 11), (1, 3), (5, 6), (70, 9), (4, 0), (0, 4)])
@pytest.mark.parametrize(
    "violation",
    [
        lambda tensor: group_violation(tensor, 2, 4),
        lambda tensor: pair_violation(tensor, 4, 8),
        lambda tensor: pair_violation(tensor, 2, 6),
        lambda tensor: block_violation(tensor, 64, 2, 8),
        lambda tensor: block_violation(tensor, 2, 3, 4),
    ],
)
def test_a_dense_matrix_is_answered_for_without_being_listed(shape, violation) -> None:
    dense = DenseMatrix(shape)
    quick = violation(dense)
    assert "_sparse" not in vars(dense)
    assert quick == violation(dense.to_sparse())


def test_a_violation_is_described_in_one_line() -> None:
    full = SparseMatrix.from_mask(np.ones((3, 16), np.bool_))
    described = [
        violation.describe()
        for violation in (
            group_violation(full, 2, 4),
            pair_violation(full, 4, 8),
            block_violation(full, 2, 2, 8),
            block_violation(SparseMatrix.from_mask(np.eye(4, 16, 12) + np.eye(4, 16, 13) > 0), 4, 1, 16),
        )
        if violation is not None
    ]
    assert described == [
        "not 2:4: row 0, columns 0..3 hold 4 non-zeros where at most 2 are allowed (12 such groups)",
        "not 4:8 in pairs: row 0, columns 0..7 hold 4 pairs with non-zeros where at most 2 are allowed (6 such groups)",
        "not 2:2:8: rows 0..1, columns 0..7 hold 8 columns with non-zeros where at most 4 are allowed (4 such blocks)",
        "not 4:1:16: row 0, columns 0..15 hold 2 non-zeros where at most 1 are allowed (3 such groups)",
    ]


@pytest.mark.parametrize(("keep", "of"), [(2, 4), (4, 8), (1, 4), (2, 8), (3, 6)])
def test_a_drawn_matrix_of_a_rule_that_implies_2_in_4_is_not_drawn(keep: int, of: int) -> None:
    def draw() -> SparseMatrix:
        drawn.append(1)
        return nm(6, 17, keep, of)

    drawn: list[int] = []
    found = group_violation(DrawnMatrix((6, 17), 1, (keep, of), draw), 2, 4)
    assert found == group_violation(nm(6, 17, keep, of), 2, 4)
    assert bool(drawn) == ((keep, of) in ((4, 8), (3, 6)))
