"""Columns of results as the axes of a picture: a name, a unit that people read, and a scale that fits the values."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from sparsesim.report.ticks import plain
from sparsesim.results.columns import AXES, DRAM, ENERGY

_DECIMAL: Final = ((1.0, ""), (1e3, "k"), (1e6, "M"), (1e9, "G"), (1e12, "T"))
_BINARY: Final = ((1.0, ""), (2.0**10, "Ki"), (2.0**20, "Mi"), (2.0**30, "Gi"))
_SMALL: Final = ((1e-12, "p"), (1e-9, "n"), (1e-6, "µ"), (1e-3, "m"), (1.0, ""))

_UNITS: Final = {
    "_bytes_per_s": ("B/s", 1.0, _DECIMAL),
    "_macs_per_s": ("MAC/s", 1.0, _DECIMAL),
    "_hz": ("Hz", 1.0, _DECIMAL),
    "_bytes": ("B", 1.0, _DECIMAL),
    "_pj": ("J", 1e-12, _SMALL),
    "_ns": ("s", 1e-9, _SMALL),
    "seconds": ("s", 1.0, _SMALL),
    "_s": ("s", 1.0, _SMALL),
    "_mm2": ("mm²", 1.0, ((1.0, ""),)),
    "_w": ("W", 1.0, ((1.0, ""),)),
}
"""By the end of a column: the unit, how many of it one is, and its prefixes."""

RATIOS: Final = {
    "speedup": "speedup",
    "energy_ratio": "energy, baseline over this",
    "dynamic_energy_ratio": "dynamic energy, baseline over this",
}
"""Columns in which 1 is the baseline and more is better, in words."""

SHARES: Final = ("sparsity", "density", "activation_density")
"""Columns that are shown in percent."""

_WORDS: Final = {
    "batch": "batch [samples]",
    "columns": "columns of B",
    "seconds": "time",
    "energy_total_pj": "energy",
    "energy_dynamic_pj": "dynamic energy",
}
_SILENT: Final = ("accelerator", "kernels")
"""Steps of paths that say nothing."""


class Quantity(NamedTuple):
    """What stands along an axis.

    Attributes:
        label: the name with its unit.
        scale: what a value is divided by.
        unit: what follows every number at a tick: "%" or "x", else nothing.
    """

    label: str
    scale: float
    unit: str = ""

    def words(self, value: float, digits: int = 6) -> str:
        """A value of the column as it is read at the axis."""
        return f"{plain(float(f'{value / self.scale:.{digits}g}'))}{self.unit}"


def quantity(column: str, values: Sequence[float]) -> Quantity:
    """How a column of these values is shown: bandwidths in GB/s rather than B/s, buffers in KiB, shares in percent."""
    name = AXES.key(column) or column
    if name in RATIOS:
        return Quantity(RATIOS[name], 1.0, "x")
    if name.rpartition(".")[2] in SHARES:
        return Quantity(_in_words(name), 0.01, "%")
    ending = next((ending for ending in _UNITS if name.endswith(ending)), "")
    if not ending:
        return Quantity(_WORDS.get(name, _in_words(name)), 1.0)
    unit, one, prefixes = _UNITS[ending]
    if unit == "B" and AXES.key(column) and all(value % 1024 == 0 for value in values):
        prefixes = _BINARY
    scale, prefix = _prefix([abs(value) * one for value in values], prefixes)
    if name in _WORDS:
        words = _WORDS[name]
    elif energy := ENERGY.key(name):
        words = f"{_in_words(energy)} energy"
    elif tensor := DRAM.key(name):
        words = f"DRAM bytes of {tensor}"
    else:
        words = _in_words(name.removesuffix(ending))
    return Quantity(f"{words} [{prefix}{unit}]", scale / one)


def is_logarithmic(values: Sequence[float]) -> bool:
    """Whether values lie more evenly by their ratios than by their differences, and far enough apart to matter."""
    ordered = sorted(set(values))
    if len(ordered) < 3 or ordered[0] <= 0 or ordered[-1] < 4 * ordered[0]:
        return len(ordered) == 2 and ordered[0] > 0 and ordered[-1] >= 8 * ordered[0]
    return _unevenness([math.log(value) for value in ordered]) < _unevenness(ordered)


def _unevenness(ordered: Sequence[float]) -> float:
    steps = [after - before for before, after in pairwise(ordered)]
    return max(steps) / min(steps)


def _prefix(values: Sequence[float], prefixes: Sequence[tuple[float, str]]) -> tuple[float, str]:
    """The largest prefix that is not above the middle of the values, by ratio."""
    known = [math.log(value) for value in values if value > 0 and math.isfinite(value)]
    middle = math.exp(sum(known) / len(known)) if known else 1.0
    fitting = [entry for entry in prefixes if entry[0] <= middle * (1 + 1e-9)]
    return fitting[-1] if fitting else prefixes[0]


def _in_words(name: str) -> str:
    """`dram.bandwidth` as "DRAM bandwidth", `accelerator.merge_ways` as "merge ways"."""
    steps = [step for step in name.split(".") if step not in _SILENT]
    return " ".join("DRAM" if step == "dram" else step.replace("_", " ") for step in steps)
