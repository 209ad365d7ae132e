"""Measured SpMM times beside simulated ones, on the patterns that they were measured on."""

import csv
import gzip
import io
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from sparsesim.engines import run_schedule
from sparsesim.errors import InputError
from sparsesim.hardware import Machine
from sparsesim.matmul import matmul_op
from sparsesim.tensors import DenseMatrix, SparseMatrix, matrix_members, read_matrix
from sparsesim.validation.reference import Watch
from sparsesim.validation.spmm.crossover import storage_of
from sparsesim.validation.spmm.description import Measured


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
    """The lines of the table whose patterns are at hand; InputError if there are none."""

    def __init__(self, data: Path, measured: Measured, machine: Machine, watch: Watch) -> None:
        self.measured, self.machine, self.watch = measured, machine, watch
        self._lines = [line for line in _lines(data, measured) if _archive(data, measured, line).is_file()]
        self._data = data
        if not self._lines:
            raise InputError(f"{data}: no patterns here; {_wanted(measured)}")

    @cached_property
    def comparisons(self) -> list[Comparison]:
        """Every line, simulated once; lines of one layer and sparsity share its pattern."""
        groups: dict[tuple[Path, str], list[dict[str, str]]] = {}
        for line in self._lines:
            groups.setdefault((_archive(self._data, self.measured, line), line["matrix"]), []).append(line)
        members = {archive: matrix_members(archive) for archive, _ in groups}
        found = []
        for (archive, layer), lines in groups.items():
            if f"{layer}.smtx" in members[archive]:
                self.watch(f"{archive.stem} {layer}")
                pattern = read_matrix(archive, f"{layer}.smtx")
                found += [self._compare(pattern, line) for line in lines]
        return found

    def _compare(self, pattern: SparseMatrix, line: dict[str, str]) -> Comparison:
        length, n = int(line["vec_len"]), int(line["n"])
        a = stretched(pattern, length)
        op = matmul_op(a, DenseMatrix((a.shape[1], n)), storage_of(length), self.measured.dtype)
        cycles = run_schedule(self.machine.accelerator.plan(op), self.machine).cycles
        return Comparison(
            layer=line["matrix"],
            sparsity=float(line["sparsity"]),
            vector_length=length,
            m=a.shape[0],
            n=n,
            k=a.shape[1],
            measured_us=float(line[self.measured.column]),
            simulated_us=1e6 * cycles / self.machine.clock_hz,
            dense_us=float(line[self.measured.dense_column]),
            fitted=self.measured.is_fitted(line["matrix"]),
        )


def stretched(pattern: SparseMatrix, length: int) -> SparseMatrix:
    """Every non-zero replaced by a column vector of `length` of them."""
    lengths = np.repeat(pattern.row_lengths, length)
    starts = np.repeat(pattern.indptr[:-1], length)
    indptr = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
    places = np.arange(indptr[-1], dtype=np.int64) + np.repeat(starts - indptr[:-1], lengths)
    return SparseMatrix.from_csr((pattern.shape[0] * length, pattern.shape[1]), indptr, pattern.indices[places])


def _lines(data: Path, measured: Measured) -> list[dict[str, str]]:
    path = data / measured.table
    if not path.is_file():
        raise InputError(f"{path}: no such file; {_wanted(measured)}")
    try:
        text = gzip.decompress(path.read_bytes()).decode("ascii")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: {error}") from error
    return list(csv.DictReader(io.StringIO(text)))


def _archive(data: Path, measured: Measured, line: dict[str, str]) -> Path:
    return data / measured.patterns.format(**{key: line[key] for key in ("model", "pruning", "sparsity")})


def _wanted(measured: Measured) -> str:
    return (
        f"wanted: {measured.table} and pattern archives {measured.patterns} in a folder named by --data or "
        f"SPARSESIM_DATA; the patterns come from {measured.wanted}"
    )
