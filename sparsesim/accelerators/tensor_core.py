"""Dense tensor cores: tiles of C dealt to streaming multiprocessors, operands through L2 and shared memory."""

from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from sparsesim.accelerators.base import ACCUMULATOR_BITS, ACCUMULATORS, Accelerator, Sram, decode_adds, shares
from sparsesim.accelerators.kernels import panel_fetches
from sparsesim.matmul import MatmulOp
from sparsesim.schedule import Schedule
from sparsesim.tensors import SparseMatrix
from sparsesim.units import BITS_PER_BYTE, bits_to_bytes, ceil_div

INSTRUCTION_M, INSTRUCTION_N, INSTRUCTION_K_BITS = 16, 8, 256
"""Sides of one mma instruction, to which work is padded (PTX ISA: m16n8k16 for fp16, 256 bits of K throughout)."""

SWIZZLES = (1, 2, 4, 8, 16)
"""Bands of tile rows that a library tries (CUTLASS thread-block swizzles, and row by row)."""


class Tile(NamedTuple):
    """A thread-block tile of C, `m` x `n`, walked along K in slices of `k`."""

    m: int
    n: int
    k: int


class Grid(NamedTuple):
    """How one operation is cut: the tile, tiles along M and N, and `kept` of every `of` positions along K."""

    tile: Tile
    tiles_m: int
    tiles_n: int
    kept: int
    of: int


