"""`sparsesim compare`: one network over formats, machines and pruners."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from sparsesim.cli import completing
from sparsesim.cli.described import sweep_from_options
from sparsesim.cli.destinations import check_file, check_folder
from sparsesim.cli.interrupt import interruptible
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
from sparsesim.cli.points import SUFFIX, every_table, fill_shown, finish, kept_in_words, print_points
from sparsesim.cli.printing import progress_bar
from sparsesim.results import point_objects, point_tables, write_table
from sparsesim.studies import Grid, resolved, run_grid, stored


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
    grid = resolved(sweep)
    if output is None:
        _compared_in_memory(grid, layers_csv, as_json)
        return
    output.mkdir(parents=True, exist_ok=True)
    with stored(grid, output / f"{grid.name}{SUFFIX}") as kept, interruptible(lambda: kept_in_words(kept.path)):
        fill_shown(grid, kept, quiet=as_json)
        more = [layers_csv] if layers_csv else []
        finish(grid, kept, output, every_table, more_layers=more, as_json=as_json)


def _compared_in_memory(grid: Grid, layers_csv: Path | None, as_json: bool) -> None:
    with interruptible(), progress_bar(f"{grid.name}: points", grid.points, quiet=as_json) as advance:
        results, references = run_grid(grid, lambda points: advance(points, ""))
    tables = point_tables(results, grid.baseline, references)
    if layers_csv:
        write_table(tables.layers, layers_csv)
    objects = partial(point_objects, results)
    written = [layers_csv] if layers_csv else []
    print_points(grid, tables.compared, objects, every_table, as_json=as_json, written=written)
