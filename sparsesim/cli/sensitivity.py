"""`sparsesim sensitivity`: how far every layer can be pruned alone, and a plan made from that."""

from pathlib import Path
from typing import Annotated

import typer

from sparsesim.cli.destinations import PICTURES, PLANS, check_file
from sparsesim.cli.options import (
    BatchSize,
    Criterion,
    GraphFile,
    Json,
    LabelledSamples,
    Layers,
    PrunerName,
    RunnableNetwork,
)
from sparsesim.cli.panels import OUTPUT
from sparsesim.cli.parse import numbers
from sparsesim.cli.printing import print_json, print_table, print_written
from sparsesim.cli.samples import prepare
from sparsesim.errors import InputError
from sparsesim.studies import RATIOS, SensitivityPlan, plan_by_sensitivity, save_plan
from sparsesim.studies.choice import check_drop
from sparsesim.transforms import method_by_name


def sensitivity(
    network: RunnableNetwork,
    *,
    stored: LabelledSamples,
    pruner: PrunerName = "magnitude",
    criterion: Criterion = "",
    ratios: Annotated[str, typer.Option("--ratios", help="Sparsities: 0,0.1 ... 0.9 by default.")] = "",
    layers: Layers = "*",
    max_drop: Annotated[float, typer.Option("--max-drop", help="What a layer may cost: 0.02 is 2 points.")] = 0.02,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write the chosen ratios as a plan: .yaml.", rich_help_panel=OUTPUT),
    ] = None,
    plot: Annotated[Path | None, typer.Option("--plot", help="Draw the curves: .png.", rich_help_panel=OUTPUT)] = None,
    file: GraphFile,
    batch_size: BatchSize = 64,
    as_json: Json = False,
) -> None:
    """Prune one layer at a time and measure what accuracy it costs.

    For each layer the largest ratio that costs little is chosen.
    """
    check_file("--output", output, PLANS)
    check_file("--plot", plot, PICTURES, makes_folder=True)
    check_drop(max_drop)
    tried = numbers("--ratios", ratios) if ratios else RATIOS
    methods = [method_by_name(pruner, ratio, criterion=criterion or None) for ratio in tried]
    ready = prepare(network, file, stored, methods)
    if ready.labels is None:
        raise InputError("--labels-key '': accuracies need labels")
    found = plan_by_sensitivity(
        ready.network,
        ready.samples,
        ready.labels,
        pruner,
        tried,
        max_drop=max_drop,
        layers=layers,
        criterion=criterion or None,
        captured=ready.captured,
        batch_size=batch_size,
    )
    written = [save_plan(found.plan, output)] if output else []
    if plot:
        from sparsesim.report.sensitivity import plot_sensitivity  # loads matplotlib, which draws only here

        table = found.table
        written.append(plot_sensitivity(table.rows(), plot, table.baseline, max_drop, found.ratios))
    if as_json:
        print_json(found.as_object() | {"files": [str(path) for path in written]})
        return
    _print(found)
    print_written(*written)


def _print(found: SensitivityPlan) -> None:
    from sparsesim.report.networks import ratios_table  # loads rich, which JSON does without

    table = found.table
    print_table(ratios_table(table.ratios, table.accuracies, found.ratios), keys=2)
    error = f"{table.baseline:.2%} ± {table.standard_error:.2%} of {table.samples} samples"
    typer.echo(f"accuracy: {error}; all layers pruned as chosen: {found.accuracy:.2%}")
