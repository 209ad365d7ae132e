"""`sparsesim merge`: fewer neurons in chains of linear layers, where two compute almost the same."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from sparsesim.cli.console import console
from sparsesim.cli.options import Json, Layout
from sparsesim.cli.parse import network_options
from sparsesim.errors import InputError


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
    from sparsesim.networks import load_network
    from sparsesim.transforms import method_by_name

    if stop_at_mode == bool(keep):
        raise InputError("give either --keep LAYER=NUMBER or --stop-at-mode")
    options = network_options([], "", layout)
    method = method_by_name("merge", keep=None if stop_at_mode else _kept(keep), **options)
    before = load_network(network, architecture="mlp", **options)
    found = method.applied(before)
    found.write(output)
    _print({"network": before.label, "layers": found.rows, **found.totals, "file": str(output)}, as_json)


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


def _print(record: dict[str, Any], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(record))
        return
    from sparsesim.report.table import rows_table

    console().print(rows_table(list(record["layers"])))
    for name, title in (("params", "parameters"), ("macs", "MACs")):
        before, after = record[f"{name}_before"], record[f"{name}_after"]
        typer.echo(f"{title}: {before:,} -> {after:,} ({after / before:.1%})")
    typer.echo(f"written: {record['file']}")
