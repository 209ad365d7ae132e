"""Tensor cores, dense and 2:4: measured GEMM times of several cards."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from sparsesim.validation.notes import Figures
from sparsesim.validation.published import load_published
from sparsesim.validation.reference import Progress, Reference, Study
from sparsesim.validation.row import Row
from sparsesim.validation.tensor_core.batches import MeasuredTables
from sparsesim.validation.tensor_core.errors import error_table
from sparsesim.validation.tensor_core.notes import TREND_CARD, note_figures
from sparsesim.validation.tensor_core.published import TensorCoreValues
from sparsesim.validation.tensor_core.runs import Comparison

if TYPE_CHECKING:
    import pandas as pd


class TensorCores(Reference):
    """Dense and 2:4 products on the cards that the available data was measured on."""

    name: ClassVar[str] = "tensor-core"
    description: ClassVar[str] = "tensor cores of A100, H100, RTX 4090 and others: measured GEMM times, dense and 2:4"
    lists_rows: ClassVar[bool] = False

    def __init__(self, data: Path, progress: Progress) -> None:
        super().__init__(data, progress)
        self.published: TensorCoreValues = load_published(self.name, TensorCoreValues)
        self.tables = MeasuredTables(self.data, self.published, progress)

    def rows(self) -> list[Row]:
        """Both times and their ratio, of every measured product."""
        return [row for each in self.tables.comparisons for row in self._rows(each)]

    def note_figures(self) -> Mapping[str, Sequence[Figures]]:
        """Trends, limits and worst points; what is left out."""
        return note_figures(self.published, self.tables.comparisons) | self.tables.left_out

    def cases(self) -> list[dict[str, Any]]:
        """Mean errors by card and type, beside the error of "always twice as fast"."""
        return error_table(self.tables.comparisons)

    def studies(self) -> Iterator[Study]:
        """Every product, and pictures of times, ratios and ratios over the number of tokens."""
        from sparsesim.report import tensor_core as report

        points = self.points()
        yield Study("points", points)
        yield Study("times", points, report.plot_times, kept=False)
        compared = points[points["ratio_measured"].notna()]
        if len(compared):
            yield Study("ratios", compared, report.plot_ratios, kept=False)
        shown = compared[compared["card"] == TREND_CARD]
        if len(shown):
            yield Study("tokens", shown, report.plot_over_tokens, kept=False)

    def points(self) -> "pd.DataFrame":
        """One line per product: shape, whether fitted, times in us and ratios measured and simulated, bottlenecks."""
        import pandas as pd  # takes long to import; only those who ask for files need it

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
