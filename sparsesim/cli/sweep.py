"""`sparsesim run`: a sweep from a file, into a store that it goes on with."""

from pathlib import Path
from typing import Annotated

import typer

from sparsesim.cli import completing
from sparsesim.cli.destinations import check_folder
from sparsesim.cli.interrupt import interruptible
from sparsesim.cli.options import Json
from sparsesim.cli.panels import OUTPUT
from sparsesim.cli.points import SUFFIX, best_of_each, fill_shown, finish, kept_in_words
from sparsesim.errors import InputError
from sparsesim.studies import check_scheduler, check_workers, cluster, load_sweep, resolved, stored


def run(
    workload: Annotated[
        str,
        typer.Argument(help="Sweep description: a YAML file or a shipped name.", autocompletion=completing.workloads),
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Folder for CSV and PNG files [default: results].", rich_help_panel=OUTPUT),
    ] = None,
    store: Annotated[
        Path | None,
        typer.Option(
            "--store",
            help="File that keeps every point, and is gone on with [default: NAME.db in the folder]. "
            "Without -o nothing else is written.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    parquet: Annotated[bool, typer.Option("--parquet", help="Also write Parquet.", rich_help_panel=OUTPUT)] = False,
    plots: Annotated[
        bool,
        typer.Option(
            "--plots/--no-plots", help="Draw what the sweep asks for, or what suits its axes.", rich_help_panel=OUTPUT
        ),
    ] = True,
    workers: Annotated[
        int | None, typer.Option("--workers", help="Processes: 1 for none but this one [default: one a core].")
    ] = None,
    scheduler: Annotated[
        str, typer.Option("--scheduler", help="Dask scheduler whose workers to use, such as tcp://10.0.0.1:8786.")
    ] = "",
    retry: Annotated[bool, typer.Option("--retry", help="Try points again that failed in earlier runs.")] = False,
    as_json: Json = False,
) -> None:
    """Run a sweep: networks x pruners x sparsities x formats x machines, on all cores.

    Every point is kept in a store as it finishes; running again does what is missing. Every point is in the CSV files;
    the table shows the fastest format of every machine.
    """
    if scheduler and workers is not None:
        raise InputError("--workers and --scheduler: one of them says where the work is done")
    if workers is not None:
        check_workers(workers)
    folder = Path("results") if output is None and store is None else output
    check_folder("--output", folder)
    grid = resolved(load_sweep(workload))
    if scheduler:
        check_scheduler(scheduler)
    path = store if store is not None else (folder or Path()) / f"{grid.name}{SUFFIX}"
    if store is None and folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    with stored(grid, path) as kept, interruptible(lambda: kept_in_words(kept.path)):
        if folder is not None:  # of a store elsewhere, only once that is known to be good
            folder.mkdir(parents=True, exist_ok=True)
        crew = cluster(scheduler) if scheduler else None
        fill_shown(grid, kept, crew, workers=workers, retry=retry, quiet=as_json)
        finish(grid, kept, folder, best_of_each, as_json=as_json, parquet=parquet, plots=plots)
