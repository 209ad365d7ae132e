"""What both sides run at one value of the axis: a network that is prepared once, or a GEMM of seeded weights."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from sparsesim.errors import InputError, SparsesimError
from sparsesim.formats import Format
from sparsesim.hardware import OWN, EnergyTable, Machine
from sparsesim.lowering import Lowering, lowered_layers
from sparsesim.networks import Network
from sparsesim.products import gemm
from sparsesim.results import Result
from sparsesim.simulation import Simulator
from sparsesim.studies.checks import check_run, check_seed
from sparsesim.studies.crossover.axes import Axis
from sparsesim.studies.crossover.contenders import Contender
from sparsesim.transforms import LayerInputs, Method, method_by_name, takes_sparsity

Sides = Sequence[Contender]
"""Two contenders with formats and machines as objects."""

AXIS_SIDE: Final = "S"
"""Stands for the size in the sides of a GEMM."""
_AS_DRAWN: Final = ("magnitude", "random")
"""Pruners that leave seeded weights at uniform positions, which can be drawn without the others."""


class Workload(Protocol):
    """What is run."""

    def in_words(self, axis: Axis) -> str:
        """What runs, for titles."""

    def check(self, axis: Axis, sides: Sides) -> None:
        """InputError before any work where the axis or a side does not fit."""

    def run(self, axis: Axis, value: float, sides: Sides) -> list[list[Result]]:
        """Results of each side."""


@dataclass(frozen=True)
class NetworkWorkload:
    """All layers of a network, one after the other."""

    network: Network
    pruner: str
    sparsity: float | None
    lowering: Lowering
    table: EnergyTable | None
    engine: str = "fast"
    inputs: LayerInputs | None = None
    _simulators: list[tuple[Machine, Simulator]] = field(default_factory=list, repr=False)

    def in_words(self, axis: Axis) -> str:
        """The network, how it is pruned, and its batch."""
        pruned = _pruned_in_words(self.pruner, self.sparsity, axis)
        batch = "" if axis.name == "batch" else f", batch {self.lowering.batch}"
        return f"{self.network.label}, {pruned}{batch}"

    def check(self, axis: Axis, sides: Sides) -> None:
        """InputError for a size, pruners that no sparsity changes, and whatever cannot be run."""
        if axis.name == "size":
            raise InputError("over: a network has the sizes that it has: choose sparsity or batch, or a GEMM")
        _check_pruners(axis, sides, self.pruner, self.sparsity)
        for value in (axis.value(axis.grid[0]), axis.value(axis.grid[-1])):
            lowering = self._lowering(axis, value)
            for side in sides:
                check_run(self.network, self._method(axis, value, side), self.inputs, lowering, self.engine)

    def run(self, axis: Axis, value: float, sides: Sides) -> list[list[Result]]:
        """Both sides of a layer run before the next is drawn and pruned; once for both where they prune alike."""
        methods = [self._method(axis, value, side) for side in sides]
        if methods[0] == methods[1]:
            return self._simulated(methods[0], axis, value, sides)
        return [
            found
            for method, side in zip(methods, sides, strict=True)
            for found in self._simulated(method, axis, value, [side])
        ]

    def _simulated(self, method: Method, axis: Axis, value: float, sides: Sides) -> list[list[Result]]:
        lowering = self._lowering(axis, value)
        dtype = lowering.dtype_of(method.stored_dtype)
        read = lowering.activations
        results: list[list[Result]] = [[] for _ in sides]
        simulators = [self._simulator(side.machine) for side in sides]
        for layer in lowered_layers(self.network, method, dtype, lowering.batch, read, inputs=self.inputs):
            for side, simulator, own in zip(sides, simulators, results, strict=True):
                try:
                    own.append(simulator.result(layer.stored_as(_format(side))))
                except SparsesimError as error:
                    raise InputError(f"{side.label}: {axis.told(value)}: {error}") from error
        return results

    def _simulator(self, machine: Any) -> Simulator:
        """One for each machine, which remembers what does not change along the axis."""
        for known, simulator in self._simulators:
            if known is machine or known == machine:
                return simulator
        self._simulators.append((machine, Simulator(machine, self.table, self.engine)))
        return self._simulators[-1][1]

    def _method(self, axis: Axis, value: float, side: Contender) -> Method:
        name, sparsity = _pruner_at(axis, value, side, self.pruner, self.sparsity)
        return method_by_name(name, sparsity)

    def _lowering(self, axis: Axis, value: float) -> Lowering:
        batch = int(value) if axis.name == "batch" else self.lowering.batch
        return Lowering(self.lowering.dtype, batch, self.lowering.activations)


@dataclass(frozen=True)
class GemmWorkload:
    """M tokens times N x K seeded weights, as `sparsesim gemm` times them; a batch is so many times M tokens."""

    sides: tuple[int | str, int | str, int | str]
    pruner: str
    sparsity: float | None
    dtype: str
    table: EnergyTable | None
    engine: str = "fast"
    seed: int = 0

    def in_words(self, axis: Axis) -> str:
        """Its sides, and how the weights are pruned."""
        tokens = f"{'batch x ' if axis.name == 'batch' else ''}{self.sides[0]}"
        return (
            f"GEMM {tokens} x {self.sides[1]} x {self.sides[2]}, {_pruned_in_words(self.pruner, self.sparsity, axis)}"
        )

    def check(self, axis: Axis, sides: Sides) -> None:
        """InputError for sides that are no numbers, a size that stands nowhere, pruners that no sparsity changes."""
        named = AXIS_SIDE in self.sides
        if named != (axis.name == "size"):
            raise InputError(
                f"gemm: {AXIS_SIDE} stands for the size, which is not varied over {axis.name}"
                if named
                else f"gemm: no side is {AXIS_SIDE}, which stands for the size"
            )
        for given in self.sides:
            if given != AXIS_SIDE and (type(given) is not int or given < 1):
                raise InputError(
                    f"gemm: {given!r}: a side is a whole number of at least 1, or {AXIS_SIDE} for the size"
                )
        check_seed(self.seed)
        _check_pruners(axis, sides, self.pruner, self.sparsity)

    def run(self, axis: Axis, value: float, sides: Sides) -> list[list[Result]]:
        """One result for each side."""
        m, n, k = (int(value) if side == AXIS_SIDE else int(side) for side in self.sides)
        m *= int(value) if axis.name == "batch" else 1
        return [[self._result(axis, value, side, (m, n, k))] for side in sides]

    def _result(self, axis: Axis, value: float, side: Contender, sides: tuple[int, int, int]) -> Result:
        pruner, sparsity = _pruner_at(axis, value, side, self.pruner, self.sparsity)
        options: Mapping[str, Any] = {"table": self.table or OWN, "engine": self.engine, "seed": self.seed}
        try:
            (found,) = gemm(*sides, side.machine, _format(side), self.dtype, _drawn(pruner, sparsity), **options)
        except SparsesimError as error:
            raise InputError(f"{side.label}: {axis.told(value)}: {error}") from error
        return found


def _drawn(pruner: str, sparsity: float | None) -> str:
    """A pruner as `drawn_weights` takes it."""
    if sparsity is None:
        return "0" if pruner == "none" else pruner
    return str(sparsity) if pruner in _AS_DRAWN else f"{pruner}@{sparsity}"


def _format(side: Contender) -> Format:
    assert isinstance(side.format, Format)
    return side.format


def _pruner_at(
    axis: Axis, value: float, side: Contender, pruner: str, sparsity: float | None
) -> tuple[str, float | None]:
    """Name and sparsity of the pruner of a side: the axis gives the sparsity where it is one and none is written."""
    name, at, amount = (side.pruner or pruner).partition("@")
    if not takes_sparsity(name):
        return side.pruner or pruner, None
    if at:
        try:
            return name, float(amount)
        except ValueError:
            raise InputError(f"{side.label}: {amount!r} is no sparsity; write {name}@0.9") from None
    return name, value if axis.name == "sparsity" else sparsity


def _check_pruners(axis: Axis, sides: Sides, pruner: str, sparsity: float | None) -> None:
    """InputError where no side changes along a sparsity, or one has none."""
    found = [_pruner_at(axis, -1.0, side, pruner, sparsity) for side in sides]
    if axis.name == "sparsity" and all(amount != -1.0 for _, amount in found):
        named = " and ".join(dict.fromkeys(name for name, _ in found))
        raise InputError(f"over: sparsity changes nothing under {named}: a pruner such as magnitude is needed")
    for name, amount in found:
        if amount is None and takes_sparsity(name):
            raise InputError(f"pruner: {name} needs a sparsity, such as {name}@0.9")


def _pruned_in_words(pruner: str, sparsity: float | None, axis: Axis) -> str:
    if pruner == "none":
        return "unpruned"
    own = "" if sparsity is None or axis.name == "sparsity" or "@" in pruner else f" {sparsity:.4g}"
    return f"{pruner}{own}"
