"""`sparsesim results` and `sparsesim price`: what a store holds, at its own prices or at others."""

from typing import TYPE_CHECKING, Annotated

import typer

from sparsesim.cli import completing
from sparsesim.cli.options import Json
from sparsesim.cli.panels import OUTPUT
from sparsesim.cli.printing import print_json, print_lines, print_remarks, print_rows, print_table, print_written
from sparsesim.cli.stored import SHOWN, Exports, Rows, StorePath, in_words, layers_of, objects

if TYPE_CHECKING:
    import pandas as pd

    from sparsesim.hardware import EnergyTable

OfLayers = Annotated[
    bool, typer.Option("--layers", help="A row per layer instead of one per point.", rich_help_panel=OUTPUT)
]


def results(
    store: StorePath,
    layers: OfLayers = False,
    *,
    rows: Rows,
    exports: Exports,
    as_json: Json = False,
) -> None:
    """List, filter and export the points of a store, beside their baseline.

    It may be read while a sweep writes it.
    """
    _show(store, rows, exports, None, layers=layers, as_json=as_json)


def price(
    store: StorePath,
    energy: Annotated[
        str,
        typer.Option(
            "--energy",
            "--energy-table",
            help="Table to price with, by name or YAML file.",
            autocompletion=completing.energy_tables,
        ),
    ],
    layers: OfLayers = False,
    *,
    rows: Rows,
    exports: Exports,
    as_json: Json = False,
) -> None:
    """Price the points of a store with another energy table, from their counts.

    Nothing is simulated; times stay as they are.
    """
    from sparsesim.hardware import load_energy_table

    _show(store, rows, exports, load_energy_table(energy), layers=layers, as_json=as_json)


def _show(
    path: StorePath, rows: Rows, exports: Exports, prices: "EnergyTable | None", *, layers: bool, as_json: bool
) -> None:
    from sparsesim.results import result_table
    from sparsesim.store import compared, opened

    exports.check()
    conditions = rows.conditions()
    with opened(path) as store:
        found = compared(store, conditions, everything=rows.everything, prices=prices)
        for_people = not as_json and exports.csv is None and exports.parquet is None
        table = rows.of(found.table, SHOWN if for_people and not layers else None)
        if as_json and not layers:
            for one in objects(store, table, prices):
                print_json(one)
        elif layers:
            of_layers = layers_of(store, table["point"], prices)
            if as_json:
                print_json(*(result.as_object() for result in of_layers))
            table = result_table(of_layers)
        if not as_json:
            written = exports.write(rows.chosen(table))
            if for_people:
                _print(rows, table, layers=layers)
            remarks = [in_words(store)]
            if for_people and not layers and len(table) < len(found.table):
                remarks.append(f"{len(table)} of {len(found.table):,} are shown; --limit 0 shows all")
            remarks += [f"{number} without energy: {reason}" for reason, number in found.lacking.items()]
            print_remarks(*remarks, aside=exports.is_on_standard_output)
            if not exports.is_on_standard_output:
                print_written(*written)


def _print(rows: Rows, table: "pd.DataFrame", *, layers: bool) -> None:
    if not len(table):
        print_lines(["no point is there that meets this"])
    elif rows.columns or layers:
        print_rows(rows.chosen(table).to_dict("records"))
    else:
        from sparsesim.report.listed import listed_points

        print_table(listed_points(table), keys=4)
