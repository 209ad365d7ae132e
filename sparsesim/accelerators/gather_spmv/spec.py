"""The unit: its schedule, and the product as its warps compute it."""

from typing import Annotated, Any, ClassVar, Final, Literal, NamedTuple, Self

import numpy as np
from pydantic import Field, model_validator

from sparsesim.accelerators.arithmetic import weighted_shares, whole_cycles
from sparsesim.accelerators.gather_spmv.kernels import LANES
from sparsesim.accelerators.gather_spmv.rows import SECTOR_BYTES, Rows, rows_of
from sparsesim.accelerators.gather_spmv.steps import Steps, entry_steps, row_steps
from sparsesim.accelerators.groups import execute_one_by_one
from sparsesim.accelerators.interface import Accelerator
from sparsesim.accelerators.scaling import Scaling
from sparsesim.array_types import FloatArray
from sparsesim.dtypes import ACCUMULATOR_BITS, ACCUMULATORS, DType
from sparsesim.formats import Csr, Gaps
from sparsesim.matmul import MatmulOp
from sparsesim.quantities import Count, Cycles, Number, PerCycle
from sparsesim.schedule import Phase, Schedule
from sparsesim.tensors import SparseMatrix
from sparsesim.units import BITS_PER_BYTE, bits_to_bytes

STEP_ENTRIES: Final = 1024
"""Entries that a multiprocessor takes per step where rows do not matter; only rounding depends on it."""


Entries = Annotated[float, Field(ge=1, le=1e12), Number]
"""Length of a row; fractions are results of fits."""


class Traffic(NamedTuple):
    """Bytes between DRAM and chip for one vector."""

    a: int
    b: int
    c: int


