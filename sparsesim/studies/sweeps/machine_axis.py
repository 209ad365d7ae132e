"""The machines of a sweep: as they are, with other values of fields, and scaled to equal resources."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final, NamedTuple

from sparsesim.errors import InputError
from sparsesim.hardware import Machine, load_machine, scaled_to, with_fields
from sparsesim.hardware.fields import leaves, named, paths
from sparsesim.identity import content_hash
from sparsesim.studies.labels import Named, distinct_labels, machines_told_apart, refuse_equal
from sparsesim.studies.sweeps.axis import AS_PUBLISHED
from sparsesim.studies.sweeps.entries import MachineEntry
from sparsesim.studies.sweeps.sweep import Sweep
from sparsesim.studies.sweeps.zips import Steps
from sparsesim.units import parse_quantity

SCALED_TO_ITSELF: Final = "scaled to equal resources a machine is what it is as published"
"""Why machines are left out that have the resources already."""
_UNITS: Final = {"_bytes_per_s": "B/s", "_hz": "Hz", "_bytes": "B"}
_SCALES: Final = {"T": 10**12, "G": 10**9, "M": 10**6, "k": 10**3}
_MOST: Final = 3
"""So many fields are told in a label."""


class SweptMachine(NamedTuple):
    """A machine of a grid.

    Attributes:
        machine: by its label.
        base: what the machine is called that it was made from.
        axes: values of the fields that are swept, by path, and what it was scaled to.
        steps: where it is on its axes.
    """

    machine: Machine
    base: str
    axes: Mapping[str, Any]
    steps: Steps


def entry_of(given: Any) -> MachineEntry:
    """An entry of a sweep's machines that says nothing but a name, as one that might say more."""
    return given if isinstance(given, MachineEntry) else MachineEntry.model_construct(name=given, set={})


def machine_steps(sweep: Sweep, number: int) -> tuple[Steps, dict[str, int]]:
    """Of an entry of a sweep's machines: what is fixed, and how many values every axis has."""
    lengths = {path: len(values) for path, values in entry_of(sweep.machines[number]).set.items()}
    return {"machine": number}, lengths | {"equal": len(sweep.equal)}


def swept_machines(sweep: Sweep, asked: Sequence[Steps]) -> tuple[list[SweptMachine], dict[str, int]]:
    """The machines of all steps, of which no two have one name or equal content; and what was left out, by reason.

    Raises InputError with the place in the sweep for unknown machines, fields and resources, and for equal machines.
    """
    bases = _bases(sweep)
    targets = [_target(sweep, number) for number in range(len(sweep.equal))]
    made, left_out = dict[tuple[str, str], tuple[Named, SweptMachine]](), dict[str, int]()
    published = {content_of(machine) for machine in bases}
    for steps in asked:
        number, place = steps["machine"], steps.get("equal", 0)
        base, entry, equal = bases[number], entry_of(sweep.machines[number]), sweep.equal[place]
        changes = {path: values[steps.get(path, 0)] for path, values in entry.set.items()}
        with _at_field(sweep, number, changes):
            machine = with_fields(base, changes)
        axes, content = {path: _value(machine, path) for path in changes}, content_of(machine)
        if equal != AS_PUBLISHED:
            with sweep.at("equal", place):
                machine = scaled_to(machine, *targets[place], _dtype(sweep))
            before, content = content, content_of(machine)
            if content == before and AS_PUBLISHED in sweep.equal:
                left_out[SCALED_TO_ITSELF] = left_out.get(SCALED_TO_ITSELF, 0) + 1
                continue
        if len(sweep.equal) > 1:
            axes["equal"] = equal_in_words(equal)
        scaled = content not in published
        label = bracketed(base.name, _words(entry, changes, equal if scaled else AS_PUBLISHED))
        part = Named(label, content, machine)
        with sweep.at("machines", number):
            if changes and (part.content, label) in made:
                raise InputError(f"{label!r} is there twice: leave one")
        made.setdefault((part.content, label), (part, SweptMachine(machine, base.name, axes, steps)))
    with sweep.at():
        refuse_equal("machines", [part for part, _ in made.values()])
    labels = distinct_labels([part for part, _ in made.values()])
    return [
        each._replace(machine=each.machine.model_copy(update={"name": label})) if label != each.machine.name else each
        for label, (_, each) in zip(labels, made.values(), strict=True)
    ], left_out


