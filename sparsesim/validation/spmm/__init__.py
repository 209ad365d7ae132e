"""SpMM on vectors of non-zeros: measured vectorSparse times, and crossovers against dense tensor cores."""

from functools import cached_property, partial
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd

from sparsesim.hardware import Machine, load_machine
from sparsesim.results import geometric_mean
from sparsesim.validation.reference import Reference, Watch
from sparsesim.validation.row import Row
from sparsesim.validation.spmm.crossover import Record, Square, crossover_curves, crossover_sparsity, on_the_card_of
from sparsesim.validation.spmm.description import load_published
from sparsesim.validation.spmm.measured import Comparison, MeasuredRuns

Group = tuple[int, int, float, bool]


class Spmm(Reference):
    """Vectors of 1, 2, 4 and 8 non-zeros on an A100."""

    name: ClassVar[str] = "spmm"
    description: ClassVar[str] = "SpMM on column vectors, A100: measured vectorSparse times, crossovers against dense"

    def __init__(self, data: Path, watch: Watch) -> None:
        self.published = load_published()
        self.watch = watch
        measured = self.published.measured
        self.runs = MeasuredRuns(data, measured, load_machine(measured.machine), watch)

    def rows(self) -> list[Row]:
        """Geometric mean of the times by vector length, columns and sparsity; densities at the crossovers."""
        return [*self._time_rows(), *self._share_rows(), *self._crossover_rows()]

    def notes(self) -> list[str]:
        """Errors of single measurements, and all crossovers."""
        lines = [self._error_line(fitted) for fitted in (True, False)]
        for (size, length), sparsity in self.crossovers.items():
            shown = "nowhere between 48.8 % and 99.8 %" if sparsity is None else f"from {100 * sparsity:.1f} % sparsity"
            lines.append(f"{size} x {size} x {size}, vectors of {length}: faster than dense tensor cores {shown}")
        return lines

    def cases(self) -> list[dict[str, Any]]:
        """Mean and largest error of the single measurements, by vector length and sparsity."""
        return [
            {
                "vector length": length,
                "columns": columns,
                "sparsity": sparsity,
                "layers": _label(fitted),
                "products": len(group),
                "mean |error| %": _mean(abs(each.error_pct) for each in group),
                "largest |error| %": max(abs(each.error_pct) for each in group),
            }
            for (length, columns, sparsity, fitted), group in self.groups.items()
        ]

    def write(self, folder: Path, long: bool) -> list[Path]:
        """Single measurements and curves over sparsity, with their pictures."""
        from sparsesim.report import spmm as report

        single = [vars(each) | {"error_pct": each.error_pct} for each in self.runs.comparisons]
        crossings = [
            {"size": size, "vector_length": length, "sparsity": sparsity}
            for (size, length), sparsity in self.crossovers.items()
        ]
        draw = partial(report.plot_crossovers, crossings=pd.DataFrame(crossings))
        written = []
        for name, records, plot in (
            ("measured", single, report.plot_measured),
            ("crossover", self._curves(), draw),
        ):
            table, path = pd.DataFrame(records), folder / f"spmm-{name}.csv"
            table.to_csv(path, index=False)
            written += [path, plot(table, path.with_suffix(".png"))]
        return written

    @cached_property
    def groups(self) -> dict[Group, list[Comparison]]:
        """Comparisons by (vector length, columns, sparsity, fitted)."""
        groups: dict[Group, list[Comparison]] = {}
        for each in self.runs.comparisons:
            groups.setdefault((each.vector_length, each.n, each.sparsity, each.fitted), []).append(each)
        return dict(sorted(groups.items()))

    @cached_property
    def crossovers(self) -> dict[tuple[int, int], float | None]:
        """Sparsity by (size, vector length); None where there is no crossover."""
        asked = self.published.crossovers
        sparse, dense = self._machines()
        found = {}
        for size in asked.sizes:
            for length in asked.vector_lengths:
                self.watch(f"crossover of vectors of {length}, {size} x {size} x {size}")
                found[size, length] = crossover_sparsity(Square(size, asked.dtype), sparse, dense, length)
        return found

    def _machines(self) -> tuple[Machine, Machine]:
        """The sparse kernels and the dense ones, on one card."""
        sparse = load_machine(self.published.crossovers.machine)
        return sparse, on_the_card_of(load_machine(self.published.crossovers.dense_machine), sparse)

    def _curves(self) -> list[Record]:
        asked = self.published.crossovers
        sparse, dense = self._machines()
        records = []
        for size in asked.sizes:
            self.watch(f"times over sparsity, {size} x {size} x {size}")
            records += crossover_curves(Square(size, asked.dtype), sparse, dense, asked.vector_lengths)
        return records

    def _time_rows(self) -> list[Row]:
        return [
            self._row(
                "vectorSparse time, us",
                f"vectors of {length}, {columns} columns, sparsity {sparsity:g}, {_label(fitted)} layers",
                geometric_mean([each.measured_us for each in group]),
                geometric_mean([each.simulated_us for each in group]),
                fitted,
            )
            for (length, columns, sparsity, fitted), group in self.groups.items()
        ]

    def _share_rows(self) -> list[Row]:
        """How often the sparse product beats the measured dense one, in layers that nothing was fitted on."""
        rows = []
        for length in dict.fromkeys(each.vector_length for each in self.runs.comparisons):
            group = [each for each in self.runs.comparisons if each.vector_length == length and not each.fitted]
            group = [each for each in group if each.sparsity == max(every.sparsity for every in group)]
            shares = [
                100 * _mean(time < dense for time, dense in pairs)
                for pairs in (
                    [(each.measured_us, each.dense_us) for each in group],
                    [(each.simulated_us, each.dense_us) for each in group],
                )
            ]
            if group and min(shares) > 0:
                case = f"vectors of {length}, sparsity {group[0].sparsity:g}"
                rows.append(self._row("products faster than cuBLAS, %", case, shares[0], shares[1], False))
        return rows

    def _crossover_rows(self) -> list[Row]:
        published = self.published.crossovers
        return [
            Row(
                reference=self.name,
                case=f"vectors of {length}, {size} x {size} x {size}",
                metric="density at the crossover, %",
                published=100 * (1 - published.sparsity[length]),
                simulated=100 * (1 - sparsity),
                fitted=False,
                source=published.source,
            )
            for (size, length), sparsity in self.crossovers.items()
            if sparsity is not None and length in published.sparsity
        ]

    def _row(self, metric: str, case: str, published: float, simulated: float, fitted: bool) -> Row:
        return Row(self.name, case, metric, published, simulated, fitted, self.published.measured.source)

    def _error_line(self, fitted: bool) -> str:
        errors = [each.error_pct for each in self.runs.comparisons if each.fitted == fitted]
        label = "layers that constants were fitted on" if fitted else "layers that nothing was fitted on"
        if not errors:
            return f"no {label} here"
        return (
            f"{label}: {len(errors)} products, mean absolute error {_mean(map(abs, errors)):.1f} %, "
            f"mean error {_mean(errors):+.1f} %"
        )


def _label(fitted: bool) -> str:
    return "fitted" if fitted else "other"


def _mean(values: Any) -> float:
    listed = list(values)
    return sum(listed) / len(listed) if listed else 0.0
