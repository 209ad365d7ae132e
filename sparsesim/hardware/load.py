"""`load_machine`: from a name, a file or a mapping to a Machine."""

from collections.abc import Iterable, Mapping
from functools import reduce
from pathlib import Path
from typing import Any

from sparsesim.errors import InputError
from sparsesim.faults import BASE
from sparsesim.hardware.machine import Machine
from sparsesim.hardware.sources import all_are_covered, leaf_paths, number_paths
from sparsesim.several import several
from sparsesim.shipped import shipped_file, shipped_names
from sparsesim.yaml_file import Given, lineage, merged, naming, origin_of, validated

_FOLDER, _SUFFIX = "models/hardware", ".yaml"
_NOT_INHERITED = ("name", "description")


def machine_names() -> list[str]:
    """Names of the shipped machines."""
    return shipped_names(_FOLDER, _SUFFIX)


def _shipped(name: str) -> Path:
    return shipped_file("machine", name, _FOLDER, _SUFFIX)


def load_machine(given: Given | Machine) -> Machine:
    """A shipped machine by name, one described in a `.yaml` file or in a mapping with the fields of such a file.

    A description with `based_on: NAME` (a shipped machine, or a `.yaml` file in the same folder) gives only what
    differs: mappings merge, lists are replaced, `null` (None) removes a field. Its own numbers need sources of their
    own, because those of the base describe other numbers. A Machine is returned as it is. Raises InputError naming
    file, field and fault, UnknownNameError for a name that is not shipped.

    >>> import sparsesim as ss
    >>> card = ss.load_machine("a100-pcie")
    >>> card.clock_hz, card.dram.bandwidth_bytes_per_s
    (1410000000, 1935000000000)
    >>> slow = {"name": "slow", "description": "an A100 at 1 GHz", "based_on": "a100-pcie", "clock_hz": "1 GHz"}
    >>> ss.load_machine(slow | {"sources": {"clock_hz": "assumed"}}).clock_hz
    1000000000
    >>> ss.load_machine(slow | {"clock_hz": "fast"})
    Traceback (most recent call last):
    sparsesim.errors.FaultsError: clock_hz: 'fast': ...
    """
    if isinstance(given, Machine):
        return given
    path = origin_of(given, _shipped)
    with naming(path):
        *ancestors, (_, own) = lineage(path, _shipped)
        merged_fields = reduce(_based, [*(fields for _, fields in ancestors), own])
        machine = validated(path, merged_fields, Machine, [file for file, _ in ancestors])
        if ancestors:
            _own_numbers_have_own_sources(own, machine, "this mapping" if isinstance(path, Mapping) else "this file")
    return machine


def load_machines(given: Given | Machine | Iterable[Given | Machine]) -> list[Machine]:
    """One or several machines, each as `load_machine` takes it; what is given twice is there once.

    Raises InputError for none at all, and for different machines with one name, which results could not tell apart.
    """
    found: dict[str, Machine] = {}
    for machine in map(load_machine, several(given)):
        if found.setdefault(machine.name, machine) != machine:
            raise InputError(f"machines: two different ones are called {machine.name!r}; give one another name")
    if not found:
        raise InputError("machines: at least one is needed")
    return list(found.values())


def _based(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """`own` merged over `base`, without what a file does not inherit: name and description."""
    fields = merged({field: value for field, value in base.items() if field not in _NOT_INHERITED}, {**own, BASE: None})
    if isinstance(fields.get("kernels"), Mapping):
        # What one kernel removes from another, on which it is based, is removed in machines that are based on this one.
        above, changed = (given if isinstance(given := file.get("kernels"), Mapping) else {} for file in (base, own))
        fields["kernels"] = merged(above, changed, keep_null=True)
    return fields


def _own_numbers_have_own_sources(own: Mapping[str, Any], machine: Machine, where: str) -> None:
    numbers = set(number_paths(machine.model_dump(exclude={"energy_table"}))) & set(leaf_paths(own))
    all_are_covered(sorted(numbers), own.get("sources") or {}, f"entry of {where}")
