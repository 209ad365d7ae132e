"""Points of a store, a row each: all that names them, their figures, and why some have none."""

from typing import TYPE_CHECKING, Final

from rich.markup import escape
from rich.table import Table

from sparsesim.report.readable import figure
from sparsesim.report.table import FIGURES, Column, Row
from sparsesim.results.columns import AXES

if TYPE_CHECKING:
    import pandas as pd

NAMES: Final = ("network", "pruner", "format", "machine")


def listed_points(compared: "pd.DataFrame", title: str = "") -> Table:
    """One row per point, in the order of the table, which comes from `sparsesim.store.compared`."""
    table = Table(title=title)
    columns = [*map(_named, NAMES), *(_axis(axis, own) for axis, own in AXES.among(compared.columns).items())]
    noted = bool((compared["note"] != "").any())
    for column in (*columns, *FIGURES):
        table.add_column(column.title, justify="right" if column.right else "left")
    if noted:
        table.add_column("note")
    for row in compared.to_dict("records"):
        told = {str(name): value for name, value in row.items()}
        cells = [column.cell(told) for column in columns] + [_figure_cell(column, told) for column in FIGURES]
        table.add_row(*cells, *([escape(told["note"])] if noted else []))
    return table


def _named(name: str) -> Column:
    if name == "pruner":
        return Column(name, lambda row: escape(f"{row[name]} {row['sparsity']:.4g}" if row["sparsity"] else row[name]))
    return Column(name, lambda row: escape(str(row[name])))


def _axis(axis: str, column: str) -> Column:
    return Column(axis, lambda row: _value(row[column]), right=True)


def _value(value: object) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return figure(value) if value == value else "-"
    return escape(str(value))


def _figure_cell(column: Column, row: Row) -> str:
    """A point that was refused or failed says so where its time would stand."""
    if row["status"] != "ok":
        return str(row["status"]) if column.title == "time" else "-"
    return column.cell(row) if row["energy_total_pj"] == row["energy_total_pj"] or _no_energy(column) else "-"


def _no_energy(column: Column) -> bool:
    return column.title in ("kernel", "time", "speedup", "bottleneck")
