"""The family of pictures, each a module of its own.

`NAME.py` has two functions: `draw_NAME(table, ...) -> Figure` writes nothing, `plot_NAME(table, path, ...) -> Path`
saves what the first one draws. matplotlib is loaded when either is asked for.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Plot:
    """One picture: the module below `sparsesim.report` that draws it, what it shows, and the table that it needs."""

    module: str
    description: str
    table: str

    @property
    def draw(self) -> "Callable[..., Figure]":
        """The function from a table to a figure."""
        return cast("Callable[..., Figure]", self._function("draw"))

    @property
    def plot(self) -> "Callable[..., Path]":
        """The function from a table and a path to the file that it writes."""
        return cast("Callable[..., Path]", self._function("plot"))

    def _function(self, verb: str) -> Any:
        name = self.module.rpartition(".")[2]
        return getattr(import_module(f"sparsesim.report.{self.module}"), f"{verb}_{name}")


PLOTS: Final = {
    "energy": Plot("energy", "energy by component, a bar per machine and format", "points (results.totals)"),
    "speedup": Plot(
        "speedup", "speedup of each format over a baseline; over sparsity", "points (results.compare_to_baseline)"
    ),
    "curves": Plot(
        "curves", "a figure of merit over a numeric axis of a sweep", "points (results.compare_to_baseline)"
    ),
    "time-shares": Plot("time_shares", "share of each resource in the time", "layers (results.result_table)"),
    "roofline": Plot("roofline", "MACs/s over MACs per DRAM byte, with roofs", "layers (results.result_table)"),
    "tradeoff": Plot("tradeoff", "accuracy over speedup and over energy saved", "variants (studies.tradeoff)"),
    "sensitivity": Plot("sensitivity", "accuracy over the ratio of one pruned layer", "rows (SensitivityTable.rows)"),
    "crossover": Plot("crossover", "ratio of two sides over what was varied", "Crossover.as_object() or its JSON"),
    "bottlenecks": Plot("bottlenecks", "shares of time, and gains from more", "Explanation.as_object() or its JSON"),
    "ladder": Plot("ladder", "accuracy over reduction, a curve per method", "rows (workloads/prune_digits.py)"),
    "front": Plot("front", "what a search found, among all trials", "trials (ss.explore(...).trials)"),
    "spy": Plot("spy", "where the non-zeros of masks and matrices lie", "masks or sparse matrices by name"),
    "errors": Plot("validation.errors", "simulated over published values, by metric", "rows (validation)"),
    "matrices": Plot("validation.matrices", "roofline and energy of A x A", "matrices (validate sparch)"),
    "sweeps": Plot("validation.sweeps", "traffic and speed over the sizes of the unit", "sweeps (validate sparch)"),
    "ablation": Plot("validation.ablation", "DRAM bytes, parts added and left out", "ablation (validate sparch)"),
    "simulation-time": Plot("validation.simulation_time", "seconds over multiplies", "times (validate sparch)"),
    "tensor-core-times": Plot("tensor_core.times", "simulated over measured times", "points (validate tensor-core)"),
    "tensor-core-ratios": Plot("tensor_core.ratios", "simulated over measured ratio", "points (validate tensor-core)"),
    "tensor-core-tokens": Plot("tensor_core.over_tokens", "ratio over tokens", "points (validate tensor-core)"),
    "spmm-crossovers": Plot("spmm.crossovers", "SpMM time over sparsity", "curves and crossings (validate spmm)"),
    "spmm-measured": Plot("spmm.measured", "simulated over measured SpMM times", "products (validate spmm)"),
}
"""Every picture by name."""
