"""Many points: a sweep from a file, or one network over formats and machines."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sparsesim.cli import completing
from sparsesim.cli.described import sweep_from_options
from sparsesim.cli.destinations import check_file, check_folder
from sparsesim.cli.interrupt import NOTHING_KEPT, interruptible
from sparsesim.cli.options import (
    COMPARED_FORMATS,
    COMPARED_MACHINES,
    Batch,
    Dtype,
    Formats,
    Json,
    Layers,
    Machines,
    NetworkFile,
    NetworkName,
    Simulation,
)
from sparsesim.cli.panels import OUTPUT
from sparsesim.cli.parse import baseline_fields, check_table_file, density
from sparsesim.cli.printing import print_json, print_remarks, print_table, print_written, progress_bar
from sparsesim.errors import FaultsError
from sparsesim.results import (
    PointTables,
    Result,
    energy_remarks,
    point_objects,
    point_tables,
    priced,
    prices_in_words,
    write_table,
)
from sparsesim.studies import Finished, Grid, ResultLog, load_sweep, resolved, run_logged

if TYPE_CHECKING:
    from rich.table import Table


def run(
    workload: Annotated[
        str,
        typer.Argument(help="Sweep description: a YAML file or a shipped name.", autocompletion=completing.workloads),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder for CSV and PNG files.", rich_help_panel=OUTPUT)
    ] = Path("results"),
    parquet: Annotated[bool, typer.Option("--parquet", help="Also write Parquet.", rich_help_panel=OUTPUT)] = False,
    plots: Annotated[
        bool,
        typer.Option(
            "--plots/--no-plots", help="Draw energy, speedup, shares of time and roofline.", rich_help_panel=OUTPUT
        ),
    ] = True,
    as_json: Json = False,
) -> None:
    """Run a sweep: networks x pruners x sparsities x formats x machines, on all cores.

    Every point is in the CSV files; the table shows the fastest format of every machine.
    """
    check_folder("--output", output)
    grid = resolved(load_sweep(workload))
    log = ResultLog(output / f"{grid.name}.jsonl")
    with interruptible(lambda: log.kept(grid.points)):
        results, references = _results(grid, log, as_json)
        tables = point_tables(results, grid.baseline, references)
        written = tables.write(output, grid.name, parquet=parquet)
        if plots and not tables.all_refused:
            written += _pictures(tables, grid, output)
    _print(tables, results, grid, as_json, lambda title: _best(tables, grid, title), written)


def compare(
    network: NetworkName,
    machine: Machines = COMPARED_MACHINES,
    format: Formats = COMPARED_FORMATS,
    pruner: Annotated[
        list[str], typer.Option("--pruner", "-p", help="Pruner by name; repeatable.", autocompletion=completing.pruners)
    ] = ["none"],
    sparsity: Annotated[
        list[float], typer.Option("--sparsity", "-s", help="For pruners that need one; repeatable.")
    ] = [0.9],
    layers: Layers = "*",
    batch: Batch = 1,
    dtype: Dtype = "",
    activation_density: Annotated[
        str, typer.Option("--activation-density", help="Share of non-zero inputs, or published.")
    ] = "1",
    activation_format: Annotated[
        str, typer.Option("--activation-format", help="How inputs with zeros are stored.")
    ] = "dense",
    activations: Annotated[
        str, typer.Option("--activations", help="Real inputs of layers: .npz that evaluate wrote.")
    ] = "",
    calibration: Annotated[
        str, typer.Option("--calibration", help="The same for pruners that look at inputs; by default --activations.")
    ] = "",
    baseline: Annotated[
        list[str], typer.Option("--baseline", help="field=value of the reference point; repeatable.")
    ] = [],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="Folder for CSV and PNG files; none are written without it.", rich_help_panel=OUTPUT
        ),
    ] = None,
    layers_csv: Annotated[
        Path | None,
        typer.Option("--layers-csv", help="Write every layer of every point: .csv.", rich_help_panel=OUTPUT),
    ] = None,
    *,
    simulation: Simulation,
    file: NetworkFile,
    as_json: Json = False,
) -> None:
    """Compare machines, formats and pruners on one network.

    Every machine has a row per format. Files are written only on request.
    """
    check_folder("--output", output)
    if layers_csv is not None:
        check_table_file("--layers-csv", layers_csv)
        check_file("--layers-csv", layers_csv, (".csv", ".parquet"))
    options = file.options()
    files = {"activations": activations or None, "calibration": calibration or None}
    sweep = sweep_from_options(
        networks=[{"name": network, "layers": layers, **files, **options}],
        pruners=(pruner, sparsity),
        formats=format,
        machines=machine,
        batch=batch,
        dtype=dtype or None,
        activation_density=density(activation_density),
        activation_format=activation_format,
        energy_table=simulation.energy_table,
        engine=simulation.engine,
        on_violation=simulation.on_violation,
        baseline=baseline_fields(baseline),
    )
    grid, written = resolved(sweep), list[Path]()
    log = ResultLog(output / f"{grid.name}.jsonl") if output else None
    with interruptible(lambda: log.kept(grid.points) if log else NOTHING_KEPT):
        results, references = _results(grid, log, as_json)
        tables = point_tables(results, grid.baseline, references)
        if output:
            written += tables.write(output, grid.name)
            written += [] if tables.all_refused else _pictures(tables, grid, output)
        if layers_csv:
            write_table(tables.layers, layers_csv)
            written.append(layers_csv)
    _print(tables, results, grid, as_json, lambda title: _every(tables, title), written)


def _results(grid: Grid, log: ResultLog | None, as_json: bool) -> Finished:
    with progress_bar(f"{grid.name}: points", grid.points, quiet=as_json) as advance:
        return run_logged(grid, log, lambda points: advance(points, ""))


def _pictures(tables: PointTables, grid: Grid, folder: Path) -> list[Path]:
    from sparsesim.report.points import plot_points  # loads matplotlib, which takes long and draws only here

    return plot_points(tables, folder, grid.name, grid.baseline_in_words)


def _best(tables: PointTables, grid: Grid, title: str) -> "Table":
    from sparsesim.report.table import best_table  # loads rich, which JSON does without

    return best_table(tables.compared, str(grid.baseline.get("format", "dense")), title)


def _every(tables: PointTables, title: str) -> "Table":
    from sparsesim.report.table import points_table

    return points_table(tables.compared, title)


def _print(
    tables: PointTables,
    results: list[Result],
    grid: Grid,
    as_json: bool,
    table: "Callable[[str], Table]",
    written: list[Path],
) -> None:
    """The answer, what its energies mean, and what was refused; where everything was, that is the fault of who asked.

    `table` makes the table of points from its title.
    """
    from sparsesim.report.story import story
    from sparsesim.report.table import refusals, stars

    if as_json:
        print_json(*point_objects(results))
    if tables.all_refused:
        raise FaultsError(refusals(tables.compared))
    prices = priced(results)
    of_energies = energy_remarks(prices, grid.machines, grid.tables[0])
    if as_json:
        print_remarks(*grid.left_out_in_words, *of_energies, aside=True)
        return
    title = f"{grid.name}: baseline {grid.baseline_in_words}; energy at {prices_in_words(prices)}"
    print_table(table(title), keys=2)
    print_remarks(*grid.left_out_in_words)
    print_remarks(*stars(tables.compared), *story(tables.compared), *refusals(tables.compared), *of_energies)
    print_written(*written)
