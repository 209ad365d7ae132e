"""`sparsesim merge`: fewer neurons in chains of linear layers, where two compute almost the same."""

from pathlib import Path
from typing import Annotated, Any

import typer

from sparsesim.cli.destinations import WEIGHTS, check_file
from sparsesim.cli.options import Json, Layout
from sparsesim.cli.panels import OUTPUT
from sparsesim.cli.parse import neurons_to_keep
from sparsesim.cli.printing import print_json, print_lines, print_rows, print_written
from sparsesim.errors import InputError
from sparsesim.networks import load_network
from sparsesim.networks.arrays.layout import check_layout
from sparsesim.transforms import method_by_name


def merge(
    network: Annotated[Path, typer.Argument(help="File of arrays that --architecture mlp reads: .npz, .safetensors.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="File to write: .npz with biases, or .onnx.", rich_help_panel=OUTPUT)
    ],
    keep: Annotated[list[str], typer.Option("--keep", help="Neurons that stay: LAYER=NUMBER; repeatable.")] = [],
    stop_at_mode: Annotated[
        bool, typer.Option("--stop-at-mode", help="Merge until two neurons are no more alike than most.")
    ] = False,
    layout: Layout = "",
    as_json: Json = False,
) -> None:
    """Merge similar neurons of chains of linear layers, without data.

    `sparsesim evaluate` reads the file that is written with --architecture mlp.
    """
    check_file("--output", output, WEIGHTS)
    if stop_at_mode == bool(keep):
        raise InputError("give either --keep LAYER=NUMBER or --stop-at-mode")
    if layout:
        check_layout(layout)
    options: dict[str, Any] = {"layout": layout} if layout else {}
    method = method_by_name("merge", keep=None if stop_at_mode else neurons_to_keep(keep), **options)
    before = load_network(network, architecture="mlp", **options)
    found = method.applied(before)
    found.write(output)
    if as_json:
        print_json({"network": before.label, "layers": found.rows, **found.totals, "file": str(output)})
        return
    from sparsesim.report.networks import before_and_after  # loads rich, which JSON does without

    print_rows(found.rows)
    print_lines(before_and_after(found.totals))
    print_written(output)
