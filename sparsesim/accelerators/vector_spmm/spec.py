"""The unit: which kernel runs, its schedule, and the product as the thread blocks compute it."""

from collections.abc import Mapping
from typing import Any, Final, Literal, NamedTuple, Self

import numpy as np
from pydantic import Field, model_validator

from sparsesim.accelerators.base import Accelerator, Sram, decode_adds, weighted_shares
from sparsesim.accelerators.vector_spmm.bands import Bands, dense_bands, stored_bands, vector_shape
from sparsesim.accelerators.vector_spmm.kernels import resident_ticks
from sparsesim.accelerators.vector_spmm.traffic import GROUP, Traffic, gathered_up, traffic_of
from sparsesim.array_types import FloatArray, IntArray
from sparsesim.dtypes import ACCUMULATOR_BITS, ACCUMULATORS, DType
from sparsesim.matmul import MatmulOp
from sparsesim.schedule import Schedule
from sparsesim.tensors import SparseMatrix
from sparsesim.units import BITS_PER_BYTE, bits_to_bytes, ceil_div

NATIVE: Final = ("dense", "csr", "bsr")
"""Formats of A that a kernel reads as they are."""

MMA_ROWS: Final = 8
"""Rows of A that one mma instruction multiplies when A stands as its narrow operand (PTX ISA: m16n8k16); shorter
vectors leave the rest idle."""

TICKS: Final = 256
"""Parts of a cycle in which the time of a group is counted, so that it stays whole."""


class Work(NamedTuple):
    """One operation on this unit: its vectors, tiles of C, instructions and bytes."""

    bands: Bands
    tiles: int
    mma: bool
    groups: IntArray
    traffic: Traffic

    @property
    def rows_multiplied(self) -> int:
        """Rows that every stored column of a band is multiplied with, idle ones included."""
        return max(MMA_ROWS, self.bands.height) if self.mma else self.bands.height


