"""`sparsesim validate`: hold the models against published and measured values."""

from pathlib import Path
from typing import Annotated, Any

import typer

from sparsesim.cli import completing
from sparsesim.cli.options import Json
from sparsesim.cli.panels import OUTPUT
from sparsesim.cli.printing import (
    print_json,
    print_names,
    print_remarks,
    print_rows,
    print_table,
    print_written,
    progress_bar,
)
from sparsesim.errors import InputError
from sparsesim.validation import REFERENCES, Reference, Row, data_folder, reference_by_name, summarise


def validate(
    reference: Annotated[
        str, typer.Argument(help="Which reference; lists them if left out.", autocompletion=completing.references)
    ] = "",
    data: Annotated[
        Path | None, typer.Option("--data", help="Folder of real matrices; by default SPARSESIM_DATA.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder for CSV and PNG files.", rich_help_panel=OUTPUT)
    ] = None,
    as_json: Json = False,
) -> None:
    """Compare the models with published and measured values."""
    if not reference:
        described = {name: reference.description for name, reference in REFERENCES.items()}
        print_json(described) if as_json else print_names(described)
        return
    kind = reference_by_name(reference)
    if output:
        _make(output)
    with progress_bar(quiet=as_json) as advance:
        chosen = kind(data_folder(data), lambda words: advance(1, words))
        rows, notes = chosen.rows(), chosen.notes()
        cases = [] if as_json else chosen.cases()
        written = chosen.write_rows(rows, output) if output else []
    if as_json:
        print_json(*(row.as_object() for row in rows))
        typer.echo("\n".join(notes), err=True)
        return
    _print(kind, rows, cases, notes)
    print_written(*written)


def _make(folder: Path) -> None:
    """The folder for files, refused before anything takes time."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"--output: {folder}: {error.strerror}") from error


def _print(kind: type[Reference], rows: list[Row], cases: list[dict[str, Any]], notes: list[str]) -> None:
    from sparsesim.report.validation import comparison_table, summary_table  # loads rich and matplotlib

    if cases:
        print_rows(cases)
    if kind.lists_rows:
        print_table(comparison_table([row.as_object() for row in rows]), keys=2)
    print_table(summary_table(summarise(rows)))
    print_remarks(*notes, "sources:", *(f"  {source}" for source in dict.fromkeys(row.source for row in rows)))
