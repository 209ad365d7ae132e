"""`sparsesim evaluate`: how accurate a network still is after pruning, on samples that the user gives."""

from pathlib import Path
from typing import Annotated

import typer

from sparsesim.cli.destinations import check_file
from sparsesim.cli.options import (
    BatchSize,
    GraphFile,
    Json,
    LabelledSamples,
    Layers,
    PrunerName,
    RunnableNetwork,
    Sparsity,
)
from sparsesim.cli.printing import print_json, print_table
from sparsesim.cli.samples import prepare
from sparsesim.errors import InputError
from sparsesim.inference import capture, write_maps
from sparsesim.studies import accuracy_after
from sparsesim.transforms import Method, method_by_name


def evaluate(
    network: RunnableNetwork,
    *,
    stored: LabelledSamples,
    pruner: PrunerName = "",
    sparsity: Sparsity = None,
    layers: Layers = "*",
    file: GraphFile,
    activations: Annotated[
        Path | None, typer.Option("--activations", help="Write what every layer reads: .npz.")
    ] = None,
    activation_samples: Annotated[
        int, typer.Option("--activation-samples", min=1, help="Of how many samples this is written.")
    ] = 8,
    batch_size: BatchSize = 64,
    as_json: Json = False,
) -> None:
    """Measure the accuracy of a network, pruned or not, on labelled samples.

    On request it writes what the layers read.
    """
    check_file("--activations", activations, (".npz",))
    method = _method(pruner, sparsity, layers)
    ready = prepare(network, file, stored, [method] if method else [])
    found = accuracy_after(
        ready.network,
        method,
        ready.samples,
        ready.labels,
        captured=ready.captured,
        layers=layers,
        batch_size=batch_size,
    )
    if activations is not None:
        maps = capture(found.network, ready.samples[:activation_samples], batch_size=batch_size)
        write_maps(maps, activations)
    record = found.as_object() | ({} if activations is None else {"activations": str(activations)})
    if as_json:
        print_json(record)
        return
    from sparsesim.report.networks import accuracy_table  # loads rich, which JSON does without

    print_table(accuracy_table(record))


def _method(pruner: str, sparsity: float | None, layers: str) -> Method | None:
    """What is done to the network before it is run, if anything."""
    if pruner:
        return method_by_name(pruner, sparsity)
    if sparsity is not None or layers != "*":
        given = f"--layers: {layers!r}" if sparsity is None else f"--sparsity: {sparsity}"
        raise InputError(f"{given}: --sparsity and --layers mean nothing without --pruner")
    return None
