"""`sparsesim shrink`: remove channels with all that depends on them, and write the smaller network."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from sparsesim.cli.console import console
from sparsesim.cli.options import InputShape, Json, Layout
from sparsesim.cli.parse import network_options
from sparsesim.errors import InputError


def shrink(
    network: Annotated[str, typer.Argument(help="Network: digits-cnn, .onnx, or arrays with --architecture.")],
    sparsity: Annotated[float, typer.Option("--sparsity", "-s", help="Share of the channels that go, in [0, 1).")],
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write: .onnx, or .npz for the weights only.")],
    importance: Annotated[str, typer.Option("--importance", help="l1, l2 or magnitude of a channel's weights.")] = "l1",
    aggregation: Annotated[
        str, typer.Option("--aggregation", help="Over coupled layers: sum, mean, max, product or last.")
    ] = "sum",
    round_to: Annotated[int, typer.Option("--round-to", help="Keep a multiple of so many channels.")] = 8,
    minimum: Annotated[int, typer.Option("--minimum", help="Channels that every group keeps.")] = 1,
    together: Annotated[bool, typer.Option("--global", help="Rank the channels of all groups together.")] = False,
    groups: Annotated[str, typer.Option("--groups", help="Shell pattern of groups to prune; all by default.")] = "",
    architecture: Annotated[str, typer.Option("--architecture", help="Graph of arrays: mlp or resnet-cifar.")] = "",
    input_shape: InputShape = "",
    layout: Layout = "",
    as_json: Json = False,
) -> None:
    """Make a network smaller: fewer channels, neurons and heads, in layers that depend on each other alike."""
    from sparsesim.networks import load_network
    from sparsesim.transforms import method_by_name

    options = network_options([], input_shape, layout) | ({"architecture": architecture} if architecture else {})
    whole = load_network(network, **options)
    _check_not_itself(output, whole.path)
    method = method_by_name(
        "shrink",
        sparsity,
        groups=groups or None,
        importance=importance,
        aggregation=aggregation,
        scope="global" if together else "layer",
        round_to=round_to,
        minimum=minimum,
        input_shape=None if architecture else options.get("input_shape"),
    )
    found = method.applied(whole)
    found.write(output)
    _print({"network": whole.label, "groups": found.rows, **found.totals, "file": str(output)}, as_json)


def _check_not_itself(output: Path, source: Path | None) -> None:
    """The smaller network no longer knows the file that it came from."""
    if source is not None and source.exists() and output.exists() and output.samefile(source):
        raise InputError(f"{output}: the network was read from this file; write to another one")


def _print(record: dict[str, Any], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(record))
        return
    from sparsesim.report.table import rows_table

    console().print(rows_table(list(record["groups"])))
    for name, title in (("params", "parameters"), ("macs", "MACs")):
        before, after = record[f"{name}_before"], record[f"{name}_after"]
        typer.echo(f"{title}: {before:,} -> {after:,} ({after / before:.1%})")
    if record["not_followed"]:
        listed = ", ".join(f"{count} {operator}" for operator, count in record["not_followed"].items())
        typer.echo(f"not followed, so whole around them: {listed}")
    typer.echo(f"written: {record['file']}")
