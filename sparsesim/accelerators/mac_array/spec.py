"""An array of multipliers under one shared memory, with weights in latches and sums in a register file per subcore."""

from collections.abc import Hashable, Iterator
from typing import Any, ClassVar, Final, Literal, Self

import numpy as np
from pydantic import model_validator

from sparsesim.accelerators.arithmetic import size_key, weighted_shares
from sparsesim.accelerators.groups import execute_one_by_one, plan_one_by_one
from sparsesim.accelerators.kernels import select_and_accumulate
from sparsesim.accelerators.mac_array.packed import Packed, compressed
from sparsesim.accelerators.mac_array.walks import Walk, distinct_sides, halves, order, resident, sides
from sparsesim.accelerators.memories import Sram
from sparsesim.accelerators.plannable import check_plannable, check_tiles
from sparsesim.accelerators.scaling import Scaling
from sparsesim.accelerators.unpacking import Unpacking, packed_values
from sparsesim.array_types import FloatArray, IntArray
from sparsesim.dtypes import ACCUMULATORS
from sparsesim.errors import InputError, PatternError
from sparsesim.formats import Dense, Nm, format_by_name
from sparsesim.formats.coding.widths import bits_for
from sparsesim.matmul import MatmulOp
from sparsesim.quantities import Count
from sparsesim.schedule import Phase, Schedule
from sparsesim.tensors import SparseMatrix, group_violation
from sparsesim.units import BITS_PER_BYTE, ceil_div

DENSE: Final = frozenset({Dense})
"""The format of operands that need no decoder."""


