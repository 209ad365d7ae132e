"""Faults of descriptions, found by pydantic: each a line with the place, the field, the value and what is allowed."""

import difflib
import re
from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

from pydantic import BaseModel, ValidationError

from sparsesim.errors import FaultsError
from sparsesim.places import shown
from sparsesim.yaml_text import located, text_of

BASE: Final = "based_on"
"""The field naming the description that a file inherits from."""

Origin: TypeAlias = Path | Mapping[str, Any]
"""Where faults are located: the file, or the mapping that was given instead of one."""

_UNKNOWN: Final = "extra_forbidden"
"""What pydantic calls the fault of a field that the model does not have."""
_NESTED: Final = "nested"
"""What is called so here: a fault of a description within another."""
_SHOULD: Final = re.compile(r"^\w+ should ")
"""How pydantic begins what it has to say."""
_REMARKS: Final = (", unable to parse", " after validation")
"""Where it goes on with how it found out."""


_Origin: TypeAlias = tuple[str, str | Mapping[str, Any]]
"""The name of an ancestor, empty for the description itself; and its text or fields."""


class _Found(NamedTuple):
    """Where a fault lies: the file if that is an ancestor, the steps that exist there, the line (0 of a mapping)."""

    ancestor: str
    steps: list[str]
    line: int


def faults_of(
    error: ValidationError, model: type[BaseModel], origin: Origin, ancestors: Sequence[Origin] = ()
) -> list[str]:
    """Every fault as `line N: field: value: what is allowed`, in the order of the file; of a mapping without line.

    A fault in what was inherited names the one of the `ancestors`, oldest first, that holds it.
    """
    fields = _field_names(model.model_json_schema())
    found = causes(error, {_meant(fields, fault) for fault in error.errors(include_url=False)})
    origins = [("", _content(origin)), *((str(file), _content(file)) for file in reversed(ancestors))]
    places = [_found(*_sought(fault, origins)) for fault in found]
    in_order = sorted(zip(places, found, strict=True), key=lambda each: (bool(each[0].ancestor), each[0].line))
    return joined((_place(fault, place, fields), _told(fault, place, fields)) for place, fault in in_order)


def place_of(origin: Origin, location: Sequence[str | int]) -> str:
    """Where a field is: `FILE: line N: field`, without what is not known; for faults that are found after reading."""
    if isinstance(origin, Mapping):
        return ".".join(map(str, location))
    steps, line = located(text_of(origin), location) if location else ([], 0)
    parts = [str(origin), *([f"line {line}"] if steps else []), *([".".join(map(str, location))] if location else [])]
    return ": ".join(parts)


def causes(error: ValidationError, meant: Container[str] = ()) -> list[Any]:
    """The faults without those that follow from others: fields missing as they are misspelt, lists short of bad items.

    `meant` are the fields that misspelt ones were meant to be.
    """
    found = [each for fault in error.errors(include_url=False) for each in _one_by_one(fault)]
    around = {fault["loc"][:length] for fault in found for length in range(len(fault["loc"]))}
    left = (fault for fault in found if fault["type"] != "too_short" or fault["loc"] not in around)
    return [fault for fault in left if fault["type"] != "missing" or fault["loc"][-1] not in meant]


def _one_by_one(fault: Any) -> list[Any]:
    """The faults of a description within another, which a validator read: each begins with its own field."""
    error = fault.get("ctx", {}).get("error")
    if not isinstance(error, FaultsError):
        return [fault]
    return [fault | {"type": _NESTED, "msg": each} for each in error.faults]


def joined(faults: Iterable[tuple[str, tuple[str, str]]]) -> list[str]:
    """Lines `place: value: what is allowed` from (place, (value, allowed)); alternatives for one value share a line."""
    allowed: dict[str, list[str]] = {}
    for place, (value, words) in faults:
        allowed.setdefault(": ".join(part for part in (place, value) if part), []).append(words)
    return [
        ": ".join(part for part in (place, ", or ".join(dict.fromkeys(words))) if part)
        for place, words in allowed.items()
    ]


def value_and_allowed(fault: Any) -> tuple[str, str]:
    """The value of a fault that pydantic found, and what is allowed; that of a whole mapping or list is left out."""
    if fault["type"] == _NESTED:
        field, colon, words = fault["msg"].partition(": ")
        return (field, words) if colon else ("", field)
    message = _SHOULD.sub("must ", fault["msg"].removeprefix("Value error, "))
    for remark in _REMARKS:
        message = message.partition(remark)[0]
    value = fault["input"]
    if not isinstance(value, str | int | float | None):
        return "", message
    named = shown(value)
    if message.startswith(f"{named}:"):
        return "", message
    return ("" if isinstance(value, str) and named in message else "null" if value is None else named), message


def _told(fault: Any, place: _Found, fields: Collection[str]) -> tuple[str, str]:
    if fault["type"] == "missing":
        return "", "this field is required"
    if fault["type"] != _UNKNOWN:
        return value_and_allowed(fault)
    if place.steps[-1:] != [str(fault["loc"][-1])]:
        return "", f"unknown field, taken from what this is {BASE} (null removes it)"
    meant = _meant(fields, fault)
    return "", f"unknown field, did you mean {meant}?" if meant else "unknown field"


def _place(fault: Any, place: _Found, fields: Collection[str]) -> str:
    steps, last = place.steps, str(fault["loc"][-1]) if fault["loc"] else ""
    # A field that is missing, or that comes from elsewhere, is named, too; other steps that are not there are tags.
    if steps[-1:] != [last] and (fault["type"] in {"missing", _UNKNOWN} or last in fields):
        steps = [*steps, last]
    line = f"line {place.line}" if place.line else ""
    return ": ".join(part for part in (place.ancestor, line, ".".join(steps)) if part)


def _meant(fields: Iterable[str], fault: Any) -> str:
    """The known field, anywhere in the description, that an unknown one was probably meant to be."""
    if fault["type"] != _UNKNOWN:
        return ""
    name = str(fault["loc"][-1])
    close = difflib.get_close_matches(name, (field for field in fields if field != name), n=1)
    return close[0] if close else ""


def _field_names(schema: Any) -> set[str]:
    """Names of all properties at any depth of a JSON schema."""
    if isinstance(schema, list):
        return set().union(*map(_field_names, schema))
    if not isinstance(schema, dict):
        return set()
    properties = schema.get("properties", {})
    return set(properties if isinstance(properties, dict) else ()).union(*map(_field_names, schema.values()))


def _content(origin: Origin) -> str | Mapping[str, Any]:
    return origin if isinstance(origin, Mapping) else text_of(origin)


def _sought(fault: Any, origins: list[_Origin]) -> tuple[list[_Origin], Sequence[str | int]]:
    """Where to look for a fault, and for which location: a field that is missing lacks in what holds it."""
    location = fault["loc"]
    if fault["type"] == "missing":
        return (origins if len(location) > 1 else origins[:1]), location[:-1]
    return (origins[:1] if fault["type"] == _UNKNOWN else origins), location


def _found(origins: Iterable[_Origin], location: Sequence[str | int]) -> _Found:
    """The place in the youngest of those that hold most of the location."""
    places = [
        _Found(name, *(located(content, location) if isinstance(content, str) else _steps(content, location)))
        for name, content in origins
    ]
    return max(places, key=lambda place: len(place.steps))  # the first of equals


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
