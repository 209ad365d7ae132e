"""Measured times of every shape and density beside simulated ones."""

from dataclasses import dataclass
from functools import cache, cached_property
from typing import Annotated, Final, NamedTuple

import numpy as np
from pydantic import Field

from sparsesim.accelerators.gather_spmv import GatherSpmv, Rows, Traffic
from sparsesim.accelerators.gather_spmv.rows import rows_of
from sparsesim.dtypes import dtype_by_name
from sparsesim.engines import run_schedule
from sparsesim.formats import format_by_name
from sparsesim.hardware import Machine, load_machine
from sparsesim.matmul import Operand, matmul_op
from sparsesim.simulation import simulate
from sparsesim.tensors import DenseMatrix, SparseMatrix, Tensor
from sparsesim.units import bits_to_bytes
from sparsesim.validation.data import DataFolder
from sparsesim.validation.llm_decoding.published import LlmDecodingValues, MeasuredKernel
from sparsesim.validation.measured_table import Count, Positive, TableLine, read_table
from sparsesim.validation.reference import Progress

DENSE: Final = "cublas-dense"
"""How the tables call the dense kernel; its times do not depend on the density."""

POINTER_BITS: Final = 32
"""Row pointers of both formats."""

DRAWN_ROWS: Final = 128
"""Rows of a uniform mask that are drawn; the others repeat them, because rows of such a mask are alike."""


class TimesLine(TableLine):
    """A line of a table."""

    rows: Count
    columns: Annotated[Count, Field(alias="cols")]
    kernel: str
    density: Annotated[float, Field(gt=0, le=1)]
    us: Positive


@dataclass(frozen=True)
class Comparison:
    """One measured product; `kernel` as in the table, times in microseconds with all that the benchmark adds.

    `alone_us` is the simulated time of the kernel without that, and `fitted` tells whether constants were fitted on
    the shape.
    """

    card: str
    kernel: str
    rows: int
    columns: int
    density: float
    measured_us: float
    simulated_us: float
    alone_us: float
    fitted: bool

    @property
    def error_pct(self) -> float:
        """Relative error of the simulated time in percent."""
        return 100 * (self.simulated_us / self.measured_us - 1)


class Speedups(NamedTuple):
    """Speedups over dense: measured, simulated with what the benchmark adds, and of the card without that."""

    measured: float
    simulated: float
    alone: float


@cache
def drawn(columns: int, density: float) -> Tensor:
    """`DRAWN_ROWS` rows of a uniform mask; always the same."""
    if density == 1:
        return SparseMatrix.from_mask(np.ones((DRAWN_ROWS, columns), np.bool_))
    return SparseMatrix.from_mask(np.random.default_rng(0).random((DRAWN_ROWS, columns)) < density)


@cache
def _drawn_rows(columns: int, density: float, format: str, dtype: str, lane_entries: int) -> tuple[Rows, float]:
    """The drawn rows, and the bits of an entry without row pointers."""
    operand = Operand(drawn(columns, density), format_by_name(format), dtype_by_name(dtype))
    bits = (operand.size.size_bits - POINTER_BITS * (DRAWN_ROWS + 1)) / operand.size.stored_values
    return rows_of(operand, lane_entries), bits


def spmv_traffic(
    machine: Machine, kernel: MeasuredKernel, rows: int, columns: int, density: float, dtype: str
) -> tuple[Rows, Traffic]:
    """Rows and bytes of a product on a uniform mask; `machine` has one kernel."""
    unit = machine.unit
    assert isinstance(unit, GatherSpmv)
    some, bits = _drawn_rows(columns, density, kernel.format, dtype, unit.lane_entries)
    every = Rows(np.resize(some.entries, rows), np.resize(some.sectors, rows))
    bits_of_value = dtype_by_name(dtype).bits
    traffic = Traffic(
        bits_to_bytes(round(bits * int(every.entries.sum())) + POINTER_BITS * (rows + 1)),
        bits_to_bytes(columns * bits_of_value),
        bits_to_bytes(rows * bits_of_value),
    )
    return every, traffic


def spmv_us(card: Machine, kernel: MeasuredKernel, rows: int, columns: int, density: float, dtype: str) -> float:
    """Simulated microseconds of a kernel of `card`, on a uniform mask."""
    machine = card.only(kernel.kernel)
    unit = machine.unit
    assert isinstance(unit, GatherSpmv)
    every, traffic = spmv_traffic(machine, kernel, rows, columns, density, dtype)
    schedule = unit.schedule(every, traffic, dtype_by_name(dtype))
    return 1e6 * run_schedule(schedule, machine).cycles / machine.clock_hz


