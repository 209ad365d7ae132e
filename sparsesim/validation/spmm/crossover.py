"""The sparsity from which a sparse kernel beats a dense one, and both times over sparsity."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from math import log, sqrt
from typing import Any, Final

from sparsesim.hardware import Machine, load_machine
from sparsesim.matmul import matmul_op
from sparsesim.simulation import simulate
from sparsesim.tensors import DenseMatrix, Tensor
from sparsesim.tensors.generators import block
from sparsesim.validation.reference import Progress
from sparsesim.validation.spmm.published import Blocks, Crossovers

Record = dict[str, Any]

CURVE: Final = (0.7, 0.8, 0.85, 0.9, 0.93, 0.95, 0.97, 0.98, 0.99)
"""Sparsities at which a curve is drawn."""

SPARSEST: Final = 0.002
DENSEST: Final = 0.512
"""Densities between which a crossover is sought, eight doublings apart."""

HALVINGS: Final = 3
"""Steps of the search within a doubling, before the last two points are joined by a line."""


@dataclass(frozen=True)
class Square:
    """C = A x B of `size` x `size` matrices; A has random vectors of non-zeros, B is dense."""

    size: int
    dtype: str = "fp16"
    seed: int = 0

    def seconds(self, machine: Machine, a: Tensor, format: str) -> float:
        """Simulated time on `machine`, its power cap included."""
        op = matmul_op(a, DenseMatrix((self.size, self.size)), format, self.dtype)
        return simulate(op, machine, machine.energy_table).seconds

    def dense_seconds(self, machine: Machine) -> float:
        """Time of the dense product."""
        return self.seconds(machine, DenseMatrix((self.size, self.size)), "dense")

    def sparse_seconds(self, machine: Machine, vector_length: int, density: float, width: int = 1) -> float:
        """Time of the sparse product, with blocks of non-zeros at random positions; column vectors if `width` is 1."""
        a = block(self.size, self.size, vector_length, width, density, self.seed)
        return self.seconds(machine, a, format_of(vector_length, width))


def format_of(vector_length: int, width: int = 1) -> str:
    """The format whose kernels run on such vectors or blocks."""
    return "csr" if vector_length == width == 1 else f"bsr-{vector_length}x{width}"


def crossover_sparsity(problem: Square, card: Machine, vector_length: int, width: int = 1) -> float | None:
    """Sparsity above which a card's SpMM beats its GEMM; None if that is nowhere between 48.8 % and 99.8 %."""
    target = problem.dense_seconds(card)
    density = _meeting(lambda at: problem.sparse_seconds(card, vector_length, at, width), target)
    return None if density is None else 1 - density


def _meeting(seconds: Callable[[float], float], target: float) -> float | None:
    """The density that takes `target` seconds: doubled until it takes longer, then bisected, on logarithmic axes."""
    fast, slow = (SPARSEST, seconds(SPARSEST)), (2 * SPARSEST, seconds(2 * SPARSEST))
    if fast[1] > target:
        return None
    while slow[1] <= target:
        if 2 * slow[0] > DENSEST:
            return None
        fast, slow = slow, (2 * slow[0], seconds(2 * slow[0]))
    for _ in range(HALVINGS):
        density = sqrt(fast[0] * slow[0])
        middle = (density, seconds(density))
        fast, slow = (middle, slow) if middle[1] <= target else (fast, middle)
    share = log(target / fast[1]) / log(slow[1] / fast[1])
    return float(fast[0] * (slow[0] / fast[0]) ** share)


def crossover_curves(problem: Square, card: Machine, vector_lengths: tuple[int, ...]) -> list[Record]:
    """Times over sparsity, a record per vector length and sparsity, beside the dense time."""
    target = problem.dense_seconds(card)
    return [
        {
            "size": problem.size,
            "vector_length": length,
            "sparsity": sparsity,
            "seconds": problem.sparse_seconds(card, length, 1 - sparsity),
            "dense_seconds": target,
        }
        for length in vector_lengths
        for sparsity in CURVE
    ]


class CrossoverRuns:
    """Every size and vector length asked for; vectors run the kernels that are made for one card."""

    def __init__(self, asked: Crossovers, progress: Progress) -> None:
        self.asked, self.progress = asked, progress
        self.card = _with_vectors_in(load_machine(asked.machine), asked.kernel)

    @cached_property
    def sparsities(self) -> dict[tuple[int, int], float | None]:
        """Sparsity at the crossover by (size, vector length); None where there is no crossover."""
        found = {}
        for size in self.asked.sizes:
            for length in self.asked.vector_lengths:
                self.progress(f"crossover of vectors of {length}, {size} x {size} x {size}")
                found[size, length] = crossover_sparsity(self._square(size), self.card, length)
        return found

    def curves(self) -> list[Record]:
        """Times over sparsity of every size; see `crossover_curves`."""
        records = []
        for size in self.asked.sizes:
            self.progress(f"times over sparsity, {size} x {size} x {size}")
            records += crossover_curves(self._square(size), self.card, self.asked.vector_lengths)
        return records

    def _square(self, size: int) -> Square:
        return Square(size, self.asked.dtype)


class BlockRuns:
    """Square blocks on the card as it is, for every side that a sparsity was published for."""

    def __init__(self, asked: Blocks, progress: Progress) -> None:
        self.asked, self.progress = asked, progress
        card = load_machine(asked.machine)
        self.card = card.model_copy(update={"kernels": {name: card.library[name] for name in ("gemm", asked.kernel)}})

    @cached_property
    def sparsities(self) -> dict[int, float | None]:
        """Sparsity at the crossover by side of the blocks; None where there is no crossover."""
        problem, found = Square(self.asked.size, self.asked.dtype), {}
        for side in self.asked.sparsity:
            self.progress(f"crossover of blocks of {side} x {side}, {self.asked.size} x {self.asked.size}")
            found[side] = crossover_sparsity(problem, self.card, side, side)
        return found


def _with_vectors_in(card: Machine, kernel: str) -> Machine:
    """The card with its dense GEMM and one SpMM kernel, which also runs column vectors on tensor cores."""
    made = card.library[kernel]
    unit = made.unit.model_copy(update={"vector_lengths": (1, 2, 4, 8)})
    vectors = made.model_copy(update={"unit": unit, "formats": ("csr", "bsr-*x1")})
    return card.model_copy(update={"kernels": {"gemm": card.library["gemm"], kernel: vectors}})
