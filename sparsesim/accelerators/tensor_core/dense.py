"""Dense tensor cores: tiles of C on streaming multiprocessors, operands through L2 and shared memory."""

from collections.abc import Hashable, Iterator, Mapping
from typing import Any, ClassVar, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from sparsesim.accelerators.arithmetic import shares, size_key, whole_cycles
from sparsesim.accelerators.autotuned import Autotuned
from sparsesim.accelerators.groups import execute_one_by_one
from sparsesim.accelerators.memories import Sram
from sparsesim.accelerators.plannable import check_plannable, check_tiles
from sparsesim.accelerators.tensor_core.growing import SCALING
from sparsesim.accelerators.tensor_core.own_kernels import Cluster, OwnKernels, Splits, Tiles, checked
from sparsesim.accelerators.tensor_core.tiling import Gemm, Grid, Rates, tilings
from sparsesim.accelerators.tensor_core.traffic import L2, dram_traffic, in_parts
from sparsesim.array_types import FloatArray
from sparsesim.dtypes import ACCUMULATOR_BITS, ACCUMULATORS
from sparsesim.errors import InputError
from sparsesim.formats import Dense
from sparsesim.matmul import MatmulOp
from sparsesim.quantities import Count, Cycles, Fraction, NumberType, NumberTypeOrOther, PerCycle
from sparsesim.schedule import Phase, Schedule
from sparsesim.tensors import SparseMatrix
from sparsesim.units import BITS_PER_BYTE, ceil_div

INSTRUCTION_M, INSTRUCTION_N, INSTRUCTION_K_BITS = 16, 8, 256
"""Shape of one mma instruction, to which work is padded (PTX ISA: m16n8k16 for fp16; 256 bits along K for any type)."""

SELECTED_BITS = 16
"""Operand width that one "select" action stands for; narrower operands count as a fraction of it."""

MAX_TILES = 1 << 26
"""Tiles of one product, each of which is walked: a minute; the largest product of a benchmark has a hundredth."""

STEPS = 64
"""Steps a schedule should have at least: waves are cut along K, at most into slices, until there are this many.

With one step per wave, the fetch of a short operation could not overlap with its compute.
"""


