"""`sparsesim tradeoff`: accuracy beside speedup and energy, for several prunings on several machines."""

import json
from pathlib import Path
from typing import Annotated

import typer

from sparsesim.cli.console import console
from sparsesim.cli.options import Architecture, Energy, InputShape, Json, Layout
from sparsesim.cli.parse import method_at, network_options
from sparsesim.cli.samples import Inputs, InputsKey, InputsLayout, LabelsKey, Mean, Scale, Std, StoredAs, read_samples
from sparsesim.errors import InputError
from sparsesim.hardware.energy import DEFAULT_ENERGY_TABLE as DEFAULT_TABLE

FORMATS = ["dense", "csr", "nm-2:4"]


def tradeoff(
    network: Annotated[str, typer.Argument(help="Network: digits-cnn, .onnx, or arrays with --architecture.")],
    inputs: Inputs,
    pruner: Annotated[
        list[str], typer.Option("--pruner", "-p", help="Pruner such as 2:4, magnitude@0.9 or int8; repeatable.")
    ],
    machine: Annotated[list[str], typer.Option("--machine", "-m", help="Machine by name or YAML file; repeatable.")],
    format: Annotated[list[str], typer.Option("--format", "-f", help="Formats of pruned weights.")] = FORMATS,
    output: Annotated[Path, typer.Option("--output", "-o", help="Picture to write; the table goes beside it.")] = Path(
        "tradeoff.png"
    ),
    batch: Annotated[int, typer.Option("--batch", "-b", help="Samples at a time on the machines.")] = 1,
    dtype: Annotated[str, typer.Option("--dtype", help="Number type: fp16, or that of int8 and its like.")] = "",
    energy_table: Energy = DEFAULT_TABLE,
    inputs_key: InputsKey = "images",
    labels_key: LabelsKey = "labels",
    inputs_layout: InputsLayout = "nchw",
    scale: Scale = "1",
    mean: Mean = "",
    std: Std = "",
    input_shape: InputShape = "",
    layout: Layout = "",
    architecture: Architecture = "",
    set_aside: Annotated[
        int, typer.Option(min=2, help="One of so many samples feeds pruners that need inputs, and is not evaluated.")
    ] = 3,
    as_json: Json = False,
) -> None:
    """Prune a network in several ways; measure each one's accuracy and simulate it, and draw the trade-off."""
    from sparsesim.lowering import Lowering
    from sparsesim.networks import load_network
    from sparsesim.report.tradeoff import plot_tradeoff
    from sparsesim.results import write_table
    from sparsesim.studies import set_aside as split
    from sparsesim.studies import tradeoff as traded
    from sparsesim.studies import variants_of

    whole = load_network(network, **network_options([], input_shape, layout, architecture))
    stored = StoredAs(inputs_key, labels_key, inputs_layout, scale, mean, std)
    samples, labels = read_samples(inputs, stored)
    if labels is None:
        raise InputError("--labels-key is empty: a trade-off needs labels")
    methods = {text: method_at(text) for text in pruner}
    calibration, samples, labels = split(samples, labels, methods.values(), set_aside)
    variants = variants_of(whole, methods, calibration)
    lowering = Lowering(dtype or None, batch)
    table = traded(variants, samples, labels, machine, format, lowering=lowering, energy_table=energy_table)
    written = [output.with_suffix(".csv"), plot_tradeoff(table, output, f"{whole.label}, {len(samples)} samples")]
    write_table(table, written[0])
    records = table.to_dict("records")
    if as_json:
        typer.echo(json.dumps(records))
        return
    from sparsesim.report.table import rows_table

    console().print(rows_table([{str(key): value for key, value in record.items()} for record in records]))
    typer.echo("written: " + ", ".join(str(path) for path in written))
