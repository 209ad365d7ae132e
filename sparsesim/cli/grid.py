"""Many points: a sweep from a file, or one network over formats and machines."""

from pathlib import Path
from typing import Annotated

import typer

from sparsesim.cli.described import sweep_from_options
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
from sparsesim.cli.parse import baseline_fields, density
from sparsesim.cli.printing import console, print_json, print_remarks, print_written, progress_bar
from sparsesim.results import PointTables, Result, energy_remarks, point_objects, point_tables, priced, prices_in_words
from sparsesim.studies import Grid, ResultLog, load_sweep, resolved, run_logged


def run(
    workload: Annotated[str, typer.Argument(help="Sweep description: a YAML file or a shipped name.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for CSV and PNG files.")] = Path("results"),
    parquet: Annotated[bool, typer.Option("--parquet", help="Also write Parquet.")] = False,
    plots: Annotated[bool, typer.Option(help="Draw energy, speedup and roofline.")] = True,
    as_json: Json = False,
) -> None:
    """Run a sweep: networks x pruners x sparsities x formats x machines, on all cores."""
    grid = resolved(load_sweep(workload))
    results = _run(grid, output, quiet=as_json)
    tables = point_tables(results, grid.baseline)
    written = tables.write(output, grid.name, parquet=parquet)
    if plots:
        from sparsesim.report.points import plot_points  # loads matplotlib, which takes long and draws only here

        written += plot_points(tables, output, grid.name, grid.baseline_in_words)
    if as_json:
        _print_json(results, grid)
        return
    _print(tables, results, grid)
    print_written(*written)


def compare(
    network: NetworkName,
    machine: Machines = COMPARED_MACHINES,
    format: Formats = COMPARED_FORMATS,
    pruner: Annotated[list[str], typer.Option("--pruner", "-p", help="Pruner by name; repeatable.")] = ["none"],
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
    *,
    simulation: Simulation,
    file: NetworkFile,
    as_json: Json = False,
) -> None:
    """Compare machines, formats and pruners on one network.

    It prints a table and writes nothing.
    """
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
    grid = resolved(sweep)
    results = _run(grid, None, quiet=as_json)
    if as_json:
        _print_json(results, grid)
    else:
        _print(point_tables(results, grid.baseline), results, grid)


def _run(grid: Grid, output: Path | None, quiet: bool) -> list[Result]:
    # Opened before the bar: a folder that cannot be written is then all that is said.
    log = ResultLog(output / f"{grid.name}.jsonl") if output else None
    with progress_bar(f"{grid.name}: points", grid.points_per_task * len(grid.tasks), quiet=quiet) as advance:
        return run_logged(grid, log, lambda points: advance(points, ""))


def _print(tables: PointTables, results: list[Result], grid: Grid) -> None:
    from sparsesim.report.table import best_table, refusals  # loads rich, which JSON does without

    prices = prices_in_words(priced(results))
    title = f"{grid.name}: baseline {grid.baseline_in_words}" + (f"; energy at {prices}" if prices else "")
    console().print(best_table(tables.compared, title))
    print_remarks(
        [*refusals(tables.compared), *energy_remarks(priced(results), grid.machines, grid.table)], aside=False
    )


def _print_json(results: list[Result], grid: Grid) -> None:
    print_json(*point_objects(results))
    print_remarks(energy_remarks(priced(results), grid.machines, grid.table), aside=True)
