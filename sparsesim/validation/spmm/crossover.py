"""From which sparsity a sparse kernel beats a dense one: times over sparsity, and where they meet."""

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, log
from typing import Any, Final

from sparsesim.hardware import Machine
from sparsesim.pipeline import simulate
from sparsesim.tensors import DenseMatrix, Tensor
from sparsesim.tensors.generators import block
from sparsesim.workload import matmul_op

Record = dict[str, Any]

CURVE: Final = (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.88, 0.9, 0.92, 0.94, 0.96, 0.97, 0.98, 0.985, 0.99)
"""Sparsities at which a curve is drawn."""

DENSEST, SPARSEST, HALVINGS: Final = 0.8, 0.001, 9
"""Densities between which a crossover is looked for, and steps: 9 leave it within 1.3 % of the density."""


@dataclass(frozen=True)
class Square:
    """C = A x B of `size` x `size` matrices; A has random vectors of non-zeros, B is dense."""

    size: int
    value_type: str = "fp16"
    seed: int = 0

    def seconds(self, machine: Machine, a: Tensor, storage: str) -> float:
        """Simulated time on `machine`, its power cap included."""
        op = matmul_op(a, DenseMatrix((self.size, self.size)), storage, self.value_type)
        return simulate(op, machine, machine.energy_table).seconds

    def dense_seconds(self, machine: Machine) -> float:
        """Time of the dense product."""
        return self.seconds(machine, DenseMatrix((self.size, self.size)), "dense")

    def sparse_seconds(self, machine: Machine, vector_length: int, density: float) -> float:
        """Time with column vectors of non-zeros at random places."""
        a = block(self.size, self.size, vector_length, 1, density, self.seed)
        return self.seconds(machine, a, storage_of(vector_length))


def storage_of(vector_length: int) -> str:
    """The format whose kernels run on such vectors."""
    return "csr" if vector_length == 1 else f"bsr-{vector_length}x1"


def crossover_sparsity(problem: Square, sparse: Machine, dense: Machine, vector_length: int) -> float | None:
    """Sparsity above which `sparse` is faster than `dense`; None if that is nowhere between 20 % and 99.9 %."""
    target = problem.dense_seconds(dense)
    density = _meeting(lambda at: problem.sparse_seconds(sparse, vector_length, at), target)
    return None if density is None else 1 - density


def _meeting(seconds: Callable[[float], float], target: float) -> float | None:
    """The largest density that takes no longer than `target`, by halving a logarithmic interval."""
    if seconds(SPARSEST) > target or seconds(DENSEST) < target:
        return None
    fast, slow = log(SPARSEST), log(DENSEST)
    for _ in range(HALVINGS):
        middle = (fast + slow) / 2
        fast, slow = (middle, slow) if seconds(exp(middle)) <= target else (fast, middle)
    return exp((fast + slow) / 2)


def crossover_curves(problem: Square, sparse: Machine, dense: Machine, vector_lengths: tuple[int, ...]) -> list[Record]:
    """Times over sparsity, a record per vector length and sparsity, beside the dense time."""
    target = problem.dense_seconds(dense)
    return [
        {
            "size": problem.size,
            "vector_length": length,
            "sparsity": sparsity,
            "seconds": problem.sparse_seconds(sparse, length, 1 - sparsity),
            "dense_seconds": target,
        }
        for length in vector_lengths
        for sparsity in CURVE
    ]
