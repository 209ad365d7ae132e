"""The unit: which kernel runs, its schedule, and the product as the thread blocks compute it."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final, Literal, NamedTuple, Self

import numpy as np
from pydantic import Field, model_validator

from sparsesim.accelerators.arithmetic import in_proportion, weighted_shares, whole_cycles
from sparsesim.accelerators.groups import execute_one_by_one
from sparsesim.accelerators.interface import Accelerator
from sparsesim.accelerators.memories import Sram
from sparsesim.accelerators.vector_spmm.bands import Bands, stored_bands, vector_shape
from sparsesim.accelerators.vector_spmm.growing import SCALING
from sparsesim.accelerators.vector_spmm.kernels import resident_ticks
from sparsesim.accelerators.vector_spmm.traffic import GROUP, Traffic, gathered_up, traffic_of
from sparsesim.array_types import FloatArray, IntArray
from sparsesim.dtypes import ACCUMULATOR_BITS, ACCUMULATORS, DType
from sparsesim.formats import Bsr, Csr
from sparsesim.limits import check_memory
from sparsesim.matmul import MatmulOp
from sparsesim.quantities import Count, CountOrNone, Cycles, LargeCount, NumberType, PerCycle
from sparsesim.schedule import Phase, Schedule
from sparsesim.tensors import SparseMatrix
from sparsesim.units import BITS_PER_BYTE, bits_to_bytes, ceil_div

MMA_ROWS: Final = 8
"""Rows of A that one mma instruction multiplies if A is its narrow operand (PTX ISA: m16n8k16); shorter vectors leave
the rest idle."""

TICKS: Final = 256
"""Ticks per cycle: the time of a group is a fraction of a cycle, but kernels count in integers."""


BLOCK_BYTES: Final = 160
"""The most that a block was measured to take while it is planned."""
MAX_WARPS: Final = 1 << 18
"""Resident warps of all schedulers, each of which is followed: twenty times those of the largest card."""


class Launch(NamedTuple):
    """One kernel launch: its vectors, tiles of C, instructions and bytes."""

    bands: Bands
    tiles: int
    mma: bool
    groups: IntArray
    traffic: Traffic

    @property
    def rows_multiplied(self) -> int:
        """Rows that every stored column of a band is multiplied with, including idle ones."""
        return max(MMA_ROWS, self.bands.height) if self.mma else self.bands.height


class VectorSpmm(Accelerator):
    """A GPU running SpMM kernels on vectors of the non-zeros of A.

    A thread block (one warp) owns a band of V rows, the vector length of the format (bsr-Vx1 or bsr-VxV; 1 for csr),
    and `tile_n` columns of C. It walks the stored vectors in groups of four, gathers a row of B for each through L1
    and L2, and multiplies on CUDA cores (V = 1, or types without mma) or on tensor cores. Resident warps share their
    scheduler; bands of uneven length leave it idle in the tail.

    Attributes:
        macs_per_cycle: peak of the fastest path, tensor cores if the type has them.
        cuda_macs_per_cycle: peak of the CUDA cores, for the same number types.
        sms, schedulers, resident_warps: multiprocessors, schedulers per SM, warps (= blocks) per scheduler.
        tile_n: columns of C per block.
        vector_lengths: vector lengths with a kernel.
        square_blocks: whether the kernels are for blocks as wide as high instead of column vectors.
        row_swizzle: whether the longest bands are launched first (Gale et al., SC 2020).
        issue_cycles, issue_cycles_per_row: issue slots of a group on its scheduler, plus those per row of the vector.
        latency_cycles: latency of a group for a warp alone on its scheduler.
        setup_groups: prologue and epilogue of a block, as a number of groups.
        l1, l1_bytes_per_cycle: cache of one SM, and what it delivers.
        l2, l2_bytes_per_cycle: cache of all SMs, and what it delivers.
    """

    kind: Literal["vector_spmm"] = "vector_spmm"
    cuda_macs_per_cycle: Mapping[NumberType, LargeCount] = Field(min_length=1)
    sms: Count
    schedulers: Count
    resident_warps: Count
    tile_n: Count
    vector_lengths: tuple[Count, ...] = Field(min_length=1)
    square_blocks: bool = False
    row_swizzle: bool = True
    issue_cycles: Cycles
    issue_cycles_per_row: Cycles
    latency_cycles: Cycles
    setup_groups: CountOrNone
    l1: Sram
    l1_bytes_per_cycle: PerCycle
    l2: Sram
    l2_bytes_per_cycle: PerCycle

    native: ClassVar = frozenset({Csr, Bsr})
    scaling: ClassVar = SCALING

    def reads(self, op: MatmulOp) -> bool:
        """CSR if there is a kernel for single values, and vectors or square blocks of the lengths that have one.

        Blocks of several groups only if none of them reaches across two groups.
        """
        stored = op.a.format
        rows, columns = (stored.block_rows, stored.block_columns) if isinstance(stored, Bsr) else (1, 1)
        aligned = op.groups == 1 or (op.m % rows == 0 and op.k % columns == 0)
        shaped = columns == (rows if self.square_blocks else 1) and rows in self.vector_lengths
        return super().reads(op) and shaped and aligned

    @model_validator(mode="after")
    def _every_type_has_both_rates(self) -> Self:
        if self.macs_per_cycle.keys() != self.cuda_macs_per_cycle.keys():
            different = ", ".join(sorted(self.macs_per_cycle.keys() ^ self.cuda_macs_per_cycle.keys()))
            raise ValueError(
                f"cuda_macs_per_cycle must name the same number types as macs_per_cycle, not just one {different}"
            )
        for dtype, fastest in self.macs_per_cycle.items():
            if fastest < self.cuda_macs_per_cycle[dtype]:
                raise ValueError(
                    f"macs_per_cycle.{dtype}: {fastest}: must be at least cuda_macs_per_cycle.{dtype}, "
                    f"{self.cuda_macs_per_cycle[dtype]}, which is one of the paths"
                )
        return self

    @model_validator(mode="after")
    def _countable_warps(self) -> Self:
        warps = self.sms * self.schedulers * self.resident_warps
        if warps > MAX_WARPS:
            shown = f"{self.sms} x {self.schedulers} x {self.resident_warps}"
            raise ValueError(f"sms x schedulers x resident_warps: {shown}: must be at most {MAX_WARPS}")
        return self

    def natural_format(self, density: float, dtype: str) -> str:
        """CSR, or the smallest of the square blocks."""
        length = min(self.vector_lengths)
        return f"bsr-{length}x{length}" if self.square_blocks else "csr"

    def plan(self, op: MatmulOp, work: Any = None) -> Schedule:
        """One step per band and tile of columns, all bands of a tile before the next tile.

        Groups run as one product with a block-diagonal A.
        """
        if op.groups > 1:
            return self.plan(op.block_diagonal())
        launch = self._launch(op)
        units = self.sms * self.schedulers
        service, pipeline = self._ticks_per_group(op.a.dtype, launch)
        latency, work = round(TICKS * self.latency_cycles), np.tile(launch.groups, launch.tiles)
        slowest = float(work.sum()) * (service + latency)
        whole_cycles(f"{op.name}: groups of {service / TICKS:.3g} cycles ({pipeline}) in ticks", slowest)
        ticks, until, waiting = resident_ticks(work, units, self.resident_warps, service, latency)
        cycles = -(-ticks // TICKS)
        slots = units * self.resident_warps
        c_bytes = bits_to_bytes(op.m * op.n * op.c_dtype.bits)
        rows = np.minimum(launch.bands.height, op.m - launch.bands.order * launch.bands.height)
        phase = Phase(
            fetch_bytes=launch.traffic.fetch,
            compute_cycles=cycles,
            write_bytes=gathered_up(weighted_shares(c_bytes, np.tile(rows, launch.tiles)), first=False),
            units=slots,
            fetch_slots=slots,
            # Results of finished blocks may wait for DRAM while the next blocks run in their slots.
            write_slots=2 * slots,
            # Of the ticks of all schedulers until the last one is done.
            resources=in_proportion(
                int(cycles.sum()),
                {
                    pipeline: int(until.sum() - waiting.sum()),
                    "warp latency": int(waiting.sum()),
                    "imbalance": units * int(until.max(initial=0)) - int(until.sum()),
                },
            ),
        )
        return Schedule(
            phases=(phase,),
            actions=self._actions(op, launch, c_bytes),
            dram_bytes={"A": launch.traffic.dram_a, "B": launch.traffic.dram_b, "C": c_bytes},
            repeat=op.repeat,
            details={
                "vector_length": launch.bands.height,
                "vectors": int(launch.bands.lengths.sum()),
                "longest_band": int(launch.bands.lengths.max(initial=0)),
                "blocks": len(ticks),
                "column_tiles": launch.tiles,
                "waves": ceil_div(len(ticks), slots),
                "tensor_cores": int(launch.mma),
                "l2_bytes": launch.traffic.l2,
            },
        )

    def execute(self, op: MatmulOp) -> FloatArray | SparseMatrix:
        """C in float64, band by band: stored vectors times the rows of B that they gather."""
        if op.groups > 1:
            return execute_one_by_one(self, op)
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
        return stored_bands(op.a, *vector_shape(op.a, self.vector_lengths), self.row_swizzle)

    def _launch(self, op: MatmulOp) -> Launch:
        bands = self._bands(op)
        tiles = ceil_div(op.n, self.tile_n)
        dtype = op.a.dtype.name
        self.peak_macs_per_cycle(op.a.dtype)  # raises for a type that the unit does not have
        # A type without mma instructions has the rate of the CUDA cores in both tables.
        mma = bands.height > 1 and self.macs_per_cycle[dtype] > self.cuda_macs_per_cycle[dtype]
        groups = -(-bands.lengths // GROUP) + self.setup_groups
        check_memory(f"{op.name}: {len(groups)} x {tiles} blocks", BLOCK_BYTES * len(groups) * tiles)
        traffic = traffic_of(op, bands, self.tile_n, self.sms, self.l1.size_bytes, self.l2.size_bytes)
        return Launch(bands, tiles, mma, groups, traffic)

    def _ticks_per_group(self, dtype: DType, launch: Launch) -> tuple[int, str]:
        """Throughput time of a group on its scheduler, in ticks, and the slowest of four pipelines that decides it.

        Warps overlap multipliers, L1, L2 and issue.
        """
        schedulers = self.sms * self.schedulers
        rates = self.macs_per_cycle if launch.mma else self.cuda_macs_per_cycle
        gathered = max(1, launch.tiles * int(-(-launch.bands.lengths // GROUP).sum()))
        cycles = {
            "multipliers": GROUP * launch.rows_multiplied * self.tile_n * schedulers / rates[dtype.name],
            "L1": launch.traffic.l1 / gathered * self.schedulers / self.l1_bytes_per_cycle,
            "L2": launch.traffic.l2 / gathered * schedulers / self.l2_bytes_per_cycle,
            "issue": self.issue_cycles + launch.bands.height * self.issue_cycles_per_row,
        }
        slowest = max(cycles, key=lambda name: cycles[name])
        return round(TICKS * cycles[slowest]), slowest

    def _actions(self, op: MatmulOp, launch: Launch, c_bytes: int) -> dict[str, int]:
        """Exact action counts of one repetition; idle rows of an mma and padding of groups count as work."""
        bits, accumulator = op.a.dtype.bits, ACCUMULATORS[op.a.dtype.name]
        columns = -(-launch.bands.lengths // GROUP) * GROUP
        macs = int(columns.sum()) * launch.rows_multiplied * op.n
        # An mma reads its operands once for eight rows; a CUDA core reads them for every multiplication.
        operands = ceil_div(macs, MMA_ROWS if launch.mma else 1)
        vectors = int(launch.bands.lengths.sum()) * launch.tiles
        read = BITS_PER_BYTE * (launch.traffic.dram_a + launch.traffic.dram_b)
        return {
            f"mult_{op.a.dtype.name}": macs,
            f"add_{accumulator}": macs,
            "register_read_bits": operands * (2 * bits + ACCUMULATOR_BITS[accumulator]),
            "register_write_bits": operands * ACCUMULATOR_BITS[accumulator],
            "l1.sram_read_bits": BITS_PER_BYTE * launch.traffic.l1,
            "l1.sram_write_bits": BITS_PER_BYTE * launch.traffic.l2,
            "l2_read_bits": BITS_PER_BYTE * launch.traffic.l2,
            "l2_write_bits": read + BITS_PER_BYTE * c_bytes,
            "index_add": vectors,
        }
