"""From the lists and ranges of an exploration to the axes of its space."""

from collections.abc import Iterable
from typing import Any

from sparsesim.errors import InputError
from sparsesim.hardware import Machine, with_fields
from sparsesim.studies.exploring.description import MOST_VALUES, Exploration
from sparsesim.studies.exploring.space import Axis
from sparsesim.studies.sweeps.ranges import values_of


def machine_axes(given: Exploration, machine: Machine) -> list[Axis]:
    """An axis per field of the machine. Raises InputError for a field or value that the machine does not take."""
    found = []
    for path, asked in given.search.machine.items():
        with given.at("search", "machine", path):
            values = _values(asked)
            for value in values:
                with_fields(machine, {path: value})
            found.append(Axis("machine", path, values))
    return found


def plan_axes(given: Exploration, layers: Iterable[str]) -> list[Axis]:
    """An axis for the sparsity of every layer, and one for its format where that is searched."""
    plan = given.search.plan
    if plan is None:
        return []
    with given.at("search", "plan", "sparsity"):
        values = _values(plan.sparsity)
        for value in values:
            if isinstance(value, bool | str) or not 0 <= value < 1:
                raise InputError(f"{value!r}: a number in [0, 1) is needed")
    names = list(layers)
    found = [Axis("sparsity", name, values) for name in names]
    if plan.choose == "searched":
        found += [Axis("format", name, given.formats) for name in names]
    return found


def _values(asked: Any) -> tuple[Any, ...]:
    """The values of a list or range; numbers in rising order."""
    values = tuple(dict.fromkeys(values_of(asked)))
    if len(values) > MOST_VALUES:
        raise InputError(f"{len(values)} values: at most {MOST_VALUES} are allowed")
    plain = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    return tuple(sorted(values)) if plain else values
