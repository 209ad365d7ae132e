"""`sparsesim tradeoff`: accuracy beside speedup and energy, for several prunings on several machines."""

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sparsesim.cli.console import console
from sparsesim.cli.options import Architecture, Energy, InputShape, Json, Layout
from sparsesim.cli.parse import network_options, takes_sparsity
from sparsesim.cli.samples import Inputs, InputsKey, InputsLayout, LabelsKey, Mean, Scale, Std, StoredAs, read_samples
from sparsesim.errors import InputError
from sparsesim.hardware.energy import DEFAULT_ENERGY_TABLE as DEFAULT_TABLE

if TYPE_CHECKING:
    from sparsesim.inference.session import Inputs as SampleArrays
    from sparsesim.networks import Network

FORMATS = ["dense", "csr", "nm-2:4"]
_AT = "@"


def tradeoff(
    network: Annotated[str, typer.Argument(help="Network: digits-cnn, .onnx, or arrays with --architecture.")],
    inputs: Inputs,
    pruner: Annotated[
        list[str], typer.Option("--pruner", "-p", help="Pruner such as 2:4 or magnitude@0.9; repeatable.")
    ],
    machine: Annotated[list[str], typer.Option("--machine", "-m", help="Machine by name or YAML file; repeatable.")],
    format: Annotated[list[str], typer.Option("--format", "-f", help="Formats of pruned weights.")] = FORMATS,
    output: Annotated[Path, typer.Option("--output", "-o", help="Picture to write; the table goes beside it.")] = Path(
        "tradeoff.png"
    ),
    batch: Annotated[int, typer.Option("--batch", "-b", help="Samples at a time on the machines.")] = 1,
    dtype: Annotated[str, typer.Option("--dtype")] = "fp16",
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
    import numpy as np

    from sparsesim.lowering import Lowering
    from sparsesim.networks import load_network
    from sparsesim.report.tradeoff import plot_tradeoff
    from sparsesim.results import write_table
    from sparsesim.studies import tradeoff as traded

    whole = load_network(network, **network_options([], input_shape, layout, architecture))
    stored = StoredAs(inputs_key, labels_key, inputs_layout, scale, mean, std)
    samples, labels = read_samples(inputs, stored)
    if labels is None:
        raise InputError("--labels-key is empty: a trade-off needs labels")
    # Samples that masks were chosen with say nothing about what the masks cost.
    feeding = np.arange(len(samples)) % set_aside == 0
    pruned = {text: _pruned(whole, text, samples[feeding]) for text in pruner}
    if any(needs_inputs for _, needs_inputs in pruned.values()):
        samples, labels = samples[~feeding], labels[~feeding]
    variants = {"dense": whole} | {text: variant for text, (variant, _) in pruned.items()}
    lowering = Lowering(dtype, batch)
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


def _pruned(whole: "Network", text: str, samples: "SampleArrays") -> "tuple[Network, bool]":
    """The network after a pruner written as NAME or NAME@SPARSITY, and whether that looked at the samples."""
    from sparsesim.cli.prune_methods import by_pruner, by_sparse_gpt, is_sparse_gpt
    from sparsesim.inference import capture
    from sparsesim.transforms import pruner_of

    name, at, amount = text.partition(_AT)
    if not at and takes_sparsity(name):
        raise InputError(f"--pruner {text!r} needs a sparsity: write {name}{_AT}0.9")
    try:
        sparsity = float(amount) if at else None
    except ValueError as error:
        raise InputError(f"--pruner {text!r}: {amount!r} is no sparsity; write magnitude@0.9") from error
    captured = partial(capture, whole, samples)
    if is_sparse_gpt(name):
        return by_sparse_gpt(whole, "*", name, sparsity, {}, captured).network, True
    chosen = pruner_of(whole, name, sparsity)
    needs_inputs = chosen.needs is not None
    return by_pruner(whole, "*", chosen, captured if needs_inputs else None).network, needs_inputs
