"""What a search may choose from: axes, and candidates that take one value of each."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from math import prod
from typing import Any, Final, Literal, TypeAlias

Kind = Literal["machine", "sparsity", "format"]
Choice: TypeAlias = tuple[int, ...]
"""A candidate as the number of its value on every axis."""

MOST_LISTED: Final = 200_000
"""Candidates that are listed one by one where drawing finds none that is new."""


@dataclass(frozen=True)
class Axis:
    """One thing that may change, and its values in order.

    Attributes:
        kind: a field of the machine, the sparsity of a layer or its format.
        subject: the path of the field, or the name of the layer.
        values: numbers rise, so that neighbours are alike.
    """

    kind: Kind
    subject: str
    values: tuple[Any, ...]

    @property
    def name(self) -> str:
        """What tables and the store call it."""
        return self.subject if self.kind == "machine" else f"{self.kind} {self.subject}"

    @property
    def ordered(self) -> bool:
        """Whether neighbours are alike: all but names."""
        return self.kind != "format" and not any(isinstance(value, bool) for value in self.values)


@dataclass(frozen=True)
class Candidate:
    """One configuration: fields of the machine by path, and by layer its sparsity and, where searched, its format."""

    machine: Mapping[str, Any] = field(default_factory=dict)
    sparsity: Mapping[str, float] = field(default_factory=dict)
    format: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Space:
    """All axes of a search."""

    axes: tuple[Axis, ...]

    @cached_property
    def size(self) -> int:
        """How many candidates there are."""
        return prod(len(axis.values) for axis in self.axes)

    def candidate(self, choice: Sequence[int]) -> Candidate:
        """The values at these numbers."""
        found: dict[Kind, dict[str, Any]] = {"machine": {}, "sparsity": {}, "format": {}}
        for axis, number in zip(self.axes, choice, strict=True):
            found[axis.kind][axis.subject] = axis.values[number]
        return Candidate(**found)

    def choice(self, values: Mapping[str, Any]) -> Choice:
        """The candidate whose values, by name of axis, are nearest to these; the first value where none is named."""
        return tuple(_nearest(axis, values[axis.name]) if axis.name in values else 0 for axis in self.axes)

    def named(self, choice: Sequence[int]) -> dict[str, Any]:
        """The values at these numbers by name of axis."""
        return {axis.name: axis.values[number] for axis, number in zip(self.axes, choice, strict=True)}

    def neighbours(self, choice: Choice) -> Iterator[Choice]:
        """Those that differ on one axis: by one step where values have an order, else by any."""
        for place, axis in enumerate(self.axes):
            here, last = choice[place], len(axis.values) - 1
            others = (here - 1, here + 1) if axis.ordered else range(last + 1)
            for number in others:
                if number != here and 0 <= number <= last:
                    yield (*choice[:place], number, *choice[place + 1 :])

    def every(self) -> Iterator[Choice]:
        """All candidates."""
        return product(*(range(len(axis.values)) for axis in self.axes))


def _nearest(axis: Axis, wanted: Any) -> int:
    return min(range(len(axis.values)), key=lambda number: _distance(axis.values[number], wanted))


def _distance(value: Any, wanted: Any) -> float:
    if value == wanted:
        return 0.0
    numbers = isinstance(value, int | float) and isinstance(wanted, int | float)
    return abs(value - wanted) if numbers else float("inf")
