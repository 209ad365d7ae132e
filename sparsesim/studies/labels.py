"""What the parts of a grid are called: short, and never two different ones alike."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NamedTuple

from sparsesim.errors import InputError
from sparsesim.formats import Format, format_by_name
from sparsesim.hardware import Machine
from sparsesim.identity import KIND, canonical, content_hash
from sparsesim.pruning import Pruner
from sparsesim.pruning.selectors import RoundedUp
from sparsesim.results import UNPRUNED
from sparsesim.several import several
from sparsesim.transforms import Mask, Method, as_method

_BARE: Final = ("criterion",)
"""Parameters whose value says enough without their name."""
_MOST: Final = 3
"""So many parameters are told; whoever sets more gives names."""
_SHOWN: Final = 6
"""Characters of a hash that are shown where nothing else tells two apart."""


class Named(NamedTuple):
    """A part of a grid.

    Attributes:
        label: what it is called.
        content: its content hash.
        value: what it differs from others of its name in.
        given: how the user wrote it, where that is text.
        beside: what stands beside the label in results, and tells it from others as well.
    """

    label: str
    content: str
    value: Any
    given: str = ""
    beside: Any = None


def distinct_labels(parts: Sequence[Named]) -> list[str]:
    """A label for each part. Those that no other has stay; the others get in brackets what differs."""
    alike: dict[tuple[str, Any], list[int]] = {}
    for number, part in enumerate(parts):
        alike.setdefault((part.label, part.beside), []).append(number)
    found = [part.label for part in parts]
    for (label, _), places in alike.items():
        if len(places) > 1:
            for number, words in zip(places, _words([parts[number] for number in places]), strict=True):
                found[number] = label if words in ("", label) else f"{label} ({words})"
    shown = Counter((label, part.beside) for label, part in zip(found, parts, strict=True))
    return [
        label if shown[label, part.beside] == 1 else f"{label} ({part.content[:_SHOWN]})"
        for label, part in zip(found, parts, strict=True)
    ]


def formats_told_apart(given: str | Format | Iterable[str | Format]) -> dict[str, Format]:
    """One or several formats by what they are called; what is given twice is there once."""
    formats = list(dict.fromkeys(map(format_by_name, several(given))))
    if not formats:
        raise InputError("formats: at least one is needed")
    parts = [Named(format.name, content_hash(format), format) for format in formats]
    return dict(zip(distinct_labels(parts), formats, strict=True))


def machines_told_apart(loaded: Sequence[tuple[Any, Machine]], on_violation: str | None = None) -> list[Machine]:
    """Machines, each beside how it was given, of which no two have one name; what is given twice is there once.

    `on_violation` is how all of them treat weights that no kernel takes; None as each says.

    Raises InputError for none at all, and for machines that only differ in what they are called.
    """
    parts: dict[tuple[str, str], tuple[Named, Machine]] = {}
    for given, card in loaded:
        machine = card if on_violation is None else card.with_on_violation(on_violation)
        text = str(given) if isinstance(given, str | Path) else ""
        named = Named(machine.name, content_hash([machine, list(machine.library)]), machine, text)
        parts.setdefault((named.content, named.label), (named, machine))
    if not parts:
        raise InputError("machines: at least one is needed")
    names = [named for named, _ in parts.values()]
    refuse_equal("machines", names)
    labels = distinct_labels(names)
    return [
        machine if label == machine.name else machine.model_copy(update={"name": label})
        for label, (_, machine) in zip(labels, parts.values(), strict=True)
    ]


def methods_told_apart(given: Method | Pruner | str | Iterable[Method | Pruner | str]) -> list[Method]:
    """One or several methods, of which no two have one name and sparsity; what is given twice is there once.

    Raises InputError as `as_method` does, for none at all, and for methods that only differ in what they are called.
    """
    parts: dict[tuple[str, str], tuple[Named, Method]] = {}
    for method in map(as_method, several(given)):
        # "none" stands for itself: results tell of weights that came pruned with it alone.
        label = method.label
        content = content_hash([method, label == UNPRUNED])
        named = Named(label, content, _options(method), beside=method.asked_sparsity)
        parts.setdefault((content, label), (named, method))
    if not parts:
        raise InputError("pruners: at least one is needed")
    names = [named for named, _ in parts.values()]
    refuse_equal("pruners", names)
    labels = distinct_labels(names)
    return [
        method if label == named.label else _called(method, label.removeprefix(named.label))
        for label, named, method in zip(labels, names, (method for _, method in parts.values()), strict=True)
    ]


def refuse_equal(field: str, parts: Sequence[Named]) -> None:
    """InputError where two parts have equal content: their points would be the same."""
    known: dict[str, str] = {}
    for part in parts:
        told = part.label if part.given in ("", part.label) else f"{part.label} ({part.given})"
        before = known.setdefault(part.content, told)
        if before is not told:
            raise InputError(
                f"{field}: {before!r} and {told!r} are equal in everything that decides a figure: leave one"
            )


def _options(method: Method) -> Any:
    """The parameters of a method as users give them: a rounded amount is an amount and `round_to`."""
    if not isinstance(method, Mask) or method.pruner is None:
        return method
    pruner, selector = method.pruner, method.pruner.selector
    told: dict[str, Any] = {"criterion": pruner.criterion}
    while isinstance(selector, RoundedUp):
        told, selector = told | {"round_to": selector.multiple}, selector.selector
    return told | {"selector": selector, "pattern": pruner.pattern}


def _called(method: Method, words: str) -> Method:
    """The method with something added to its label; only masks can be given without a name of their own."""
    if not isinstance(method, Mask):
        raise InputError(f"pruners: two different ones are called {method.label!r}; give one another name")
    return replace(method, options=f"{method.options}{words}".strip())


def _words(parts: Sequence[Named]) -> list[str]:
    """What tells parts of one name apart: how they were given, or their parameters."""
    given = [part.given for part in parts]
    if all(given) and len(set(given)) == len(given):
        return given
    return [", ".join(_told(name, value) for name, value in own) for own in _differing([part.value for part in parts])]


def _told(name: str, value: Any) -> str:
    return str(value) if name in ("", *_BARE) else f"{name}={value}"


def _differing(values: Sequence[Any]) -> list[list[tuple[str, Any]]]:
    """For each value the first parameters that others have differently, by the last step of their field."""
    leaves = [_leaves(canonical(value)) for value in values]
    paths = dict.fromkeys(path for each in leaves for path in each)
    unlike = [path for path in paths if any(each.get(path) != leaves[0].get(path) for each in leaves)]
    return [[(path[-1], each[path]) for path in unlike if each.get(path) is not None][:_MOST] for each in leaves]


def _leaves(value: Any, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    if not isinstance(value, Mapping):
        return {path: value}
    found: dict[tuple[str, ...], Any] = {(*path, ""): str(value[KIND]).lower()} if KIND in value else {}
    for name, below in value.items():
        if name != KIND:
            found |= _leaves(below, (*path, str(name)))
    return found
