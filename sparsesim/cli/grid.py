"""Many points: a sweep from a file, or one network over formats and machines."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from sparsesim.cli.console import console
from sparsesim.cli.options import (
    Architecture,
    Energy,
    Engine,
    Fallback,
    Formats,
    InputShape,
    Json,
    Layout,
    Machines,
    Sizes,
)
from sparsesim.hardware.energy import DEFAULT_ENERGY_TABLE as DEFAULT_TABLE

if TYPE_CHECKING:
    import pandas as pd

    from sparsesim.results import Result
    from sparsesim.studies import Grid


class Tables(NamedTuple):
    """One row per layer, and one row per point with its speedup over the baseline."""

    layers: "pd.DataFrame"
    compared: "pd.DataFrame"


Output = Annotated[Path, typer.Option("--output", "-o", help="Folder for CSV and PNG files.")]


def run(
    workload: Annotated[str, typer.Argument(help="Sweep description: a YAML file or a shipped name.")],
    output: Output = Path("results"),
    parquet: Annotated[bool, typer.Option("--parquet", help="Also write Parquet.")] = False,
    plots: Annotated[bool, typer.Option(help="Draw energy, speedup and roofline.")] = True,
    as_json: Json = False,
) -> None:
    """Run a sweep: networks x pruners x sparsities x formats x machines, on all cores."""
    from sparsesim.studies import load_sweep, resolved

    grid = resolved(load_sweep(workload))
    results = _play(grid, output, quiet=as_json)
    tables = _tables(results, grid)
    written = _write(tables, grid, output, parquet) + (_draw(tables, grid, output) if plots else [])
    if as_json:
        _print_json(results)
        return
    _print(tables, grid)
    typer.echo("written: " + ", ".join(str(path) for path in written))


def compare(
    network: Annotated[str, typer.Argument(help="Network: a shipped name, or .onnx, .npz, .safetensors, .yaml.")],
    machine: Machines = ["a100-pcie", "a100-pcie-2to4", "sparch", "core-i7-5930k", "titan-x"],  # noqa: B006
    format: Formats = ["dense", "csr", "bitmap", "nm-2:4"],  # noqa: B006
    pruner: Annotated[list[str], typer.Option("--pruner", "-p", help="Pruner by name; repeatable.")] = ["none"],  # noqa: B006
    sparsity: Annotated[list[float], typer.Option("--sparsity", "-s", help="For pruners that need one.")] = [0.9],  # noqa: B006
    layers: Annotated[str, typer.Option("--layers", help='Shell pattern of layer names, such as "fc*".')] = "*",
    batch: Annotated[int, typer.Option("--batch", "-b")] = 1,
    dtype: Annotated[str, typer.Option("--dtype", help="Number type: fp16, or that of int8 and its like.")] = "",
    activation_density: Annotated[
        str, typer.Option("--activation-density", help="Share of non-zero inputs, or published.")
    ] = "1",
    activation_format: Annotated[
        str, typer.Option("--activation-format", help="How inputs with zeros are stored.")
    ] = "dense",
    activations: Annotated[str, typer.Option("--activations", help="Real inputs of layers: .npz of evaluate.")] = "",
    calibration: Annotated[
        str, typer.Option("--calibration", help="The same for pruners that look at inputs; by default --activations.")
    ] = "",
    energy_table: Energy = DEFAULT_TABLE,
    engine: Engine = "fast",
    on_violation: Fallback = "refuse",
    size: Sizes = [],  # noqa: B006
    input_shape: InputShape = "",
    layout: Layout = "",
    architecture: Architecture = "",
    baseline: Annotated[list[str], typer.Option("--baseline", help="field=value of the reference point.")] = [],  # noqa: B006
    as_json: Json = False,
) -> None:
    """Compare machines, formats and pruners on one network; prints a table and writes nothing."""
    from sparsesim.cli.parse import baseline_fields, density, network_options, sweep_from_options
    from sparsesim.studies import resolved

    options = network_options(size, input_shape, layout, architecture)
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
        energy_table=energy_table,
        engine=engine,
        on_violation=on_violation,
        baseline=baseline_fields(baseline),
    )
    grid = resolved(sweep)
    results = _play(grid, None, quiet=as_json)
    if as_json:
        _print_json(results)
    else:
        _print(_tables(results, grid), grid)


def _play(grid: "Grid", output: Path | None, quiet: bool) -> "list[Result]":
    """Run with a progress bar on stderr; results reach the log in `output` as they finish."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from sparsesim.studies import ResultLog, in_order, run_sweep

    log = ResultLog(output / f"{grid.name}.jsonl") if output else None
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    tasks: list[tuple[int, list[Result]]] = []
    with Progress(*columns, console=Console(stderr=True), disable=quiet) as progress:
        bar = progress.add_task(f"{grid.name}: points", total=grid.points_per_task * len(grid.tasks))
        for number, finished in run_sweep(grid):
            tasks.append((number, finished))
            if log:
                log.append(finished)
            progress.advance(bar, grid.points_per_task)
    return in_order(tasks)


def _tables(results: "list[Result]", grid: "Grid") -> "Tables":
    from sparsesim.results import compare_to_baseline, result_table, totals

    layers = result_table(results)
    total = totals(layers)
    return Tables(layers, compare_to_baseline(total, grid.baseline))


def _write(tables: "Tables", grid: "Grid", output: Path, parquet: bool) -> list[Path]:
    from sparsesim.results import write_table

    written = []
    for suffix in (".csv", ".parquet") if parquet else (".csv",):
        for name, content in (("layers", tables.layers), ("totals", tables.compared)):
            written.append(output / f"{grid.name}-{name}{suffix}")
            write_table(content, written[-1])
    return written


def _draw(tables: "Tables", grid: "Grid", output: Path) -> list[Path]:
    from sparsesim.report.energy import plot_energy
    from sparsesim.report.roofline import plot_roofline
    from sparsesim.report.speedup import plot_speedup

    return [
        plot_energy(tables.compared, output / f"{grid.name}-energy.png"),
        plot_speedup(tables.compared, output / f"{grid.name}-speedup.png", grid.baseline_in_words),
        plot_roofline(tables.layers, output / f"{grid.name}-roofline.png"),
    ]


def _print(tables: "Tables", grid: "Grid") -> None:
    from sparsesim.report.table import best_table, refusals

    out = console()
    out.print(best_table(tables.compared, f"{grid.name}: baseline {grid.baseline_in_words}"))
    for line in refusals(tables.compared):
        out.print(line, style="dim", highlight=False, markup=False)


def _print_json(results: "list[Result]") -> None:
    from sparsesim.results import point_objects

    for point in point_objects(results):
        typer.echo(json.dumps(point))
