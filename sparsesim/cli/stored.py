"""Options of commands that read a store, and how they show what is in it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from sparsesim.cli.destinations import check_file
from sparsesim.cli.options import STANDARD_OUTPUT, Csv
from sparsesim.cli.panels import OUTPUT
from sparsesim.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from sparsesim.hardware import EnergyTable
    from sparsesim.results import Result
    from sparsesim.store import Condition, Store

SHOWN: Final = 50
"""Rows of a table for people, unless they ask for more."""

StorePath = Annotated[Path, typer.Argument(help="Store that `sparsesim run --store` wrote.")]


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Which points are shown, and what of them."""

    where: Annotated[
        list[str],
        typer.Option("--where", help='Condition such as "sparsity>=0.9" or "machine=a100*"; repeatable.'),
    ] = field(default_factory=list)
    status: Annotated[str, typer.Option("--status", help="Only points that are ok, refused or failed.")] = ""
    sort: Annotated[str, typer.Option("--sort", help="Column to sort by, the smallest first.")] = ""
    descending: Annotated[bool, typer.Option("--descending", help="The largest first.")] = False
    limit: Annotated[
        int | None, typer.Option("--limit", min=0, help="Rows at most, 0 for all; by default 50 of a table.")
    ] = None
    columns: Annotated[
        str, typer.Option("--columns", help='Columns to show: names or patterns such as "energy_*", with commas.')
    ] = ""
    everything: Annotated[
        bool, typer.Option("--everything", help="With points that the sweep does not ask for any more.")
    ] = False

    def conditions(self) -> "list[Condition]":
        """As `Store.table` takes them. Raises InputError that names the option."""
        from sparsesim.store import STATUSES, Condition, condition

        if self.status and self.status not in STATUSES:
            raise InputError(f"--status: {self.status!r} is none of {', '.join(STATUSES)}")
        own = [Condition("status", "=", self.status)] if self.status else []
        return [condition(text, "--where") for text in self.where] + own

    def of(self, table: "pd.DataFrame", most: int | None) -> "pd.DataFrame":
        """The rows of a table in the order that was asked for, at most so many."""
        if self.sort:
            _check_column("--sort", self.sort, table)
            table = table.sort_values(self.sort, ascending=not self.descending, kind="stable")
        limit = most if self.limit is None else self.limit or None
        return table if limit is None else table.head(limit)

    def chosen(self, table: "pd.DataFrame") -> "pd.DataFrame":
        """The columns that were asked for, all if none were."""
        from fnmatch import fnmatchcase

        patterns = [pattern.strip() for pattern in self.columns.split(",") if pattern.strip()]
        names = [name for pattern in patterns for name in table.columns if fnmatchcase(name, pattern)]
        for pattern in patterns:
            if not any(fnmatchcase(name, pattern) for name in table.columns):
                _check_column("--columns", pattern, table)
        return table[list(dict.fromkeys(names))] if patterns else table


def _check_column(option: str, name: str, table: "pd.DataFrame") -> None:
    import difflib

    if name not in table:
        close = difflib.get_close_matches(name, table.columns, n=3)
        hint = f"did you mean {' or '.join(close)}?" if close else "`sparsesim list columns` explains what there is"
        raise InputError(f"{option}: unknown column {name!r}: {hint}")


@dataclass(frozen=True, kw_only=True)
class Exports:
    """Files for the whole table."""

    csv: Csv = None
    parquet: Annotated[
        Path | None, typer.Option("--parquet", help="Write Parquet to a file.", rich_help_panel=OUTPUT)
    ] = None

    def check(self) -> None:
        """Raise InputError for what cannot be written, before any work."""
        if self.csv != STANDARD_OUTPUT:
            check_file("--csv", self.csv, (".csv",))
        check_file("--parquet", self.parquet, (".parquet",))

    @property
    def is_on_standard_output(self) -> bool:
        """Whether nothing else may be printed there."""
        return self.csv == STANDARD_OUTPUT

    def write(self, table: "pd.DataFrame") -> list[Path]:
        """The files that were written."""
        import sys

        from sparsesim.results import write_table

        if self.is_on_standard_output:
            table.to_csv(sys.stdout, index=False)
        files = [path for path in (self.csv, self.parquet) if path is not None and path != STANDARD_OUTPUT]
        for path in files:
            write_table(table, path)
        return files


def in_words(store: "Store") -> str:
    """How many points are there, such as "tiny: 10 of 12 points: 8 ok, 1 refused, 1 failed; 2 missing"."""
    counts = store.counts()
    there = counts["asked"] - counts["missing"]
    told = ", ".join(f"{counts[status]:,} {status}" for status in ("ok", "refused", "failed") if counts[status])
    missing = f"; {counts['missing']:,} missing" if counts["missing"] else ""
    return f"{store.name}: {there:,} of {counts['asked']:,} points{': ' if told else ''}{told}{missing}"


def objects(store: "Store", table: "pd.DataFrame", prices: "EnergyTable | None") -> Iterator[Mapping[str, Any]]:
    """One object per row for JSON, as `sparsesim run --json` prints it; at other prices on request."""
    from sparsesim.results import IDENTITY, point_object
    from sparsesim.results.columns import ENERGY

    energies = ENERGY.among(table.columns)
    points = table[IDENTITY].tolist()
    for start in range(0, len(points), _AT_A_TIME):
        rows = table.iloc[start : start + _AT_A_TIME].to_dict("records")
        for record, row in zip(store.records(points[start : start + _AT_A_TIME]), rows, strict=True):
            found = point_object(record.row)
            if prices is not None and found["status"] == "ok":
                energy_pj = {part: None if row[own] != row[own] else row[own] for part, own in energies.items()}
                found |= {"energy_table": prices.name, "energy_pj": energy_pj}
            yield found


_AT_A_TIME: Final = 1000


def layers_of(store: "Store", points: Iterable[str], prices: "EnergyTable | None") -> "list[Result]":
    """The results of the layers of these points, at other prices on request."""
    found = [result for point in points for result in store.layers(point)]
    if prices is None:
        return found
    from sparsesim.simulation import reprice

    return [reprice(result, prices) if result.status == "ok" else result for result in found]
