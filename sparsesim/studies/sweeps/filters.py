"""Combinations that make no sense, or that alone are asked for: by value, pattern, comparison or list of these."""

import operator
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from fnmatch import fnmatchcase
from typing import Any, Final, TypeAlias

from sparsesim.errors import InputError, UnknownNameError
from sparsesim.places import within
from sparsesim.studies.sweeps.entries import Filter
from sparsesim.studies.sweeps.zips import axis_name
from sparsesim.units import parse_quantity

Values: TypeAlias = Mapping[str, Sequence[Any]]
"""What a part of a point is, by the name of an axis: the value, or each name that it goes by."""

_COMPARED: Final[dict[str, Callable[[Any, Any], bool]]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
}
NOT_ASKED_FOR: Final = "only others are asked for"
"""Why points are left out that no filter of those to keep matches."""
_UNITS: Final = ("B/s", "Hz", "B")


class Selection:
    """Which points stay, decided from masks of their parts.

    Bit n of a part tells that filter n fits it, as far as it asks for what this part is; the bits that all parts of a
    point have are the filters that it matches, those that skip first.
    """

    def __init__(self, skip: Sequence[Filter], only: Sequence[Filter]) -> None:
        self._skip, self._only = skip, only
        self._skips = (1 << len(skip)) - 1
        self.all = (1 << len(skip) + len(only)) - 1
        self._onlys = self.all & ~self._skips
        self._left_out, self._missed, self._seen = [0] * len(skip), 0, 0

    def mask(self, values: Values, concerned: Collection[str]) -> int:
        """The bits of a part with these values, of filters of the axes that are `concerned`."""
        bits = 0
        for number, filter in enumerate((*self._skip, *self._only)):
            asked = {axis_name(name): wanted for name, wanted in filter.fields.items()}
            fits = (_fits(wanted, values.get(name, ())) for name, wanted in asked.items() if name in concerned)
            bits |= all(fits) << number
        return bits

    def keeps(self, mask: int) -> bool:
        """Whether a point with these bits stays; what does not is counted under the first filter that it matches."""
        self._seen |= mask
        skipped = mask & self._skips
        if skipped:
            self._left_out[(skipped & -skipped).bit_length() - 1] += 1
            return False
        if self._onlys and not mask & self._onlys:
            self._missed += 1
            return False
        return True

    @property
    def left_out(self) -> dict[str, int]:
        """How many points were left out, by the reason; 0 for a filter that no point matches."""
        found = dict[str, int]()
        for number, (filter, times) in enumerate(zip(self._skip, self._left_out, strict=True)):
            if times or not self._seen >> number & 1:
                found[filter.reason] = found.get(filter.reason, 0) + times
        if self._missed:
            found[NOT_ASKED_FOR] = self._missed
        unseen = [each for bit, each in enumerate(self._only, len(self._skip)) if not self._seen >> bit & 1]
        return found | {f"only: {filter.reason}": 0 for filter in unseen}


def check_filter(filter: Filter, axes: Iterable[str]) -> None:
    """InputError for a field that is no axis of the grid, and a comparison with what is no number."""
    known = sorted(set(axes))
    for name, wanted in filter.fields.items():
        if axis_name(name) not in known:
            raise UnknownNameError("axis", name, known)
        for each in wanted if isinstance(wanted, list | tuple) else (wanted,):
            with within(name):
                _test(each)


def _fits(wanted: Any, values: Sequence[Any]) -> bool:
    tests = [_test(each) for each in (wanted if isinstance(wanted, list | tuple) else (wanted,))]
    return any(test(value) for test in tests for value in values)


def _test(wanted: Any) -> Callable[[Any], bool]:
    """Whether a value is as it is wanted to be."""
    if not isinstance(wanted, str):
        return lambda value: type(value) is not bool and value == wanted
    sign = next((sign for sign in _COMPARED if wanted.startswith(sign)), None)
    if sign is None:
        number = _number(wanted)
        return lambda value: fnmatchcase(str(value), wanted) or (number is not None and value == number)
    bound, compared = _number(wanted.removeprefix(sign).strip()), _COMPARED[sign]
    if bound is None:
        raise InputError(f"{wanted!r}: a number is needed behind {sign}, or one with a unit such as 64 GB/s")
    return lambda value: isinstance(value, int | float) and not isinstance(value, bool) and compared(value, bound)


def _number(text: str) -> float | None:
    with suppress(ValueError):
        return float(text)
    for unit in _UNITS:
        with suppress(InputError):
            return parse_quantity(text, unit)
    return None
