"""`sparsesim explore`: search for the machine or the pruning that is best for something."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sparsesim.cli import completing
from sparsesim.cli.destinations import TABLES, check_file, check_folder
from sparsesim.cli.interrupt import NOTHING_KEPT, interruptible
from sparsesim.cli.options import STANDARD_OUTPUT, Csv, Json
from sparsesim.cli.panels import OUTPUT
from sparsesim.cli.printing import print_json, print_remarks, print_rows, print_written, progress_bar

if TYPE_CHECKING:
    import pandas as pd

    from sparsesim.studies.exploring import Explored


def explore(
    description: Annotated[
        str,
        typer.Argument(
            metavar="FILE",
            help="What to search: a YAML file or a shipped name.",
            autocompletion=completing.explorations,
        ),
    ],
    store: Annotated[
        Path | None, typer.Option("--store", help="SQLite file that keeps trials: goes on where it stopped.")
    ] = None,
    workers: Annotated[int, typer.Option("--workers", help="Processes that compute trials.")] = 1,
    trials: Annotated[
        int | None, typer.Option("--trials", help="How many trials in all; by default as the file says.")
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", min=0, help="Seed of everything that is drawn.")] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="Folder for the front: a table, a picture, machines and plans.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    csv: Csv = None,
    as_json: Json = False,
) -> None:
    """Search for the machine fields or layer sparsities that are best for something.

    What nothing else beats is printed, and with -o written as files that other commands read.
    """
    check_folder("--output", output)
    if csv is not None and csv != STANDARD_OUTPUT:
        check_file("--csv", csv, TABLES)
    from sparsesim.studies.exploring import explore as search

    done = [0]

    def tell(computed: int, of: int) -> None:
        advance(computed - done[0], "")
        done[0] = computed

    def kept() -> str:
        return f"{done[0]} trials are in {store}" if store and done[0] else NOTHING_KEPT

    quiet = as_json or csv == STANDARD_OUTPUT
    with interruptible(kept), progress_bar("trials", trials, quiet=quiet) as advance:
        found = search(description, store, workers=workers, trials=trials, seed=seed, progress=tell)
        written = _written(found, output, csv)
    _print(found, as_json, csv == STANDARD_OUTPUT)
    if not quiet:
        print_written(*written)


def _written(found: "Explored", output: Path | None, csv: Path | None) -> list[Path]:
    from sparsesim.studies.exploring import save

    written = [] if output is None or found.front.empty else save(found, output)
    if output is not None and not found.trials.empty:
        from sparsesim.report.front import plot_front  # loads matplotlib, which draws only here

        given = found.prepared.exploration
        title = "; ".join([f"{given.name}: {len(found.trials)} trials", *given.constraints])
        written.append(plot_front(found.trials, output / f"{given.name}-front.png", list(given.objectives), title))
    if csv is not None and csv != STANDARD_OUTPUT:
        from sparsesim.results import write_table

        write_table(found.trials, csv)
        written.append(csv)
    return written


def _print(found: "Explored", as_json: bool, as_csv: bool) -> None:
    given = found.prepared.exploration
    if as_csv:
        found.trials.to_csv(sys.stdout, index=False)
    elif as_json:
        print_json(*map(_plain, found.front.to_dict("records")))
    elif not found.front.empty:
        print_rows([_in_short(found, row) for row in found.front.to_dict("records")])
        if given.search.plan is not None and len(found.uniform):
            print_rows(found.uniform.drop(columns=_empty(found.uniform)).to_dict("records"))
    print_remarks(*_remarks(found), aside=as_json or as_csv)


def _in_short(found: "Explored", row: dict[Any, Any]) -> dict[str, Any]:
    """Without the sparsity of every layer, which the files have, and without columns of no use."""
    layers = {axis.name for axis in found.prepared.space.axes if axis.kind != "machine"}
    return {str(name): value for name, value in row.items() if name not in layers | {"state", "energy_dynamic_pj"}}


def _empty(table: "pd.DataFrame") -> list[str]:
    return [str(name) for name in table if table[name].isna().all()]


def _plain(row: dict[Any, Any]) -> dict[str, Any]:
    """NaN, which JSON does not have, is null."""
    return {str(name): None if value != value else value for name, value in row.items()}


def _remarks(found: "Explored") -> list[str]:
    states = found.trials["state"].value_counts()
    counted = [f"{states[state]} {words}" for state, words in _STATES.items() if state in states]
    remarks = [f"{len(found.trials)} trials of {found.prepared.space.size:,} candidates: {', '.join(counted)}"]
    if "front" not in states:
        remarks.append("no trial keeps all constraints")
    if found.prepared.held_out is not None and found.prepared.searched is not None:
        remarks.append(
            f"accuracy is that of the {len(found.prepared.searched.labels)} samples that the search saw, which "
            f"flatters what it chose; held_out_accuracy is that of {len(found.prepared.held_out.labels)} others"
        )
    return remarks


_STATES = {
    "front": "on the front",
    "beaten": "beaten",
    "excluded": "excluded by a constraint",
    "refused": "refused by the machine",
}
