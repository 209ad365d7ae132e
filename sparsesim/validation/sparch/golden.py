"""Exact counts against those of the first author's prototype."""

from collections.abc import Iterator
from functools import partial
from typing import Final

from sparsesim.accelerators import CondensedOuterProduct
from sparsesim.hardware import Machine
from sparsesim.results import Result
from sparsesim.validation.row import Row
from sparsesim.validation.sparch.figures import FIGURES, moved_bytes
from sparsesim.validation.sparch.published import MatrixCounts, SparchValues
from sparsesim.validation.sparch.runs import SquareRuns

_LABELS: Final = {"nnz_c": "nnz(C)", "first_fan_in": "first fan-in"}


def golden_rows(published: SparchValues, runs: SquareRuns) -> Iterator[Row]:
    """Structure, merge loads, traffic and bounds of every golden matrix that is available."""
    golden = published.golden
    present = [name for name in golden.matrices if name in runs.folder.paths and runs.has_work(name)]
    for name in present:
        yield from _of_matrix(published, name, golden.matrices[name], runs)
    make = partial(Row, published.name, fitted=False, source=golden.source)
    for buffer in golden.buffers:
        for name in present:
            read = runs.result(name, **buffer.changes).dram_bytes["B"]
            yield make(f"{name}, {buffer.label}", "bytes of B", buffer.b_bytes[name], read)
    for schedule in golden.schedules:
        for name in present:
            partials = runs.result(name, **schedule.changes).details["partial_elements"]
            case = f"{name}, {schedule.label}"
            yield make(case, "partial elements, other schedules", schedule.partial_elements[name], partials)


def _of_matrix(published: SparchValues, name: str, counts: MatrixCounts, runs: SquareRuns) -> Iterator[Row]:
    """Rows of one matrix on the shipped machine."""
    result = runs.result(name)
    make = partial(Row, published.name, fitted=False, source=published.golden.source)
    for metric, value in counts.counts.items():
        yield make(name, _LABELS.get(metric, metric.replace("_", " ")), value, result.details[metric])
    for layer, (load, ours) in enumerate(
        zip(counts.merge_layer_loads, result.details["merge_layer_loads"], strict=True), start=1
    ):
        yield make(f"{name}, L{layer}", "merge-layer load", load, ours)
    ratio = FIGURES["traffic / compulsory"](result)
    yield make(name, "total / compulsory bytes", counts.traffic_over_compulsory, ratio)
    bounds = lower_bounds(result, runs.machine)
    for bound, cycles in counts.lower_bound_cycles.items():
        yield make(f"{name}, {bound}", "lower bound in cycles", cycles, bounds[bound])


def lower_bounds(result: Result, machine: Machine) -> dict[str, float]:
    """Cycles that the first merge layer, the multipliers and the DRAM need at full rate."""
    unit = machine.unit
    assert isinstance(unit, CondensedOuterProduct)
    return {
        "merge": result.details["merge_layer_loads"][0] / unit.merger_elements_per_cycle,
        "multiply": result.details["multiplies"] / result.peak_macs_per_s * machine.clock_hz,
        "dram": moved_bytes(result) / result.peak_bytes_per_s * machine.clock_hz,
    }
