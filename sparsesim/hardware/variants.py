"""Variants of a machine: its numbers by path, and copies in which some of them are others."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from pydantic import ValidationError

from sparsesim.errors import FaultsError, InputError
from sparsesim.faults import faults_of
from sparsesim.hardware.fields import ONE, SEVERAL, Steps, is_number, leaves, named, paths
from sparsesim.hardware.machine import Machine
from sparsesim.hardware.sources import number_paths, uncovered
from sparsesim.places import within

SWEPT: Final = "swept"
"""The source of a number that a sweep sets."""

_UNTOLD: Final = "set in Python, no source given"


def numeric_fields(machine: Machine) -> dict[str, int | float]:
    """Every number of a machine by its path, those that have defaults included; lists of numbers are left out.

    Paths are those of a machine file, with the fields of a unit beside those of its kernel.

    >>> import sparsesim as ss
    >>> from sparsesim.hardware import numeric_fields
    >>> numbers = numeric_fields(ss.load_machine("sparch"))
    >>> numbers["dram.bandwidth_bytes_per_s"], numbers["accelerator.merge_ways"]
    (128000000000, 64)
    """
    return {".".join(steps): value for steps, value in leaves(machine) if is_number(value)}


def with_fields(machine: Machine, changes: Mapping[str, Any], source: str = SWEPT) -> Machine:
    """A copy with other values of fields, given by their paths; its name stays, and `source` is that of each number.

    Values are checked as those of a machine file are: units in text such as "64 GB/s", bounds, what fields must be to
    each other, number types. Fields that are no numbers (`on_violation`, `energy_table`, `kernels.gemm.tiles`) may be
    set as well, and None takes the value of an optional one away. `accelerator.FIELD` is that of the unit of a machine
    with one kernel, however it is written; `kernels.*.FIELD` are those of all kernels that have this field. A kernel
    that was based on another keeps its own value.

    Raises InputError naming machine, path and value for what a machine file could not have, for unknown paths with the
    nearest known ones, and for paths that name one field twice.

    >>> import sparsesim as ss
    >>> from sparsesim.hardware import with_fields
    >>> half = with_fields(ss.load_machine("sparch"), {"dram.bandwidth_bytes_per_s": "64 GB/s"})
    >>> half.dram.bandwidth_bytes_per_s, half.sources["dram.bandwidth_bytes_per_s"]
    (64000000000, 'swept')
    >>> with_fields(half, {"accelerator.merge_way": 32})
    Traceback (most recent call last):
    sparsesim.errors.InputError: sparch: accelerator.merge_way: unknown field, did you mean accelerator.merge_ways?
    """
    if not changes:
        return machine
    with within(machine.name):
        places = _places(machine, changes)
    content = _content(machine)
    for steps, value in sorted(places.items(), key=lambda place: len(place[0])):
        _put(content, steps, value)
    told = {".".join(steps): source for steps in places}
    kept = {path: text for path, text in machine.sources.items() if not _is_below(path, told)}
    content["sources"] = _complete(machine, content, {**kept, **told})
    try:
        return Machine.model_validate(content)
    except ValidationError as error:
        raise FaultsError(f"{machine.name}: {fault}" for fault in faults_of(error, Machine, content)) from error


def _places(machine: Machine, changes: Mapping[str, Any]) -> dict[Steps, Any]:
    """What to set to what; InputError as `named`, and for fields that are named twice."""
    found: dict[Steps, Any] = {}
    by: dict[Steps, str] = {}
    known = paths(machine)
    for path, value in changes.items():
        for steps in named(machine, str(path), known):
            if steps in found:
                raise InputError(f"{path}: this field is set by {by[steps]}, too")
            found[steps] = value.item() if isinstance(value, np.generic) else value
            by[steps] = str(path)
    return found


def _content(machine: Machine) -> dict[str, Any]:
    """The fields of the machine as a file would have them; what has its default is left out, as in the file."""
    content = machine.model_dump(exclude={"energy_table", "sources"}, exclude_unset=True)
    content["energy_table"] = machine.energy_table
    for name, kernel in machine.kernels.items():
        content[SEVERAL][name]["kind"] = kernel.unit.kind
    if machine.accelerator is not None:
        content[ONE]["kind"] = machine.accelerator.unit.kind
    return content


def _put(content: dict[str, Any], steps: Steps, value: Any) -> None:
    for step in steps[:-1]:
        below = content.get(step)
        content[step] = dict(below) if isinstance(below, Mapping) else {}
        content = content[step]
    content[steps[-1]] = value


def _is_below(path: str, changed: Mapping[str, str]) -> bool:
    return any(f"{path}.".startswith(f"{parent}.") for parent in changed)


def _complete(machine: Machine, content: Mapping[str, Any], sources: Mapping[str, str]) -> dict[str, str]:
    """The sources with those of numbers that were set in Python, where nobody asks for one.

    The only kernel of a machine may have got another place since its sources were written.
    """
    missing = uncovered(number_paths({name: part for name, part in content.items() if name != "energy_table"}), sources)
    if not missing:
        return dict(sources)
    name = next(iter(machine.library))
    moved = {path.replace(ONE, f"{SEVERAL}.{name}", 1): text for path, text in sources.items() if _at(path, ONE)}
    complete = {**sources, **(moved if machine.accelerator is None else {})}
    return {**complete, **dict.fromkeys(uncovered(missing, complete), _UNTOLD)}


def _at(path: str, place: str) -> bool:
    return f"{path}.".startswith(f"{place}.")