def dense_us(card: Machine, rows: int, columns: int, dtype: str) -> float:
    """Simulated microseconds of the dense product with one column."""
    op = matmul_op(DenseMatrix((rows, columns)), DenseMatrix((columns, 1)), "dense", dtype)
    return 1e6 * simulate(op, card, card.energy_table).seconds


class MeasuredRuns:
    """Every line of the tables that are there; InputError if there are none."""

    def __init__(self, data: DataFolder, values: LlmDecodingValues, progress: Progress) -> None:
        self.values, self.progress = values, progress
        tables = {card: data.file(given.table) for card, given in values.cards.items()}
        self._tables = {card: table for card, table in tables.items() if table is not None}
        if not self._tables:
            raise data.lacks("tables of SpMV times", values.wanted, values.origin)
        self._dense: dict[tuple[str, int, int], float] = {}
        self.cards = {card: load_machine(values.cards[card].machine) for card in self._tables}

    @cached_property
    def comparisons(self) -> list[Comparison]:
        """Every line of a kernel that is described, and the dense lines."""
        return [
            self._compare(card, line)
            for card, table in self._tables.items()
            for line in self._announced(card, read_table(table, TimesLine))
            if line.kernel in self.values.kernels or line.kernel == DENSE
        ]

    @cached_property
    def speedups(self) -> dict[tuple[str, str, float], list[Speedups]]:
        """Over dense, by card, kernel and density, for each shape that nothing was fitted on."""
        dense = {self._place(each): each for each in self.comparisons if each.kernel == DENSE}
        found: dict[tuple[str, str, float], list[Speedups]] = {}
        for each in self.comparisons:
            if each.kernel != DENSE and not each.fitted:
                beside = dense[self._place(each)]
                speedups = Speedups(
                    beside.measured_us / each.measured_us,
                    beside.simulated_us / each.simulated_us,
                    beside.alone_us / each.alone_us,
                )
                found.setdefault((each.card, each.kernel, each.density), []).append(speedups)
        return dict(sorted(found.items()))

    def token_ms(self, density: float) -> float:
        """Simulated milliseconds of all products of the network for one token."""
        network, dtype = self.values.network, self.values.dtype
        card, kernel = self.cards[network.card], self.values.kernels[network.kernel]
        layer = sum(spmv_us(card, kernel, rows, columns, density, dtype) for rows, columns in network.shapes)
        return 1e-3 * (network.layers * layer + dense_us(card, *network.head, dtype))

    def _announced(self, card: str, lines: list[TimesLine]) -> list[TimesLine]:
        self.progress(f"{card}, {len(lines)} products")
        return lines

    def _compare(self, card: str, line: TimesLine) -> Comparison:
        machine, dtype = self.cards[card], self.values.dtype
        if line.kernel == DENSE:
            alone = simulated = self._dense_us(card, line.rows, line.columns)
        else:
            kernel = self.values.kernels[line.kernel]
            alone = spmv_us(machine, kernel, line.rows, line.columns, line.density, dtype)
            simulated = alone + self._added_us(card, kernel, line)
        return Comparison(
            card=card,
            kernel=line.kernel,
            rows=line.rows,
            columns=line.columns,
            density=line.density,
            measured_us=line.us,
            simulated_us=simulated,
            alone_us=alone,
            fitted=line.kernel != DENSE and self.values.is_fitted(line.rows, line.columns),
        )

    def _added_us(self, card: str, kernel: MeasuredKernel, line: TimesLine) -> float:
        """What the benchmark adds to the time of the kernel."""
        around = kernel.around[card]
        machine = self.cards[card].only(kernel.kernel)
        read = spmv_traffic(machine, kernel, line.rows, line.columns, line.density, self.values.dtype)[1].a
        written = min(around.written_back.per_byte * read, around.written_back.size_bytes)
        numerator, denominator = machine.dram_rate
        return around.overhead_us + 1e6 * written * denominator / numerator / machine.clock_hz

    def _dense_us(self, card: str, rows: int, columns: int) -> float:
        """The dense time, simulated once for all densities."""
        place = card, rows, columns
        if place not in self._dense:
            self._dense[place] = dense_us(self.cards[card], rows, columns, self.values.dtype)
        return self._dense[place]

    @staticmethod
    def _place(each: Comparison) -> tuple[str, int, int, float]:
        return each.card, each.rows, each.columns, each.density
