"""Dense tensor cores: tiles of C dealt to streaming multiprocessors, operands through L2 and shared memory."""

from collections.abc import Hashable, Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np
from pydantic import Field, FiniteFloat, PositiveInt, model_validator

from sparsesim.accelerators.base import (
    Accelerator,
    Sram,
    decode_adds,
    footprint,
    shares,
)
from sparsesim.accelerators.gemm_tiling import Grid, Rates, Tile, Work, cuts
from sparsesim.accelerators.gemm_traffic import dram_traffic, in_parts
from sparsesim.array_types import FloatArray
from sparsesim.dtypes import ACCUMULATOR_BITS, ACCUMULATORS
from sparsesim.errors import InputError
from sparsesim.matmul import MatmulOp
from sparsesim.schedule import Schedule
from sparsesim.tensors import SparseMatrix
from sparsesim.units import BITS_PER_BYTE, ceil_div

INSTRUCTION_M, INSTRUCTION_N, INSTRUCTION_K_BITS = 16, 8, 256
"""Sides of one mma instruction, to which work is padded (PTX ISA: m16n8k16 for fp16, 256 bits of K throughout)."""

SELECTED_BITS = 16
"""Width of an operand that the action "select" chooses; narrower ones count as parts of it."""

STEPS = 64
"""Steps that a schedule has at least, if K has as many slices; rounds are cut along K until there are so many."""