class MacArray(Unpacking):
    """`subcores` x `rows` x `depth` multipliers (the tensor core of Sparseloop, MICRO 2022, Fig. 15).

    Rows of A are mapped to the rows of all subcores, K to `depth`, where an adder tree sums the products. Weights are
    stationary: each stays in its latch while the columns of a tile stream past, one per cycle. Partial sums live in
    the register file, which therefore limits the width of a tile. Shared memory holds A and B over all of K; C goes
    from the registers straight to DRAM. At most `keep` of every `of` positions along K are multiplied, and metadata
    selects their rows of B; a matrix that breaks this pattern is refused. Every slot is multiplied, zero or not.

    Of all tilings, the one with the fewest cycles is taken, then the fewest DRAM bytes, then the least shared-memory
    traffic (the artifact's mapper goes by delay, then energy).

    Attributes:
        subcores, rows: the array's extent along M.
        depth: its extent along K.
        shared_memory, shared_bytes_per_cycle: operand buffer and its bandwidth.
        register_file: sums of one subcore, `accumulator_bits` each.
        stages: tiles that may be in flight on either side of the array.
        keep, of: the pattern of A along K; equal for an array that runs dense, which unpacks every other format.
    """

    kind: Literal["mac_array"] = "mac_array"
    subcores: Count
    rows: Count
    depth: Count
    shared_memory: Sram
    shared_bytes_per_cycle: Count
    register_file: Sram
    accumulator_bits: Count
    stages: Count
    keep: Count = 1
    of: Count = 1

    native: ClassVar = frozenset({Dense, Nm})
    scaling: ClassVar = Scaling(
        width=("subcores", "macs_per_cycle", "shared_bytes_per_cycle", "unpack_values_per_cycle"),
        buffers=("shared_memory.size_bytes",),
        fixed=("rows", "depth", "register_file", "accumulator_bits", "stages", "keep", "of"),
        parts="subcores",
    )

    def reads(self, op: MatmulOp) -> bool:
        """The unit's own pattern, or dense if it has none."""
        stored = Dense() if self.keep == self.of else Nm(self.keep, self.of)
        return super().reads(op) and op.a.format == stored

    def unpacks(self, op: MatmulOp) -> bool:
        """Whatever can be made dense; an array with a pattern has no decoder for other formats."""
        return self.keep == self.of and super().unpacks(op)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        multipliers = self.subcores * self.rows * self.depth
        for dtype, stated in self.macs_per_cycle.items():
            if stated != multipliers:
                raise ValueError(
                    f"macs_per_cycle.{dtype}: {stated}: must be subcores x rows x depth = {multipliers} for every type"
                )
        if self.keep > self.of:
            raise ValueError(f"keep {self.keep} is more than of {self.of}")
        if self.keep < self.of:
            try:
                format_by_name(self.natural_format(1, self.default_dtype))
            except InputError as error:
                raise ValueError(f"keep {self.keep} of {self.of}: {error}") from error
        if self.max_columns < 1:
            raise ValueError(
                f"register_file.size_bytes: {self.register_file.size_bytes}: register_file holds less than one sum per "
                f"row, {self.rows} x {self.accumulator_bits} accumulator_bits"
            )
        return self

    @property
    def max_columns(self) -> int:
        """Widest tile of C with sums that fit the register file of a subcore."""
        return self.register_file.size_bytes * BITS_PER_BYTE // (self.rows * self.accumulator_bits)

    def natural_format(self, density: float, dtype: str) -> str:
        """Compressed in the unit's pattern; dense if it has none."""
        return "dense" if self.keep == self.of else f"nm-{self.keep}:{self.of}"

    def plan(self, op: MatmulOp, work: Any = None) -> Schedule:
        """One step per tile of C, groups one by one."""
        if op.groups > 1:
            self._packed(op)  # raises for what breaks the pattern, with its row of the whole A
            return plan_one_by_one(self, op, sums=("tiles",))
        self.peak_macs_per_cycle(op.a.dtype)  # raises for a type that the unit does not have
        check_plannable(op)
        packed = self._packed(op)
        walk = min(self._walks(op, packed), key=lambda candidate: self._cost(op, packed, candidate))
        check_tiles(op, walk.tiles_m, walk.tiles_n)
        i, j = order(walk)
        rows, columns = sides(op.m, walk.rows), sides(op.n, walk.columns)
        from_a = np.where(j % walk.a_reach == 0, weighted_shares(op.a.dram_bytes, rows)[i], 0)
        from_b = np.where(i % walk.b_reach == 0, weighted_shares(op.b.dram_bytes, columns)[j], 0)
        write = -(-rows[i] * columns[j] * op.c_dtype.bits // BITS_PER_BYTE)
        dram_bytes = {"A": int(from_a.sum()), "B": int(from_b.sum()), "C": int(write.sum())}
        a_passes, b_passes = walk.passes
        cycles = self._cycles(op, packed, rows, columns)[i, j]
        multiplying = int(cycles[self._delivered(op, packed, rows, columns)[i, j] <= columns[j]].sum())
        phase = Phase(
            fetch_bytes=from_a + from_b,
            compute_cycles=cycles,
            write_bytes=write,
            units=1,
            fetch_slots=self.stages,
            write_slots=self.stages,
            resources={"multipliers": multiplying, "shared memory": int(cycles.sum()) - multiplying},
        )
        schedule = Schedule(
            phases=(phase,),
            actions=self._actions(op, packed, walk),
            dram_bytes=dram_bytes,
            repeat=op.repeat,
            details={
                "tiles": len(i),
                "tile_m": walk.rows,
                "tile_n": walk.columns,
                "a_passes": a_passes,
                "b_passes": b_passes,
                "kept": packed.kept,
                "kept_of": packed.of,
            },
        )
        # A decoder is needed for operands of the dense array alone: the other one takes nothing but its own format.
        values = packed_values(op.a, self.native, a_passes) + packed_values(op.b, DENSE, b_passes)
        return self.behind_decoder(schedule, values)

    def plan_key(self, op: MatmulOp) -> Hashable:
        """Sizes, and whether A has the pattern."""
        return self.peak_macs_per_cycle(op.a.dtype), self._packed(op), size_key(op)

    def execute(self, op: MatmulOp) -> FloatArray | SparseMatrix:
        """C in float64: tile by tile over slices of K, or from kept values and their metadata."""
        if op.groups > 1:
            self._packed(op)
            return execute_one_by_one(self, op)
        packed = self._packed(op)
        b, c = np.ascontiguousarray(op.b.tensor.to_array(), np.float64), np.zeros((op.m, op.n))
        if packed.kept < packed.of:
            select_and_accumulate(*compressed(op.a.tensor.to_sparse(), packed), b, c)
            return c
        a, height = op.a.tensor.to_array().astype(np.float64), self.subcores * self.rows
        for row in range(0, op.m, height):
            for column in range(0, op.n, self.max_columns):
                rows, columns = slice(row, row + height), slice(column, column + self.max_columns)
                for first in range(0, op.k, self.depth):
                    part = slice(first, first + self.depth)
                    c[rows, columns] += a[rows, part] @ b[part, columns]
        return c

    def _packed(self, op: MatmulOp) -> Packed:
        """A in the unit's pattern; PatternError if it breaks it."""
        if self.keep == self.of:
            return Packed(1, 1, op.k, 0)
        violation = group_violation(op.a.tensor, self.keep, self.of)
        if violation is not None:
            raise PatternError(f"{op.name}: operand A is {violation.describe()}")
        return Packed(self.keep, self.of, ceil_div(op.k, self.of) * self.keep, bits_for(self.of))

    def _walks(self, op: MatmulOp, packed: Packed) -> Iterator[Walk]:
        """Tilings in which A or B stays in shared memory while the other streams past, or neither stays."""
        height, capacity = self.subcores * self.rows, BITS_PER_BYTE * self.shared_memory.size_bytes
        for columns in sorted({min(width, max(op.n, 1)) for width in halves(self.max_columns)}):
            tiles = ceil_div(op.m, height), ceil_div(op.n, columns)
            a_slot, b_position = height * op.a.dtype.bits, columns * op.b.dtype.bits
            a_tile, b_tile = a_slot * packed.slots, b_position * op.k
            b_slice = b_position * min(ceil_div(self.depth * packed.of, packed.kept), op.k)
            rows_of_a = resident(capacity, a_tile, b_tile, b_slice, tiles[0])
            columns_of_b = resident(capacity, b_tile, a_tile, min(a_slot * self.depth, a_tile), tiles[1])
            yield Walk(height, columns, *tiles, 1, 1)
            if rows_of_a:
                yield Walk(height, columns, *tiles, max(tiles[1], 1), rows_of_a)
            if columns_of_b:
                yield Walk(height, columns, *tiles, columns_of_b, max(tiles[0], 1))

    def _cost(self, op: MatmulOp, packed: Packed, walk: Walk) -> tuple[int, int, int]:
        """Cycles, DRAM bytes and shared-memory bits of a tiling."""
        # Only the last row or column of tiles is smaller, so there are at most four different tiles to cost.
        rows, row_tiles = distinct_sides(op.m, walk.rows)
        columns, column_tiles = distinct_sides(op.n, walk.columns)
        cycles = int(row_tiles @ self._cycles(op, packed, rows, columns) @ column_tiles)
        a_passes, b_passes = walk.passes
        a_bits, b_bits = op.m * packed.slots * op.a.dtype.bits, op.k * op.n * op.b.dtype.bits
        dram = a_passes * op.a.dram_bytes + b_passes * op.b.dram_bytes
        return cycles, dram, a_bits * (a_passes + walk.tiles_n) + b_bits * (b_passes + walk.tiles_m)

    def _cycles(self, op: MatmulOp, packed: Packed, rows: IntArray, columns: IntArray) -> IntArray:
        """int64[tiles_m, tiles_n]: one column per cycle and step along K, unless shared memory delivers more slowly."""
        delivered = self._delivered(op, packed, rows, columns)
        cycles: IntArray = ceil_div(packed.slots, self.depth) * np.maximum(columns, delivered)
        return cycles

    def _delivered(self, op: MatmulOp, packed: Packed, rows: IntArray, columns: IntArray) -> IntArray:
        """int64[tiles_m, tiles_n]: cycles in which shared memory delivers the operands of a step along K."""
        a_bits = self.depth * (op.a.dtype.bits + packed.place_bits)
        b_bits = ceil_div(self.depth * packed.of, packed.kept) * op.b.dtype.bits
        bits: IntArray = rows[:, None] * a_bits + columns * b_bits
        return -(-bits // (BITS_PER_BYTE * self.shared_bytes_per_cycle))

    def _actions(self, op: MatmulOp, packed: Packed, walk: Walk) -> dict[str, int]:
        """Exact action counts of one repetition."""
        a_passes, b_passes = walk.passes
        dtype, macs, a_slots = op.a.dtype, op.m * op.n * packed.slots, op.m * packed.slots
        b_bits, width = op.k * op.n * op.b.dtype.bits, op.a.dtype.bits + packed.place_bits
        # Each step along K updates every sum. The first reads none, but the final sum is read on its way to DRAM, so
        # reads and writes are equal.
        sums = op.m * op.n * ceil_div(packed.slots, self.depth) * self.accumulator_bits
        return {
            f"mult_{dtype.name}": macs,
            f"add_{ACCUMULATORS[dtype.name]}": macs,
            "select": macs if packed.kept < packed.of else 0,
            "latch_read_bits": macs * width,
            "latch_write_bits": a_slots * walk.tiles_n * width,
            "register_read_bits": sums,
            "register_write_bits": sums,
            "shared_memory.sram_read_bits": a_slots * walk.tiles_n * dtype.bits + b_bits * walk.tiles_m,
            "shared_memory.sram_write_bits": a_slots * a_passes * dtype.bits + b_bits * b_passes,
            "metadata_read_bits": a_slots * walk.tiles_n * packed.place_bits,
            "metadata_write_bits": a_slots * a_passes * packed.place_bits,
        }
