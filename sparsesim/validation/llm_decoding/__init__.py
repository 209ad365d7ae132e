"""LLM decoding with one token: SpMV kernels of two cards, and a whole network."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from math import log
from pathlib import Path
from statistics import fmean, median
from typing import Annotated, Any, ClassVar

from pydantic import Field

from sparsesim.results import geometric_mean
from sparsesim.validation.llm_decoding.published import LlmDecodingValues
from sparsesim.validation.llm_decoding.runs import DENSE, Comparison, MeasuredRuns, Speedups
from sparsesim.validation.measured_table import Positive, TableLine, read_table
from sparsesim.validation.notes import Figures
from sparsesim.validation.published import load_published
from sparsesim.validation.reference import Progress, Reference, Study
from sparsesim.validation.row import Row


class TokensLine(TableLine):
    """A line of the table of whole networks."""

    density: Annotated[float, Field(gt=0, le=1)]
    sparse_tokens_per_s: Positive


class LlmDecoding(Reference):
    """MACKO and cuSPARSE CSR against cuBLAS on RTX 4090 and RTX 3090, by density."""

    name: ClassVar[str] = "llm-decoding"
    description: ClassVar[str] = (
        "SpMV of LLM weights with one token, RTX 4090 and 3090: MACKO, cuSPARSE CSR, break-even"
    )
    lists_rows: ClassVar[bool] = False

    def __init__(self, data: Path, progress: Progress) -> None:
        super().__init__(data, progress)
        self.published: LlmDecodingValues = load_published(self.name, LlmDecodingValues)
        self.runs = MeasuredRuns(self.data, self.published, progress)

    def rows(self) -> list[Row]:
        """Times and median speedups by density, densities of break-even, and milliseconds per token."""
        return [*self._time_rows(), *self._speedup_rows(), *self._break_even_rows(), *self._token_rows()]

    def note_figures(self) -> Mapping[str, Sequence[Figures]]:
        """Errors of single measurements by card and kernel."""
        errors, dense = [], []
        for (card, kernel), group in self._by("card", "kernel").items():
            fitted = [abs(each.error_pct) for each in group if each.fitted]
            others = [each.error_pct for each in group if not each.fitted]
            mean_absolute = fmean(map(abs, others))
            place = {"card": card, "kernel": kernel}
            if kernel == DENSE:
                shapes = {(each.rows, each.columns) for each in group}
                means = {"mean_absolute_error": mean_absolute, "mean_error": fmean(others)}
                dense.append(place | {"products": len(shapes)} | means)
            else:
                counts = {"fitted": len(fitted), "others": len(others)}
                errors.append(place | counts | {"fitted_error": fmean(fitted), "other_error": mean_absolute})
        return {"errors": errors, "dense": dense}

    def cases(self) -> list[dict[str, Any]]:
        """Median speedup over dense and errors of the times, by card, kernel and density."""
        medians = self.medians
        return [
            {
                "card": card,
                "kernel": kernel,
                "density": density,
                "speedup measured": medians[card, kernel, density].measured,
                "simulated": medians[card, kernel, density].simulated,
                "without benchmark": medians[card, kernel, density].alone,
                "|error| % fitted": fmean(abs(each.error_pct) for each in group if each.fitted),
                "|error| % other": fmean(abs(each.error_pct) for each in group if not each.fitted),
            }
            for (card, kernel, density), group in self._by("card", "kernel", "density").items()
            if kernel != DENSE
        ]

    def studies(self) -> Iterator[Study]:
        """Single measurements."""
        import pandas as pd  # takes long to import; only those who ask for files need it

        single = [vars(each) | {"error_pct": each.error_pct} for each in self.runs.comparisons]
        yield Study("measured", pd.DataFrame(single))

    @cached_property
    def medians(self) -> dict[tuple[str, str, float], Speedups]:
        """Median speedups over dense by card, kernel and density."""
        return {
            place: Speedups(*(median(column) for column in zip(*of_shapes, strict=True)))
            for place, of_shapes in self.runs.speedups.items()
        }

    def _by(self, *fields: str) -> dict[tuple[Any, ...], list[Comparison]]:
        groups: dict[tuple[Any, ...], list[Comparison]] = {}
        for each in self.runs.comparisons:
            groups.setdefault(tuple(getattr(each, field) for field in fields), []).append(each)
        return groups

    def _time_rows(self) -> list[Row]:
        return [
            self._row(
                f"{kernel} time, us",
                f"{card}, density {density:g}, {'fitted' if fitted else 'other'} shapes",
                geometric_mean([each.measured_us for each in group]),
                geometric_mean([each.simulated_us for each in group]),
                fitted=fitted,
            )
            for (card, kernel, density, fitted), group in self._by("card", "kernel", "density", "fitted").items()
            if kernel != DENSE or density == 1
        ]

    def _speedup_rows(self) -> list[Row]:
        return [
            self._row(f"{kernel} over dense, median ratio", f"{card}, density {density:g}", *medians[:2])
            for (card, kernel, density), medians in self.medians.items()
        ]

    def _break_even_rows(self) -> list[Row]:
        rows = []
        for card, kernel in dict.fromkeys((card, kernel) for card, kernel, _ in self.medians):
            curves = {place[2]: both for place, both in self.medians.items() if place[:2] == (card, kernel)}
            found = [break_even({density: both[i] for density, both in curves.items()}) for i in (0, 1)]
            if found[0] and found[1]:
                rows.append(self._row("density at break-even, %", f"{card}, {kernel}", 100 * found[0], 100 * found[1]))
        return rows

    def _token_rows(self) -> list[Row]:
        network = self.published.network
        table = self.data.file(network.table)
        if table is None or network.card not in self.runs.cards:
            return []
        return [
            Row(
                self.name,
                f"Llama-2-7B on {network.card}, {network.kernel}, density {line.density:g}",
                "time per token, all that runs against weights alone, us",
                1e6 / line.sparse_tokens_per_s,
                1e3 * self.runs.token_ms(line.density),
                fitted=False,
                source=network.source,
            )
            for line in read_table(table, TokensLine)
        ]

    def _row(self, metric: str, case: str, published: float, simulated: float, fitted: bool = False) -> Row:
        return Row(self.name, case, metric, published, simulated, fitted, self.published.source)


def break_even(speedups: Mapping[float, float]) -> float | None:
    """The density at which a speedup that falls with density is one, between two points on logarithmic axes.

    None if it is not crossed.
    """
    points = sorted(speedups.items())
    for (density, speedup), (denser, slower) in pairwise(points):
        if speedup >= 1 > slower:
            share = log(speedup) / (log(speedup) - log(slower))
            return float(density * (denser / density) ** share)
    return None
