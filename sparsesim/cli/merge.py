"""`sparsesim merge`: fewer neurons in chains of linear layers, where two compute almost the same."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sparsesim.cli.console import console
from sparsesim.cli.options import Json, Layout
from sparsesim.cli.parse import network_options
from sparsesim.errors import InputError

if TYPE_CHECKING:
    from sparsesim.transforms import MergedNetwork


def merge(
    network: Annotated[Path, typer.Argument(help="File of arrays that --architecture mlp reads: .npz, .safetensors.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write: .npz with biases, or .onnx.")],
    keep: Annotated[list[str], typer.Option("--keep", help="Neurons that stay: LAYER=NUMBER; repeatable.")] = [],  # noqa: B006 - typer reads the default and never changes it
    stop_at_mode: Annotated[
        bool, typer.Option("--stop-at-mode", help="Merge until two neurons are no more alike than most.")
    ] = False,
    layout: Layout = "",
    as_json: Json = False,
) -> None:
    """Merge similar neurons without data; evaluate the file with --architecture mlp."""
    from sparsesim.transforms import merge_network

    if stop_at_mode == bool(keep):
        raise InputError("give either --keep LAYER=NUMBER or --stop-at-mode")
    asked = None if stop_at_mode else _kept(keep)
    found = merge_network(network, asked, stop="mode" if stop_at_mode else None, **network_options([], "", layout))
    found.write(output)
    _print(_record(found, output), as_json)


def _kept(texts: list[str]) -> dict[str, int]:
    """["ip1=150", ...] as a mapping."""
    kept: dict[str, int] = {}
    for text in texts:
        layer, _, number = text.rpartition("=")
        if not layer or not number.isdecimal():
            raise InputError(f"--keep {text!r} is not LAYER=NUMBER")
        if layer in kept:
            raise InputError(f"--keep names {layer!r} twice")
        kept[layer] = int(number)
    return kept


def _record(found: "MergedNetwork", output: Path) -> dict[str, Any]:
    before, after = found.before, found.network
    return {
        "network": before.label,
        "layers": [
            {
                "layer": name,
                "before": before.layer(name).weight_shape[0],
                "after": len(step.kept),
                "largest_saliency": float(step.saliency.max()) if step.saliency.size else 0.0,
            }
            for name, step in found.steps.items()
        ],
        "params_before": before.n_params,
        "params_after": after.n_params,
        "macs_before": before.macs,
        "macs_after": after.macs,
        "file": str(output),
    }


def _print(record: dict[str, Any], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(record))
        return
    from sparsesim.report.table import rows_table

    console().print(rows_table(record["layers"]))
    for name, title in (("params", "parameters"), ("macs", "MACs")):
        before, after = record[f"{name}_before"], record[f"{name}_after"]
        typer.echo(f"{title}: {before:,} -> {after:,} ({after / before:.1%})")
    typer.echo(f"written: {record['file']}")
