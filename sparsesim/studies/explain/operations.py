"""What is explained: the operations of a network, of one GEMM or of one product of matrices, one after the other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from sparsesim.errors import InputError
from sparsesim.formats import Format
from sparsesim.hardware import Machine
from sparsesim.lowering import Lowering, lowered_layers
from sparsesim.matmul import MatmulOp, matmul_op
from sparsesim.networks import Network
from sparsesim.products import BENCHMARK_RUNS, drawn_weights
from sparsesim.studies.checks import check_run, check_seed
from sparsesim.tensors import DenseMatrix, Tensor
from sparsesim.transforms import LayerInputs, Method


class Operations(Protocol):
    """The operations of one run."""

    @property
    def in_words(self) -> str:
        """What runs, for titles."""

    def check(self, engine: str) -> None:
        """InputError before any work for what cannot be run."""

    def on(self, machine: Machine) -> Machine:
        """The machine as it is timed."""

    def each(self, format: Format) -> Iterator[MatmulOp]:
        """One operation after the other, with A in this format."""


@dataclass(frozen=True, eq=False)
class NetworkOperations:
    """The layers of a network after a method."""

    network: Network
    method: Method
    lowering: Lowering
    inputs: LayerInputs | None = None

    @property
    def in_words(self) -> str:
        """The network, how it is pruned, and its batch."""
        asked = self.method.asked_sparsity
        pruned = "" if self.method.label == "none" else f", {self.method.label}{f' {asked:.4g}' if asked else ''}"
        return f"{self.network.label}{pruned}, batch {self.lowering.batch}"

    def check(self, engine: str) -> None:
        """InputError as `check_run`."""
        check_run(self.network, self.method, self.inputs, self.lowering, engine)

    def on(self, machine: Machine) -> Machine:
        """As it is: layers of a network follow each other."""
        return machine

    def each(self, format: Format) -> Iterator[MatmulOp]:
        """Layers are drawn, pruned and lowered while the one before is simulated."""
        dtype, read = self.lowering.dtype_of(self.method.stored_dtype), self.lowering.activations
        layers = lowered_layers(self.network, self.method, dtype, self.lowering.batch, read, inputs=self.inputs)
        return (layer.stored_as(format) for layer in layers)


@dataclass(frozen=True, eq=False)
class GemmOperation:
    """M tokens times N x K seeded weights, one of many equal runs, as `sparsesim gemm` times them."""

    sides: Sequence[int]
    sparsity: str
    dtype: str
    seed: int = 0
    cold: bool = False

    @property
    def in_words(self) -> str:
        """Its sides, and its sparsity."""
        sparsity = "" if self.sparsity == "0" else f", sparsity {self.sparsity}"
        return f"GEMM {' x '.join(map(str, self.sides))}{sparsity}"

    def check(self, engine: str) -> None:
        """InputError for anything but three whole numbers, and for a negative seed."""
        if len(self.sides) != 3 or any(type(side) is not int or side < 1 for side in self.sides):
            raise InputError(f"gemm: {list(self.sides)}: M, N and K are needed, whole numbers of at least 1")
        check_seed(self.seed)

    def on(self, machine: Machine) -> Machine:
        """In a benchmark that finds small operands in the L2, unless it is cold."""
        return machine.benchmarked(BENCHMARK_RUNS, warm=not self.cold)

    def each(self, format: Format) -> Iterator[MatmulOp]:
        """The one product."""
        m, n, k = self.sides
        weights, tokens = drawn_weights(n, k, self.sparsity, self.seed), DenseMatrix((k, m), seed=self.seed + 1)
        yield matmul_op(weights, tokens, format, self.dtype, name=f"gemm {m} x {n} x {k}")


@dataclass(frozen=True, eq=False)
class MatrixOperation:
    """C = A x B of two matrices."""

    a: Tensor
    b: Tensor
    dtype: str
    name: str

    @property
    def in_words(self) -> str:
        """Its name."""
        return self.name

    def check(self, engine: str) -> None:
        """InputError for sides that do not fit."""
        if self.a.shape[1] != self.b.shape[0]:
            raise InputError(f"{self.name}: {self.a.shape} times {self.b.shape}: sides do not fit")

    def on(self, machine: Machine) -> Machine:
        """As it is."""
        return machine

    def each(self, format: Format) -> Iterator[MatmulOp]:
        """The one product."""
        yield matmul_op(self.a, self.b, format, self.dtype, name=self.name)
