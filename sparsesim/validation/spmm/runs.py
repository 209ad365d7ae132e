"""Measured SpMM times beside simulated ones, on the patterns that they were measured on."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Field

from sparsesim.engines import run_schedule
from sparsesim.hardware import Machine
from sparsesim.matmul import matmul_op
from sparsesim.tensors import DenseMatrix, SparseMatrix, matrix_members, read_matrix
from sparsesim.validation.data import DataFolder
from sparsesim.validation.measured_table import Count, Positive, TableLine, read_table
from sparsesim.validation.reference import Progress
from sparsesim.validation.spmm.crossover import format_of
from sparsesim.validation.spmm.published import SpmmValues


class TimesLine(TableLine):
    """A line of the table: a layer, how it was pruned and stretched to vectors, and two kernels' microseconds."""

    model: str
    pruning: str
    sparsity: Annotated[float, Field(ge=0, lt=1)]
    layer: Annotated[str, Field(alias="matrix")]
    vector_length: Annotated[Count, Field(alias="vec_len")]
    n: Count
    sparse_us: Annotated[Positive, Field(alias="vectorSparse_fp16_us")]
    dense_us: Annotated[Positive, Field(alias="dense_cublas_fp16_us")]


@dataclass(frozen=True)
class Comparison:
    """One measured product; times in microseconds, `fitted` if the machine was fitted on this layer."""

    layer: str
    sparsity: float
    vector_length: int
    m: int
    n: int
    k: int
    measured_us: float
    simulated_us: float
    dense_us: float
    fitted: bool

    @property
    def error_pct(self) -> float:
        """Relative error of the simulated time in percent."""
        return 100 * (self.simulated_us / self.measured_us - 1)


class MeasuredRuns:
    """The lines of the table whose patterns are available; InputError if there are none."""

    def __init__(self, data: DataFolder, values: SpmmValues, machine: Machine, progress: Progress) -> None:
        self.measured, self.machine, self.progress = values.measured, machine, progress
        table = data.file(self.measured.table)
        if table is None:
            raise data.lacks(self.measured.table, values.wanted, values.origin)
        self._patterns: dict[tuple[Path, str], list[TimesLine]] = {}
        for line in read_table(table, TimesLine):
            archive = data.file(self.measured.patterns.format_map(vars(line)))
            if archive is not None:
                self._patterns.setdefault((archive, line.layer), []).append(line)
        if not self._patterns:
            raise data.lacks("patterns", values.wanted, values.origin)

    @cached_property
    def comparisons(self) -> list[Comparison]:
        """Every line, simulated once; lines of one layer and sparsity share its pattern."""
        members = {archive: matrix_members(archive) for archive, _ in self._patterns}
        found = []
        for (archive, layer), lines in self._patterns.items():
            if f"{layer}.smtx" in members[archive]:
                self.progress(f"{archive.stem} {layer}")
                pattern = read_matrix(archive, f"{layer}.smtx")
                found += [self._compare(pattern, line) for line in lines]
        return found

    def _compare(self, pattern: SparseMatrix, line: TimesLine) -> Comparison:
        a = stretched(pattern, line.vector_length)
        op = matmul_op(a, DenseMatrix((a.shape[1], line.n)), format_of(line.vector_length), self.measured.dtype)
        cycles = run_schedule(self.machine.unit.plan(op), self.machine).cycles
        return Comparison(
            layer=line.layer,
            sparsity=line.sparsity,
            vector_length=line.vector_length,
            m=a.shape[0],
            n=line.n,
            k=a.shape[1],
            measured_us=line.sparse_us,
            simulated_us=1e6 * cycles / self.machine.clock_hz,
            dense_us=line.dense_us,
            fitted=self.measured.is_fitted(line.layer),
        )


def stretched(pattern: SparseMatrix, length: int) -> SparseMatrix:
    """Every non-zero replaced by a column vector of `length` of them."""
    lengths = np.repeat(pattern.row_lengths, length)
    starts = np.repeat(pattern.indptr[:-1], length)
    indptr = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
    places = np.arange(indptr[-1], dtype=np.int64) + np.repeat(starts - indptr[:-1], lengths)
    return SparseMatrix.from_csr((pattern.shape[0] * length, pattern.shape[1]), indptr, pattern.indices[places])
