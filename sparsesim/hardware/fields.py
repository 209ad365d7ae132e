"""The fields of a machine by their paths, as users write them."""

import difflib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias, get_args

from pydantic import BaseModel

from sparsesim.errors import InputError
from sparsesim.hardware.kernels import Kernel

if TYPE_CHECKING:
    from sparsesim.hardware.machine import Machine

ONE: Final = "accelerator"
"""Where a machine with one kernel has it, and how users name it wherever it is."""
SEVERAL: Final = "kernels"
_EVERY: Final = "*"
_FIXED: Final = frozenset({"name", "description", "source", "sources", "kind", "area"})
"""What says which machine or unit this is, and how large as published, but not how it is built."""
_TOLD: Final = 3
"""So many similar paths are told."""

Steps: TypeAlias = tuple[str, ...]
"""The keys of a path one by one: names of kernels may have dots."""


def leaves(machine: "Machine") -> Iterator[tuple[Steps, Any]]:
    """Every field that is not made of others, with its value: None where it has none."""
    yield from _below(machine, ())


def sizes(machine: "Machine") -> dict[str, float]:
    """Every number of a machine, and the `sizes` of its units, by path; those of an only kernel by both its names."""
    found = {".".join(steps): float(value) for steps, value in leaves(machine) if is_number(value)}
    for name, kernel in machine.library.items():
        place = ONE if machine.accelerator is not None else f"{SEVERAL}.{name}"
        found |= {f"{place}.{size}": float(value) for size, value in kernel.unit.sizes.items()}
    if machine.accelerator is None and len(machine.kernels) == 1:
        (name,) = machine.kernels
        below = {path: value for path, value in found.items() if path.startswith(f"{SEVERAL}.{name}.")}
        found |= {path.replace(f"{SEVERAL}.{name}", ONE, 1): value for path, value in below.items()}
    return found


def is_number(value: Any) -> bool:
    """Whether a value is a number; a truth value is none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _below(value: Any, steps: Steps) -> Iterator[tuple[Steps, Any]]:
    if isinstance(value, Kernel):
        yield from _below(value.unit, steps)
    if isinstance(value, BaseModel):
        for name, field in type(value).model_fields.items():
            below = getattr(value, name)
            if name in _FIXED or (isinstance(value, Kernel) and name == "unit"):
                continue
            if name == "energy_table":
                yield (*steps, name), below.name
            elif below is None and name != ONE:
                yield from _absent(field.annotation, (*steps, name))
            else:
                yield from _below(below, (*steps, name))
    elif isinstance(value, Mapping) and value:
        for name, below in value.items():
            yield from _below(below, (*steps, name))
    elif value is not None:
        yield steps, value


def _absent(annotation: Any, steps: Steps) -> Iterator[tuple[Steps, Any]]:
    """The fields of an optional part that is not there, or the optional field itself."""
    models = [each for each in get_args(annotation) if isinstance(each, type) and issubclass(each, BaseModel)]
    for model in models:
        for name in model.model_fields:
            yield (*steps, name), None
    if not models:
        yield steps, None


def paths(machine: "Machine") -> dict[str, Steps]:
    """The path of every field with its steps."""
    return {".".join(steps): steps for steps, _ in leaves(machine)}


def named(machine: "Machine", path: str, known: Mapping[str, Steps]) -> list[Steps]:
    """The fields that a path names among the `known` paths of a machine; there are several only with `kernels.*`.

    Raises InputError for an unknown path with the nearest known ones, and for `accelerator` where there are several.
    """
    if path.startswith(f"{SEVERAL}.{_EVERY}."):
        last = path.removeprefix(f"{SEVERAL}.{_EVERY}.")
        written = [_written(machine, f"{SEVERAL}.{name}.{last}") for name in machine.library]
        several = [known[each] for each in written if each in known]
        if several:
            return several
    meant = _written(machine, path)
    if meant in known:
        return [known[meant]]
    # A mapping as a whole, such as the rates by number type, or an entry that it does not have yet.
    for steps in known.values():
        for length in range(len(steps), 1 if steps[0] != SEVERAL else 2, -1):
            parent = ".".join(steps[:length])
            if meant == parent:
                return [steps[:length]]
            if meant.startswith(f"{parent}.") and _is_open(machine, steps[:length]):
                return [(*steps[:length], *meant.removeprefix(f"{parent}.").split("."))]
    if _FIXED.intersection((path.partition(".")[0], path.rpartition(".")[2])):
        raise InputError(f"{path}: a variant does not change this")
    raise InputError(f"{path}: unknown field, {_hint(meant, known)}")


def _is_open(machine: "Machine", steps: Steps) -> bool:
    """Whether a part of the machine is a mapping, to which entries may be added."""
    value: Any = machine
    for step in steps:
        if isinstance(value, Kernel) and step not in Kernel.model_fields:
            value = value.unit
        value = value.get(step) if isinstance(value, Mapping) else getattr(value, step, None)
    return isinstance(value, Mapping)


def _written(machine: "Machine", path: str) -> str:
    """The path of a field of the only kernel as this machine writes it; InputError if there are several."""
    first, _, rest = path.partition(".")
    (name, *others) = machine.library
    if first == ONE and machine.accelerator is None:
        if others:
            listed = ", ".join(machine.library)
            raise InputError(f"{path}: it has several kernels, name one as {SEVERAL}.NAME.{rest}: {listed}")
        return f"{SEVERAL}.{name}.{rest}"
    if machine.accelerator is not None and path.startswith(f"{SEVERAL}.{name}."):
        return path.replace(f"{SEVERAL}.{name}", ONE, 1)
    return path


def _hint(path: str, known: Mapping[str, Steps]) -> str:
    """The known paths that one was probably meant to be."""
    last = path.rpartition(".")[2]
    ends = {steps[-1]: ".".join(steps) for steps in list(known.values())[::-1]}
    by_end = [ends[end] for end in difflib.get_close_matches(last, ends, n=_TOLD)]
    containing = [each for each in known if last and last in each]
    close = dict.fromkeys([*difflib.get_close_matches(path, known, n=1, cutoff=0.75), *by_end, *containing])
    if not close:
        return f"known: {', '.join(list(known)[:_TOLD])} and {len(known) - _TOLD} more"
    return f"did you mean {' or '.join(list(close)[:_TOLD])}?"
