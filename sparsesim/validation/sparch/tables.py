"""Tables beyond the published values: every matrix, every size of the unit, and how long the simulator takes."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from sparsesim.accelerators import CondensedOuterProduct
from sparsesim.tensors import rmat
from sparsesim.validation.sparch.figures import FIGURES, flop, moved_bytes
from sparsesim.validation.sparch.headline import stages
from sparsesim.validation.sparch.published import INFINITE_WINDOW, SparchValues
from sparsesim.validation.sparch.runs import SquareRuns

Record = dict[str, Any]

RMAT_SIDES: Final = tuple(2**k for k in range(9, 16))
"""Sides of R-MAT matrices with eight non-zeros per row: 1e5 to 5e7 multiplies."""


def matrix_table(published: SparchValues, runs: SquareRuns, names: list[str]) -> list[Record]:
    """One record per matrix: work, time, and every figure of the paper."""
    stand_ins = published.matrices.reconstructed.values()
    records = []
    for name in names:
        result = runs.result(name)
        in_paper = "exact" if name in published.matrices.groups else "reconstructed" if name in stand_ins else "no"
        records.append(
            {"matrix": name, "in_paper": in_paper, "rows": result.m, "nnz": result.a_nnz}
            | {key: result.details[key] for key in ("multiplies", "nnz_c", "condensed_columns", "merge_rounds")}
            | {"cycles": result.cycles, "bottleneck": result.bottleneck, "flop": flop(result)}
            | {figure: value(result) for figure, value in FIGURES.items()}
            | {"peak_gbyte_per_s": result.peak_bytes_per_s / 1e9, "peak_gmac_per_s": result.peak_macs_per_s / 1e9}
            | {"simulation_seconds": result.simulation_seconds}
        )
    return records


def _merge_ways() -> Iterator[tuple[int, Record]]:
    for layers in range(1, 8):
        yield 2**layers, {"merge_ways": 2**layers}


def _buffer_lines() -> Iterator[tuple[int, Record]]:
    for lines in (1, 64, 128, 256, 512, 1024, 2048, 4096):
        yield lines, {"prefetch_lines": lines}


def _line_bytes() -> Iterator[tuple[int, Record]]:
    """The capacity of the buffer stays the same."""
    shipped = CondensedOuterProduct()
    capacity = shipped.prefetch_lines * shipped.prefetch_line_bytes
    for line_bytes in (72, 144, 288, 576, 1152, 2304):
        yield line_bytes, {"prefetch_line_bytes": line_bytes, "prefetch_lines": capacity // line_bytes}


def _window() -> Iterator[tuple[int, Record]]:
    for window in (64, 256, 1024, 4096, 8192, 16384, 65536, INFINITE_WINDOW):
        yield window, {"lookahead_window": window}


SWEEPS: Final[Mapping[str, Callable[[], Iterator[tuple[int, Record]]]]] = {
    "merge ways": _merge_ways,
    "buffer lines": _buffer_lines,
    "line bytes, same capacity": _line_bytes,
    "look-ahead window": _window,
}


def sweep_table(runs: SquareRuns, names: list[str]) -> list[Record]:
    """One record per sweep, value and matrix; `is_shipped` marks the machine as published."""
    records = []
    for sweep, values in SWEEPS.items():
        for value, changes in values():
            machine = runs.machine.with_accelerator(**changes)
            unit, area = machine.unit, machine.area_mm2
            for name in names:
                result = runs.result(name, **changes)
                point = {"sweep": sweep, "value": value, "matrix": name, "is_shipped": unit == runs.machine.unit}
                records.append(
                    point
                    | {"dram_bytes": moved_bytes(result), "GFLOP/s": FIGURES["GFLOP/s"](result), "area_mm2": area}
                    | {f"dram_{tensor}_bytes": size for tensor, size in result.dram_bytes.items()}
                )
    return records


def ablation_table(published: SparchValues, runs: SquareRuns, names: list[str]) -> list[Record]:
    """DRAM bytes and speed with one part added after the other, and with one part left out of the whole."""
    parts = [step.part for step in published.ablation.steps]
    variants = [("added", stage, changes) for stage, changes in stages(published).items()]
    variants += [("left out", part, {part: False}) for part in parts]
    return [
        {"order": order, "part": part, "matrix": name, "dram_bytes": moved_bytes(result)}
        | {f"dram_{tensor}_bytes": size for tensor, size in result.dram_bytes.items()}
        | {"GFLOP/s": FIGURES["GFLOP/s"](result)}
        for order, part, changes in variants
        for name in names
        for result in [runs.result(name, **changes)]
    ]


def simulation_time_table(runs: SquareRuns, names: list[str], sides: tuple[int, ...] = RMAT_SIDES) -> list[Record]:
    """Seconds that the simulation took against the multiplies of the product: real matrices, and R-MAT of `sides`."""
    runs.square("warm-up", rmat(64, 64, 256))
    records = []
    for name in names:
        result = runs.square(name, runs.matrix(name))
        records.append(
            {"kind": "real", "matrix": name, "multiplies": result.macs, "seconds": result.simulation_seconds}
        )
    for side in sides:
        runs.progress(f"R-MAT {side} x {side}")
        result = runs.square("rmat", rmat(side, side, 8 * side, seed=1))
        point = {"kind": "R-MAT", "matrix": f"rmat-{side}", "multiplies": result.macs}
        records.append(point | {"seconds": result.simulation_seconds})
    return records