class TensorCore(Autotuned):
    """A GPU with dense tensor cores, driven by a GEMM library.

    Every position of A and B is multiplied, whatever its value.

    The SMs compute tiles of C in waves. A tile takes as long as its MMAs, its operand traffic from the L2 or the
    latency of its k-loop, whichever is longest. The library tries all tiles and splits of K (`candidates`); which one
    is fastest also depends on DRAM and power.

    Attributes:
        sms: streaming multiprocessors.
        tiles: thread-block tiles (m, n, k) that the library has kernels for.
        splits: numbers of thread blocks that may share the K of a tile.
        walk: order of the tiles; "swizzled" uses the bands of tile rows with the least DRAM traffic, "down" finishes a
            column of tiles before the next.
        warp_tile: side of the part of a tile that one warp computes, in elements of C.
        efficiency: fraction of the peak that the inner loop reaches, by number type; "other" covers the rest.
        k_step_cycles: latency of a k-loop iteration (128 B per row) of a thread block alone on its SM, by number type.
        round_cycles: prologue and epilogue of a tile.
        split_cycles: launch of the kernel that adds up the parts of a split.
        l2, l2_partitions: the cache, and how many partitions (1 or 2) each cache what their own SMs read.
        l2_bytes_per_cycle: from the L2 to one SM.
        cluster: SMs that share the slices they read (1, 2, or 4: two by two).
        own_kernels: tiles, splits and cluster by number type, where the library has other kernels for it.
        stages: steps of the schedule that may be in flight.
        warm_l2: whether the L2 may still hold operands of an identical run just before, as in a benchmark.
    """

    kind: Literal["tensor_core"] = "tensor_core"
    sms: Count
    tiles: Tiles = Field(min_length=1)
    splits: Splits = (1,)
    walk: Literal["swizzled", "down"] = "swizzled"
    warp_tile: Count
    efficiency: Mapping[NumberTypeOrOther, Fraction]
    k_step_cycles: Mapping[NumberTypeOrOther, Cycles]
    round_cycles: Cycles
    split_cycles: Cycles = 0
    l2: Sram
    l2_partitions: Literal[1, 2] = 1
    l2_bytes_per_cycle: PerCycle
    cluster: Cluster = 1
    own_kernels: Mapping[NumberType, OwnKernels] = {}
    stages: Count

    warm_l2: bool = False

    native: ClassVar = frozenset({Dense})
    scaling: ClassVar = SCALING

    @model_validator(mode="after")
    def _something_to_run(self) -> Self:
        checked(self.splits)
        return self

    def natural_format(self, density: float, dtype: str) -> str:
        """Dense, whatever the density."""
        return "dense"

    def plan(self, op: MatmulOp, work: Any = None) -> Schedule:
        """The plan with the fewest compute cycles; one step per wave and part of K."""
        return self._schedule(op, self._grids(op)[0])

    def candidates(self, op: MatmulOp) -> Iterator[Schedule]:
        """All plans that no other dominates in both compute cycles and traffic, by non-decreasing compute cycles."""
        for grid in self._grids(op):
            yield self._schedule(op, grid)

    def plan_key(self, op: MatmulOp) -> Hashable:
        """Sizes alone: every position is multiplied."""
        return size_key(op)

    def execute(self, op: MatmulOp) -> FloatArray | SparseMatrix:
        """C in float64, group by group and tile by tile, accumulated over slices of K."""
        if op.groups > 1:
            return execute_one_by_one(self, op)
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

    def compression(self, op: MatmulOp) -> tuple[int, int]:
        """(kept, of): how many of every `of` positions along K are multiplied; (1, 1) is dense."""
        return 1, 1

    def a_bits_on_chip(self, op: MatmulOp) -> int:
        """Bits of A as laid out in shared memory."""
        return op.a.shape[0] * op.k * op.a.dtype.bits

    def b_bits_on_chip(self, op: MatmulOp) -> int:
        """Bits of B that one row of tiles in every group loads into shared memory."""
        return op.b.shape[0] * op.n * op.b.dtype.bits

    def _grids(self, op: MatmulOp) -> list[Grid]:
        check_plannable(op)
        name = op.a.dtype.name
        kept, of = self.compression(op)
        positions = max(op.a.shape[0] * op.k, 1), max(op.b.shape[0] * op.n, 1)
        gemm = Gemm(
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
        own = self.own_kernels.get(name, OwnKernels())
        reached = self.peak_macs_per_cycle(op.a.dtype) * self._of_type("efficiency", name)
        rates = Rates(
            self.sms,
            reached / self.sms,
            self.l2_bytes_per_cycle,
            own.cluster or self.cluster,
            self._of_type("k_step_cycles", name),
            self.round_cycles,
            self.split_cycles,
        )
        return tilings(gemm, own.tiles or self.tiles, own.splits or self.splits, rates)

    def _of_type(self, field: str, dtype: str) -> float:
        """The entry for a number type, or the one for "other"; InputError if there is neither."""
        entries: Mapping[str, float] = getattr(self, field)
        if dtype not in entries and "other" not in entries:
            raise InputError(f"{field} has no entry for {dtype} and none for other")
        return entries.get(dtype, entries.get("other", 0.0))

    @property
    def _l2(self) -> L2:
        return L2(self.l2.size_bytes, self.l2_partitions, self.warm_l2)

    def _schedule(self, op: MatmulOp, grid: Grid) -> Schedule:
        """Waves of tiles, each cut along K into equal parts; all SMs run in lockstep."""
        whole_cycles(f"{op.name}: {grid.rounds} waves of {grid.round_cycles} cycles", float(grid.cycles))
        if grid.tiles_m * grid.tiles_n > MAX_TILES:
            shape = f"{grid.tile.m} x {grid.tile.n}"
            raise InputError(f"{op.name}: {grid.tiles_m} x {grid.tiles_n} tiles of {shape}; {MAX_TILES} is the limit")
        check_tiles(op, grid.tiles_m, grid.tiles_n)
        fetched, dram_bytes = dram_traffic(op, grid, self.sms, self._l2, self.walk)
        slices = max(1, ceil_div(ceil_div(op.k, grid.split), grid.tile.k))
        parts = min(slices, max(1, ceil_div(STEPS, max(grid.rounds, 1))))
        fetch = in_parts(fetched, parts)
        cycles = np.tile(shares(grid.round_cycles, parts), grid.rounds)
        if grid.rounds:
            # The reduction is a kernel of its own: it starts after the last wave, with nothing left to overlap.
            cycles[-1] += grid.reduce_cycles
        phase = Phase(
            fetch_bytes=fetch,
            compute_cycles=cycles,
            # Tiles are written to the L2, which drains to DRAM continuously, so the last wave does not wait for its own
            # write-back.
            write_bytes=shares(dram_bytes["C"], len(fetch)),
            units=1,
            fetch_slots=self.stages,
            write_slots=2,
            resources=grid.resources(self.sms) if grid.rounds else {},
        )
        return Schedule(
            phases=(phase,),
            actions=self._actions(op, grid, dram_bytes),
            dram_bytes=dram_bytes,
            repeat=op.repeat,
            details={
                "tiles": grid.tiles,
                "tile_m": grid.tile.m,
                "tile_n": grid.tile.n,
                "split_k": grid.split,
                "waves": grid.rounds,
                "l2_bound": int(grid.bound == "l2"),
                "latency_bound": int(grid.bound == "latency"),
                "kept": grid.kept,
                "kept_of": grid.of,
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
        # A sparse mma covers of / kept times as much of K, so accumulators are read and written that much less often.
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
            "shared_memory.sram_write_bits": a_shared + b_shared,
            "shared_memory.sram_read_bits": a_shared * ceil_div(grid.tile.n, self.warp_tile)
            + b_shared * ceil_div(grid.tile.m, self.warp_tile),
            "l2_read_bits": op.a.size.size_bits * grid.tiles_n + op.b.size.size_bits * grid.tiles_m + partial,
            "l2_write_bits": read + BITS_PER_BYTE * dram_bytes["C"] + partial,
        }
