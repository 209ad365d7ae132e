"""`sparsesim sensitivity`: how far every layer can be pruned alone, and a plan made from that."""

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
    from sparsesim.studies import SensitivityTable


def sensitivity(
    network: Annotated[str, typer.Argument(help="Network: digits-cnn, .onnx, or arrays with --architecture.")],
    inputs: Inputs,
    inputs_key: InputsKey = "images",
    labels_key: LabelsKey = "labels",
    inputs_layout: InputsLayout = "nchw",
    scale: Scale = "1",
    mean: Mean = "",
    std: Std = "",
    pruner: Annotated[str, typer.Option("--pruner", "-p", help="A pruner that takes a sparsity.")] = "magnitude",
    criterion: Annotated[str, typer.Option("--criterion", help="How groups are scored; the pruner's by default.")] = "",
    ratios: Annotated[str, typer.Option("--ratios", help="Sparsities: 0,0.1 ... 0.9 by default.")] = "",
    layers: Annotated[str, typer.Option("--layers", help="Shell pattern of layer names to try.")] = "*",
    max_drop: Annotated[float, typer.Option("--max-drop", help="What a layer may cost: 0.02 is 2 points.")] = 0.02,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write the chosen ratios as a plan: .yaml.")
    ] = None,
    plot: Annotated[Path | None, typer.Option("--plot", help="Draw the curves: .png.")] = None,
    architecture: Architecture = "",
    input_shape: InputShape = "",
    layout: Layout = "",
    batch_size: BatchSize = 64,
    as_json: Json = False,
) -> None:
    """Prune one layer at a time, measure the accuracy, and choose for each the largest ratio that costs little."""
    from sparsesim.inference import evaluate
    from sparsesim.studies import RATIOS, apply_plan, choose_ratios, plan_from_ratios, save_plan
    from sparsesim.studies import sensitivity as analyse
    from sparsesim.transforms import method_by_name

    chosen = _ratios(ratios) if ratios else RATIOS
    methods = [method_by_name(pruner, ratio, criterion=criterion or None) for ratio in chosen]
    stored = StoredAs(inputs_key, labels_key, inputs_layout, scale, mean, std)
    read = network_options([], input_shape, layout, architecture)
    whole, samples, labels, captured = prepare(network, read, inputs, stored, methods)
    if labels is None:
        raise InputError("--labels-key '': accuracies need labels")
    options: dict[str, Any] = {"layers": layers, "criterion": criterion or None, "batch_size": batch_size}
    table = analyse(whole, samples, labels, pruner, chosen, captured=captured, **options)
    found = choose_ratios(table, max_drop)
    plan = plan_from_ratios(table, found, f"largest ratios that alone cost at most {max_drop:g} of the accuracy")
    written = [save_plan(plan, output)] if output else []
    if plot:
        from sparsesim.report.sensitivity import plot_sensitivity

        written.append(plot_sensitivity(table.rows(), plot, table.baseline, max_drop, found))
    together = evaluate(apply_plan(whole, plan, inputs=captured), samples, labels, batch_size=batch_size)
    record = _record(table, found, max_drop, together.accuracy)
    _print(table, record | {"files": [str(path) for path in written]}, as_json)


def _ratios(text: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",")]
    except ValueError as error:
        raise InputError(f"--ratios {text!r} must hold numbers separated by commas") from error


def _record(
    table: "SensitivityTable", chosen: dict[str, float], max_drop: float, together: float | None
) -> dict[str, Any]:
    return {
        "network": table.network,
        "pruner": table.pruner,
        "samples": table.samples,
        "accuracy": table.baseline,
        "standard_error": table.standard_error,
        "max_drop": max_drop,
        "accuracy_of_plan": together,
        "ratios": chosen,
        "layers": {layer: dict(zip(table.ratios, found, strict=True)) for layer, found in table.accuracies.items()},
    }


def _print(table: "SensitivityTable", record: dict[str, Any], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(record))
        return
    from sparsesim.report.table import rows_table

    chosen = record["ratios"]
    console().print(
        rows_table(
            [
                {"layer": layer, "chosen": f"{chosen[layer]:.0%}"}
                | {f"{ratio:.0%}": f"{a:.1%}" for ratio, a in zip(table.ratios, found, strict=True)}
                for layer, found in table.accuracies.items()
            ]
        )
    )
    error = f"{record['accuracy']:.2%} ± {record['standard_error']:.2%} of {record['samples']} samples"
    typer.echo(f"accuracy: {error}; all layers pruned as chosen: {record['accuracy_of_plan']:.2%}")
    if record["files"]:
        typer.echo(f"written: {', '.join(record['files'])}")
