"""Tables of published and simulated values for the terminal."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table

Record = Mapping[str, Any]


def comparison_table(rows: Sequence[Record]) -> Table:
    """Published beside simulated, a section for every metric; fitted values are marked."""
    table = Table(header_style="bold")
    for name in ("metric", "case", "published", "simulated", "error", ""):
        table.add_column(name, justify="right" if name in ("published", "simulated", "error") else "left")
    for metric in dict.fromkeys(row["metric"] for row in rows):
        table.add_section()
        label = metric
        for row in (row for row in rows if row["metric"] == metric):
            values = (_number(row["published"]), _number(row["simulated"]), f"{row['error_pct']:+.2f} %")
            table.add_row(label, escape(row["case"]), *values, "fitted" if row["fitted"] else "")
            label = ""
    return table


def summary_table(summary: Sequence[Record]) -> Table:
    """Mean and largest absolute error by metric, as `validation.summarise` gives them."""
    table = Table(header_style="bold", title="absolute errors", title_justify="left")
    for name in ("metric", "rows", "mean", "largest", ""):
        table.add_column(name, justify="right" if name in ("rows", "mean", "largest") else "left")
    for row in summary:
        errors = (f"{row[key]:.2f} %" for key in ("mean_abs_error_pct", "max_abs_error_pct"))
        table.add_row(row["metric"], str(row["rows"]), *errors, "fitted" if row["fitted"] else "")
    return table


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:.4g}"
