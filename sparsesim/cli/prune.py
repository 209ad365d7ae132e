"""`sparsesim prune`: write the pruned network, and say what was removed."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sparsesim.cli.console import console
from sparsesim.cli.options import (
    Architecture,
    InputShape,
    Json,
    Layout,
    Sizes,
)
from sparsesim.cli.parse import network_options
from sparsesim.cli.samples import InputsKey, InputsLayout, Mean, Scale, Std, StoredAs, read_samples
from sparsesim.errors import InputError

if TYPE_CHECKING:
    from sparsesim.networks import Network
    from sparsesim.pruning import MaskStatistics, Pruner, TotalStatistics


def prune(
    network: Annotated[str, typer.Argument(help="Network: a shipped name, or .onnx, .npz, .safetensors, .yaml.")],
    pruner: Annotated[str, typer.Option("--pruner", "-p", help="Pruner by name, such as magnitude or 2:4.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write: .onnx or .npz.")],
    sparsity: Annotated[float | None, typer.Option("--sparsity", "-s")] = None,
    threshold: Annotated[float | None, typer.Option("--threshold")] = None,
    s: Annotated[float | None, typer.Option("--s", help="For sigma: drop |w| <= s x deviation.")] = None,
    criterion: Annotated[str, typer.Option("--criterion", help="How weights are scored: l2, wanda, random-7.")] = "",
    round_to: Annotated[int | None, typer.Option("--round-to", help="Keep a multiple of this many groups.")] = None,
    layers: Annotated[str, typer.Option("--layers", help="Shell pattern of layer names to prune.")] = "*",
    inputs: Annotated[Path | None, typer.Option("--inputs", "-i", help="Samples, for criteria like wanda.")] = None,
    inputs_key: InputsKey = "images",
    inputs_layout: InputsLayout = "nchw",
    scale: Scale = "1",
    mean: Mean = "",
    std: Std = "",
    samples: Annotated[int, typer.Option("--samples", help="How many samples are run: the first ones.")] = 128,
    size: Sizes = [],  # noqa: B006 - typer reads the default and never changes it
    input_shape: InputShape = "",
    layout: Layout = "",
    architecture: Architecture = "",
    spy: Annotated[Path | None, typer.Option("--spy", help="Picture of the weights that stay: .png.")] = None,
    as_json: Json = False,
) -> None:
    """Prune a network and write it as ONNX (same graph, masked weights) or NPZ."""
    from sparsesim.networks import load_network, write_network
    from sparsesim.pruning import network_statistics, total_statistics
    from sparsesim.workload import prune_network, pruner_of

    whole = load_network(network, **network_options(size, input_shape, layout, architecture))
    amounts = {"threshold": threshold, "s": s, "criterion": criterion or None, "round_to": round_to}
    chosen = pruner_of(whole, pruner, sparsity, **amounts)
    _check_needs(chosen, inputs, samples)
    stored = StoredAs(inputs_key, "", inputs_layout, scale, mean, std)
    data = None if inputs is None else _norms(whole, inputs, stored, samples)
    pruned = prune_network(whole.select(layers), chosen, data=data)
    masks = {layer.name: layer.mask for layer in pruned.layers if layer.mask is not None}
    weights = {layer.name: layer.weight() for layer in pruned.layers if layer.mask is not None}
    write_network(whole.with_masks(masks), output)
    if spy is not None:
        from sparsesim.report.spy import plot_spy

        plot_spy(masks, spy, f"{whole.label}: {chosen.describe()}")
    found, total = network_statistics(weights, masks, chosen), total_statistics(weights, masks, chosen)
    if as_json:
        rows = [{"layer": name, **asdict(figures)} for name, figures in found.items()]
        head = {"network": whole.label, "pruner": chosen.describe(), "file": str(output)}
        typer.echo(json.dumps(head | {"layers": rows, "total": asdict(total)}))
        return
    _print(found, total)
    typer.echo(f"written: {output}" + ("" if spy is None else f", {spy}"))


def _check_needs(pruner: "Pruner", inputs: Path | None, samples: int) -> None:
    """Raise InputError where the pruner needs what was not given, or what a command cannot give."""
    if pruner.needs not in (None, "input_norm"):
        raise InputError(
            f"criterion {pruner.criterion!r} needs the {pruner.needs} of every weight, which no option gives: "
            "call Pruner.masks(data=...) from Python"
        )
    if pruner.needs == "input_norm" and inputs is None:
        raise InputError(f"criterion {pruner.criterion!r} needs samples of the network's input: give --inputs FILE")
    if pruner.needs is None and inputs is not None:
        raise InputError(f"criterion {pruner.criterion!r} looks at the weights alone and takes no --inputs")
    if samples < 1:
        raise InputError(f"--samples {samples} must be at least 1")


def _norms(network: "Network", path: Path, stored: StoredAs, most: int) -> dict[str, Any]:
    """What the layers of the whole network read, on average over the first samples."""
    from sparsesim.execution import capture
    from sparsesim.workload import input_norms

    return input_norms(network, capture(network, read_samples(path, stored, most)[0]))


def _print(found: "dict[str, MaskStatistics]", total: "TotalStatistics") -> None:
    from sparsesim.report.table import rows_table

    rows: list[dict[str, object]] = [_row(name, figures) for name, figures in found.items()]
    rows.append(dict.fromkeys(rows[0], "") | _amounts("total", total) if rows else _amounts("total", total))
    console().print(rows_table(rows))
    typer.echo("busiest: non-zeros of the fullest row, column or tile over their mean")
    for note in dict.fromkeys(figures.tail_note for figures in found.values() if figures.tail_note):
        typer.echo(f"note: {note}")
    if total.empty_layers:
        typer.echo(f"note: no weight is left in {', '.join(total.empty_layers)}")


def _amounts(name: str, figures: "MaskStatistics | TotalStatistics") -> dict[str, object]:
    asked = figures.requested_sparsity
    return {
        "layer": name,
        "asked": "" if asked is None else f"{asked:.2%}",
        "sparsity": f"{figures.sparsity:.2%}",
        "nnz": figures.nnz,
        "of": figures.size,
        "|w| kept": f"{figures.kept_magnitude_fraction:.1%}",
    }


def _row(name: str, figures: "MaskStatistics") -> dict[str, object]:
    """One layer in few columns; the JSON form has all figures."""
    tiles = {f"tile {size}": f"{balance.busiest_over_mean:.2f}" for size, balance in figures.tiles.items()}
    return {
        **_amounts(name, figures),
        "row variation": f"{figures.row_nnz_variation:.2f}",
        "busiest row": f"{figures.busiest_row_over_mean:.2f}",
        "column": f"{figures.columns.busiest_over_mean:.2f}",
        **tiles,
    }
