"""What there is: names of each family, and one member in full."""

import json
from collections.abc import Callable
from typing import Annotated, Any, Final

import typer
import yaml

from sparsesim.cli import completing
from sparsesim.cli.options import Json, NetworkFile
from sparsesim.cli.printing import print_json, print_names, print_rows, text_width
from sparsesim.errors import UnknownNameError
from sparsesim.formats import FORMATS, format_by_name
from sparsesim.hardware import energy_table_names, load_energy_table, load_machine, machine_names
from sparsesim.inference import sample_names, sample_record
from sparsesim.networks import in_brief, in_full, load_network, network_names
from sparsesim.resources import RESOURCES
from sparsesim.shipped import shipped_names
from sparsesim.studies import load_sweep
from sparsesim.tensors import matrix_names, matrix_record, read_matrix
from sparsesim.transforms import METHODS, described_method

FAMILIES: Final[dict[str, Callable[[], dict[str, str]]]] = {
    "machines": lambda: {name: load_machine(name).description for name in machine_names()},
    "networks": lambda: {name: in_brief(load_network(name)) for name in network_names()},
    "energy-tables": lambda: {name: load_energy_table(name).description for name in energy_table_names()},
    "formats": lambda: {format().name: description for format, description in FORMATS.values()},
    "pruners": lambda: {form: words for method in METHODS.values() for form, words in method.forms.items()},
    "samples": lambda: {name: sample_record(name).description for name in sample_names()},
    "matrices": lambda: {name: matrix_record(name).description for name in matrix_names()},
    "bottlenecks": lambda: dict(RESOURCES),
    "workloads": lambda: {name: load_sweep(name).description for name in shipped_names("workloads", ".yaml")},
}


def list_names(
    family: Annotated[
        str,
        typer.Argument(
            help=f"One of {', '.join(FAMILIES)}; all if left out.", autocompletion=completing.one_of(*FAMILIES)
        ),
    ] = "",
    as_json: Json = False,
) -> None:
    """List machines, networks, energy tables, formats, pruners, samples, matrices, bottlenecks or workloads."""
    if family and family not in FAMILIES:
        raise UnknownNameError("family", family, FAMILIES)
    listed = {name: FAMILIES[name]() for name in ([family] if family else FAMILIES)}
    if as_json:
        print_json(listed)
        return
    for name, members in listed.items():
        typer.echo(f"{name}:")
        print_names(members, indent="  ")


def _machine(name: str, options: dict[str, Any]) -> dict[str, Any]:
    machine = load_machine(name)
    shown = machine.model_dump(mode="json")
    parts = machine.area_by_part_mm2
    area = {} if parts is None else {"area_mm2": {"total": round(sum(parts.values()), 3), **parts}}
    # The sources are long, so they come last.
    sources = {"sources": shown.pop("sources")}
    return shown | {"energy_table": shown["energy_table"]["name"]} | area | sources


def _format(name: str, options: dict[str, Any]) -> dict[str, Any]:
    format = format_by_name(name)
    return {"name": format.name, "description": " ".join((type(format).__doc__ or "").split())}


def _matrix(name: str, options: dict[str, Any]) -> dict[str, Any]:
    record, matrix = matrix_record(name), read_matrix(name)
    sizes = {"rows": matrix.shape[0], "columns": matrix.shape[1], "non_zeros": matrix.nnz}
    return {"name": record.name} | sizes | record.model_dump(exclude={"name", "file"})


SHOWN: Final[dict[str, Callable[[str, dict[str, Any]], dict[str, Any]]]] = {
    "machine": _machine,
    "network": lambda name, options: in_full(load_network(name, **options)),
    "energy-table": lambda name, options: load_energy_table(name).model_dump(mode="json"),
    "format": _format,
    "pruner": lambda name, options: dict(described_method(name)),
    "sample": lambda name, options: sample_record(name).model_dump(exclude={"file"}),
    "matrix": _matrix,
}
_SINGULAR: Final = {"matrices": "matrix"}


def show(
    family: Annotated[
        str, typer.Argument(help=f"One of {', '.join(SHOWN)}.", autocompletion=completing.one_of(*SHOWN))
    ],
    name: Annotated[
        str,
        typer.Argument(
            help="A name from `sparsesim list`, or a file; all names if left out.", autocompletion=completing.members
        ),
    ] = "",
    *,
    file: NetworkFile,
    as_json: Json = False,
) -> None:
    """Show one machine, network, energy table, format, pruner, set of samples or matrix in full.

    Sources are given where there are some.
    """
    singular = _SINGULAR.get(family, family.removesuffix("s"))
    if singular not in SHOWN:
        raise UnknownNameError("family", family, SHOWN)
    if not name:
        list_names(next((plural for plural, one in _SINGULAR.items() if one == singular), f"{singular}s"), as_json)
        return
    shown = SHOWN[singular](name, file.options())
    if as_json:
        print_json(shown)
    else:
        _print(shown)


BEYOND: Final = 15
"""The word with which a line of YAML becomes too long still stands on it."""


def _print(shown: dict[str, Any]) -> None:
    """Scalars and mappings as YAML, lists of rows as tables."""
    plain = json.loads(json.dumps(shown))
    tables = {key: rows for key, rows in plain.items() if rows and isinstance(rows, list) and isinstance(rows[0], dict)}
    rest = {key: value for key, value in plain.items() if key not in tables}
    typer.echo(yaml.safe_dump(rest, sort_keys=False, allow_unicode=True, width=text_width() - BEYOND).rstrip())
    for key, rows in tables.items():
        typer.echo(f"{key.replace('_', ' ')}:")
        print_rows(rows)
