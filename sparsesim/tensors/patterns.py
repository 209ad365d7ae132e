"""Whether the non-zeros of a matrix have a structured pattern (N:M, in pairs, V:N:M), and where they break it first."""

from dataclasses import dataclass, replace

from sparsesim.tensors.canonical import POSITION_BYTES, check_dense_memory
from sparsesim.tensors.dense_matrix import DenseMatrix, DrawnMatrix, Tensor
from sparsesim.tensors.kernels import cell_pattern, first_group_violation
from sparsesim.units import ceil_div

LOCATED = 4
"""Columns of every V x M block that a V:N:M pattern keeps (R. L. Castro et al., VENOM, SC 2023)."""


@dataclass(frozen=True)
class Violation:
    """The first place where a matrix breaks a structured pattern, and how many such places there are.

    The place is `rows` x `columns` positions from (row, column); `count` of the `things` in it are not zero.
    """

    rule: str
    row: int
    column: int
    columns: int
    count: int
    limit: int
    groups: int
    rows: int = 1
    things: str = "non-zeros"

    def describe(self) -> str:
        """One line with row, columns and count."""
        rows = f"row {self.row}" if self.rows == 1 else f"rows {self.row}..{self.row + self.rows - 1}"
        place = f"{rows}, columns {self.column}..{self.column + self.columns - 1}"
        return (
            f"not {self.rule}: {place} hold {self.count} {self.things} where at most {self.limit} are allowed "
            f"({self.groups} such {'groups' if self.rows == 1 else 'blocks'})"
        )


def group_violation(tensor: Tensor, keep: int, of: int) -> Violation | None:
    """The first violation of "at most `keep` non-zeros in every `of` consecutive columns", or None."""
    if isinstance(tensor, DrawnMatrix) and _implies(tensor.group, keep, of):
        return None
    return _first(tensor, Violation(f"{keep}:{of}", 0, 0, of, 0, keep, 0), 1)


def pair_violation(tensor: Tensor, keep: int, of: int) -> Violation | None:
    """The first violation of "at most keep/2 of every of/2 pairs of adjacent columns hold non-zeros", or None."""
    found = Violation(f"{keep}:{of} in pairs", 0, 0, of, 0, keep // 2, 0, things="pairs with non-zeros")
    return _first(tensor, found, 2)


def block_violation(tensor: Tensor, rows: int, keep: int, of: int) -> Violation | None:
    """The first violation of the V:N:M pattern `rows`:`keep`:`of`, or None.

    In every block of `rows` x `of` at most LOCATED columns hold non-zeros, and at most `keep` of those do in any
    one row. Blocks with too many columns are named before rows with too many non-zeros.
    """
    rule = f"{rows}:{keep}:{of}"
    found = Violation(rule, 0, 0, of, 0, LOCATED, 0, rows, "columns with non-zeros")
    crowded = _first(tensor, found, 1)
    if crowded is not None:
        return crowded
    within = group_violation(tensor, keep, of)
    return None if within is None else replace(within, rule=rule)


def _implies(group: tuple[int, int], keep: int, of: int) -> bool:
    """Whether every matrix that obeys `group` has at most `keep` non-zeros in every `of` columns."""
    if of % group[1] == 0:
        return of // group[1] * group[0] <= keep
    return group[1] % of == 0 and group[0] <= keep


def _first(tensor: Tensor, rule: Violation, width: int) -> Violation | None:
    """`rule` with the first place that breaks it, or None.

    What is counted are cells of `rule.rows` x `width` positions with any non-zero in them: single non-zeros (1 x 1),
    pairs of columns (1 x 2) or columns of a tall block (V x 1). At most `rule.limit` of them may be occupied in every
    `rule.columns` positions.
    """
    cells = rule.columns // width
    if rule.limit >= cells:
        return None
    if isinstance(tensor, DenseMatrix):
        row, cell, count, groups = _dense_place(tensor.shape, rule, width)
    else:
        row, cell, count, groups = _place(tensor, rule, width)
    if row < 0:
        return None
    return replace(rule, row=row * rule.rows, column=cell * width, count=count, groups=groups)


def _dense_place(shape: tuple[int, int], rule: Violation, width: int) -> tuple[int, int, int, int]:
    """Every group of a dense matrix is full, which needs no look at its positions."""
    rows, columns, of = ceil_div(shape[0], rule.rows), ceil_div(shape[1], width), rule.columns // width
    groups = rows * (columns // of + (columns % of > rule.limit))
    return (0, 0, min(of, columns), groups) if groups else (-1, -1, 0, 0)


def _place(tensor: Tensor, rule: Violation, width: int) -> tuple[int, int, int, int]:
    """(row, first cell, count, groups) in cells; remembered with the matrix, because every format asks again."""
    matrix, of = tensor.to_sparse(), rule.columns // width
    asked = (rule.rows, width, rule.limit, of)
    if asked not in matrix.group_violations:
        pattern = matrix.indptr, matrix.indices
        if (rule.rows, width) != (1, 1):
            check_dense_memory((1, ceil_div(matrix.shape[1], width)), POSITION_BYTES)
            pattern = cell_pattern(*pattern, matrix.shape[1], rule.rows, width)
        row, cell, count, groups = first_group_violation(*pattern, rule.limit, of)
        matrix.group_violations[asked] = int(row), int(cell), int(count), int(groups)
    return matrix.group_violations[asked]
