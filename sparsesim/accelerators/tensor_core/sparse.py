"""Sparse tensor cores: a structured operand A is multiplied in compressed form, skipping the zeros it leaves out."""

from collections.abc import Hashable, Mapping
from dataclasses import replace
from typing import ClassVar, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from sparsesim.accelerators.arithmetic import unpacking_adds
from sparsesim.accelerators.kernels import select_and_accumulate
from sparsesim.accelerators.patterned import RAN_DENSE, Patterned
from sparsesim.accelerators.tensor_core.dense import TensorCore
from sparsesim.accelerators.tensor_core.tiling import Grid
from sparsesim.array_types import FloatArray
from sparsesim.dtypes import DType
from sparsesim.errors import PatternError
from sparsesim.formats import Dense, Nm, NmPairs, Structured, Vnm, format_by_name
from sparsesim.matmul import MatmulOp, Operand
from sparsesim.schedule import Schedule
from sparsesim.tensors import LOCATED, DenseMatrix, SparseMatrix
from sparsesim.units import ceil_div


class SparseTensorCore(TensorCore, Patterned):
    """A GPU with tensor cores that skip the zeros of a structured operand A.

    The format of A selects the kernel, as it selects the library call:

    - `dense` runs the dense kernel at the dense rate, wherever the zeros are.
    - `vnm-V:N:M` on a unit with pattern N:4 runs the VENOM kernel (R. L. Castro et al., SC 2023): for every
      tile of C and V x M block, four rows of B are gathered by their column locations and multiplied as N:4.
    - Everything else runs the kernel for the unit's pattern and number type. Other formats are unpacked on the fly, at
      one index addition per stored value (assumed).

    Compressed values and their metadata are fetched; for each kept value, its index selects the matching row of B. A
    matrix that breaks the pattern is refused, or (`on_violation: dense`) multiplied densely as real hardware does.

    Attributes:
        patterns: format that the unit multiplies compressed, by number type; types without an entry run dense only.
    """

    kind: Literal["sparse_tensor_core"] = "sparse_tensor_core"  # type: ignore[assignment]
    patterns: Mapping[str, str] = Field(min_length=1)

    native: ClassVar = frozenset({Dense, Nm, NmPairs, Vnm})

    @model_validator(mode="after")
    def _patterns_exist(self) -> Self:
        for dtype, name in self.patterns.items():
            if dtype not in self.macs_per_cycle:
                raise ValueError(f"patterns: {dtype} has no macs_per_cycle")
            packed = format_by_name(name)
            if not isinstance(packed, Structured) or isinstance(packed, Vnm):
                raise ValueError(f"patterns.{dtype}: {name} is not the pattern of a unit, such as nm-2:4")
        return self

    def natural_format(self, density: float) -> str:
        """Compressed if the density is closer to the pattern's than to 1, else dense.

        The pattern's own density would be too strict: a last group shorter than `of` may be fuller than the pattern.
        """
        kept, of = self.pattern
        return self.patterns[self.default_dtype] if 2 * of * density < kept + of else "dense"

    @property
    def pattern(self) -> tuple[int, int]:
        """(keep, of) for the default number type; (1, 1) if it runs dense only."""
        name = self.patterns.get(self.default_dtype)
        return (1, 1) if name is None else _kept_of(format_by_name(name))

    def compression(self, op: MatmulOp) -> tuple[int, int]:
        """(keep, of) of the kernel that runs, (1, 1) for the dense one; PatternError if no kernel may run."""
        return _kept_of(self._kernel(op))

    def a_bits_on_chip(self, op: MatmulOp) -> int:
        """Compressed values with their metadata; all values for the dense kernel."""
        packed = self._kernel(op)
        if packed is None:
            return super().a_bits_on_chip(op)
        if packed == op.a.format:
            return op.a.size.size_bits
        return packed.size(op.a.tensor, op.a.dtype).size_bits

    def b_bits_on_chip(self, op: MatmulOp) -> int:
        """All of B, or only the rows that a row block of V:N:M gathers."""
        packed = self._kernel(op)
        if isinstance(packed, Vnm):
            return packed.located_rows(op.a.shape) * op.n * op.b.dtype.bits  # no groups, see _kernel
        return super().b_bits_on_chip(op)

    def plan_key(self, op: MatmulOp) -> Hashable:
        """Sizes, the kernel that the positions allow, and the size of A in that kernel's format."""
        return self._kernel(op), self.a_bits_on_chip(op), super().plan_key(op)

    def _schedule(self, op: MatmulOp, grid: Grid) -> Schedule:
        """The schedule of the dense core, with `fallback_dense` if a compressed A ran the dense kernel."""
        schedule = super()._schedule(op, grid)
        fallback = self._kernel(op) is None and not isinstance(op.a.format, Dense)
        details = {**schedule.details, "fallback_dense": int(fallback)}
        return replace(schedule, details=details, note=RAN_DENSE if fallback else "")

    def execute(self, op: MatmulOp) -> FloatArray | SparseMatrix:
        """C in float64 from the compressed form: every kept value selects its row of B by its index."""
        packed = self._kernel(op)
        if packed is None or op.groups > 1:
            return super().execute(op)
        a = op.a.tensor.to_sparse()
        slots = packed.slots(a)
        values = np.append(a.value_array().astype(np.float64), 0.0)[slots.sources]
        c = np.zeros((op.m, op.n))
        select_and_accumulate(slots.columns, values, np.ascontiguousarray(op.b.tensor.to_array()), c)
        return c

    def _pattern_of(self, dtype: DType) -> Structured | None:
        name = self.patterns.get(dtype.name)
        packed = None if name is None else format_by_name(name)
        return packed if isinstance(packed, Structured) else None

    def _kernel(self, op: MatmulOp) -> Structured | None:
        """The compressed format that is multiplied, None for the dense kernel; PatternError if neither may run."""
        stored, native = op.a.format, self._pattern_of(op.a.dtype)
        if isinstance(stored, Dense):
            return None
        if isinstance(stored, Vnm) and native == Nm(stored.keep, LOCATED):
            if op.groups > 1:
                raise PatternError(f"{op.name}: the kernel of {stored.name} has no groups, the operation {op.groups}")
            native = stored
        violation = None if native is None or _fits(op.a, native) else native.violation(op.a.tensor)
        if native is not None and violation is None:
            return native
        if self.on_violation == "dense":
            return None
        missing = f"cannot run compressed: the unit has no pattern for {op.a.dtype}"
        raise PatternError(f"{op.name}: operand A {f'is {violation.describe()}' if violation else missing}")

    def _actions(self, op: MatmulOp, grid: Grid, dram_bytes: dict[str, int]) -> dict[str, int]:
        """Exact action counts of one repetition; compressed formats other than the unit's own are unpacked."""
        packed = self._kernel(op)
        if isinstance(packed, Vnm):
            return self._located_actions(op, packed, grid, dram_bytes)
        actions = dict(super()._actions(op, grid, dram_bytes))
        if isinstance(op.a.format, Structured) and op.a.format != packed:
            actions["index_add"] += unpacking_adds(op.a, frozenset(), grid.tiles_n)
        return actions

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
        actions["index_add"] += gathers * grid.tiles_n * located.k + unpacking_adds(
            op.b, TensorCore.native, grid.tiles_m
        )
        return actions


def _fits(a: Operand, native: Structured) -> bool:
    """Whether A is known to have the pattern because its size in that format could be taken.

    Cheaper than searching the matrix for violations: the size is computed anyway, and cached.
    """
    try:
        return a.format == native and a.size.size_bits >= 0
    except PatternError:
        return False


def _kept_of(packed: object) -> tuple[int, int]:
    return (packed.keep, packed.of) if isinstance(packed, Structured) else (1, 1)


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
