"""`sparsesim imbalance`: the speedup that uniform positions would give, beside that of the real ones."""

import json
from typing import Annotated

import typer

from sparsesim.cli.console import console
from sparsesim.cli.options import Architecture, Dtype, InputShape, Json, Layout, Machines, Seed, Sizes
from sparsesim.cli.parse import network_options

DEFAULT_SPARSITY = 0.9


def imbalance(
    network: Annotated[str, typer.Argument(help="Network: a shipped name, .onnx, arrays, a Hugging Face folder.")],
    pruner: Annotated[str, typer.Option("--pruner", "-p", help="Pruner by name, such as magnitude.")] = "magnitude",
    sparsity: Annotated[float | None, typer.Option("--sparsity", "-s", help="0.9 where the pruner needs one.")] = None,
    machine: Machines = ["a100-sxm-spmm", "a100-sxm-vectorsparse", "sparch", "core-i7-5930k", "titan-x"],  # noqa: B006
    format: Annotated[str, typer.Option("--format", "-f", help="Storage format of pruned weights.")] = "csr",
    layers: Annotated[str, typer.Option("--layers", help="Shell pattern of layer names.")] = "*",
    batch: Annotated[int, typer.Option("--batch", "-b")] = 1,
    dtype: Dtype = "fp16",
    seed: Seed = 0,
    size: Sizes = [],  # noqa: B006 - typer reads the default and never changes it
    input_shape: InputShape = "",
    layout: Layout = "",
    architecture: Architecture = "",
    as_json: Json = False,
) -> None:
    """Hold the real positions of pruned weights against random ones of the same density, on every machine."""
    from sparsesim.lowering import Lowering
    from sparsesim.networks import load_network
    from sparsesim.studies import imbalance as held
    from sparsesim.transforms import method_by_name, takes_sparsity

    whole = load_network(network, **network_options(size, input_shape, layout, architecture)).select(layers)
    if sparsity is None and takes_sparsity(pruner):
        sparsity = DEFAULT_SPARSITY
    method = method_by_name(pruner, sparsity)
    table = held(whole, method, machine, format, lowering=Lowering(dtype, batch), seed=seed)
    records = table.to_dict("records")
    if as_json:
        typer.echo(json.dumps(records))
        return
    from sparsesim.report.table import rows_table

    totals = [{str(key): value for key, value in each.items()} for each in records if each["layer"] == "total"]
    console().print(rows_table(totals))
