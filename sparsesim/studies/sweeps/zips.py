"""Zipped axes: values that go together, and how many points a grid has before any is made."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final, TypeAlias

from sparsesim.errors import InputError, UnknownNameError

SINGULAR: Final = {
    "networks": "network",
    "matrices": "matrix",
    "pruners": "pruner",
    "sparsities": "sparsity",
    "formats": "format",
    "machines": "machine",
}
"""What one of a list is called, as in the columns of results."""

Steps: TypeAlias = dict[str, int]
"""The place of a value on its axis, by the name of the axis."""
Place: TypeAlias = tuple[int | None, ...]
"""The place within every group of zipped axes; None where none of its axes is concerned."""


def axis_name(name: str) -> str:
    """An axis as results name it: networks as network."""
    return SINGULAR.get(name, name)


@dataclass(frozen=True)
class Zips:
    """Groups of axes of which one value of each goes with one of every other."""

    groups: tuple[frozenset[str], ...] = ()

    def combined(self, fixed: Mapping[str, int], lengths: Mapping[str, int]) -> Iterator[Steps]:
        """All combinations of values of axes with these lengths beside `fixed` ones; those that are zipped go together.

        Axes that come later change first. An axis with one value has no step, and goes with every other.
        """
        lengths = {name: length for name, length in lengths.items() if length != 1}
        sides = dict[frozenset[str], list[Steps]]()
        for name in lengths:
            alone = frozenset({name})
            group = next((group for group in self.groups if name in group), alone)
            together = [each for each in lengths if each in group] if group is not alone else [name]
            sides.setdefault(group, [dict.fromkeys(together, number) for number in range(lengths[name])])
        for chosen in product(*sides.values()):
            steps = {**fixed, **{name: number for side in chosen for name, number in side.items()}}
            if all(len({steps[name] for name in group if name in steps}) < 2 for group in self.groups):
                yield {name: steps[name] for name in (*fixed, *lengths)}

    def count(self, fixed: Mapping[str, int], lengths: Mapping[str, int]) -> int:
        """At most so many combinations, as a number alone."""
        total, seen = 1, set[frozenset[str]]()
        for name, length in lengths.items():
            group = next((group for group in self.groups if name in group), frozenset({name}))
            total *= 1 if group in seen else length
            seen.add(group)
        return total

    def place(self, steps: Mapping[str, int]) -> Place:
        """Where these steps are within every group."""
        return tuple(next((steps[name] for name in group if name in steps), None) for group in self.groups)

    def check(self, number: int, lengths: Mapping[str, set[int]]) -> None:
        """InputError where a group names what is no axis, or axes of different length."""
        group = sorted(self.groups[number])
        for name in group:
            if name not in lengths:
                raise UnknownNameError("axis", name, lengths)
        told = [(name, length) for name in group for length in sorted(lengths[name])]
        unlike = next((each for each in told if each[1] != told[0][1]), None)
        if unlike:
            (one, many), (other, few) = told[0], unlike
            raise InputError(f"{one} has {many} values and {other} {few}; zipped axes have equally many")


def zips_of(given: Sequence[Sequence[str]]) -> Zips:
    """Zips of axes as users name them; InputError for a group of one axis, and an axis in two."""
    groups = [frozenset(axis_name(name) for name in names) for names in given]
    for number, (names, group) in enumerate(zip(given, groups, strict=True)):
        if len(group) < 2:
            raise InputError(f"{number}: {', '.join(names)}: two axes at least are zipped")
        shared = group.intersection(*([frozenset().union(*groups[:number])] if number else [frozenset()]))
        if shared:
            raise InputError(f"{number}: {min(shared)} is zipped already")
    return Zips(tuple(groups))


def together(one: Place, other: Place) -> Place | None:
    """The place of both; None where they do not go together."""
    if one == other:
        return one
    merged = []
    for first, second in zip(one, other, strict=True):
        if first is not None and second is not None and first != second:
            return None
        merged.append(second if first is None else first)
    return tuple(merged)


def number_of_points(sides: Iterable[Iterable[Place]]) -> int:
    """How many combinations of one part of every side go together."""
    found: Counter[Place] | None = None
    for side in sides:
        counted = Counter(side)
        if found is None:
            found = counted
            continue
        merged = Counter[Place]()
        for (one, times), (other, more) in product(found.items(), counted.items()):
            both = together(one, other)
            if both is not None:
                merged[both] += times * more
        found = merged
    return sum(found.values()) if found else 0
