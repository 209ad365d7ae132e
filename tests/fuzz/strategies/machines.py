"""Shipped machines, and valid ones with other numbers in them."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from hypothesis import strategies as st

from sparsesim.errors import InputError
from sparsesim.hardware import Machine, load_energy_table, load_machine, machine_names
from sparsesim.hardware.energy import EnergyTable
from tests.machines import KERNELS, alone

FACTORS = (0.01, 0.1, 0.5, 1, 1, 1, 2, 7, 100)
"""What the numbers of a shipped machine are multiplied by."""

_FRACTIONS = frozenset({"efficiency", "dram_efficiency", "measured_power_w", "keep", "of"})
"""Fields whose values are shares or belong together; they stay as they are."""


@cache
def designs() -> dict[str, str]:
    """A kernel of every design, MACHINE/KERNEL, by kind of unit, tiles and formats."""
    found: dict[Any, str] = {}
    for name in reversed(KERNELS):
        (kernel,) = alone(name).library.values()
        found[kernel.unit.kind, str(getattr(kernel.unit, "tiles", None)), kernel.formats] = name
    return {name: name for name in sorted(found.values())}


@cache
def table(name: str) -> EnergyTable:
    return load_energy_table(name)


@cache
def fields(name: str) -> Mapping[str, Any]:
    """The fields of a machine with one kernel, MACHINE/KERNEL, as a description holds them."""
    machine = alone(name)
    return machine.model_dump(exclude={"energy_table", "sources"}, exclude_none=True)


@st.composite
def machines(draw: st.DrawFn, name: str) -> Machine | None:
    """A machine with one kernel: as it is shipped, or with other numbers; None where these do not go together."""
    if draw(st.booleans()):
        return alone(name)
    given: dict[str, Any] = _changed(draw, fields(name), draw(st.integers(1, 6)))
    sources = {field: "assumed" for field in given if field not in ("name", "description")}
    try:
        return load_machine({**given, "energy_table": alone(name).energy_table, "sources": sources})
    except InputError:
        return None


def _changed(draw: st.DrawFn, given: Mapping[str, Any], changes: int) -> dict[str, Any]:
    """The same description with a few of its numbers multiplied."""
    places = [place for place in _numbers(given) if not _FRACTIONS & set(place)]
    chosen = {draw(st.sampled_from(places)): draw(st.sampled_from(FACTORS)) for _ in range(changes)}
    return _with(given, (), chosen)


def _with(value: Any, place: tuple[Any, ...], factors: Mapping[tuple[Any, ...], float]) -> Any:
    if isinstance(value, Mapping):
        return {key: _with(child, (*place, key), factors) for key, child in value.items()}
    factor = factors.get(place, 1)
    if factor == 1:
        return value
    return max(1, round(value * factor)) if isinstance(value, int) else value * factor


def _numbers(value: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, Mapping):
        return [found for key, child in value.items() for found in _numbers(child, (*place, key))]
    return [place] if isinstance(value, int | float) and not isinstance(value, bool) else []


SHIPPED = tuple(machine_names())
