"""From an operation to its Result: kernel -> plan -> engine -> power -> price.

The module is not called `simulate` because that would shadow the public function of the same name.
"""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Any

from sparsesim.accelerators import candidates_of
from sparsesim.accelerators.plannable import beyond, check_countable
from sparsesim.counts import Counts
from sparsesim.engines import least_cycles, run_schedule
from sparsesim.errors import SparsesimError
from sparsesim.hardware import Call, EnergyTable, Machine, load_energy_table, load_machine, price
from sparsesim.hardware.power import own_energy, seconds_under_cap
from sparsesim.identity import content_hash
from sparsesim.matmul import MatmulOp
from sparsesim.results import Labels, Result
from sparsesim.schedule import Schedule
from sparsesim.units import cycles_to_seconds, pj_to_joule
from sparsesim.work import Work
from sparsesim.yaml_file import Given


@dataclass(frozen=True)
class Run:
    """One simulated operation, before it is priced.

    Attributes:
        machine: the card with the kernel that ran alone.
        counts: cycles, actions and bytes.
        seconds: run time under the power cap.
        capped: whether the power cap stretched it.
    """

    machine: Machine
    counts: Counts
    seconds: float
    capped: bool


@dataclass(frozen=True)
class Simulator:
    """One machine at the prices of one table, None for its own; operations with equal plans are simulated once.

    Where several kernels of a card take an operation, the fastest runs.
    """

    machine: Machine
    table: EnergyTable | None = None
    engine: str = "fast"
    _runs: dict[Hashable, Run] = field(default_factory=dict, repr=False)
    _units: dict[str, tuple[Machine, str]] = field(default_factory=dict, repr=False)

    def result(self, op: MatmulOp, labels: Labels | None = None, work: Work | None = None) -> Result:
        """The Result of one operation, whose `Work` several machines may share; SparsesimError where it is refused."""
        return self._result(op, labels or Labels(), work or Work(op))

    def results(self, ops: Sequence[MatmulOp], labels: Sequence[Labels], work: Work | None = None) -> list[Result]:
        """Results of one multiplication with its operands stored in several formats; refusals become results, too.

        What depends on positions and units alone is planned once for all of them, and for all machines that `work` is
        handed to.
        """
        if not ops:
            return []
        work = work or Work(ops[0])
        return [self._result_or_refusal(op, label, work) for op, label in zip(ops, labels, strict=True)]

    def _result_or_refusal(self, op: MatmulOp, labels: Labels, work: Work) -> Result:
        try:
            return self._result(op, labels, work)
        except SparsesimError as error:
            return Result(**self._identity(op, labels), status="refused", note=str(error))

    def _result(self, op: MatmulOp, labels: Labels, work: Work) -> Result:
        start = perf_counter()
        check_countable(op)
        try:
            call, run = self._run(op, work)
        except (MemoryError, OverflowError) as error:
            raise beyond(op, self.machine.name, error) from error
        figures = _figures(op, call, run) | self._energy(call, run)
        return Result(**self._identity(op, labels) | figures, simulation_seconds=perf_counter() - start)

    def _energy(self, call: Call, run: Run) -> dict[str, Any]:
        """Energy at the prices that were asked for, and mean power at the machine's own."""
        machine, seconds = run.machine, run.seconds
        prices, own_pj = own_energy(call.op, run.counts, machine, seconds)
        energy_pj = own_pj
        if self.table is not None:
            prices, energy_pj = self.table.name, price(run.counts, self.table, seconds, machine.idle_w)
        power_w = pj_to_joule(own_pj["total"]) / seconds if seconds else machine.idle_w or 0.0
        return {"energy_table": prices, "energy_pj": energy_pj, "power_w": power_w}

    def _run(self, op: MatmulOp, work: Work) -> tuple[Call, Run]:
        """The call of the fastest kernel that takes the operation, and its run."""
        runs = [(call, self._run_of(call, work)) for call in self.machine.calls(op)]
        return min(runs, key=lambda pair: pair[1].seconds)

    def _run_of(self, call: Call, work: Work) -> Run:
        """The run of this call, or of one with the same plan."""
        machine, unit = self._unit(call.kernel)
        key = machine.unit.plan_key(call.op)
        known = None if key is None else self._runs.get((call.kernel, key))
        if known is not None:
            return known
        run = _fastest(work.plans(machine.unit, unit, call.op), machine, self.engine)
        if key is not None:
            # Without the operation, whose operands may be large.
            self._runs[call.kernel, key] = run
        return run

    def _unit(self, kernel: str) -> tuple[Machine, str]:
        """The machine with one kernel, and the hash of that one's unit."""
        if kernel not in self._units:
            machine = self.machine.only(kernel)
            self._units[kernel] = machine, content_hash(machine.unit)
        return self._units[kernel]

    def _identity(self, op: MatmulOp, labels: Labels) -> dict[str, Any]:
        whole = op.whole
        return {
            "network": labels.network,
            "pruner": labels.pruner,
            "sparsity": labels.sparsity,
            "weights": labels.weights,
            "layer": op.name,
            "format": labels.format or op.a.format.name,
            "machine": self.machine.name,
            "point": labels.point,
            "axes": labels.axes,
            "energy_table": (self.table or self.machine.energy_table).name,
            "dtype": op.a.dtype.name,
            "m": whole.m,
            "n": whole.n,
            "k": whole.k,
            "repeat": whole.repeat,
            "groups": whole.groups,
            "a_nnz": whole.a.tensor.nnz,
            "a_density": whole.a.tensor.density,
            "b_density": whole.b.tensor.density,
            "empty_rows": op.empty_rows,
            "empty_columns": op.empty_columns,
            "idle_w": self.machine.idle_w,
        }


