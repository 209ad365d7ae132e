"""Questions about where non-zeros lie."""

from dataclasses import dataclass

from sparsesim.tensors.dense_matrix import DenseMatrix, DrawnMatrix, Tensor
from sparsesim.tensors.kernels import first_group_violation


@dataclass(frozen=True)
class GroupViolation:
    """The first group of consecutive columns that holds more non-zeros than the N:M rule allows."""

    row: int
    column: int
    nnz: int
    groups: int

    def describe(self, keep: int, of: int) -> str:
        """One line with row, columns and count."""
        return (
            f"not {keep}:{of}: row {self.row}, columns {self.column}..{self.column + of - 1} hold {self.nnz} "
            f"non-zeros where at most {keep} are allowed ({self.groups} such groups)"
        )


def group_violation(tensor: Tensor, keep: int, of: int) -> GroupViolation | None:
    """The first violation of "at most `keep` non-zeros in every `of` consecutive columns", or None."""
    if keep >= of or (isinstance(tensor, DrawnMatrix) and tensor.group == (keep, of)):
        return None
    if isinstance(tensor, DenseMatrix):
        return _dense_violation(tensor, keep, of)
    matrix = tensor.to_sparse()
    if (keep, of) not in matrix.group_violations:
        matrix.group_violations[keep, of] = first_group_violation(matrix.indptr, matrix.indices, keep, of)
    row, column, nnz, groups = matrix.group_violations[keep, of]
    return None if row < 0 else GroupViolation(int(row), int(column), int(nnz), int(groups))


def _dense_violation(tensor: DenseMatrix, keep: int, of: int) -> GroupViolation | None:
    """Every group of a dense matrix is full, which needs no look at its positions."""
    rows, columns = tensor.shape
    groups = rows * (columns // of + (columns % of > keep))
    return GroupViolation(0, 0, min(of, columns), groups) if groups else None
