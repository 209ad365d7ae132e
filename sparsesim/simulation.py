"""The pipeline: plan -> engine -> power -> price -> Result."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from time import perf_counter
from typing import TYPE_CHECKING, Any

from sparsesim.counts import Counts
from sparsesim.engines import Run, Runs, fastest_run
from sparsesim.errors import SparsesimError
from sparsesim.formats import Format, format_by_name
from sparsesim.hardware import DEFAULT_ENERGY_TABLE, EnergyTable, Machine, load_energy_table, load_machine, price
from sparsesim.lowering import Activations, LoweredLayer, lowered_layers, stored_as
from sparsesim.matmul import MatmulOp
from sparsesim.networks import Network
from sparsesim.pruning import Pruner
from sparsesim.results import Result, compare_to_baseline, result_table, totals
from sparsesim.transforms import pruner_of
from sparsesim.units import pj_to_joule

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Labels:
    """Where an operation came from, repeated in its Result.

    `format` is that of the weights of the whole network, where an operation has none and is stored otherwise.
    """

    network: str = "matrix"
    pruner: str = "none"
    sparsity: float = 0.0
    weights: str = "given"
    format: str = ""


@dataclass(frozen=True)
class Lowering:
    """How a network becomes matmuls: number type, samples at a time, and what the layers read."""

    dtype: str = "fp16"
    batch: int = 1
    activations: Activations = field(default_factory=Activations)


def simulate(
    op: MatmulOp,
    machine: Machine,
    table: EnergyTable,
    labels: Labels | None = None,
    engine: str = "fast",
    trace: Any = None,
    runs: int | None = None,
) -> Result:
    """Run one operation on one machine; refusals by format or accelerator are raised as SparsesimError.

    Of several plans the fastest is taken. `trace` may hold `machine.accelerator.trace(op)` of the same multiplication
    in another format. `runs` says that the card is idle before and after so many equal runs, as in a benchmark.
    """
    return _result(op, machine, table, labels, partial(fastest_run, op, machine, engine, trace, runs))


def reprice(result: Result, table: EnergyTable) -> Result:
    """The same finished run at the prices of another table; nothing is simulated again."""
    counts = Counts(result.cycles, result.counts, result.dram_bytes)
    return replace(result, energy_table=table.name, energy_pj=price(counts, table))


def try_simulate(
    op: MatmulOp,
    machine: Machine,
    table: EnergyTable,
    labels: Labels | None = None,
    engine: str = "fast",
    trace: Any = None,
) -> Result:
    """Like `simulate`, but a refusal becomes a Result with status "refused" and the reason in `note`."""
    return _tried(op, machine, table, labels, partial(fastest_run, op, machine, engine, trace))


def simulate_network(
    network: Network,
    pruner: Pruner,
    formats: Iterable[str],
    machines: Iterable[Machine],
    table: EnergyTable,
    lowering: Lowering | None = None,
    engine: str = "fast",
) -> list[Result]:
    """Every layer of a pruned network in every format on every machine; refusals are kept as results.

    Formats are those of the weights: products of two activations are stored dense, and run so on every machine.
    """
    lowering = lowering or Lowering()
    stored, units = [format_by_name(format) for format in formats], [Runs(machine, engine) for machine in machines]
    labels = Labels(network.label, pruner.name, pruner.sparsity or 0.0, network.weights_origin)
    layers = lowered_layers(network, pruner, lowering.dtype, lowering.batch, lowering.activations)
    results: list[Result] = []
    kept = weights = 0
    # map lets go of a layer before it asks for the next, as a loop would not.
    for played, layer_kept, layer_weights in map(partial(_play, stored, units, table, labels), layers):
        results += played
        kept, weights = kept + layer_kept, weights + layer_weights
    if pruner.sparsity is None:
        # Only the weights decide (threshold, sigma): the sparsity is the one that was reached.
        return [replace(result, sparsity=round(1 - kept / max(1, weights), 4)) for result in results]
    return results


def compare(
    network: Network,
    machines: Sequence[str | Machine],
    formats: Sequence[str] = ("dense", "csr"),
    pruners: Sequence[str | Pruner] = ("none",),
    *,
    lowering: Lowering | None = None,
    energy_table: str | EnergyTable = DEFAULT_ENERGY_TABLE,
    engine: str = "fast",
    baseline: Mapping[str, Any] | None = None,
) -> "pd.DataFrame":
    """One row per pruner, format and machine: time, energy by component, bottleneck, speedup and energy ratio.

    Names are looked up; a Machine, Pruner or EnergyTable of one's own is taken as it is. The `baseline` (columns
    of the reference point) is the first pruner in the first format on the first machine if left out.
    """
    units = [load_machine(machine) if isinstance(machine, str) else machine for machine in machines]
    chosen = [pruner_of(network, pruner) if isinstance(pruner, str) else pruner for pruner in pruners]
    table = load_energy_table(energy_table) if isinstance(energy_table, str) else energy_table
    results = [
        result
        for pruner in chosen
        for result in simulate_network(network, pruner, formats, units, table, lowering, engine)
    ]
    first = {"machine": units[0].name, "pruner": chosen[0].name, "format": format_by_name(formats[0]).name}
    return compare_to_baseline(totals(result_table(results)), baseline or first)


def _play(
    formats: Sequence[Format], units: Sequence[Runs], table: EnergyTable, labels: Labels, layer: LoweredLayer
) -> tuple[list[Result], int, int]:
    """Results of one layer, and how many of its weights were kept."""
    results = []
    stored = [(stored_as(layer.op, format) if layer.weights else layer.op, format.name) for format in formats]
    for runs in units:
        trace = cache(partial(runs.machine.accelerator.trace, layer.op))
        results += [
            _tried(op, runs.machine, table, replace(labels, format=name), partial(runs.of, op, trace))
            for op, name in stored
        ]
    return results, layer.kept, layer.weights


def _tried(
    op: MatmulOp, machine: Machine, table: EnergyTable, labels: Labels | None, play: Callable[[], Run]
) -> Result:
    try:
        return _result(op, machine, table, labels, play)
    except SparsesimError as error:
        return Result(**_identity(op, machine, table, labels or Labels()), status="refused", note=str(error))


def _result(
    op: MatmulOp, machine: Machine, table: EnergyTable, labels: Labels | None, play: Callable[[], Run]
) -> Result:
    start = perf_counter()
    run = play()
    counts, seconds = run.counts, run.seconds
    energy_pj = price(counts, table)
    elapsed = perf_counter() - start
    return Result(
        **_identity(op, machine, table, labels or Labels()),
        a_bytes=op.a.size.size_bytes,
        a_metadata_bits=op.a.size.metadata_bits,
        macs=op.effectual_macs * op.repeat,
        cycles=counts.cycles,
        seconds=seconds,
        energy_pj=energy_pj,
        dram_bytes=dict(counts.dram_bytes),
        counts=dict(counts.actions),
        details=dict(counts.extra),
        bottleneck="power" if run.capped else _bottleneck(counts),
        utilisation=_utilisation(op, machine, seconds),
        bandwidth_utilisation=_bandwidth_utilisation(counts, machine, seconds),
        power_w=_average_power(counts, machine, seconds),
        peak_macs_per_s=machine.accelerator.peak_macs_per_cycle(op.a.dtype) * machine.clock_hz,
        peak_bytes_per_s=machine.dram.bandwidth_bytes_per_s,
        simulation_seconds=elapsed,
        note="ran dense: A breaks the pattern" if counts.extra.get("fallback_dense") else "",
    )


def _identity(op: MatmulOp, machine: Machine, table: EnergyTable, labels: Labels) -> dict[str, Any]:
    return {
        "network": labels.network,
        "pruner": labels.pruner,
        "sparsity": labels.sparsity,
        "weights": labels.weights,
        "layer": op.name,
        "format": labels.format or op.a.format.name,
        "machine": machine.name,
        "energy_table": table.name,
        "dtype": op.a.dtype.name,
        "m": op.m,
        "n": op.n,
        "k": op.k,
        "repeat": op.repeat,
        "groups": op.groups,
        "a_nnz": op.a.tensor.nnz,
        "a_density": op.a.tensor.density,
        "b_density": op.b.tensor.density,
    }


def _bottleneck(counts: Counts) -> str:
    """The busiest of compute, memory and the launch."""
    names = {"compute": "compute", "dram": "memory", "launch": "launch"}
    return names[max(counts.busy_cycles, key=lambda name: counts.busy_cycles[name])]


def _utilisation(op: MatmulOp, machine: Machine, seconds: float) -> float:
    """Useful MACs over what the unit could have done in the same time; products with a zero are no use."""
    peak = machine.accelerator.peak_macs_per_cycle(op.a.dtype) * machine.clock_hz * seconds
    return op.effectual_macs * op.repeat / peak if peak else 0.0


def _bandwidth_utilisation(counts: Counts, machine: Machine, seconds: float) -> float:
    possible = machine.dram.bandwidth_bytes_per_s * seconds
    return counts.total_dram_bytes / possible if possible else 0.0


def _average_power(counts: Counts, machine: Machine, seconds: float) -> float:
    """Idle power plus dynamic energy of the machine's own table over the time, in W."""
    idle = machine.power.idle_w if machine.power else 0.0
    return idle + pj_to_joule(price(counts, machine.energy_table)["total"]) / seconds if seconds else idle
