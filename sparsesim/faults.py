"""Faults of descriptions, found by pydantic: each a line with the place, the field, the value and what is allowed."""

import difflib
import re
from collections.abc import Container, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias

import yaml
from pydantic import BaseModel, ValidationError

BASE: Final = "based_on"
"""The field naming the description that a file inherits from."""

Origin: TypeAlias = Path | Mapping[str, Any]
"""Where faults are located: the file, or the mapping that was given instead of one."""

_SHOULD: Final = re.compile(r"^\w+ should ")
"""How pydantic begins what it has to say."""
_REMARKS: Final = (", unable to parse", " after validation")
"""Where it goes on with how it found out."""


def faults_of(error: ValidationError, model: type[BaseModel], origin: Origin) -> list[str]:
    """Every fault as `line N: field: value: what is allowed`, in the order of the file; of a mapping without line."""
    found = causes(error, {_meant(model, fault) for fault in error.errors(include_url=False)})
    text = "" if isinstance(origin, Mapping) else origin.read_text(encoding="utf-8")
    places = [
        _steps(origin, each["loc"]) if isinstance(origin, Mapping) else _locate(text, each["loc"]) for each in found
    ]
    located = sorted(zip(places, found, strict=True), key=lambda each: each[0][1])
    return joined((_place(fault, steps, line), _told(model, fault, steps)) for (steps, line), fault in located)


def place_of(origin: Origin, location: Sequence[str | int]) -> str:
    """Where a field is: `FILE: line N: field`, without what is not known; for faults that are found after reading."""
    if isinstance(origin, Mapping):
        return ".".join(map(str, location))
    steps, line = _locate(origin.read_text(encoding="utf-8"), location) if location else ([], 0)
    parts = [str(origin), *([f"line {line}"] if steps else []), *([".".join(map(str, location))] if location else [])]
    return ": ".join(parts)


def causes(error: ValidationError, meant: Container[str] = ()) -> list[Any]:
    """The faults without those that follow from others: fields missing as they are misspelt, lists short of bad items.

    `meant` are the fields that misspelt ones were meant to be.
    """
    found = error.errors(include_url=False)
    around = {fault["loc"][:length] for fault in found for length in range(len(fault["loc"]))}
    left = (fault for fault in found if fault["type"] != "too_short" or fault["loc"] not in around)
    return [fault for fault in left if fault["type"] != "missing" or fault["loc"][-1] not in meant]


def joined(faults: Iterable[tuple[str, tuple[str, str]]]) -> list[str]:
    """Lines `place: value: what is allowed` from (place, (value, allowed)); alternatives for one value share a line."""
    allowed: dict[str, list[str]] = {}
    for place, (value, words) in faults:
        allowed.setdefault(": ".join(part for part in (place, value) if part), []).append(words)
    return [f"{place}: {', or '.join(dict.fromkeys(words))}" for place, words in allowed.items()]


def value_and_allowed(fault: Any) -> tuple[str, str]:
    """The value of a fault that pydantic found, and what is allowed; that of a whole mapping or list is left out."""
    message = _SHOULD.sub("must ", fault["msg"].removeprefix("Value error, "))
    for remark in _REMARKS:
        message = message.partition(remark)[0]
    value, named = fault["input"], repr(fault["input"])
    if not isinstance(value, str | int | float) or message.startswith(f"{named}:"):
        return "", message
    return ("" if isinstance(value, str) and named in message else named), message


def _told(model: type[BaseModel], fault: Any, steps: list[str]) -> tuple[str, str]:
    if fault["type"] == "missing":
        return "", "this field is required"
    if fault["type"] != "extra_forbidden":
        return value_and_allowed(fault)
    if steps[-1:] != [str(fault["loc"][-1])]:
        return "", f"unknown field, taken from what this is {BASE} (null removes it)"
    meant = _meant(model, fault)
    return "", f"unknown field, did you mean {meant}?" if meant else "unknown field"


def _place(fault: Any, steps: list[str], line: int) -> str:
    if fault["type"] in {"missing", "extra_forbidden"} and steps[-1:] != [str(fault["loc"][-1])]:
        steps = [*steps, str(fault["loc"][-1])]
    return ": ".join([*([f"line {line}"] if line else []), *([".".join(steps)] if steps else [])])


def _meant(model: type[BaseModel], fault: Any) -> str:
    """The known field, anywhere in the description, that an unknown one was probably meant to be."""
    if fault["type"] != "extra_forbidden":
        return ""
    close = difflib.get_close_matches(str(fault["loc"][-1]), _field_names(model.model_json_schema()), n=1)
    return close[0] if close else ""


def _field_names(schema: Any) -> set[str]:
    """Names of all properties at any depth of a JSON schema."""
    if isinstance(schema, list):
        return set().union(*map(_field_names, schema))
    if not isinstance(schema, dict):
        return set()
    properties = schema.get("properties", {})
    return set(properties if isinstance(properties, dict) else ()).union(*map(_field_names, schema.values()))


def _locate(text: str, location: Sequence[str | int]) -> tuple[list[str], int]:
    """The steps of a pydantic location that exist in the document, and the line of the last one.

    A location also has steps that are not in the document: tags of unions, and missing fields.
    """
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    steps: list[str] = []
    if node is None:  # an empty document
        return steps, 1
    line = node.start_mark.line + 1
    for step in location:
        child = _child(node, step)
        if child is not None:
            node, line = child
            steps.append(str(step))
    return steps, line


def _steps(value: Any, location: Sequence[str | int]) -> tuple[list[str], int]:
    """The steps of a pydantic location that exist in a mapping, and line 0: there is none."""
    steps: list[str] = []
    for step in location:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            continue
        steps.append(str(step))
    return steps, 0


def _child(node: yaml.Node, step: str | int) -> tuple[yaml.Node, int] | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step].start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(step):
                return value, key.start_mark.line + 1
    return None
