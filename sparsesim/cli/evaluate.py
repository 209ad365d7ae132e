"""`sparsesim evaluate`: how accurate a network still is after pruning, on samples that the user gives."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sparsesim.cli.console import console
from sparsesim.cli.options import Architecture, InputShape, Json, Layout
from sparsesim.cli.parse import network_options
from sparsesim.cli.samples import (
    BatchSize,
    Inputs,
    InputsKey,
    InputsLayout,
    LabelsKey,
    Mean,
    Scale,
    Std,
    StoredAs,
    prepare,
)
from sparsesim.errors import InputError

if TYPE_CHECKING:
    from sparsesim.inference import Evaluation
    from sparsesim.networks import Network
    from sparsesim.transforms import Method


def evaluate(
    network: Annotated[str, typer.Argument(help="Network: digits-cnn, .onnx, or arrays with --architecture.")],
    inputs: Inputs,
    inputs_key: InputsKey = "images",
    labels_key: LabelsKey = "labels",
    inputs_layout: InputsLayout = "nchw",
    scale: Scale = "1",
    mean: Mean = "",
    std: Std = "",
    pruner: Annotated[str, typer.Option("--pruner", "-p", help="Pruner by name; none by default.")] = "",
    sparsity: Annotated[float | None, typer.Option("--sparsity", "-s")] = None,
    layers: Annotated[str, typer.Option("--layers", help="Shell pattern of layer names to prune.")] = "*",
    architecture: Architecture = "",
    input_shape: InputShape = "",
    layout: Layout = "",
    activations: Annotated[Path | None, typer.Option("--activations", help="Write each layer's input: .npz.")] = None,
    activation_samples: Annotated[int, typer.Option(min=1, help="Write the inputs of so many samples.")] = 8,
    batch_size: BatchSize = 64,
    as_json: Json = False,
) -> None:
    """Run a network, pruned or as it is, on labelled samples; print its accuracy and write what its layers read."""
    from sparsesim.inference import evaluate as run_on

    if activations is not None and activations.suffix != ".npz":
        raise InputError(f"{activations}: activations are written as .npz")
    methods = _methods(pruner, sparsity, layers)
    stored = StoredAs(inputs_key, labels_key, inputs_layout, scale, mean, std)
    read = network_options([], input_shape, layout, architecture)
    whole, samples, labels, captured = prepare(network, read, inputs, stored, methods)
    chosen, rule = whole, "none"
    for method in methods:
        changed = method.applied(whole, captured, layers=layers)
        chosen, rule = changed.runnable, changed.rule
    found = run_on(chosen, samples, labels, batch_size=batch_size)
    record = _record(chosen, rule, found)
    if pruner and labels is not None:
        record["unpruned_accuracy"] = run_on(whole, samples, labels, batch_size=batch_size).accuracy
    if activations is not None:
        _write_activations(chosen, samples[:activation_samples], activations, batch_size)
        record["activations"] = str(activations)
    _print(record, as_json)


def _methods(pruner: str, sparsity: float | None, layers: str) -> "list[Method]":
    """What is done to the network before it is run: one method, or none."""
    from sparsesim.transforms import method_by_name

    if pruner:
        return [method_by_name(pruner, sparsity)]
    if sparsity is not None or layers != "*":
        raise InputError("--sparsity and --layers mean nothing without --pruner")
    return []


def _record(network: "Network", rule: str, found: "Evaluation") -> dict[str, Any]:
    weights = [layer.masked_weight() for layer in network.layers if layer.n_weights]
    kept = sum(int((weight != 0).sum()) for weight in weights)
    return {
        "network": network.label,
        "pruner": rule,
        "sparsity": 1 - kept / sum(weight.size for weight in weights),
        "samples": found.n,
        "correct": found.correct,
        "accuracy": found.accuracy,
        "standard_error": found.standard_error,
    }


def _print(record: dict[str, Any], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(record))
        return
    from sparsesim.report.table import rows_table

    console().print(rows_table([record | _as_percent(record)]))


def _as_percent(record: dict[str, Any]) -> dict[str, str]:
    """Shares as they are read, the accuracy with its sampling error."""
    names = ("sparsity", "accuracy", "standard_error", "unpruned_accuracy")
    shown = {name: f"{record[name]:.2%}" for name in names if record.get(name) is not None}
    if "accuracy" in shown:
        shown["accuracy"] += f" ± {shown.pop('standard_error')}"
        shown["standard_error"] = ""
    return shown


def _write_activations(network: "Network", samples: Any, path: Path, batch_size: int) -> None:
    import numpy as np

    from sparsesim.inference import capture

    maps = capture(network, samples, batch_size=batch_size)
    with path.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **maps)
