"""Sparse tensor cores: A holds at most `keep` non-zeros in every `of` along K and is multiplied compressed."""

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from sparsesim.accelerators.kernels import select_and_accumulate
from sparsesim.accelerators.tensor_core import Grid, TensorCore
from sparsesim.errors import PatternError
from sparsesim.formats import format_by_name
from sparsesim.formats.kernels import group_slots
from sparsesim.matmul import MatmulOp
from sparsesim.tensors import SparseMatrix, group_violation
from sparsesim.units import ceil_div


class SparseTensorCore(TensorCore):
    """A GPU whose tensor cores skip the zeros of an N:M operand A.

    Compressed values and their metadata are fetched; for each kept value the metadata selects the matching
    row of B, which is read in full. A matrix that breaks the pattern is refused, or (`on_violation: dense`)
    multiplied densely as real hardware does.
    """

    kind: Literal["sparse_tensor_core"] = "sparse_tensor_core"  # type: ignore[assignment]
    keep: int = Field(gt=0)
    of: int = Field(gt=1)
    on_violation: Literal["refuse", "dense"] = "refuse"

    native_a: ClassVar[tuple[str, ...]] = ("nm",)

    def natural_format(self, density: float) -> str:
        """Compressed N:M; dense where every position is filled."""
        return "dense" if density == 1 else f"nm-{self.keep}:{self.of}"

    @property
    def pattern(self) -> tuple[int, int]:
        """(keep, of)."""
        return self.keep, self.of

    def compression(self, op: MatmulOp) -> tuple[int, int]:
        """(keep, of) if A has the pattern; else PatternError, or (1, 1) where dense work was asked for."""
        violation = group_violation(op.a.tensor, self.keep, self.of)
        if violation is None:
            return self.keep, self.of
        if self.on_violation == "dense":
            return 1, 1
        raise PatternError(f"{op.name}: operand A is {violation.describe(self.keep, self.of)}")

    def a_bits_on_chip(self, op: MatmulOp, grid: Grid) -> int:
        """Compressed values with metadata, or the dense tile after a fallback."""
        if grid.kept == grid.of:
            return super().a_bits_on_chip(op, grid)
        return format_by_name(f"nm-{self.keep}:{self.of}").size(op.a.tensor, op.a.value_type).size_bits

    def execute(self, op: MatmulOp) -> NDArray[np.floating[Any]] | SparseMatrix:
        """C in float64 through the compressed form: every kept value picks its row of B by its index."""
        kept, of = self.compression(op)
        if kept == of:
            return super().execute(op)
        positions, values = self._compressed(op.a.tensor.to_sparse())
        c = np.zeros((op.m, op.n))
        select_and_accumulate(positions, values, np.ascontiguousarray(op.b.tensor.to_array()), c)
        return c

    def _compressed(self, a: SparseMatrix) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Row of B and value of every slot, both [rows, groups * keep]; unused slots hold the value zero."""
        groups = ceil_div(a.shape[1], self.of)
        sources, places = group_slots(a.indptr, a.indices, groups, self.keep, self.of)
        values = np.append(a.value_array().astype(np.float64), 0.0)[sources]
        group = np.arange(len(places)) // self.keep % max(groups, 1)
        shape = (a.shape[0], groups * self.keep)
        return (group * self.of + places).reshape(shape), values.reshape(shape)
