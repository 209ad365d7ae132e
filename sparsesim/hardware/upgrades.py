"""A machine with more of one resource: those that its kernels share, and those of each unit."""

from collections.abc import Iterable
from typing import Final

from sparsesim.accelerators.upgrades import Upgrade, Upgrades
from sparsesim.errors import UnknownNameError
from sparsesim.hardware.machine import Machine
from sparsesim.hardware.variants import numeric_fields, with_fields

OF_ALL: Final = {
    "DRAM bandwidth": Upgrade({"dram.bandwidth_bytes_per_s": 1}, ("memory",)),
    "DRAM latency": Upgrade({"dram.latency_ns": -1}, ("latency", "B fetch")),
    "launch": Upgrade({"launch_ns": -1, "launch_interval_ns": -1}, ("launch",)),
    "power cap": Upgrade({"power.cap_w": 1}, ("power",)),
}
"""What the kernels of a machine share. A kernel may have a launch of its own."""

CLOCK: Final = "clock"
"""Everything on the chip at once, at the same energy per action: no resource of its own, but often asked for."""


def upgrades_of(machine: Machine) -> dict[str, Upgrade]:
    """What a machine could have more of, with the paths of its fields; fields that it does not have are left out.

    A resource that several kernels have is one: all of them get more of it.
    """
    known = numeric_fields(machine)
    single = len(machine.library) == 1 and machine.accelerator is not None
    found: dict[str, dict[str, float]] = {}
    told: dict[str, Upgrade] = {}

    def add(upgrades: Upgrades, place: str) -> None:
        for name, upgrade in upgrades.items():
            paths = {
                path: exponent
                for field, exponent in upgrade.fields.items()
                for path in known
                if f"{path}.".startswith(f"{place}{field}.")
            }
            if paths:
                found.setdefault(name, {}).update(paths)
                before = told.setdefault(name, upgrade)
                relieves = tuple(dict.fromkeys((*before.relieves, *upgrade.relieves)))
                told[name] = Upgrade({}, relieves, before.endless and upgrade.endless)

    add(OF_ALL, "")
    for name, kernel in machine.library.items():
        place = "accelerator." if single else f"kernels.{name}."
        add({"launch": OF_ALL["launch"]}, place)
        add(kernel.unit.upgrades, place)
    add({CLOCK: Upgrade({"clock_hz": 1}, (), endless=False)}, "")
    return {name: told[name]._replace(fields=paths) for name, paths in found.items()}


def upgraded(machine: Machine, resources: Iterable[str], factor: float = 2) -> Machine:
    """The machine with `factor` times as much of these resources: times as many, as fast or as large.

    What several of them change is changed once. Raises UnknownNameError for a resource that it does not have, and
    InputError where that much is beyond what a machine may have.

    >>> import sparsesim as ss
    >>> from sparsesim.hardware.upgrades import upgraded
    >>> more = upgraded(ss.load_machine("sparch"), ["merge width", "DRAM latency"])
    >>> more.unit.merge_ways, more.dram.latency_ns
    (128, 30.0)
    """
    possible, known = upgrades_of(machine), numeric_fields(machine)
    changes: dict[str, int | float] = {}
    for name in resources:
        if name not in possible:
            raise UnknownNameError(f"resource of {machine.name}", name, possible)
        for path, exponent in possible[name].fields.items():
            value = known[path] * factor**exponent
            # Counts and rates in whole numbers stay whole; latencies may be fractions of one.
            changes[path] = round(value) if isinstance(known[path], int) and exponent == 1 else value
    return with_fields(machine, changes)