class TensorCore(Accelerator):
    """A GPU with dense tensor cores, driven by a GEMM library.

    Every position of A and B is multiplied, whatever its value; a compressed operand saves DRAM and L2 bytes
    only, and costs index arithmetic to unpack at each tile that uses it.

    The SMs compute tiles of C in rounds. A tile takes as long as its products, or its slices on the way from the
    L2, or the latency of its k-loop, whatever is longest. The library tries all tiles and splits of K
    (`plans`); which one is fastest depends on DRAM and power, too.

    Attributes:
        tiles: thread-block tiles (m, n, k) that the library has kernels for.
        splits: thread blocks that may share the K of a tile.
        walk: order of the tiles; "swizzled" takes the band of tile rows that moves the fewest bytes, "down" walks
            down all rows before it takes the next column.
        efficiency: share of the peak that the inner loop reaches, by number type; "other" stands for the rest.
        k_step_cycles: cycles of a step of the k-loop (128 B of a row) of a lone thread block, by number type.
        round_cycles: filling the pipeline and writing a tile back.
        split_cycles: starting the kernel that adds up the parts of a split.
        l2_partitions: halves of the L2 that each keep what their SMs read.
        l2_bytes_per_cycle: from the L2 to one SM.
        cluster: SMs that share the slices they read (1, 2, or 4: two by two).
        stages: steps of the schedule whose data may be under way.
    """

    kind: Literal["tensor_core"] = "tensor_core"
    sms: int = Field(gt=0)
    tiles: tuple[Tile, ...] = Field(min_length=1)
    splits: tuple[PositiveInt, ...] = (1,)
    walk: Literal["swizzled", "down"] = "swizzled"
    warp_tile: int = Field(gt=0)
    efficiency: Mapping[str, Annotated[FiniteFloat, Field(gt=0, le=1)]]
    k_step_cycles: Mapping[str, Annotated[FiniteFloat, Field(ge=0)]]
    round_cycles: FiniteFloat = Field(ge=0)
    split_cycles: FiniteFloat = Field(default=0, ge=0)
    l2: Sram
    l2_partitions: Literal[1, 2] = 1
    l2_bytes_per_cycle: FiniteFloat = Field(gt=0)
    cluster: Literal[1, 2, 4] = 1
    stages: int = Field(gt=0)

    native_a: ClassVar[tuple[str, ...]] = ("dense",)

    @model_validator(mode="after")
    def _something_to_run(self) -> Self:
        if min(min(tile) for tile in self.tiles) < 1:
            raise ValueError("tiles: every side must be at least 1")
        if 1 not in self.splits:
            raise ValueError("splits: 1 is missing, which short K cannot do without")
        return self

    def natural_format(self, density: float) -> str:
        """Dense, whatever the density."""
        return "dense"

    def plan(self, op: MatmulOp, trace: Any = None) -> Schedule:
        """The plan with the fewest cycles on the SMs."""
        return self._schedule(op, self._grids(op)[0])

    def plans(self, op: MatmulOp, trace: Any = None) -> Iterator[Schedule]:
        """All plans worth trying: each has fewer cycles, or fewer bytes to move, than every other."""
        for grid in self._grids(op):
            yield self._schedule(op, grid)

    def likeness(self, op: MatmulOp) -> Hashable:
        """Sizes alone: every position is multiplied."""
        return footprint(op)

    def execute(self, op: MatmulOp) -> FloatArray | SparseMatrix:
        """C in float64, group by group and tile by tile, accumulated over slices of K."""
        if op.groups > 1:
            return self.execute_one_by_one(op)
        tile = self._grids(op)[0].tile
        a, b = op.a.tensor.to_array(), op.b.tensor.to_array().astype(np.float64)
        c = np.zeros((op.m, op.n))
        for row in range(0, op.m, tile.m):
            for column in range(0, op.n, tile.n):
                rows, columns = slice(row, row + tile.m), slice(column, column + tile.n)
                for depth in range(0, op.k, tile.k):
                    part = slice(depth, depth + tile.k)
                    c[rows, columns] += a[rows, part] @ b[part, columns]
        return c

    @property
    def pattern(self) -> tuple[int, int]:
        """(kept, of) that the unit is built for."""
        return 1, 1

    def compression(self, op: MatmulOp) -> tuple[int, int]:
        """(kept, of): how many of every `of` positions along K are multiplied; (1, 1) is dense."""
        return 1, 1

    def a_bits_on_chip(self, op: MatmulOp) -> int:
        """Bits of A as they lie in shared memory."""
        return op.a.shape[0] * op.k * op.a.dtype.bits

    def b_bits_on_chip(self, op: MatmulOp) -> int:
        """Bits of B that one row of tiles in each group brings to shared memory."""
        return op.b.shape[0] * op.n * op.b.dtype.bits

    def _grids(self, op: MatmulOp) -> list[Grid]:
        name = op.a.dtype.name
        kept, of = self.compression(op)
        positions = max(op.a.shape[0] * op.k, 1), max(op.b.shape[0] * op.n, 1)
        work = Work(
            op.m,
            op.n,
            op.k,
            op.a.dtype.bits,
            op.c_dtype.bits / BITS_PER_BYTE,
            self.a_bits_on_chip(op) / positions[0] / BITS_PER_BYTE,
            self.b_bits_on_chip(op) / positions[1] / BITS_PER_BYTE,
            kept,
            of,
            op.groups,
        )
        reached = self.peak_macs_per_cycle(op.a.dtype) * self._of_type("efficiency", name)
        rates = Rates(
            self.sms,
            reached / self.sms,
            self.l2_bytes_per_cycle,
            self.cluster,
            self._of_type("k_step_cycles", name),
            self.round_cycles,
            self.split_cycles,
        )
        return cuts(work, self.tiles, self.splits, rates)

    def _of_type(self, field: str, dtype: str) -> float:
        """The entry of a number type, or that of "other"."""
        entries: Mapping[str, float] = getattr(self, field)
        if dtype not in entries and "other" not in entries:
            raise InputError(f"{field} has no entry for {dtype} and none for other")
        return entries.get(dtype, entries.get("other", 0.0))

    def _schedule(self, op: MatmulOp, grid: Grid) -> Schedule:
        """Rounds of tiles, each cut along K into equal parts; all SMs work in step."""
        fetched, dram_bytes = dram_traffic(op, grid, self.sms, (self.l2.size_bytes, self.l2_partitions), self.walk)
        slices = max(1, ceil_div(ceil_div(op.k, grid.split), grid.tile.k))
        parts = min(slices, max(1, ceil_div(STEPS, max(grid.rounds, 1))))
        fetch = in_parts(fetched, parts)
        cycles = np.tile(shares(grid.round_cycles, parts), grid.rounds)
        if grid.rounds:
            cycles[-1] += grid.reduce_cycles
        return Schedule(
            fetch_bytes=fetch,
            compute_cycles=cycles,
            # The L2 takes what is written and passes it on all the time, so that nobody waits for the last tiles.
            write_bytes=shares(dram_bytes["C"], len(fetch)),
            units=1,
            fetch_slots=self.stages,
            write_slots=2,
            actions=self._actions(op, grid, dram_bytes),
            dram_bytes=dram_bytes,
            repeat=op.repeat,
            extra={
                "tiles": grid.tiles,
                "tile_m": grid.tile.m,
                "tile_n": grid.tile.n,
                "split_k": grid.split,
                "waves": grid.rounds,
                "l2_bound": int(grid.bound == "l2"),
                "latency_bound": int(grid.bound == "latency"),
                "kept": grid.kept,
                "kept_of": grid.of,
                "fallback_dense": int((grid.kept, grid.of) != self.pattern),
            },
        )

    def _actions(self, op: MatmulOp, grid: Grid, dram_bytes: dict[str, int]) -> dict[str, int]:
        """Exact action counts of one repetition."""
        bits, accumulator = op.a.dtype.bits, ACCUMULATORS[op.a.dtype.name]
        instruction_k = INSTRUCTION_K_BITS // bits
        instructions = ceil_div(op.m, INSTRUCTION_M) * ceil_div(op.n, INSTRUCTION_N) * ceil_div(op.k, instruction_k)
        instructions *= op.groups
        macs = instructions * INSTRUCTION_M * INSTRUCTION_N * instruction_k * grid.kept // grid.of
        a_fragment = INSTRUCTION_M * INSTRUCTION_K_BITS * grid.kept // grid.of
        b_fragment = INSTRUCTION_N * INSTRUCTION_K_BITS
        # A sparse instruction covers more of K, so that sums are read and written as often less.
        c_fragment = INSTRUCTION_M * INSTRUCTION_N * ACCUMULATOR_BITS[accumulator] * grid.kept // grid.of
        a_shared = self.a_bits_on_chip(op) * grid.tiles_n
        b_shared = self.b_bits_on_chip(op) * grid.tiles_m
        partial = op.c_elements * ACCUMULATOR_BITS[accumulator] * grid.split if grid.split > 1 else 0
        read = BITS_PER_BYTE * (dram_bytes["A"] + dram_bytes["B"])
        return {
            f"mult_{op.a.dtype.name}": macs,
            f"add_{accumulator}": macs + op.c_elements * (grid.split - 1),
            "select": macs * bits // SELECTED_BITS if grid.kept < grid.of else 0,
            "register_read_bits": instructions * (a_fragment + b_fragment + c_fragment),
            "register_write_bits": instructions * c_fragment,
            "sram_write_bits": a_shared + b_shared,
            "sram_read_bits": a_shared * ceil_div(grid.tile.n, self.warp_tile)
            + b_shared * ceil_div(grid.tile.m, self.warp_tile),
            "l2_read_bits": op.a.size.size_bits * grid.tiles_n + op.b.size.size_bits * grid.tiles_m + partial,
            "l2_write_bits": read + BITS_PER_BYTE * dram_bytes["C"] + partial,
            "dram_read_bits": read,
            "dram_write_bits": BITS_PER_BYTE * dram_bytes["C"],
            "index_add": decode_adds(op.a, self.native_a, grid.tiles_n) + decode_adds(op.b, ("dense",), grid.tiles_m),
        }
