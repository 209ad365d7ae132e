"""`sparsesim validate`: hold the models against published and measured values."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sparsesim.cli.console import console
from sparsesim.cli.options import Json
from sparsesim.errors import InputError

if TYPE_CHECKING:
    from sparsesim.validation import Progress, Reference, Row


def validate(
    reference: Annotated[str, typer.Argument(help="Which reference; lists them if left out.")] = "",
    data: Annotated[Path | None, typer.Option("--data", help="Folder of real matrices; else SPARSESIM_DATA.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Folder for CSV and PNG files.")] = None,
    as_json: Json = False,
) -> None:
    """Compare the models with published and measured values."""
    from sparsesim.validation import data_folder, reference_by_name

    if not reference:
        _list(as_json)
        return
    kind = reference_by_name(reference)
    if output:
        _make(output)
    with _progress(quiet=as_json) as progress:
        chosen = kind(data_folder(data), progress)
        rows, notes = chosen.rows(), chosen.notes()
        cases = [] if as_json else chosen.cases()
        written = _write(chosen, rows, output) if output else []
    if as_json:
        for row in rows:
            typer.echo(json.dumps(row.as_object()))
        typer.echo("\n".join(notes), err=True)
        return
    _print(kind, rows, cases, notes)
    if written:
        typer.echo("written: " + ", ".join(str(path) for path in written))


def _list(as_json: bool) -> None:
    from sparsesim.validation import REFERENCES

    described = {name: reference.description for name, reference in REFERENCES.items()}
    if as_json:
        typer.echo(json.dumps(described))
        return
    width = max(map(len, described))
    for name, description in described.items():
        typer.echo(f"{name:<{width}}  {description}")


@contextmanager
def _progress(quiet: bool) -> "Iterator[Progress]":
    """A bar on stderr that counts what has been run and tells what is running."""
    from rich import progress as bars
    from rich.console import Console

    done, running = bars.TextColumn("{task.completed} done"), bars.TextColumn("{task.description}")
    columns = bars.BarColumn(20), done, bars.TimeElapsedColumn(), running
    with bars.Progress(*columns, console=Console(stderr=True), transient=True, disable=quiet) as display:
        bar = display.add_task("", total=None)
        yield lambda words: display.update(bar, advance=1, description=words)


def _make(folder: Path) -> None:
    """The folder for files, refused before anything takes time."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"--output {folder}: {error.strerror}") from error


def _write(reference: "Reference", rows: "list[Row]", output: Path) -> list[Path]:
    """The rows as CSV, their errors as a picture unless they are too many, and the studies of the reference."""
    import pandas as pd

    from sparsesim.report.validation import plot_errors

    table = pd.DataFrame([row.as_object() for row in rows])
    written = [output / f"{reference.name}-rows.csv"]
    table.to_csv(written[0], index=False)
    if reference.lists_rows:
        written.append(plot_errors(table, output / f"{reference.name}-errors.png"))
    return written + reference.write(output)


def _print(kind: "type[Reference]", rows: "list[Row]", cases: list[dict[str, Any]], notes: list[str]) -> None:
    from sparsesim.report.table import rows_table
    from sparsesim.report.validation import comparison_table, summary_table
    from sparsesim.validation import summarise

    out = console()
    if cases:
        out.print(rows_table(cases))
    if kind.lists_rows:
        out.print(comparison_table([row.as_object() for row in rows]))
    out.print(summary_table(summarise(rows)))
    for line in notes:
        out.print(line, highlight=False, markup=False)
    out.print("sources:", *dict.fromkeys(row.source for row in rows), sep="\n  ", highlight=False, markup=False)
