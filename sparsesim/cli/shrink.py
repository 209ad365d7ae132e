"""`sparsesim shrink`: remove channels with all that depends on them, and write the smaller network."""

from pathlib import Path
from typing import Annotated

import typer

from sparsesim.cli.destinations import WEIGHTS, check_file
from sparsesim.cli.options import GraphFile, Json, RunnableNetwork
from sparsesim.cli.panels import OUTPUT
from sparsesim.cli.printing import print_json, print_lines, print_rows, print_written
from sparsesim.networks import load_network
from sparsesim.transforms import method_by_name


def shrink(
    network: RunnableNetwork,
    sparsity: Annotated[float, typer.Option("--sparsity", "-s", help="Share of the channels that go, in [0, 1).")],
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", help="File to write: .onnx, or .npz for the weights only.", rich_help_panel=OUTPUT
        ),
    ],
    importance: Annotated[str, typer.Option("--importance", help="l1, l2 or magnitude of a channel's weights.")] = "l1",
    aggregation: Annotated[
        str, typer.Option("--aggregation", help="Over coupled layers: sum, mean, max, product or last.")
    ] = "sum",
    round_to: Annotated[int, typer.Option("--round-to", help="Keep a multiple of this many channels.")] = 8,
    minimum: Annotated[int, typer.Option("--minimum", help="Channels that every group keeps.")] = 1,
    together: Annotated[bool, typer.Option("--global", help="Rank the channels of all groups together.")] = False,
    groups: Annotated[str, typer.Option("--groups", help="Shell pattern of groups to prune; all by default.")] = "",
    *,
    file: GraphFile,
    as_json: Json = False,
) -> None:
    """Make a network smaller: fewer channels, neurons and heads.

    They go from all layers that depend on each other alike.
    """
    check_file("--output", output, WEIGHTS)
    options = file.options()
    whole = load_network(network, **options)
    method = method_by_name(
        "shrink",
        sparsity,
        groups=groups or None,
        importance=importance,
        aggregation=aggregation,
        scope="global" if together else "layer",
        round_to=round_to,
        minimum=minimum,
        input_shape=None if file.architecture else options.get("input_shape"),
    )
    found = method.applied(whole)
    found.write(output)
    if as_json:
        print_json({"network": whole.label, "groups": found.rows, **found.totals, "file": str(output)})
        return
    from sparsesim.report.networks import before_and_after  # loads rich, which JSON does without

    print_rows(found.rows)
    print_lines(before_and_after(found.totals))
    if found.totals["not_followed"]:
        listed = ", ".join(f"{count} {operator}" for operator, count in found.totals["not_followed"].items())
        typer.echo(f"not followed, so whole around them: {listed}")
    print_written(output)