class VectorSpmm(Accelerator):
    """A GPU running SpMM kernels on vectors of the non-zeros of A.

    A thread block (one warp) owns a band of V rows, the vector length of the format (bsr-Vx1; 1 for csr), and
    `tile_n` columns of C. It walks the stored vectors in groups of four, gathers a row of B for each through L1
    and L2, and multiplies on CUDA cores (V = 1, or types without mma) or on tensor cores. Warps resident on a
    scheduler share it; rows of uneven length leave it idle at the end. A dense operand runs a dense kernel of
    CUDA cores, which is a band of `dense_rows` rows with every column; other formats of A are unpacked to CSR.

    Attributes:
        macs_per_cycle: peak of the fastest path, tensor cores where the type has them.
        cuda_macs_per_cycle: peak of the CUDA cores.
        sms, schedulers, resident_warps: multiprocessors, schedulers of each, warps (= blocks) that each holds.
        tile_n: columns of C per block.
        dense_rows: rows of C per warp of the dense kernel.
        vector_lengths: vectors that there are kernels for.
        row_swizzle: whether the longest bands are launched first (Gale et al., SC 2020).
        issue_cycles, issue_cycles_per_row: cycles that a group keeps a scheduler busy, + per row of the vector.
        latency_cycles: cycles that a group takes a warp which is alone on its scheduler.
        setup_groups: groups in whose time a block starts, clears its tiles and stores its result.
        l1, l2: caches, of one multiprocessor and of all; with the bytes that each gives per cycle.
    """

    kind: Literal["vector_spmm"] = "vector_spmm"
    cuda_macs_per_cycle: Mapping[str, int] = Field(min_length=1)
    sms: int = Field(gt=0)
    schedulers: int = Field(gt=0)
    resident_warps: int = Field(gt=0)
    tile_n: int = Field(gt=0)
    dense_rows: int = Field(gt=0)
    vector_lengths: tuple[int, ...] = Field(min_length=1)
    row_swizzle: bool = True
    issue_cycles: float = Field(ge=0)
    issue_cycles_per_row: float = Field(ge=0)
    latency_cycles: float = Field(ge=0)
    setup_groups: int = Field(ge=0)
    l1: Sram
    l1_bytes_per_cycle: float = Field(gt=0)
    l2: Sram
    l2_bytes_per_cycle: float = Field(gt=0)

    @model_validator(mode="after")
    def _every_type_has_both_rates(self) -> Self:
        if self.macs_per_cycle.keys() != self.cuda_macs_per_cycle.keys():
            raise ValueError("cuda_macs_per_cycle must name the same number types as macs_per_cycle")
        return self

    def natural_format(self, density: float) -> str:
        """CSR, or dense where every position is filled."""
        return "dense" if density == 1 else "csr"

    def plan(self, op: MatmulOp, trace: Any = None) -> Schedule:
        """One step per band and tile of columns, all bands of a tile before the next tile.

        The dense kernel takes groups one by one; for the others they are one product whose A is block-diagonal.
        """
        if op.groups > 1:
            return self.one_by_one(op) if op.a.format.name == "dense" else self.plan(op.block_diagonal())
        work = self._work(op)
        units = self.sms * self.schedulers
        service, latency = self._ticks_per_group(op.a.dtype, work)
        ticks = resident_ticks(np.tile(work.groups, work.tiles), units, self.resident_warps, service, latency)
        slots = units * self.resident_warps
        c_bytes = bits_to_bytes(op.m * op.n * op.c_dtype.bits)
        rows = np.minimum(work.bands.height, op.m - work.bands.order * work.bands.height)
        return Schedule(
            fetch_bytes=work.traffic.fetch,
            compute_cycles=-(-ticks // TICKS),
            write_bytes=gathered_up(weighted_shares(c_bytes, np.tile(rows, work.tiles)), first=False),
            units=slots,
            fetch_slots=slots,
            write_slots=2 * slots,
            actions=self._actions(op, work, c_bytes),
            dram_bytes={"A": work.traffic.dram_a, "B": work.traffic.dram_b, "C": c_bytes},
            repeat=op.repeat,
            extra={
                "vector_length": work.bands.height,
                "vectors": int(work.bands.lengths.sum()),
                "longest_band": int(work.bands.lengths.max(initial=0)),
                "blocks": len(ticks),
                "column_tiles": work.tiles,
                "waves": ceil_div(len(ticks), slots),
                "tensor_cores": int(work.mma),
                "l2_bytes": work.traffic.l2,
            },
        )

    def execute(self, op: MatmulOp) -> FloatArray | SparseMatrix:
        """C in float64, band by band: the stored vectors times the rows of B that they gather."""
        if op.groups > 1:
            return self.execute_one_by_one(op)
        bands = self._bands(op)
        a, b = op.a.tensor.to_sparse().to_scipy(), op.b.tensor.to_array().astype(np.float64)
        c = np.zeros((op.m, op.n))
        for band in bands.order.tolist():
            rows, columns = slice(band * bands.height, (band + 1) * bands.height), bands.columns_of(band)
            vectors = a[rows].toarray().astype(np.float64)[:, columns]
            for left in range(0, op.n, self.tile_n):
                tile = slice(left, left + self.tile_n)
                c[rows, tile] = vectors @ b[columns, tile]
        return c

    def _bands(self, op: MatmulOp) -> Bands:
        if op.a.format.name == "dense":
            return dense_bands(op.m, op.k, self.dense_rows)
        return stored_bands(op.a, *vector_shape(op.a, self.vector_lengths), self.row_swizzle)

    def _work(self, op: MatmulOp) -> Work:
        bands = self._bands(op)
        tiles = ceil_div(op.n, self.tile_n)
        types = op.a.dtype.name
        self.peak_macs_per_cycle(op.a.dtype)
        # Only types with a rate of their own on tensor cores have mma instructions.
        mma = not bands.dense and bands.height > 1 and self.macs_per_cycle[types] > self.cuda_macs_per_cycle[types]
        groups = -(-bands.lengths // GROUP) + self.setup_groups
        traffic = traffic_of(op, bands, self.tile_n, self.sms, self.l1.size_bytes, self.l2.size_bytes)
        return Work(bands, tiles, mma, groups, traffic)

    def _ticks_per_group(self, types: DType, work: Work) -> tuple[int, int]:
        """(time that a group keeps its scheduler busy, time that it takes a warp alone), in ticks.

        The slowest of four pipelines: multipliers, L1, L2 and the issue of instructions; warps overlap them.
        """
        schedulers = self.sms * self.schedulers
        rates = self.macs_per_cycle if work.mma else self.cuda_macs_per_cycle
        gathered = max(1, work.tiles * int(-(-work.bands.lengths // GROUP).sum()))
        cycles = [
            GROUP * work.rows_multiplied * self.tile_n * schedulers / rates[types.name],
            work.traffic.l1 / gathered * self.schedulers / self.l1_bytes_per_cycle,
            work.traffic.l2 / gathered * schedulers / self.l2_bytes_per_cycle,
        ]
        if work.bands.dense:
            return round(TICKS * max(cycles)), 0
        cycles.append(self.issue_cycles + work.bands.height * self.issue_cycles_per_row)
        return round(TICKS * max(cycles)), round(TICKS * self.latency_cycles)

    def _actions(self, op: MatmulOp, work: Work, c_bytes: int) -> dict[str, int]:
        """Exact action counts of one repetition; idle rows of an mma and padded groups are paid for."""
        bits, accumulator = op.a.dtype.bits, ACCUMULATORS[op.a.dtype.name]
        columns = -(-work.bands.lengths // GROUP) * GROUP
        macs = int(columns.sum()) * work.rows_multiplied * op.n
        # An mma reads its operands once for eight rows; a CUDA core reads them for every multiplication.
        operands = ceil_div(macs, MMA_ROWS if work.mma else 1)
        vectors = int(work.bands.lengths.sum()) * work.tiles
        read = BITS_PER_BYTE * (work.traffic.dram_a + work.traffic.dram_b)
        return {
            f"mult_{op.a.dtype.name}": macs,
            f"add_{accumulator}": macs,
            "register_read_bits": operands * (2 * bits + ACCUMULATOR_BITS[accumulator]),
            "register_write_bits": operands * ACCUMULATOR_BITS[accumulator],
            "sram_read_bits": BITS_PER_BYTE * work.traffic.l1,
            "sram_write_bits": BITS_PER_BYTE * work.traffic.l2,
            "l2_read_bits": BITS_PER_BYTE * work.traffic.l2,
            "l2_write_bits": read + BITS_PER_BYTE * c_bytes,
            "dram_read_bits": read,
            "dram_write_bits": BITS_PER_BYTE * c_bytes,
            "index_add": (0 if work.bands.dense else vectors)
            + decode_adds(op.a, NATIVE, work.tiles)
            + decode_adds(op.b, ("dense",), work.tiles),
        }
