"""`sparsesim crossover`: from where on one format or machine overtakes another."""

from pathlib import Path
from typing import Annotated

import typer

from sparsesim.cli import completing
from sparsesim.cli.destinations import PICTURES, check_file
from sparsesim.cli.options import Batch, Dtype, Json, Layers, NetworkFile, PrunerName, Seed, Simulation, Sparsity
from sparsesim.cli.panels import OUTPUT
from sparsesim.cli.printing import print_heading, print_json, print_remarks, print_rows, print_written, progress_bar
from sparsesim.errors import InputError
from sparsesim.lowering import Lowering
from sparsesim.networks import load_network
from sparsesim.report.readable import joules, seconds
from sparsesim.studies.crossover import AXIS_SIDE, BAND, Crossover, Point
from sparsesim.studies.crossover import crossover as searched


def crossover(
    first: Annotated[str, typer.Argument(metavar="FIRST", help="FORMAT@MACHINE or FORMAT@MACHINE+PRUNER.")],
    second: Annotated[str, typer.Argument(metavar="SECOND", help="The same, of what it is compared with.")],
    over: Annotated[
        str,
        typer.Option(
            "--over",
            help="What is varied: sparsity, batch or size.",
            autocompletion=completing.one_of("sparsity", "batch", "size"),
        ),
    ] = "sparsity",
    network: Annotated[
        str,
        typer.Option(
            "--network",
            "-n",
            help="Network that both run: a shipped name or a file.",
            autocompletion=completing.networks,
        ),
    ] = "",
    gemm: Annotated[
        str, typer.Option("--gemm", help="Or a GEMM: MxNxK, M tokens times N x K weights; S stands for the size.")
    ] = "",
    low: Annotated[float | None, typer.Option("--from", help="Lowest value that is looked at.")] = None,
    high: Annotated[float | None, typer.Option("--to", help="Highest value that is looked at.")] = None,
    resolution: Annotated[
        float | None, typer.Option("--resolution", help="How closely crossings are told: 0.001 of sparsity, else 1.")
    ] = None,
    points: Annotated[
        int | None, typer.Option("--points", help="Values that are looked at before any is halved: 9.")
    ] = None,
    pruner: PrunerName = "magnitude",
    sparsity: Sparsity = None,
    layers: Layers = "*",
    batch: Batch = 1,
    dtype: Dtype = "fp16",
    figure: Annotated[
        str,
        typer.Option(
            "--figure",
            help="What is compared: seconds or energy.",
            autocompletion=completing.one_of("seconds", "energy"),
        ),
    ] = "seconds",
    band: Annotated[
        float, typer.Option("--band", help="Share by which a ratio may be off 1 without a winner: the models' error.")
    ] = BAND,
    seed: Seed = 0,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Draw the ratio over the values: .png.", rich_help_panel=OUTPUT),
    ] = None,
    *,
    simulation: Simulation,
    file: NetworkFile,
    as_json: Json = False,
) -> None:
    """Find the sparsity, batch or size at which one format or machine overtakes another.

    A coarse grid is simulated, and every change of the lead on it is halved down to neighbours.
    """
    check_file("--output", output, PICTURES, makes_folder=True)
    if network and gemm:
        raise InputError("--network and --gemm: give one of them")
    with progress_bar("points", quiet=as_json) as advance:
        found = searched(
            first,
            second,
            over,
            network=load_network(network, **file.options()).select(layers) if network else None,
            gemm=_sides(gemm) if gemm else None,
            low=low,
            high=high,
            resolution=resolution,
            points=points,
            pruner=pruner,
            sparsity=sparsity,
            lowering=Lowering(dtype or None, batch),
            figure=figure,
            band=band,
            energy_table=simulation.energy_table,
            engine=simulation.engine,
            seed=seed,
            on_violation=simulation.on_violation,
            on_point=lambda point: advance(1, f"{over} {point.value:g}"),
        )
    picture = None
    if output:
        from sparsesim.report.crossover import plot_crossover  # loads matplotlib, for which --help should not wait

        picture = plot_crossover(found.as_object(), output)
    if as_json:
        print_json(found.as_object())
        return
    print_heading(f"{found.first} against {found.second}: {found.workload}")
    print_rows([_row(found, point) for point in found.points])
    print_remarks(*found.answer)
    print_written(picture)


def _row(found: Crossover, point: Point) -> dict[str, object]:
    shown = seconds if found.figure == "seconds" else joules
    return {
        found.axis.name: found.axis.shown(point.value),
        found.first: shown(point.first),
        found.second: shown(point.second),
        "ratio": f"{point.ratio:.4g}x",
        "kernel of the first": point.first_kernel,
        "of the second": point.second_kernel,
    }


def _sides(text: str) -> list[int | str]:
    """4096x4096x4096, or 16xSxS."""
    parts = text.split("x")
    if len(parts) != 3 or not all(part == AXIS_SIDE or (part.isascii() and part.isdigit()) for part in parts):
        raise InputError(f"--gemm: {text!r}: MxNxK is needed, such as 4096x4096x4096; {AXIS_SIDE} stands for the size")
    if any(len(part) > 18 for part in parts):
        raise InputError("--gemm: a side has at most 18 digits")
    return [part if part == AXIS_SIDE else int(part) for part in parts]
