"""What there is: names of each family, and one member in full."""

import json
from collections.abc import Callable
from typing import Annotated, Any, Final

import typer

from sparsesim.cli.console import console
from sparsesim.cli.options import Architecture, InputShape, Json, Layout, Sizes
from sparsesim.cli.parse import network_options
from sparsesim.errors import UnknownNameError


def _machines() -> dict[str, str]:
    from sparsesim.hardware import load_machine, machine_names

    return {name: load_machine(name).description for name in machine_names()}


def _networks() -> dict[str, str]:
    from sparsesim.networks import load_network, network_names

    described = {}
    for name in network_names():
        network = load_network(name)
        size = f"{_short(network.n_params, 3)} parameters, {_short(network.macs, 4)} MACs"
        variants = f", variants: {', '.join(network.variants)}" if network.variants else ""
        described[name] = f"{size}, {network.weights_origin} weights{variants}"
    return described


def _short(count: int, digits: int) -> str:
    scale, unit = (1e9, "G") if count >= 1e9 else (1e6, "M")
    return f"{count / scale:.{digits}g} {unit}"


def _energy_tables() -> dict[str, str]:
    from sparsesim.hardware import energy_table_names, load_energy_table

    return {name: load_energy_table(name).description for name in energy_table_names()}


def _formats() -> dict[str, str]:
    from sparsesim.formats import FORMATS

    return {format().name: description for format, description in FORMATS.values()}


def _pruners() -> dict[str, str]:
    from sparsesim.transforms import METHODS

    return {form: description for method in METHODS.values() for form, description in method.forms.items()}


def _workloads() -> dict[str, str]:
    from sparsesim.shipped import shipped_names
    from sparsesim.studies import load_sweep

    return {name: load_sweep(name).description for name in shipped_names("workloads", ".yaml")}


FAMILIES: Final[dict[str, Callable[[], dict[str, str]]]] = {
    "machines": _machines,
    "networks": _networks,
    "energy-tables": _energy_tables,
    "formats": _formats,
    "pruners": _pruners,
    "workloads": _workloads,
}


def list_names(
    family: Annotated[str, typer.Argument(help=f"One of {', '.join(FAMILIES)}; all if left out.")] = "",
    as_json: Json = False,
) -> None:
    """List machines, networks, energy tables, formats, pruners or workloads, a line each."""
    if family and family not in FAMILIES:
        raise UnknownNameError("family", family, FAMILIES)
    listed = {name: FAMILIES[name]() for name in ([family] if family else FAMILIES)}
    if as_json:
        typer.echo(json.dumps(listed))
        return
    for name, members in listed.items():
        typer.echo(f"{name}:")
        width = max(map(len, members), default=0)
        for member, description in members.items():
            typer.echo(f"  {member:<{width}}  {description}")


def _show_machine(name: str) -> dict[str, Any]:
    from sparsesim.hardware import load_machine

    shown = load_machine(name).model_dump(mode="json")
    return shown | {"energy_table": shown["energy_table"]["name"]}


def _show_network(name: str, **options: Any) -> dict[str, Any]:
    from sparsesim.networks import density_table, load_network

    network = load_network(name, **options)
    published = all(layer.weight_density is not None for layer in network.layers)
    return {
        "name": network.label,
        "source": network.source,
        "input": network.input_description,
        "weights": network.weights_origin,
        "accuracy": network.accuracy,
        "parameters": network.n_params,
        "other_parameters": dict(network.other_params),
        "macs": network.macs,
        "notes": network.notes,
        "variants": list(network.variants),
        "layers": network.table(),
        "published_densities": density_table(network) if published else [],
    }


def _show_energy_table(name: str) -> dict[str, Any]:
    from sparsesim.hardware import load_energy_table

    return load_energy_table(name).model_dump(mode="json")


def _show_format(name: str) -> dict[str, Any]:
    from sparsesim.formats import format_by_name

    format = format_by_name(name)
    return {"name": format.name, "description": " ".join((type(format).__doc__ or "").split())}


def _show_pruner(name: str) -> dict[str, Any]:
    from sparsesim.pruning import PRUNERS
    from sparsesim.transforms import METHODS, method_by_name, takes_sparsity

    if name in PRUNERS:
        family = PRUNERS[name]
        return {"name": family.syntax, "description": family.description, "needs": family.amount}
    for method in METHODS.values():
        if name in method.forms:
            return {"name": name, "description": method.forms[name]}
    found = method_by_name(name, 0.5 if takes_sparsity(name) else None)
    return {"name": found.name, "description": found.describe()}


SHOWN: Final[dict[str, Callable[[str], dict[str, Any]]]] = {
    "machine": _show_machine,
    "network": _show_network,
    "energy-table": _show_energy_table,
    "format": _show_format,
    "pruner": _show_pruner,
}


def show(
    family: Annotated[str, typer.Argument(help=f"One of {', '.join(SHOWN)}.")],
    name: Annotated[str, typer.Argument(help="A name from `sparsesim list`, or a file; all names if left out.")] = "",
    size: Sizes = [],  # noqa: B006 - typer reads the default and never changes it
    input_shape: InputShape = "",
    layout: Layout = "",
    architecture: Architecture = "",
    as_json: Json = False,
) -> None:
    """Show one machine, network, energy table, format or pruner in full, with sources."""
    singular = family.removesuffix("s")
    if singular not in SHOWN:
        raise UnknownNameError("family", family, SHOWN)
    if not name:
        list_names(f"{singular}s", as_json)
        return
    options = network_options(size, input_shape, layout, architecture)
    shown = _show_network(name, **options) if singular == "network" else SHOWN[singular](name)
    if as_json:
        typer.echo(json.dumps(shown))
        return
    _print_shown(shown)


def _print_shown(shown: dict[str, Any]) -> None:
    """Scalars and mappings as YAML, lists of rows as tables."""
    import yaml

    from sparsesim.report.table import rows_table

    plain = json.loads(json.dumps(shown))
    tables = {key: rows for key, rows in plain.items() if rows and isinstance(rows, list) and isinstance(rows[0], dict)}
    rest = {key: value for key, value in plain.items() if key not in tables}
    typer.echo(yaml.safe_dump(rest, sort_keys=False, allow_unicode=True, width=110).rstrip())
    for key, rows in tables.items():
        typer.echo(f"{key.replace('_', ' ')}:")
        console().print(rows_table(rows))
