"""`sparsesim tradeoff`: accuracy beside speedup and energy, for several prunings on several machines."""

from pathlib import Path
from typing import Annotated

import typer

from sparsesim.cli import completing
from sparsesim.cli.described import method_at
from sparsesim.cli.destinations import PICTURES, TABLES, check_file
from sparsesim.cli.options import (
    TRADEOFF_FORMATS,
    Batch,
    Dtype,
    EnergyTableName,
    Formats,
    GraphFile,
    Json,
    LabelledSamples,
    Machines,
    RunnableNetwork,
)
from sparsesim.cli.panels import OUTPUT
from sparsesim.cli.printing import print_json, print_remarks, print_rows, print_written
from sparsesim.cli.samples import read_labelled
from sparsesim.dtypes import dtype_by_name
from sparsesim.errors import InputError
from sparsesim.formats import formats_by_name
from sparsesim.hardware import OWN, common_table, load_machines
from sparsesim.lowering import Lowering
from sparsesim.networks import load_network
from sparsesim.results import energy_remarks, prices_in_words, write_table
from sparsesim.studies import set_aside as split
from sparsesim.studies import tradeoff as traded
from sparsesim.studies import variants_of
from sparsesim.studies.checks import check_batch


def tradeoff(
    network: RunnableNetwork,
    *,
    pruner: Annotated[
        list[str],
        typer.Option(
            "--pruner",
            "-p",
            help="Pruner such as 2:4, magnitude@0.9 or int8; repeatable.",
            autocompletion=completing.pruners,
        ),
    ],
    machine: Machines,
    format: Formats = TRADEOFF_FORMATS,
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", help="Picture to write; the table is written beside it.", rich_help_panel=OUTPUT
        ),
    ] = Path("tradeoff.png"),
    batch: Batch = 1,
    dtype: Dtype = "",
    energy_table: EnergyTableName = "",
    stored: LabelledSamples,
    file: GraphFile,
    set_aside: Annotated[
        int,
        typer.Option(
            "--set-aside", min=2, help="One of so many samples feeds pruners that need inputs, and is not evaluated."
        ),
    ] = 3,
    as_json: Json = False,
) -> None:
    """Measure accuracy beside speedup and energy, for several prunings.

    Each pruned network is evaluated and simulated, and the trade-off is drawn.
    """
    check_file("--output", output, PICTURES, makes_folder=True)
    check_file("--output", output.with_suffix(".csv"), TABLES, makes_folder=True)
    check_batch(batch)
    if dtype:
        dtype_by_name(dtype)
    units, formats = load_machines(machine), formats_by_name(format)
    prices = common_table(energy_table, [unit.name for unit in units])
    whole = load_network(network, **file.options())
    samples, labels = read_labelled(stored)
    if labels is None:
        raise InputError("--labels-key is empty: a trade-off needs labels")
    methods = {text: method_at(text) for text in pruner}
    calibration, samples, labels = split(samples, labels, methods.values(), set_aside)
    variants = variants_of(whole, methods, calibration)
    lowering = Lowering(dtype or None, batch)
    table = traded(variants, samples, labels, units, formats, lowering=lowering, energy_table=prices or OWN)
    from sparsesim.report.tradeoff import plot_tradeoff  # loads matplotlib, for which --help should not wait

    picture = plot_tradeoff(table, output, f"{whole.label}, {len(samples)} samples")
    csv = output.with_suffix(".csv")
    write_table(table, csv)
    if as_json:
        print_json(table.to_dict("records"))
    else:
        print_rows(table.drop(columns=["energy_static_pj", "energy_table"]).to_dict("records"), keys=2)
    energies = list(zip(table["machine"], table["energy_table"], strict=True))
    remarks = energy_remarks(energies, units, prices)
    print_remarks(f"energy at {prices_in_words(energies)}", *remarks, aside=as_json)
    if not as_json:
        print_written(csv, picture)
