"""What of a unit grows when the unit does: the answer that each gives, and its numbers after growing."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, NamedTuple

from sparsesim.errors import InputError


class Scaling(NamedTuple):
    """Where the fields of a unit go when it is built wider; every field is in one of these, but for `kind`.

    Attributes:
        width: what grows in proportion: rates of the whole unit, and the number of its parts.
        buffers: capacities that the parts share; they grow where area is shared out, and stay where only rates are.
        fixed: what stays: times, sizes of one part and of one element, structure.
        measured: what was measured on the unit as it is, and is left out of another.
        parts: the field of `width` that counts equal parts; of these there is a whole number.
    """

    width: tuple[str, ...]
    buffers: tuple[str, ...]
    fixed: tuple[str, ...]
    measured: tuple[str, ...] = ()
    parts: str = ""


def grown(unit: Any, scaling: Scaling, factor: float, buffers: bool) -> dict[str, Any]:
    """The fields that change if a unit gets `factor` times as wide, by path below the unit, with their values.

    With `buffers` the capacities grow, too. Whole numbers are rounded: with `parts`, so is the number of these, and all
    rates grow as it does. Raises InputError where less than one of something would be left.
    """
    exact, wide = Fraction(factor), Fraction(factor)
    if scaling.parts:
        count = getattr(unit, scaling.parts)
        wide = Fraction(_times(scaling.parts, count, exact), count)
    changes: dict[str, Any] = {}
    for field in scaling.width:
        changes |= _each(field, _value(unit, field), wide)
    for field in scaling.buffers if buffers else ():
        changes |= _each(field, _value(unit, field), exact)
    emptied: dict[str, Any] = {field: {} for field in scaling.measured if getattr(unit, field)}
    return {**changes, **emptied}


def _value(unit: Any, field: str) -> Any:
    for step in field.split("."):
        unit = getattr(unit, step)
    return unit


def _each(field: str, value: Any, factor: Fraction) -> dict[str, Any]:
    if isinstance(value, Mapping):
        return {f"{field}.{key}": _times(f"{field}.{key}", each, factor) for key, each in value.items()}
    return {field: _times(field, value, factor)}


def _times(field: str, value: Any, factor: Fraction) -> Any:
    if not isinstance(value, int):
        return value * float(factor)
    rounded = round(value * factor)
    if rounded < 1:
        raise InputError(f"{field}: {value} x {float(factor):g} is less than one")
    return rounded