def simulate(
    op: MatmulOp,
    machine: Given | Machine,
    table: Given | EnergyTable | None = None,
    labels: Labels | None = None,
    engine: str = "fast",
) -> Result:
    """Simulate one operation on one machine, at the prices of a table or else of the machine's own technology.

    Machine and table by name, path, mapping or itself. The fastest of the kernels that take the operation runs, and of
    its plans if it is autotuned. Use `machine.benchmarked(...)` to simulate a benchmark of many identical runs. Fields
    and units of what it returns stand in `sparsesim.results.Result`. Raises SparsesimError if a format or every kernel
    refuses the operation, UnknownNameError for unknown names, InputError for sizes beyond what can be counted or held.

    >>> import sparsesim as ss
    >>> op = ss.matmul_op("karate", "karate", "csr", "fp32")
    >>> result = ss.simulate(op, "sparch", "sparch-40nm")
    >>> result.macs, result.dram_bytes["C"] > 0, sum(result.time_s.values()) == result.seconds
    (1212, True, True)
    """
    prices = None if table is None else load_energy_table(table)
    return Simulator(load_machine(machine), prices, engine).result(op, labels)


def reprice(result: Result, table: Given | EnergyTable) -> Result:
    """A finished run at the prices of another table, without simulating it again; InputError if a price is missing.

    What the machine drew while idle stays as it is.

    >>> import sparsesim as ss
    >>> op = ss.matmul_op("karate", "karate", "csr", "fp32")
    >>> result = ss.simulate(op, "sparch", "sparch-40nm")
    >>> other = ss.reprice(result, "horowitz-45nm")
    >>> other.seconds == result.seconds, other.energy_pj["total"] > result.energy_pj["total"]
    (True, True)
    """
    table = load_energy_table(table)
    counts = Counts(result.cycles, result.counts, result.dram_bytes)
    energy_pj = price(counts, table, result.seconds, result.idle_w)
    return replace(result, energy_table=table.name, energy_pj=energy_pj)


def fastest_run(op: MatmulOp, machine: Machine, engine: str = "fast", work: Any = None) -> Run:
    """The run of the fastest plan of a kernel, or of the first of several that are equally fast.

    `machine` has this kernel alone.
    """
    return _fastest(candidates_of(machine.unit, op, work), machine, engine)


def _fastest(plans: Iterable[Schedule], machine: Machine, engine: str) -> Run:
    best: Run | None = None
    for plan in plans:  # by non-decreasing compute cycles: none after this one can win
        if best is not None and cycles_to_seconds(least_cycles(plan, machine), machine.clock_hz) >= best.seconds:
            break
        counts = run_schedule(plan, machine, engine)
        seconds, capped = seconds_under_cap(counts, machine)
        if best is None or seconds < best.seconds:
            best = Run(machine, counts, seconds, capped)
    assert best is not None
    return best


def _figures(op: MatmulOp, call: Call, run: Run) -> dict[str, Any]:
    """The fields of a Result that follow from a run, except energy and power."""
    machine, counts, seconds, stored = run.machine, run.counts, run.seconds, call.op.a.size
    return {
        "kernel": machine.unit.routine(call.op) or call.kernel,
        "unpacked": call.unpacked,
        "a_bytes": stored.size_bytes,
        "a_metadata_bits": stored.metadata_bits,
        "macs": op.effectual_macs * op.repeat,
        "cycles": counts.cycles,
        "seconds": seconds,
        "dram_bytes": dict(counts.dram_bytes),
        "counts": dict(counts.actions),
        "details": dict(counts.details),
        "time_s": (time_s := _time_s(run)),
        "bottleneck": next(iter(time_s), ""),
        "utilisation": _utilisation(op, machine, seconds),
        "bandwidth_utilisation": _bandwidth_utilisation(counts, machine, seconds),
        "peak_macs_per_s": machine.unit.peak_macs_per_cycle(op.a.dtype) * machine.clock_hz,
        "peak_bytes_per_s": machine.dram.bandwidth_bytes_per_s,
        "note": "; ".join(note for note in (call.note, counts.note) if note),
    }


def _time_s(run: Run) -> dict[str, float]:
    """Seconds by resource, longest first; they add up to those of the run.

    A capped run takes its energy over the watts that are left, however fast its units and memories are, so all but the
    launch is due to the power cap.
    """
    clock_hz, counts = run.machine.clock_hz, run.counts
    spent = {name: cycles_to_seconds(cycles, clock_hz) for name, cycles in counts.resource_cycles.items()}
    if run.capped:
        launch = {name: seconds for name, seconds in spent.items() if name == "launch"}
        spent = launch | {"power": run.seconds - sum(launch.values())}
    return dict(sorted(spent.items(), key=lambda item: -item[1]))


def _utilisation(op: MatmulOp, machine: Machine, seconds: float) -> float:
    """Effectual MACs over the peak in the same time; a product with a zero factor is not effectual."""
    peak = machine.unit.peak_macs_per_cycle(op.a.dtype) * machine.clock_hz * seconds
    return op.effectual_macs * op.repeat / peak if peak else 0.0


def _bandwidth_utilisation(counts: Counts, machine: Machine, seconds: float) -> float:
    possible = machine.dram.bandwidth_bytes_per_s * seconds
    return counts.total_dram_bytes / possible if possible else 0.0
