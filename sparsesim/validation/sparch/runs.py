"""C = A x A on variants of one machine; no product is simulated twice."""

from dataclasses import dataclass, field
from typing import Any

from sparsesim.hardware import EnergyTable, Machine
from sparsesim.matmul import matmul_op
from sparsesim.results import Result
from sparsesim.simulation import simulate
from sparsesim.tensors import SparseMatrix
from sparsesim.validation.data import MatrixFolder
from sparsesim.validation.reference import Progress


@dataclass(eq=False)
class SquareRuns:
    """Squares of the matrices in a folder; each is simulated once per variant of the machine."""

    folder: MatrixFolder
    machine: Machine
    table: EnergyTable
    format: str
    dtype: str
    progress: Progress
    _matrices: dict[str, SparseMatrix] = field(default_factory=dict)
    _results: dict[tuple[Any, ...], Result] = field(default_factory=dict)

    def matrix(self, name: str) -> SparseMatrix:
        """A matrix by its file name without suffix."""
        if name not in self._matrices:
            self.progress(f"read {name}")
            self._matrices[name] = self.folder.read(name)
        return self._matrices[name]

    def result(self, name: str, **changes: Any) -> Result:
        """A x A on the machine with these parameters of its accelerator changed."""
        key = (name, *sorted(changes.items()))
        if key not in self._results:
            self.progress(" ".join([name, *(f"{part}={value}" for part, value in changes.items())]))
            self._results[key] = self.square(name, self.matrix(name), self.machine.with_accelerator(**changes))
        return self._results[key]

    def square(self, name: str, matrix: SparseMatrix, machine: Machine | None = None) -> Result:
        """The product of any matrix with itself; the result is not kept."""
        op = matmul_op(matrix, matrix, self.format, self.dtype, name=name)
        return simulate(op, machine or self.machine, self.table)

    def has_work(self, name: str) -> bool:
        """Whether A x A exists and takes at least one multiplication."""
        matrix = self.matrix(name)
        return matrix.shape[0] == matrix.shape[1] and self._multiplies(matrix) > 0

    @staticmethod
    def _multiplies(matrix: SparseMatrix) -> int:
        return int(matrix.row_lengths[matrix.indices].sum())