class TensorCore(Accelerator):
    """A GPU with dense tensor cores.

    Every position of A and B is multiplied, whatever its value; a compressed operand saves DRAM and L2 bytes
    only, and costs index arithmetic to unpack at each tile that uses it.
    """

    kind: Literal["tensor_core"] = "tensor_core"
    sms: int = Field(gt=0)
    tiles: tuple[Tile, ...] = Field(min_length=1)
    warp_tile: int = Field(gt=0)
    l2: Sram
    stages: int = Field(gt=0)

    native_a: ClassVar[tuple[str, ...]] = ("dense",)

    def natural_format(self, density: float) -> str:
        """Dense, whatever the density."""
        return "dense"

    def plan(self, op: MatmulOp, trace: Any = None) -> Schedule:
        """One step per tile of C, walked in the order that moves the fewest DRAM bytes."""
        rate = self.peak_macs_per_cycle(op.a.value_type)
        grid = self._grid(op)
        fetch, dram_bytes = self._dram_traffic(op, grid)
        write = _tile_bytes(op, grid)
        dram_bytes["C"] = int(write.sum())
        depth = ceil_div(op.k, grid.tile.k) * grid.tile.k
        cycles = ceil_div(grid.tile.m * grid.tile.n * depth * grid.kept * self.sms, grid.of * rate)
        return Schedule(
            fetch_bytes=fetch,
            compute_cycles=np.full(len(fetch), cycles, np.int64),
            write_bytes=write,
            units=self.sms,
            fetch_slots=self.sms * self.stages,
            write_slots=2 * self.sms,
            actions=self._actions(op, grid, dram_bytes),
            dram_bytes=dram_bytes,
            repeat=op.repeat,
            extra={
                "tiles": len(fetch),
                "tile_m": grid.tile.m,
                "tile_n": grid.tile.n,
                "waves": ceil_div(len(fetch), self.sms),
                "kept": grid.kept,
                "kept_of": grid.of,
                "fallback_dense": int((grid.kept, grid.of) != self.pattern),
            },
        )

    def execute(self, op: MatmulOp) -> NDArray[np.floating[Any]] | SparseMatrix:
        """C in float64, tile by tile, accumulated over slices of K."""
        grid = self._grid(op)
        a, b = op.a.tensor.to_array(), op.b.tensor.to_array().astype(np.float64)
        c = np.zeros((op.m, op.n))
        for row in range(0, op.m, grid.tile.m):
            for column in range(0, op.n, grid.tile.n):
                rows, columns = slice(row, row + grid.tile.m), slice(column, column + grid.tile.n)
                for depth in range(0, op.k, grid.tile.k):
                    part = slice(depth, depth + grid.tile.k)
                    c[rows, columns] += a[rows, part] @ b[part, columns]
        return c

    @property
    def pattern(self) -> tuple[int, int]:
        """(kept, of) that the unit is built for."""
        return 1, 1

    def compression(self, op: MatmulOp) -> tuple[int, int]:
        """(kept, of): how many of every `of` positions along K are multiplied; (1, 1) is dense."""
        return 1, 1

    def a_bits_on_chip(self, op: MatmulOp, grid: Grid) -> int:
        """Bits of A as they lie in shared memory."""
        return op.m * op.k * op.a.value_type.bits

    def _grid(self, op: MatmulOp) -> Grid:
        """The tile with the least padded work in whole waves; of equals the one that moves least."""

        def cost(tile: Tile) -> tuple[int, float]:
            waves = ceil_div(ceil_div(op.m, tile.m) * ceil_div(op.n, tile.n), self.sms)
            return waves * tile.m * tile.n, 1 / tile.m + 1 / tile.n

        tile = min(self.tiles, key=cost)
        return Grid(tile, ceil_div(op.m, tile.m), ceil_div(op.n, tile.n), *self.compression(op))

    def _dram_traffic(self, op: MatmulOp, grid: Grid) -> tuple[NDArray[np.int64], dict[str, int]]:
        """Fetched bytes per tile and by tensor, for the swizzle that moves the fewest."""
        panels = shares(op.a.dram_bytes, grid.tiles_m), shares(op.b.dram_bytes, grid.tiles_n)
        bands = sorted({min(band, grid.tiles_m) for band in (*SWIZZLES, grid.tiles_m)})
        walks = [
            panel_fetches(grid.tiles_m, grid.tiles_n, self.sms, self.l2.size_bytes, *panels, band) for band in bands
        ]
        fetched = min(walks, key=lambda walk: int(walk.sum()))
        return fetched.sum(axis=0), {"A": int(fetched[0].sum()), "B": int(fetched[1].sum())}

    def _actions(self, op: MatmulOp, grid: Grid, dram_bytes: dict[str, int]) -> dict[str, int]:
        """Exact action counts of one repetition."""
        bits, accumulator = op.a.value_type.bits, ACCUMULATORS[op.a.value_type.name]
        instruction_k = INSTRUCTION_K_BITS // bits
        instructions = ceil_div(op.m, INSTRUCTION_M) * ceil_div(op.n, INSTRUCTION_N) * ceil_div(op.k, instruction_k)
        macs = instructions * INSTRUCTION_M * INSTRUCTION_N * instruction_k * grid.kept // grid.of
        a_fragment = INSTRUCTION_M * INSTRUCTION_K_BITS * grid.kept // grid.of
        b_fragment = INSTRUCTION_N * INSTRUCTION_K_BITS
        c_fragment = INSTRUCTION_M * INSTRUCTION_N * ACCUMULATOR_BITS[accumulator]
        a_shared = self.a_bits_on_chip(op, grid) * grid.tiles_n
        b_shared = op.k * op.n * op.b.value_type.bits * grid.tiles_m
        read = BITS_PER_BYTE * (dram_bytes["A"] + dram_bytes["B"])
        return {
            f"mult_{op.a.value_type.name}": macs,
            f"add_{accumulator}": macs,
            "select": macs if grid.kept < grid.of else 0,
            "register_read_bits": instructions * (a_fragment + b_fragment + c_fragment),
            "register_write_bits": instructions * c_fragment,
            "sram_write_bits": a_shared + b_shared,
            "sram_read_bits": a_shared * ceil_div(grid.tile.n, self.warp_tile)
            + b_shared * ceil_div(grid.tile.m, self.warp_tile),
            "l2_read_bits": op.a.size.size_bits * grid.tiles_n + op.b.size.size_bits * grid.tiles_m,
            "l2_write_bits": read + BITS_PER_BYTE * dram_bytes["C"],
            "dram_read_bits": read,
            "dram_write_bits": BITS_PER_BYTE * dram_bytes["C"],
            "index_add": decode_adds(op.a, self.native_a, grid.tiles_n) + decode_adds(op.b, ("dense",), grid.tiles_m),
        }


def _tile_bytes(op: MatmulOp, grid: Grid) -> NDArray[np.int64]:
    """Bytes of C that each tile writes; edge tiles are smaller."""
    rows = np.minimum(grid.tile.m, op.m - np.arange(grid.tiles_m, dtype=np.int64) * grid.tile.m)
    columns = np.minimum(grid.tile.n, op.n - np.arange(grid.tiles_n, dtype=np.int64) * grid.tile.n)
    areas = np.outer(rows, columns).ravel()
    edges = -(-np.cumsum(areas) * op.c_type.bits // BITS_PER_BYTE)
    assert not len(edges) or edges[-1] == bits_to_bytes(op.m * op.n * op.c_type.bits)
    return np.diff(edges, prepend=np.int64(0))
