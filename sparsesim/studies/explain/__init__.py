"""What one run waits for, and what twice as much of each resource would gain: found by simulating it again."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sparsesim.accelerators.upgrades import KERNEL_RATE, Upgrade
from sparsesim.dtypes import dtype_by_name
from sparsesim.engines import ENGINES
from sparsesim.errors import InputError, UnknownNameError
from sparsesim.formats import Format, format_by_name
from sparsesim.hardware import EnergyTable, Machine, common_table, load_machine
from sparsesim.hardware.upgrades import CLOCK, upgraded, upgrades_of
from sparsesim.lowering import Lowering
from sparsesim.lowering.options import DEFAULT_DTYPE
from sparsesim.matmul import MatmulOp
from sparsesim.networks import Network, load_network
from sparsesim.pruning import Pruner
from sparsesim.results import Labels, Result
from sparsesim.simulation import Simulator
from sparsesim.studies.explain.found import Explanation, Resource
from sparsesim.studies.explain.gains import ALL, ENDLESS, TWICE, Gain, Part, Sums, whole
from sparsesim.studies.explain.operations import GemmOperation, MatrixOperation, NetworkOperations, Operations
from sparsesim.studies.explain.sentences import WORTH
from sparsesim.tensors import as_tensor
from sparsesim.transforms import LayerInputs, Method, as_method
from sparsesim.work import Work
from sparsesim.yaml_file import Given

__all__ = ["ALL", "ENDLESS", "TWICE", "Explanation", "Gain", "Part", "Resource", "explain"]


def explain(
    network: str | Path | Network | None = None,
    machine: Given | Machine = "a100-pcie",
    format: str | Format = "dense",
    pruner: str | Pruner | Method = "none",
    *,
    gemm: Sequence[int] | None = None,
    matrix: Any = None,
    times: Any = None,
    batch: int = 1,
    dtype: str | None = None,
    lowering: Lowering | None = None,
    sparsity: str | float = "0",
    resources: Iterable[str] | None = None,
    endless: bool = True,
    energy_table: Given | EnergyTable | None = None,
    engine: str = "fast",
    seed: int = 0,
    cold: bool = False,
    inputs: LayerInputs | None = None,
    on_violation: str | None = None,
    on_layer: Callable[[str], None] | None = None,
) -> Explanation:
    """Where the time of one run goes, and what more of each resource of the machine gains in time and energy.

    Every layer is simulated again on machines with twice as much of one resource, with twice as much of all of them
    ("all at once"), and, where that means something, with 256 times as much ("endless"). `clock` is the clock of the
    chip: all its rates at once, at the same energy per action. Resources and their fields are those that the units
    name (`Accelerator.upgrades`) and those of the machine (`hardware.upgrades`).

    Args:
        network: by name, by path or itself; or else one of the next two.
        machine: one, by name, path, mapping or itself.
        format: of the weights.
        pruner: a name ("2:4", "magnitude@0.9"), a pruner or another method.
        gemm: M, N, K: M tokens times N x K seeded weights, timed as `gemm` does.
        matrix: A of a product, as `multiply` takes it.
        times: B of that product, A itself if left out.
        batch: samples at a time of a network, by default 1.
        dtype: number type, by default fp16.
        lowering: instead of both, with what the layers read.
        sparsity: of a GEMM, see `drawn_weights`.
        resources: only these, by name; by default all that the machine could have more of.
        endless: whether to ask for endless resources, too.
        energy_table: see `compare`, as the next.
        engine: see there.
        seed: of the weights of a GEMM.
        cold: whether a GEMM finds nothing in the L2 from the run before.
        inputs: see `compare`, as the next.
        on_violation: see there.
        on_layer: called with the name of every layer before it is simulated.

    Raises InputError and UnknownNameError before any work for what does not fit together, SparsesimError where the
    machine refuses a layer.

    >>> import sparsesim as ss
    >>> found = ss.explain(gemm=(1, 16384, 8192), machine="h100-sxm")
    >>> found.total.bottleneck, found.ranked[0]
    ('memory', 'DRAM bandwidth')
    >>> 1.5 < found.total.twice["DRAM bandwidth"].speedup < 2
    True
    """
    if engine not in ENGINES:
        raise UnknownNameError("engine", engine, ENGINES)
    card, stored = load_machine(machine), format_by_name(format)
    card = card if on_violation is None else card.with_on_violation(on_violation)
    operations = _operations(network, gemm, matrix, times, pruner, batch, dtype, lowering, sparsity, seed, cold, inputs)
    operations.check(engine)
    table = common_table(energy_table, [card.name])
    card = operations.on(card)
    variants = _variants(card, resources, endless)
    base, more = Simulator(card, table, engine), {key: Simulator(each, table, engine) for key, each in variants.items()}
    before, after = Sums(), {key: Sums() for key in variants}
    parts, prices = list[Part](), dict[str, None]()

    def simulated(op: MatmulOp) -> Part:
        if on_layer:
            on_layer(op.name)
        work, labels = Work(op), Labels()
        own = base.result(op, labels, work)
        prices[own.energy_table] = None
        _add(before, own)
        gains: dict[tuple[str, float], Gain] = {}
        for key, simulator in more.items():
            result = simulator.result(op, labels, work)
            _add(after[key], result)
            gains[key] = _sums(own).gain_of(_sums(result))
        return _part(own, gains)

    # map lets go of an operation before it asks for the next, as a loop would not.
    parts += map(simulated, operations.each(stored))
    totals = {factor: {name: sums for (name, by), sums in after.items() if by == factor} for factor in (TWICE, ENDLESS)}
    named = {name: _resource(name, each) for name, each in upgrades_of(card).items() if (name, TWICE) in variants}
    total = whole(totals[TWICE], totals[ENDLESS], before)
    remarks = _remarks(operations, named, total)
    return Explanation(
        operations.in_words, card.name, stored.name, " + ".join(prices), named, tuple(parts), total, remarks
    )


def _operations(
    network: str | Path | Network | None,
    gemm: Sequence[int] | None,
    matrix: Any,
    times: Any,
    pruner: str | Pruner | Method,
    batch: int,
    dtype: str | None,
    lowering: Lowering | None,
    sparsity: str | float,
    seed: int,
    cold: bool,
    inputs: LayerInputs | None,
) -> Operations:
    """InputError unless exactly one thing is to be run."""
    if sum(given is not None for given in (network, gemm, matrix)) != 1:
        raise InputError("network, gemm and matrix: exactly one of them is needed")
    if lowering is not None and (batch, dtype) != (1, None):
        raise InputError("lowering has a batch and a dtype of its own: give it, or batch and dtype")
    if network is not None:
        return NetworkOperations(load_network(network), as_method(pruner), lowering or Lowering(dtype, batch), inputs)
    number_type = dtype or (lowering.dtype if lowering else None) or DEFAULT_DTYPE
    dtype_by_name(number_type)
    if gemm is not None:
        return GemmOperation(tuple(gemm), str(sparsity), number_type, seed, cold)
    left = as_tensor(matrix)
    name = str(matrix) if isinstance(matrix, str | Path) else "A"
    return MatrixOperation(left, left if times is None else as_tensor(times), number_type, f"{name} x {times or name}")


def _variants(machine: Machine, resources: Iterable[str] | None, endless: bool) -> dict[tuple[str, float], Machine]:
    """Machines by resource and factor; all of them at once is one of the resources where several were asked for."""
    possible = upgrades_of(machine)
    names = list(possible) if resources is None else list(dict.fromkeys(resources))
    found = {(name, TWICE): upgraded(machine, [name], TWICE) for name in names}
    several = [name for name in names if name != CLOCK]
    if len(several) > 1:
        found[ALL, TWICE] = upgraded(machine, several, TWICE)
    if endless:
        found |= {(name, ENDLESS): upgraded(machine, [name], ENDLESS) for name in names if possible[name].endless}
    return found


def _part(own: Result, gains: Mapping[tuple[str, float], Gain]) -> Part:
    twice, endless = ({name: gain for (name, by), gain in gains.items() if by == factor} for factor in (TWICE, ENDLESS))
    energy = own.energy_pj["total"]
    return Part(own.layer, own.seconds, energy, own.time_s, own.bottleneck, own.kernel, twice, endless)


def _sums(result: Result) -> Sums:
    sums = Sums()
    _add(sums, result)
    return sums


def _add(sums: Sums, result: Result) -> None:
    sums.add(result.seconds, result.energy_pj["total"], result.time_s, result.kernel)


def _resource(name: str, upgrade: Upgrade) -> Resource:
    is_latency = all(exponent < 0 for exponent in upgrade.fields.values())
    return Resource(upgrade.relieves, f"{'half' if is_latency else 'twice'} the {name}", combined=name == CLOCK)


def _remarks(operations: Operations, resources: Mapping[str, Resource], total: Part) -> tuple[str, ...]:
    """What a gain does not mean."""
    caches = [name for name in resources if "L2" in name and total.twice[name].speedup >= 1 + WORTH]
    found = []
    if caches and isinstance(operations, GemmOperation) and not operations.cold:
        found.append("One of many equal runs: a larger L2 keeps operands of the run before; cold reads them from DRAM.")
    if KERNEL_RATE in resources and total.twice[KERNEL_RATE].speedup >= 1 + WORTH:
        found.append(
            "The kernel rate is the peak of the multipliers times the share of it that the library reaches: more "
            "multipliers alone would gain less, least of all where operands are gathered."
        )
    return tuple(found)
