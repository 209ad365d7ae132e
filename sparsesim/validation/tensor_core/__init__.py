"""Tensor cores, dense and 2:4: measured GEMM times of several cards."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd

from sparsesim.validation.reference import Reference, Watch
from sparsesim.validation.row import Row
from sparsesim.validation.tensor_core.description import load_published
from sparsesim.validation.tensor_core.errors import error_table
from sparsesim.validation.tensor_core.fit import Measured, cross_validate
from sparsesim.validation.tensor_core.measured import MeasuredTables
from sparsesim.validation.tensor_core.notes import TREND_CARD, notes_on
from sparsesim.validation.tensor_core.runs import Comparison


class TensorCores(Reference):
    """Dense and 2:4 products on the cards that the data at hand was measured on."""

    name: ClassVar[str] = "tensor-core"
    description: ClassVar[str] = "tensor cores of A100, H100, RTX 4090 and others: measured GEMM times, dense and 2:4"
    lists_rows: ClassVar[bool] = False

    def __init__(self, data: Path, watch: Watch) -> None:
        self.published = load_published()
        self.tables = MeasuredTables(data, self.published, watch)

    def rows(self) -> list[Row]:
        """Both times and their ratio, of every measured product."""
        return [row for each in self.tables.comparisons for row in self._rows(each)]

    def notes(self) -> list[str]:
        """Trends, limits and worst points; what is left out."""
        return [*notes_on(self.published, self.tables.comparisons), *self.tables.notes]

    def cases(self) -> list[dict[str, Any]]:
        """Mean errors by card and type, beside the error of "always twice as fast"."""
        return error_table(self.tables.comparisons)

    def write(self, folder: Path, long: bool) -> list[Path]:
        """Every product, and pictures of times, ratios and ratios over the number of tokens."""
        from sparsesim.report import tensor_core as report

        points = self.points()
        path = folder / f"{self.name}-points.csv"
        points.to_csv(path, index=False)
        written = [path, report.plot_times(points, folder / f"{self.name}-times.png")]
        compared = points[points["ratio_measured"].notna()]
        if len(compared):
            written.append(report.plot_ratios(compared, folder / f"{self.name}-ratios.png"))
        shown = compared[compared["card"] == TREND_CARD]
        if len(shown):
            written.append(report.plot_over_tokens(shown, folder / f"{self.name}-tokens.png"))
        return [*written, *self._cross_validation(folder)] if long else written

    def _cross_validation(self, folder: Path) -> list[Path]:
        """Every product by constants fitted without its weight shape, and the means; takes minutes per card."""
        found = [
            record for measured in self._cross_validated() for record in cross_validate(measured, self.tables.watch)
        ]
        if not found:
            return []
        single, means = (folder / f"{self.name}-cross-validation{part}.csv" for part in ("", "-means"))
        table = pd.DataFrame(found)
        table.to_csv(single, index=False)
        errors = table.set_index(["card", "type"]).filter(like="error_pct").abs()
        errors["sign_is_right_pct"] = 100.0 * table.set_index(["card", "type"])["sign_is_right"]
        errors.groupby(level=[0, 1]).mean().to_csv(means)
        return [single, means]

    def _cross_validated(self) -> Iterator[Measured]:
        """All products of the cards and types whose six constants were fitted."""
        for batch in self.tables.batches:
            first = batch.points[0]
            if first.dtype in self.published.gemm.cross_validated.get(first.card, ()):
                yield Measured(batch.card, batch.dtype, batch.runs, batch.points)

    def points(self) -> pd.DataFrame:
        """One line per product: shape, whether fitted, times in us and ratios measured and simulated, bottlenecks."""
        return pd.DataFrame([_record(each) for each in self.tables.comparisons])

    def _rows(self, each: Comparison) -> Iterator[Row]:
        point = each.point
        pairs = [
            ("dense time, us", point.dense_us, each.dense_us),
            (f"{point.kernel} time, us", point.sparse_us, each.sparse_us),
            (f"ratio dense / {point.kernel}", point.ratio, each.ratio),
        ]
        for metric, measured, simulated in pairs:
            if measured is not None and simulated is not None:
                source = self.tables.sources[point.card]
                yield Row(self.name, point.case, metric, measured, simulated, each.fitted, source)


def _record(each: Comparison) -> dict[str, Any]:
    point = each.point
    return {
        "card": point.card,
        "type": point.dtype,
        "suite": point.suite,
        "kernel": point.kernel,
        "m_tokens": point.m,
        "n": point.n,
        "k": point.k,
        "fitted": each.fitted,
        "dense_measured_us": point.dense_us,
        "dense_simulated_us": each.dense_us,
        "sparse_measured_us": point.sparse_us,
        "sparse_simulated_us": each.sparse_us,
        "ratio_measured": point.ratio,
        "ratio_simulated": each.ratio,
        "dense_error_pct": each.dense_error_pct,
        "sparse_error_pct": each.sparse_error_pct,
        "ratio_error_pct": each.ratio_error_pct,
        "dense_bottleneck": each.dense_bottleneck,
        "sparse_bottleneck": each.sparse_bottleneck,
    }
