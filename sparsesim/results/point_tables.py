"""The two tables of a sweep: layers, and points beside their baseline."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from sparsesim.results.baseline import compare_to_baseline, compare_to_dense
from sparsesim.results.files import write_table
from sparsesim.results.record import Result
from sparsesim.results.tables import result_table
from sparsesim.results.totals import totals

if TYPE_CHECKING:
    import pandas as pd


class PointTables(NamedTuple):
    """One row per layer, and one row per point with its speedup over the baseline."""

    layers: "pd.DataFrame"
    compared: "pd.DataFrame"

    @property
    def all_refused(self) -> bool:
        """Whether no point at all was simulated."""
        return not bool((self.compared["status"] == "ok").any())

    def write(self, folder: Path, name: str, *, parquet: bool = False) -> list[Path]:
        """Write `NAME-layers` and `NAME-totals` as CSV, and on request as Parquet too; the paths of the files."""
        written = []
        for suffix in (".csv", ".parquet") if parquet else (".csv",):
            for part, content in (("layers", self.layers), ("totals", self.compared)):
                written.append(folder / f"{name}-{part}{suffix}")
                write_table(content, written[-1])
        return written


def point_tables(
    results: Iterable[Result], baseline: Mapping[str, Any], references: Sequence[Result] = ()
) -> PointTables:
    """Both tables of these results.

    `baseline` holds the columns of the reference point by name; if it is empty, points are compared with `references`,
    the unpruned networks on the dense kernels of the machines (see `compare_to_dense`).
    """
    layers = result_table(results)
    total = totals(layers)
    if baseline:
        return PointTables(layers, compare_to_baseline(total, baseline))
    dense = totals(result_table(references)) if references else total.head(0)
    return PointTables(layers, compare_to_dense(total, dense))
