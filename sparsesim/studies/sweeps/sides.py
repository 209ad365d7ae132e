"""The sides of a grid: their places on axes, how many points these make, and the parts that points are of."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, Final, NamedTuple

from sparsesim.errors import InputError
from sparsesim.studies.checks import check_points
from sparsesim.studies.sweeps.axis import listed
from sparsesim.studies.sweeps.entries import MatrixEntry, PrunerEntry
from sparsesim.studies.sweeps.filters import Selection, Values, check_filter
from sparsesim.studies.sweeps.machine_axis import machine_steps
from sparsesim.studies.sweeps.networks_axis import network_lengths
from sparsesim.studies.sweeps.settings import OF_MATRICES, SETTINGS, setting_lengths
from sparsesim.studies.sweeps.sweep import Sweep
from sparsesim.studies.sweeps.zips import Place, Steps, Zips, number_of_points, together, zips_of

WORKLOADS: Final = frozenset({"network", "layers", "tokens", "matrix", "columns"})
METHODS: Final = frozenset({"pruner", "sparsity"})
"""Axes of a side, as filters name them; those of matrices have the sparsity and stand for pruners, too."""


class Part(NamedTuple):
    """One part of points: a network, a method, a setting, or a machine with a table and a format.

    Attributes:
        content: the part itself.
        place: where it is within every group of zipped axes.
        mask: the filters that it matches, see `Selection`.
    """

    content: Any
    place: Place
    mask: int


@dataclass(frozen=True)
class Sides:
    """The places of everything in a sweep on its axes, before anything is loaded.

    Attributes:
        zips: axes that go together.
        networks, methods, matrices, settings, products, machines, tables, formats: steps of every part; `products` are
            the settings of matrices.
    """

    zips: Zips
    networks: Sequence[Steps]
    methods: Sequence[Steps]
    matrices: Sequence[Steps]
    settings: Sequence[Steps]
    products: Sequence[Steps]
    machines: Sequence[Steps]
    tables: Sequence[Steps]
    formats: Sequence[Steps]


def check_given(sweep: Sweep) -> None:
    """InputError where a sweep lacks what to run, or varies what nothing in it has."""
    if not sweep.networks and not sweep.matrices:
        with sweep.at("networks"):
            raise InputError("at least one is needed, or matrices")
    if sweep.networks and not sweep.pruners:
        with sweep.at("pruners"):
            raise InputError("at least one is needed for networks; none leaves them as they are")
    of_networks = () if sweep.networks else ("pruners", "batch", "tokens", "activation_density")
    of_matrices = () if sweep.matrices else ("columns",)
    for field in (*of_networks, *of_matrices):
        if field in sweep.model_fields_set and getattr(sweep, field):
            with sweep.at(field):
                raise InputError(
                    f"there are no {'matrices' if field in of_matrices else 'networks'} that it applies to"
                )


Entries = Sequence[tuple[Steps, dict[str, int]]]
"""Of every entry of a list: what is fixed, and how many values each of its axes has."""


def sides_of(sweep: Sweep, matrices: Sequence[int]) -> Sides:
    """The sides of a sweep with so many `matrices` in its entries.

    Raises InputError with the place in the sweep for zips and filters of what is no axis, and for too many points.
    """
    with sweep.at("zip"):
        zips = zips_of(sweep.zip)
    entries = _entries(sweep)
    lengths = dict[str, set[int]]()
    for name, length in _lengths(sweep, entries):
        lengths.setdefault(name, set()).add(length)
    for number in range(len(zips.groups)):
        with sweep.at("zip", number):
            zips.check(number, lengths)
    known = {*WORKLOADS, *METHODS, *SETTINGS, "machine", "equal", "energy_table", "format", *lengths}
    for field, filters in (("skip", sweep.skip), ("only", sweep.only)):
        for number, filter in enumerate(filters):
            with sweep.at(field, number):
                check_filter(filter, known)
    counts = {side: sum(zips.count(*entry) for entry in found) for side, found in entries.items()}
    counts["matrices"] = sum(
        times * zips.count(*entry) for times, entry in zip(matrices, entries["matrices"], strict=True)
    )
    with sweep.at():
        _check(counts, zips)
        steps = {side: [each for entry in found for each in zips.combined(*entry)] for side, found in entries.items()}
        steps["matrices"] = [
            {**each, "": number}
            for times, entry in zip(matrices, entries["matrices"], strict=True)
            for number in range(times)
            for each in zips.combined(*entry)
        ]
        if zips.groups:
            _check_zipped(steps, zips)
    return Sides(zips, **steps)


def parts_of(
    found: Iterable[Any], sides: Sides, selection: Selection, values: Callable[[Any], Values], concerned: Iterable[str]
) -> list[Part]:
    """Parts with `steps`, each with its place and the filters that it matches."""
    asked = frozenset(concerned)
    return [Part(each, sides.zips.place(each.steps), selection.mask(values(each), asked)) for each in found]


def joined(one: Part, other: Part) -> tuple[Place | None, int]:
    """The place of both, None where they do not go together, and the filters that both match."""
    return together(one.place, other.place), one.mask & other.mask


def _entries(sweep: Sweep) -> dict[str, Entries]:
    return {
        "networks": [({"network": number}, network_lengths(sweep, number)) for number in range(len(sweep.networks))],
        "methods": [({"pruner": number}, _amounts(entry)) for number, entry in enumerate(sweep.pruners)],
        "matrices": [({"matrix": number}, _columns(sweep, entry)) for number, entry in enumerate(sweep.matrices)],
        "settings": [({}, setting_lengths(sweep, SETTINGS))],
        "products": [({}, setting_lengths(sweep, OF_MATRICES))],
        "machines": [machine_steps(sweep, number) for number in range(len(sweep.machines))],
        "tables": [({}, {"energy_table": len(sweep.energy_table)})],
        "formats": [({}, {"format": len(sweep.formats)})],
    }


def _amounts(entry: PrunerEntry) -> dict[str, int]:
    return {"sparsity": len(entry.sparsity) or 1}


def _columns(sweep: Sweep, entry: MatrixEntry) -> dict[str, int]:
    return {"columns": len(listed(sweep.columns if entry.columns is None else entry.columns))}


def _lengths(sweep: Sweep, entries: Mapping[str, Entries]) -> list[tuple[str, int]]:
    """Every axis with its length; an axis of several entries has one in each that gives several values."""
    found = [(name, length) for each in entries.values() for _, lengths in each for name, length in lengths.items()]
    several = {name for name, length in found if length > 1}
    listed_ones = {
        "network": len(sweep.networks),
        "pruner": len(sweep.pruners),
        "matrix": len(sweep.matrices),
        "machine": len(sweep.machines),
    }
    kept = [(name, length) for name, length in found if length > 1 or name not in several]
    return [*kept, *listed_ones.items()]


def _check(counts: Mapping[str, int], zips: Zips) -> None:
    """InputError for a side, or without zips a grid, of more points than one may have."""
    for count in counts.values():
        check_points(count)
    if zips.groups:
        return
    rest = [counts["formats"], counts["machines"], *(count for count in (counts["tables"],) if count > 1)]
    of_networks = [*(count for count in (counts["settings"],) if count > 1), counts["methods"], *rest]
    if counts["networks"]:
        check_points(counts["networks"], *of_networks)
    of_matrices = [*(count for count in (counts["products"],) if count > 1), *rest]
    if counts["matrices"]:
        check_points(counts["matrices"], *of_matrices)
    check_points(prod((counts["networks"], *of_networks)) + prod((counts["matrices"], *of_matrices)))


def _check_zipped(steps: Mapping[str, Sequence[Steps]], zips: Zips) -> None:
    places = {side: [zips.place(each) for each in found] for side, found in steps.items()}
    rest = [places["machines"], places["tables"], places["formats"]]
    of_networks = number_of_points([places["networks"], places["settings"], places["methods"], *rest])
    check_points(of_networks + number_of_points([places["matrices"], places["products"], *rest]))
