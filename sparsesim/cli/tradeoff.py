"""`sparsesim tradeoff`: accuracy beside speedup and energy, for several prunings on several machines."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sparsesim.cli.console import console
from sparsesim.cli.options import (
    Architecture,
    Energy,
    InputShape,
    InputsKey,
    InputsLayout,
    Json,
    Layout,
    Mean,
    Scale,
    Std,
)
from sparsesim.cli.parse import network_options
from sparsesim.cli.samples import StoredAs, array_of, samples_of
from sparsesim.cli.single import DEFAULT_TABLE
from sparsesim.errors import InputError

if TYPE_CHECKING:
    from sparsesim.execution.session import Inputs
    from sparsesim.networks import Network

FORMATS = ["dense", "csr", "nm-2:4"]
_AT = "@"


def tradeoff(
    network: Annotated[str, typer.Argument(help="Network: digits-cnn, .onnx, or arrays with --architecture.")],
    inputs: Annotated[Path, typer.Option("--inputs", "-i", help="Samples and labels: .npz or another array file.")],
    pruner: Annotated[
        list[str], typer.Option("--pruner", "-p", help="Pruner such as 2:4 or magnitude@0.9; repeatable.")
    ],
    machine: Annotated[list[str], typer.Option("--machine", "-m", help="Machine by name or YAML file; repeatable.")],
    form: Annotated[list[str], typer.Option("--format", "-f", help="Formats of pruned weights; repeatable.")] = FORMATS,
    output: Annotated[Path, typer.Option("--output", "-o", help="Picture to write; the table goes beside it.")] = Path(
        "tradeoff.png"
    ),
    batch: Annotated[int, typer.Option("--batch", "-b", help="Samples at a time on the machines.")] = 1,
    dtype: Annotated[str, typer.Option("--dtype")] = "fp16",
    energy_table: Energy = DEFAULT_TABLE,
    inputs_key: InputsKey = "images",
    labels_key: Annotated[str, typer.Option("--labels-key", help="Array of labels in that file.")] = "labels",
    inputs_layout: InputsLayout = "nchw",
    scale: Scale = "1",
    mean: Mean = "",
    std: Std = "",
    input_shape: InputShape = "",
    layout: Layout = "",
    architecture: Architecture = "",
    as_json: Json = False,
) -> None:
    """Prune a network in several ways; measure each one's accuracy and simulate it, and draw the trade-off."""
    from sparsesim.networks import load_network, read_arrays
    from sparsesim.pipeline import Lowering
    from sparsesim.report.tradeoff import plot_tradeoff
    from sparsesim.results import write_table
    from sparsesim.sweep import tradeoff as traded

    whole = load_network(network, **network_options([], input_shape, layout, architecture))
    arrays = read_arrays(inputs)
    samples = samples_of(inputs, arrays, inputs_key, StoredAs(inputs_layout, scale, mean, std))
    variants = {"dense": whole} | {text: _pruned(whole, text, samples) for text in pruner}
    labels, lowering = array_of(inputs, arrays, labels_key), Lowering(dtype, batch)
    table = traded(variants, samples, labels, machine, form, lowering=lowering, energy_table=energy_table)
    written = [output.with_suffix(".csv"), plot_tradeoff(table, output, f"{whole.label}, {len(samples)} samples")]
    write_table(table, written[0])
    records = table.to_dict("records")
    if as_json:
        typer.echo(json.dumps(records))
        return
    from sparsesim.report.table import rows_table

    console().print(rows_table([{str(key): value for key, value in record.items()} for record in records]))
    typer.echo("written: " + ", ".join(str(path) for path in written))


def _pruned(whole: "Network", text: str, samples: "Inputs") -> "Network":
    """The network after a pruner written as NAME or NAME@SPARSITY."""
    from sparsesim.execution import capture
    from sparsesim.workload import input_norms, prune_network, pruner_of

    name, at, amount = text.partition(_AT)
    try:
        sparsity = float(amount) if at else None
    except ValueError as error:
        raise InputError(f"--pruner {text!r}: {amount!r} is no sparsity; write magnitude@0.9") from error
    chosen = pruner_of(whole, name, sparsity)
    needs = chosen.needs == "input_norm"
    return prune_network(whole, chosen, data=input_norms(whole, capture(whole, samples)) if needs else None)
