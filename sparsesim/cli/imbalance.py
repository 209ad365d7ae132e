"""`sparsesim imbalance`: the speedup that uniform positions would give, beside that of the real ones."""

from typing import Annotated

import typer

from sparsesim.cli import completing
from sparsesim.cli.options import (
    IMBALANCE_MACHINES,
    Batch,
    Dtype,
    Json,
    Layers,
    Machines,
    NetworkFile,
    NetworkName,
    PrunerName,
    Seed,
    Sparsity,
)
from sparsesim.cli.printing import print_json, print_rows
from sparsesim.lowering import Lowering
from sparsesim.networks import load_network
from sparsesim.studies import imbalance as held
from sparsesim.transforms import method_by_name, takes_sparsity

DEFAULT_SPARSITY = 0.9
"""For pruners that need one."""


def imbalance(
    network: NetworkName,
    pruner: PrunerName = "magnitude",
    sparsity: Sparsity = None,
    machine: Machines = IMBALANCE_MACHINES,
    format: Annotated[
        str,
        typer.Option("--format", "-f", help="Storage format of the pruned weights.", autocompletion=completing.formats),
    ] = "csr",
    layers: Layers = "*",
    batch: Batch = 1,
    dtype: Dtype = "fp16",
    seed: Seed = 0,
    *,
    file: NetworkFile,
    as_json: Json = False,
) -> None:
    """Compare the speedup of real masks with that of uniform ones.

    Uniform masks have the same density at random positions. Without a sparsity it is 0.9 where the pruner needs one.
    """
    whole = load_network(network, **file.options()).select(layers)
    if sparsity is None and takes_sparsity(pruner):
        sparsity = DEFAULT_SPARSITY
    method = method_by_name(pruner, sparsity)
    table = held(whole, method, machine, format, lowering=Lowering(dtype, batch), seed=seed)
    records = table.to_dict("records")
    if as_json:
        print_json(records)
    else:
        print_rows([row for row in records if row["layer"] == "total"], keys=2)
