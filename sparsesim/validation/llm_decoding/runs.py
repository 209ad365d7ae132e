"""Measured times of every shape and density beside simulated ones."""

from dataclasses import dataclass
from functools import cache, cached_property
from typing import Annotated, Final

import numpy as np
from pydantic import Field

from sparsesim.accelerators.gather_spmv import GatherSpmv, Rows, Traffic
from sparsesim.accelerators.gather_spmv.rows import rows_of
from sparsesim.dtypes import dtype_by_name
from sparsesim.engines import run_schedule
from sparsesim.formats import Csr, Gaps, format_by_name
from sparsesim.hardware import Machine, load_machine
from sparsesim.matmul import Operand, matmul_op
from sparsesim.simulation import simulate
from sparsesim.tensors import DenseMatrix, SparseMatrix, Tensor
from sparsesim.units import bits_to_bytes
from sparsesim.validation.data import DataFolder
from sparsesim.validation.llm_decoding.published import Around, LlmDecodingValues, MeasuredKernel
from sparsesim.validation.measured_table import Count, Positive, TableLine, read_table
from sparsesim.validation.reference import Progress

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


@cache
def drawn(columns: int, density: float) -> Tensor:
    """`DRAWN_ROWS` rows of a uniform mask; always the same."""
    if density == 1:
        return SparseMatrix.from_mask(np.ones((DRAWN_ROWS, columns), np.bool_))
    return SparseMatrix.from_mask(np.random.default_rng(0).random((DRAWN_ROWS, columns)) < density)


@cache
def _drawn_rows(columns: int, density: float, format: str, dtype: str, lane_entries: int) -> tuple[Rows, float]:
    """The drawn rows, and the bits of an entry."""
    operand = Operand(drawn(columns, density), format_by_name(format), dtype_by_name(dtype))
    stored = operand.format
    pointers = stored.pointer_bits * (DRAWN_ROWS + 1) if isinstance(stored, Csr | Gaps) else 0
    bits = (operand.size.size_bits - pointers) / operand.size.stored_values
    return rows_of(operand, lane_entries), bits


def spmv_us(card: Machine, kernel: MeasuredKernel, rows: int, columns: int, density: float, dtype: str) -> float:
    """Simulated microseconds of a kernel of `card`, on a uniform mask."""
    machine = card.only(kernel.kernel)
    unit = machine.unit
    assert isinstance(unit, GatherSpmv)
    some, bits = _drawn_rows(columns, density, kernel.format, dtype, unit.lane_entries)
    every = Rows(np.resize(some.entries, rows), np.resize(some.sectors, rows))
    number_type = dtype_by_name(dtype)
    traffic = Traffic(
        bits_to_bytes(round(bits * int(every.entries.sum())) + 32 * (rows + 1)),
        bits_to_bytes(columns * number_type.bits),
        bits_to_bytes(rows * number_type.bits),
    )
    return 1e6 * run_schedule(unit.schedule(every, traffic, number_type), machine).cycles / machine.clock_hz


def dense_us(card: Machine, rows: int, columns: int, dtype: str) -> float:
    """Simulated microseconds of the dense product with one column."""
    op = matmul_op(DenseMatrix((rows, columns)), DenseMatrix((columns, 1)), "dense", dtype)
    return 1e6 * simulate(op, card, card.energy_table).seconds