def content_of(machine: Machine) -> str:
    """The hash of everything that decides its figures."""
    return content_hash([machine, list(machine.library)])


def equal_in_words(equal: Any) -> str:
    """Such as "macs_per_cycle of a100-pcie"."""
    if equal == AS_PUBLISHED:
        return AS_PUBLISHED
    ((resource, target),) = equal.items()
    named = target.name if isinstance(target, Machine) else str(target)
    return f"{resource} {named}" if _is_amount(target) else f"{resource} of {named}"


def bracketed(label: str, words: Sequence[str]) -> str:
    """The label with words in brackets, added to those that it has."""
    if not words:
        return label
    told = ", ".join(words)
    return f"{label[:-1]}, {told})" if label.endswith(")") and " (" in label else f"{label} ({told})"


def _bases(sweep: Sweep) -> list[Machine]:
    """The machine of every entry as published, those of one name told apart."""
    known, loaded = dict[Any, Machine](), list[tuple[Any, Machine]]()
    for number, given in enumerate(sweep.machines):
        name = entry_of(given).name
        key = id(name) if isinstance(name, Machine) else name
        with sweep.at("machines", number):
            known[key] = known.get(key) or load_machine(name).with_on_violation(sweep.on_violation)
            loaded.append((name, known[key]))
    with sweep.at():
        apart = machines_told_apart(loaded)
    order = dict.fromkeys((content_of(machine), machine.name) for _, machine in loaded)
    called = dict(zip(order, apart, strict=True))
    return [called[content_of(machine), machine.name] for _, machine in loaded]


def _target(sweep: Sweep, number: int) -> tuple[str, Any]:
    equal = sweep.equal[number]
    if equal == AS_PUBLISHED:
        return "", None
    ((resource, target),) = equal.items()
    with sweep.at("equal", number, resource):
        return resource, target if _is_amount(target) else load_machine(target)


def _is_amount(target: Any) -> bool:
    if isinstance(target, int | float):
        return True
    for unit in _UNITS.values():
        with suppress(InputError):
            return isinstance(target, str) and parse_quantity(target, unit) >= 0
    return False


def _dtype(sweep: Sweep) -> str | None:
    """The number type whose MACs are made equal: that of the sweep, if it has one."""
    return sweep.dtype if isinstance(sweep.dtype, str) else None


@contextmanager
def _at_field(sweep: Sweep, number: int, changes: Mapping[str, Any]) -> Iterator[None]:
    """Put the place of the field that a fault names in front of it, where one is named."""
    try:
        yield
    except InputError as error:
        field = next((path for path in changes if path in str(error)), None)
        with sweep.at("machines", number, *(["set", field] if field else [])):
            raise


def _value(machine: Machine, path: str) -> Any:
    """The value of a field, of the first kernel where the path names it of all."""
    values = dict(leaves(machine))
    return values[named(machine, path, paths(machine))[0]]


def _words(entry: MachineEntry, changes: Mapping[str, Any], equal: Any) -> list[str]:
    """What tells a machine from others of its name: values that the sweep varies, or those that it sets."""
    varied = {path: value for path, value in changes.items() if len(entry.set[path]) > 1} or changes
    units = Counter(_unit(path) for path in varied)
    shown = [
        # A unit says which field this is, if no other has it.
        words if _unit(path) and units[_unit(path)] == 1 else f"{path.rpartition('.')[2]}={words}"
        for path, words in ((path, _in_words(path, value)) for path, value in varied.items())
    ]
    return [*shown[:_MOST], *([] if equal == AS_PUBLISHED else [equal_in_words(equal)])]


def _in_words(path: str, value: Any) -> str:
    """A value with its unit, as it was written or in thousands."""
    unit = _unit(path)
    if isinstance(value, str) or not unit or not isinstance(value, int | float):
        return str(value)
    prefix, scale = next(((prefix, scale) for prefix, scale in _SCALES.items() if value >= scale), ("", 1))
    return f"{value / scale:.12g} {prefix}{unit}"


def _unit(path: str) -> str:
    return next((unit for ending, unit in _UNITS.items() if path.endswith(ending)), "")
