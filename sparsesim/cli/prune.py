"""`sparsesim prune`: write the pruned network, and say what was removed."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from sparsesim.cli.console import console
from sparsesim.cli.options import InputShape, Json, Layout, Sizes
from sparsesim.cli.parse import network_options


def prune(
    network: Annotated[str, typer.Argument(help="Network: a shipped name, or .onnx, .npz, .safetensors, .yaml.")],
    pruner: Annotated[str, typer.Option("--pruner", "-p", help="Pruner by name, such as magnitude or 2:4.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write: .onnx or .npz.")],
    sparsity: Annotated[float | None, typer.Option("--sparsity", "-s")] = None,
    threshold: Annotated[float | None, typer.Option("--threshold")] = None,
    s: Annotated[float | None, typer.Option("--s", help="For sigma: drop |w| <= s x deviation.")] = None,
    layers: Annotated[str, typer.Option("--layers", help="Shell pattern of layer names to prune.")] = "*",
    size: Sizes = [],  # noqa: B006 - typer reads the default and never changes it
    input_shape: InputShape = "",
    layout: Layout = "",
    as_json: Json = False,
) -> None:
    """Prune a network and write it as ONNX (same graph, masked weights) or NPZ."""
    from sparsesim.networks import load_network, write_network
    from sparsesim.pruning import mask_statistics, pruner_by_name
    from sparsesim.workload import prune_network

    chosen = pruner_by_name(pruner, sparsity, threshold=threshold, s=s)
    whole = load_network(network, **network_options(size, input_shape, layout))
    pruned = prune_network(whole.select(layers), chosen)
    masks = {layer.name: layer.mask for layer in pruned.layers if layer.mask is not None}
    write_network(whole.with_masks(masks), output)
    rows = []
    for layer in pruned.layers:
        if layer.mask is not None:
            rows.append({"layer": layer.name, **asdict(mask_statistics(layer.weight(), layer.mask, chosen))})
    if as_json:
        typer.echo(
            json.dumps({"network": whole.label, "pruner": chosen.describe(), "file": str(output), "layers": rows})
        )
        return
    from sparsesim.report.table import rows_table

    console().print(rows_table(rows))
    typer.echo(f"written: {output}")
