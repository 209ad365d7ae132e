"""SpMM on vectors of non-zeros: measured vectorSparse times, and crossovers against dense tensor cores."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Any, ClassVar

from sparsesim.hardware import load_machine
from sparsesim.results import geometric_mean
from sparsesim.validation.notes import Figures
from sparsesim.validation.published import load_published
from sparsesim.validation.reference import Progress, Reference, Study
from sparsesim.validation.row import Row
from sparsesim.validation.spmm.crossover import BlockRuns, CrossoverRuns
from sparsesim.validation.spmm.published import SpmmValues
from sparsesim.validation.spmm.runs import Comparison, MeasuredRuns

Group = tuple[int, int, float, bool]


class Spmm(Reference):
    """Vectors of 1, 2, 4 and 8 non-zeros on an A100."""

    name: ClassVar[str] = "spmm"
    description: ClassVar[str] = "SpMM on column vectors, A100: measured vectorSparse times, crossovers against dense"

    def __init__(self, data: Path, progress: Progress) -> None:
        super().__init__(data, progress)
        self.published: SpmmValues = load_published(self.name, SpmmValues)
        measured = self.published.measured
        kernel = load_machine(measured.machine).only(measured.kernel)
        self.runs = MeasuredRuns(self.data, self.published, kernel, progress)
        self.crossovers = CrossoverRuns(self.published.crossovers, progress)
        self.blocks = BlockRuns(self.published.blocks, progress)

    def rows(self) -> list[Row]:
        """Geometric mean of the times by vector length, columns and sparsity; densities at the crossovers."""
        return [*self._time_rows(), *self._share_rows(), *self._crossover_rows(), *self._block_rows()]

    def note_figures(self) -> Mapping[str, Sequence[Figures]]:
        """Errors of single measurements, and all crossovers."""
        met: list[Figures] = []
        never: list[Figures] = []
        for (size, length), sparsity in self.crossovers.sparsities.items():
            problem = {"size": size, "length": length}
            if sparsity is None:
                never.append(problem)
            else:
                met.append(problem | {"sparsity_pct": 100 * sparsity})
        fitted, others = self._errors(fitted=True), self._errors(fitted=False)
        return {
            "fitted": fitted,
            "no_fitted": [] if fitted else [{}],
            "others": others,
            "no_others": [] if others else [{}],
            "crossover": met,
            "no_crossover": never,
        }

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

    def studies(self) -> Iterator[Study]:
        """Single measurements, and curves over sparsity."""
        import pandas as pd  # takes long to import; only those who ask for files need it

        from sparsesim.report import spmm as report

        single = [vars(each) | {"error_pct": each.error_pct} for each in self.runs.comparisons]
        yield Study("measured", pd.DataFrame(single), report.plot_measured)
        crossings = [
            {"size": size, "vector_length": length, "sparsity": sparsity}
            for (size, length), sparsity in self.crossovers.sparsities.items()
        ]
        draw = partial(report.plot_crossovers, crossings=pd.DataFrame(crossings))
        yield Study("crossover", pd.DataFrame(self.crossovers.curves()), draw)

    @cached_property
    def groups(self) -> dict[Group, list[Comparison]]:
        """Comparisons by (vector length, columns, sparsity, fitted)."""
        groups: dict[Group, list[Comparison]] = {}
        for each in self.runs.comparisons:
            groups.setdefault((each.vector_length, each.n, each.sparsity, each.fitted), []).append(each)
        return dict(sorted(groups.items()))

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
            for (size, length), sparsity in self.crossovers.sparsities.items()
            if sparsity is not None and length in published.sparsity
        ]

    def _block_rows(self) -> list[Row]:
        published = self.published.blocks
        return [
            Row(
                reference=self.name,
                case=f"blocks of {side} x {side}, {published.size} x {published.size} x {published.size}",
                metric="density at the crossover, %",
                published=100 * (1 - published.sparsity[side]),
                simulated=100 * (1 - sparsity),
                fitted=side in published.fitted,
                source=published.source,
            )
            for side, sparsity in self.blocks.sparsities.items()
            if sparsity is not None
        ]

    def _row(self, metric: str, case: str, published: float, simulated: float, fitted: bool) -> Row:
        return Row(self.name, case, metric, published, simulated, fitted, self.published.measured.source)

    def _errors(self, fitted: bool) -> list[Figures]:
        """Count and mean errors of the products in fitted or other layers, if there are any."""
        errors = [each.error_pct for each in self.runs.comparisons if each.fitted == fitted]
        mean_errors = {"mean_absolute_error": _mean(map(abs, errors)), "mean_error": _mean(errors)}
        return [{"products": len(errors)} | mean_errors] if errors else []


def _label(fitted: bool) -> str:
    return "fitted" if fitted else "other"


def _mean(values: Iterable[float]) -> float:
    """The mean, or zero of no values."""
    listed = list(values)
    return sum(listed) / len(listed) if listed else 0.0
