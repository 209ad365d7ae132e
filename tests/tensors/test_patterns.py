import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sparsesim.tensors import DrawnMatrix, SparseMatrix, group_violation
from tests.strategies import patterns


@given(matrix=patterns(), keep=st.integers(1, 4), extra=st.integers(0, 3))
@settings(deadline=None)
def test_the_first_violation_is_the_one_a_plain_search_finds(matrix: SparseMatrix, keep: int, extra: int) -> None:
    of = keep + extra
    dense = matrix.to_array() != 0
    counts = [
        (row, column, int(dense[row, column : column + of].sum()))
        for row in range(dense.shape[0])
        for column in range(0, dense.shape[1], of)
    ]
    violations = [group for group in counts if group[2] > keep]
    found = group_violation(matrix, keep, of)
    if not violations:
        assert found is None
        return
    assert found is not None
    assert (found.row, found.column, found.nnz, found.groups) == (*violations[0], len(violations))


def test_a_violation_is_described_in_one_line() -> None:
    found = group_violation(SparseMatrix.from_mask(np.ones((1, 8), np.bool_)), 2, 4)
    assert found is not None
    assert found.describe(2, 4) == (
        "not 2:4: row 0, columns 0..3 hold 4 non-zeros where at most 2 are allowed (2 such groups)"
    )


def test_a_drawn_matrix_of_that_rule_is_not_drawn() -> None:
    def draw() -> SparseMatrix:
        raise AssertionError("drawn")

    assert group_violation(DrawnMatrix((4, 4), 8, (2, 4), draw), 2, 4) is None
