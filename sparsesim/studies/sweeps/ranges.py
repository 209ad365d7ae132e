"""The values of an axis: a list as it stands, or a range in few words.

`{linear: [FROM, TO, COUNT]}` are COUNT values at equal distances, `{log2: [FROM, TO]}` each twice the one before. Both
ends are values; they may have a unit, as in "16 GB/s".
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Final, NamedTuple

import numpy as np

from sparsesim.errors import InputError
from sparsesim.places import shown
from sparsesim.units import parse_quantity

MOST_VALUES: Final = 10_000
"""Values of one axis; a grid has ten times as many points at most."""

_FORMS: Final = {"linear": "[from, to, count]", "log2": "[from, to]"}
_LARGEST: Final = 10**18
_UNITS: Final = ("B/s", "Hz", "B")
"""As they end, the longest first."""


class _End(NamedTuple):
    """One end of a range, exact, in its unit; whole where it was written so."""

    value: Fraction
    unit: str
    whole: bool


def values_of(given: Any) -> tuple[Any, ...]:
    """The values of an axis, in order: those of a list, of a range, or one that stands for itself.

    Values of a range are numbers: integers if both ends are and nothing lies between, else floats; where the ends have
    units, whole B, Hz or B/s, rounded. Values of a list stay as they were given.

    Raises InputError for an empty list, for more than `MOST_VALUES`, for an unknown kind of range, and for a range of
    what is no number, of two units, from a larger to a smaller or equal value, of a count below two, or by powers of
    two from a value that is not positive or to one that is not reached.

    >>> from sparsesim.studies.sweeps.ranges import values_of
    >>> values_of({"log2": ["16 GB/s", "64 GB/s"]})
    (16000000000, 32000000000, 64000000000)
    >>> values_of({"linear": [0.5, 0.8, 4]})
    (0.5, 0.6, 0.7, 0.8)
    >>> values_of({"log2": [16, 100]})
    Traceback (most recent call last):
    sparsesim.errors.InputError: log2: [16, 100]: 100 is not 16 times a power of two; 64 and 128 are
    """
    if isinstance(given, Mapping):
        return _of_range(given)
    values = tuple(given) if isinstance(given, list | tuple | range | np.ndarray) else (given,)
    if not values:
        raise InputError("at least one value is needed")
    _check_count(len(values))
    return values


def is_range(given: Any) -> bool:
    """Whether this is written as a range: a mapping with the kind of range as its only key."""
    return isinstance(given, Mapping) and len(given) == 1 and next(iter(given)) in _FORMS


def _of_range(given: Mapping[Any, Any]) -> tuple[Any, ...]:
    if not is_range(given):
        known = " or ".join(f"{{{kind}: {form}}}" for kind, form in _FORMS.items())
        raise InputError(f"{shown(dict(given))}: a range is {known}")
    ((kind, numbers),) = given.items()
    if not isinstance(numbers, list | tuple) or len(numbers) != _FORMS[kind].count(",") + 1:
        raise InputError(f"{kind}: {shown(numbers)}: must be {_FORMS[kind]}")
    place = f"{kind}: {shown(list(numbers))}"
    first, last = (_end(kind, number) for number in numbers[:2])
    if first.unit != last.unit:
        raise InputError(f"{place}: both ends need the same unit, or none")
    if first.value >= last.value:
        raise InputError(f"{place}: the first value must be less than the last")
    found = _linear(first, last, numbers[2]) if kind == "linear" else _doubled(place, first, last, numbers)
    whole = first.whole and last.whole and all(value.denominator == 1 for value in found)
    if first.unit:
        return tuple(dict.fromkeys(round(value) for value in found))
    return tuple(int(value) if whole else float(value) for value in found)


def _linear(first: _End, last: _End, count: Any) -> list[Fraction]:
    if isinstance(count, bool) or not isinstance(count, int | np.integer) or count < 2:
        raise InputError(f"linear: count: {shown(count)}: must be a whole number, at least 2")
    _check_count(int(count))
    # Exact, so that 0.5 to 0.8 in four is 0.6 and 0.7, and not beside them.
    step = (last.value - first.value) / (int(count) - 1)
    return [first.value + number * step for number in range(int(count))]


def _doubled(place: str, first: _End, last: _End, numbers: Any) -> list[Fraction]:
    if first.value <= 0:
        raise InputError(f"{place}: the first value must be more than 0")
    found = [first.value]
    while found[-1] < last.value:
        found.append(2 * found[-1])
        _check_count(len(found))
    if found[-1] != last.value:
        low, high = (f"{float(value):g}{f' {first.unit}' if first.unit else ''}" for value in found[-2:])
        raise InputError(f"{place}: {numbers[1]} is not {numbers[0]} times a power of two; {low} and {high} are")
    return found


def _end(kind: str, given: Any) -> _End:
    value = given.item() if isinstance(given, np.generic) else given
    unit = next((unit for unit in _UNITS if isinstance(value, str) and value.strip().endswith(unit)), "")
    if unit:
        return _End(Fraction(parse_quantity(value, unit)), unit, True)
    if isinstance(value, str):
        value = _number(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError(f"{kind}: {shown(given)}: must be a number, or one with a unit such as 64 GB/s")
    if not abs(value) <= _LARGEST:
        raise InputError(f"{kind}: {shown(given)}: must be at most {_LARGEST:g}, and finite")
    # The decimal that was written, not the binary fraction beside it.
    return _End(Fraction(repr(value)), "", isinstance(value, int))


def _number(text: str) -> Any:
    """The number of a text such as 1e9, which YAML does not read as one; the text itself if it is none."""
    try:
        return float(text)
    except ValueError:
        return text


def _check_count(count: int) -> None:
    if count > MOST_VALUES:
        raise InputError(f"{count} values are more than the {MOST_VALUES} that an axis may have")