class GatherSpmv(Accelerator):
    """A GPU running an SpMV kernel: warps walk stored entries and gather an element of x for each through L1.

    Two ways to share the work: "rows", a warp per row and blocks of `block_warps` rows, one block per multiprocessor
    (MACKO); and "entries", equal numbers of entries for all warps, whose sums are added to y by atomic updates. Updates
    of one row keep each other waiting, so that a row costs time with the square of its length.

    Attributes:
        sms: multiprocessors.
        share: "rows" or "entries".
        block_warps: warps of a block, and so rows of it if rows are shared out.
        lane_entries: adjacent entries that a lane takes at a time.
        unpack_values_per_cycle: entries of the format "gaps" that one multiprocessor decodes per cycle, idle lanes
            included; None for a kernel that does not read that format.
        latency_cycles: from the loads of a warp to its next ones.
        l1_bytes_per_cycle: what the L1 of one multiprocessor delivers, in sectors of 32 bytes.
        conflict_entries: entries of a row whose updates wait for one cycle; rows of n times as many, n**2 cycles.
        conflict_row: length of a row from which conflicts grow further, in proportion to the length.
        conflict_growth: up to this factor.
    """

    kind: Literal["gather_spmv"] = "gather_spmv"
    sms: Count
    share: Literal["rows", "entries"]
    block_warps: Annotated[int, Field(ge=1, le=1 << 10), Number]
    lane_entries: Annotated[int, Field(ge=1, le=1 << 10), Number]
    unpack_values_per_cycle: PerCycle | None = None
    latency_cycles: Cycles = 0
    l1_bytes_per_cycle: PerCycle
    conflict_entries: Entries | None = None
    conflict_row: Entries = 1e12
    conflict_growth: Annotated[float, Field(ge=1, le=1e6), Number] = 1

    native: ClassVar = frozenset({Csr, Gaps})
    # Updates of one row wait for each other, however many multiprocessors there are.
    scaling: ClassVar = Scaling(
        width=("sms", "macs_per_cycle"),
        buffers=(),
        fixed=(
            *("share", "block_warps", "lane_entries", "unpack_values_per_cycle", "latency_cycles"),
            *("l1_bytes_per_cycle", "conflict_entries", "conflict_row", "conflict_growth"),
        ),
        parts="sms",
    )

    @model_validator(mode="after")
    def _one_way_to_share(self) -> Self:
        if self.share == "rows" and self.conflict_entries is not None:
            raise ValueError("conflict_entries: a warp that has a row to itself updates y once, without conflicts")
        return self

    def reads(self, op: MatmulOp) -> bool:
        """One vector at a time; gaps only with a rate of unpacking them."""
        packed = isinstance(op.a.format, Gaps) and self.unpack_values_per_cycle is None
        return super().reads(op) and op.n == 1 and op.groups == 1 and not packed

    def natural_format(self, density: float, dtype: str) -> str:
        """Gaps of four bits if the unit unpacks them, else CSR."""
        return "csr" if self.unpack_values_per_cycle is None else "gaps-4"

    def work(self, op: MatmulOp) -> None:
        """Nothing: what a row stores depends on the format."""

    def plan(self, op: MatmulOp, work: Any = None) -> Schedule:
        """One vector after the other; groups run as one product with a block-diagonal A."""
        if op.groups > 1:
            return self.plan(op.block_diagonal())
        self.peak_macs_per_cycle(op.a.dtype)  # raises for a type that the unit does not have
        c_bytes = bits_to_bytes(op.m * op.c_dtype.bits)
        traffic = Traffic(op.a.dram_bytes, -(-op.b.dram_bytes // max(op.n, 1)), c_bytes)
        return self.schedule(rows_of(op.a, self.lane_entries), traffic, op.a.dtype, op.n, op.repeat)

    def schedule(self, rows: Rows, traffic: Traffic, dtype: DType, vectors: int = 1, repeat: int = 1) -> Schedule:
        """The schedule of a product whose rows and bytes are known."""
        steps = self._steps(rows)
        times = vectors if len(steps.entries) else 0
        fetch = weighted_shares(traffic.a + traffic.b, steps.entries) if times else steps.entries
        write = weighted_shares(traffic.c, steps.rows) if times else steps.rows
        waits = np.arange(len(fetch) * times) * np.tile(steps.alone, times)
        gathering = self._gather_cycles(rows, steps)
        busy, by_gathers = np.maximum(steps.cycles, gathering), int(gathering[gathering >= steps.cycles].sum())
        own = "row conflicts" if self.unpack_values_per_cycle is None else "unpacking"
        phase = Phase(
            fetch_bytes=np.tile(fetch, times),
            compute_cycles=np.tile(busy, times),
            write_bytes=np.tile(write, times),
            units=1,
            fetch_slots=2,
            write_slots=2,
            after_writes=waits,
            resources={"L1": times * by_gathers, own: times * (int(busy.sum()) - by_gathers)},
        )
        dram_bytes = {"A": times * traffic.a, "B": times * traffic.b, "C": times * traffic.c}
        return Schedule(
            phases=(phase,),
            actions=self._actions(rows, dram_bytes, dtype, times),
            dram_bytes=dram_bytes,
            repeat=repeat,
            details={
                "entries": int(rows.entries.sum()),
                "longest_row": int(rows.entries.max(initial=0)),
                "sectors": int(rows.sectors.sum()),
                "waves": int(steps.alone.sum()),
            },
        )

    def execute(self, op: MatmulOp) -> FloatArray | SparseMatrix:
        """C in float64: every warp's span of entries on its own, and their sums row by row."""
        if op.groups > 1:
            return execute_one_by_one(self, op)
        matrix, b = op.a.tensor.to_sparse(), op.b.tensor.to_array().astype(np.float64)
        values = np.ones(matrix.nnz) if matrix.values is None else matrix.values.astype(np.float64)
        rows = np.repeat(np.arange(op.m), matrix.row_lengths)
        span = LANES * self.lane_entries
        c = np.zeros((op.m, op.n))
        for first in range(0, matrix.nnz, span):
            taken = slice(first, first + span)
            np.add.at(c, rows[taken], values[taken, None] * b[matrix.indices[taken]])
        return c

    def _steps(self, rows: Rows) -> Steps:
        if self.share == "entries":
            return entry_steps(rows.entries, self.sms * STEP_ENTRIES, self._conflict_cycles(rows.entries))
        span = LANES * self.lane_entries
        warp_cycles = 0.0 if self.unpack_values_per_cycle is None else span / self.unpack_values_per_cycle
        return row_steps(rows.entries, self.block_warps, self.sms, span, warp_cycles, self.latency_cycles)

    def _conflict_cycles(self, entries: Any) -> FloatArray:
        """float64[rows]: see the attributes."""
        if self.conflict_entries is None:
            return np.zeros(len(entries))
        growth = np.clip(entries / self.conflict_row, 1, self.conflict_growth)
        cycles = np.asarray((entries / self.conflict_entries) ** 2 * growth)
        whole_cycles(f"conflict_entries: {self.conflict_entries:g}", float(cycles.sum()))
        return cycles

    def _gather_cycles(self, rows: Rows, steps: Steps) -> Any:
        """int64[steps]: cycles in which the L1 of all multiprocessors deliver the gathered sectors."""
        gathered = int(rows.sectors.sum()) * SECTOR_BYTES / (self.sms * self.l1_bytes_per_cycle)
        whole_cycles(f"l1_bytes_per_cycle: {self.l1_bytes_per_cycle:g}", gathered)
        return weighted_shares(round(gathered), steps.entries) if len(steps.entries) else steps.entries

    def _actions(self, rows: Rows, dram_bytes: dict[str, int], dtype: DType, vectors: int) -> dict[str, int]:
        """Exact action counts of one repetition; padding entries are multiplied, too."""
        accumulator = ACCUMULATORS[dtype.name]
        macs = vectors * int(rows.entries.sum())
        gathered = BITS_PER_BYTE * SECTOR_BYTES * vectors * int(rows.sectors.sum())
        streamed = BITS_PER_BYTE * dram_bytes["A"]
        x_bits = BITS_PER_BYTE * self.sms * dram_bytes["B"]
        return {
            f"mult_{dtype.name}": macs,
            f"add_{accumulator}": macs,
            "register_read_bits": macs * (2 * dtype.bits + ACCUMULATOR_BITS[accumulator]),
            "register_write_bits": macs * ACCUMULATOR_BITS[accumulator],
            "l1.sram_read_bits": streamed + gathered,
            "l1.sram_write_bits": streamed + x_bits,
            "l2_read_bits": streamed + x_bits,
            "l2_write_bits": BITS_PER_BYTE * sum(dram_bytes.values()),
            "index_add": macs,
        }
