"""Sparse tensor cores: a structured operand A is multiplied in compressed form, skipping the zeros it leaves out."""

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from sparsesim.accelerators.groups import execute_one_by_one
from sparsesim.accelerators.kernels import select_and_accumulate
from sparsesim.accelerators.tensor_core.dense import TensorCore
from sparsesim.accelerators.tensor_core.tiling import Grid
from sparsesim.array_types import FloatArray
from sparsesim.dtypes import DType
from sparsesim.errors import PatternError
from sparsesim.formats import Dense, Nm, NmPairs, Structured, Vnm, format_by_name
from sparsesim.matmul import MatmulOp, Operand
from sparsesim.tensors import LOCATED, DenseMatrix, SparseMatrix
from sparsesim.units import ceil_div


class SparseTensorCore(TensorCore):
    """A GPU with tensor cores that skip the zeros of a structured operand A.

    Compressed values and their metadata are fetched; for each kept value, its index selects the matching row of B. The
    unit multiplies its own pattern of each number type, and `vnm-V:N:M` where that is N:4, as the VENOM kernel does (R.
    L. Castro et al., SC 2023): for every tile of C and V x M block, four rows of B are gathered by their column
    locations and multiplied as N:4. A matrix that breaks the pattern is refused.

    Attributes:
        patterns: format that the unit multiplies, by number type.
    """

    kind: Literal["sparse_tensor_core"] = "sparse_tensor_core"  # type: ignore[assignment]
    patterns: Mapping[str, str] = Field(min_length=1)

    native: ClassVar = frozenset({Nm, NmPairs, Vnm})
    scaling: ClassVar = TensorCore.scaling._replace(fixed=(*TensorCore.scaling.fixed, "patterns"))

    def reads(self, op: MatmulOp) -> bool:
        """The pattern of the number type, and V:N:M within it for a single group."""
        own = self._pattern_of(op.a.dtype)
        located = isinstance(op.a.format, Vnm) and own == Nm(op.a.format.keep, LOCATED) and op.groups == 1
        return super().reads(op) and (op.a.format == own or located)

    @model_validator(mode="after")
    def _patterns_exist(self) -> Self:
        for dtype, name in self.patterns.items():
            if dtype not in self.macs_per_cycle:
                raise ValueError(f"patterns: {dtype} has no macs_per_cycle")
            packed = format_by_name(name)
            if not isinstance(packed, Structured) or isinstance(packed, Vnm):
                raise ValueError(f"patterns.{dtype}: {name} is not the pattern of a unit, such as nm-2:4")
        return self

    def natural_format(self, density: float, dtype: str) -> str:
        """The pattern of the number type."""
        return self.patterns.get(dtype) or next(iter(self.patterns.values()))

    def compression(self, op: MatmulOp) -> tuple[int, int]:
        """(keep, of) of A's format."""
        packed = self._packed(op)
        return packed.keep, packed.of

    def a_bits_on_chip(self, op: MatmulOp) -> int:
        """Compressed values with their metadata."""
        self._packed(op)
        return op.a.size.size_bits

    def b_bits_on_chip(self, op: MatmulOp) -> int:
        """All of B, or only the rows that a row block of V:N:M gathers."""
        packed = self._packed(op)
        if isinstance(packed, Vnm):
            return packed.located_rows(op.a.shape) * op.n * op.b.dtype.bits  # no groups, see `reads`
        return super().b_bits_on_chip(op)

    def execute(self, op: MatmulOp) -> FloatArray | SparseMatrix:
        """C in float64 from the compressed form: every kept value selects its row of B by its index."""
        if op.groups > 1:
            return execute_one_by_one(self, op)
        a, packed = op.a.tensor.to_sparse(), self._packed(op)
        op.a.size  # noqa: B018  # raises PatternError for an A whose non-zeros are more than its slots
        slots = packed.slots(a)
        values = np.append(a.value_array().astype(np.float64), 0.0)[slots.sources]
        c = np.zeros((op.m, op.n))
        select_and_accumulate(slots.columns, values, np.ascontiguousarray(op.b.tensor.to_array()), c)
        return c

    def _pattern_of(self, dtype: DType) -> Structured | None:
        name = self.patterns.get(dtype.name)
        packed = None if name is None else format_by_name(name)
        return packed if isinstance(packed, Structured) else None

    def _packed(self, op: MatmulOp) -> Structured:
        """A's format; PatternError if the unit does not multiply it."""
        if not self.reads(op) or not isinstance(op.a.format, Structured):
            own = self._pattern_of(op.a.dtype)
            known = f"multiplies {op.a.dtype} as {own.name}" if own else f"has no pattern for {op.a.dtype}"
            raise PatternError(f"{op.name}: {op.a.format.name} cannot run compressed: the unit {known}")
        return op.a.format

    def _actions(self, op: MatmulOp, grid: Grid, dram_bytes: dict[str, int]) -> dict[str, int]:
        """Exact action counts of one repetition."""
        packed = self._packed(op)
        if isinstance(packed, Vnm):
            return self._located_actions(op, packed, grid, dram_bytes)
        return super()._actions(op, grid, dram_bytes)

    def _located_actions(self, op: MatmulOp, packed: Vnm, grid: Grid, dram_bytes: dict[str, int]) -> dict[str, int]:
        """Counts of N:4 on the gathered rows of B, plus gathering them for every tile of C and row block of A.

        A tile taller than a row block gathers again for each block, so `gathers` may exceed the tiles along M. All of B
        is still fetched from DRAM, because every row is gathered by some row block.
        """
        located = _located(op, packed)
        actions = dict(super()._actions(located, grid._replace(kept=packed.keep, of=LOCATED), dram_bytes))
        gathers = overlaps(op.m, grid.tile.m, packed.rows)
        locations = gathers * grid.tiles_n * located.k * packed.location_bits
        regathered = (gathers - grid.tiles_m) * located.b.size.size_bits
        for action in ("l2_read_bits", "shared_memory.sram_write_bits", "shared_memory.sram_read_bits"):
            actions[action] += locations + regathered
        actions["index_add"] = gathers * grid.tiles_n * located.k
        return actions


def _located(op: MatmulOp, packed: Vnm) -> MatmulOp:
    """The N:4 multiplication seen by one row block: B is reduced to the gathered rows, and K to their number."""
    depth = packed.located_rows(op.a.shape)
    # Only the shape of A counts here, so an empty matrix will do.
    empty = SparseMatrix((op.m, depth), np.zeros(op.m + 1, np.int64), np.zeros(0, np.int64))
    a = Operand(empty, Nm(packed.keep, LOCATED), op.a.dtype)
    return replace(op, a=a, b=Operand(DenseMatrix((depth, op.n)), Dense(), op.b.dtype))


def overlaps(rows: int, tile: int, block: int) -> int:
    """Number of (tile, block) pairs that overlap when `rows` are cut into tiles and, separately, into blocks."""
    starts = range(0, rows, tile)
    return sum(ceil_div(min(start + tile, rows), block) - start // block for start in starts)
