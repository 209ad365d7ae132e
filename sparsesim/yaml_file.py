"""Reads a YAML description into a validated model; errors name line and field."""

import difflib
import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from sparsesim.errors import FaultsError, InputError

Model = TypeVar("Model", bound=BaseModel)

# The C parser is just as safe and about ten times as fast, but not every build of PyYAML has it.
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

BASE: Final = "based_on"
"""The field naming the description that a file inherits from."""

_SHOULD: Final = re.compile(r"^\w+ should ")
"""How pydantic begins what it has to say."""
_REMARKS: Final = (", unable to parse", " after validation")
"""Where it goes on with how it found out."""


class Description(BaseModel):
    """Base of everything read from YAML: immutable, with no unknown fields and no NaN."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def is_path(name: str | Path) -> bool:
    """Whether a name given by a user is a path to a YAML file rather than a shipped name."""
    return isinstance(name, Path) or name.endswith((".yaml", ".yml"))


def read_mapping(path: Path) -> dict[str, Any]:
    """The top-level mapping of a YAML file; InputError if it is unreadable or not a mapping."""
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(f"not a readable YAML file: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise InputError(f"a mapping of fields is needed, found {type(content).__name__}")
    return content


def read_description(path: Path, model: type[Model]) -> Model:
    """The file as an instance of `model`; InputError with the line of a fault."""
    return validated(path, read_mapping(path), model)


def load_description(path: Path, model: type[Model]) -> Model:
    """Like `read_description`, but with the file's name in every error, and an InputError if there is no such file."""
    with naming(path):
        return read_description(path, model)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Prefix every InputError, and each of several faults, with the file's name; raise one if there is no such file."""
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    try:
        yield
    except FaultsError as error:
        raise FaultsError(f"{path}: {fault}" for fault in error.faults) from error
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def validated(path: Path, content: Mapping[str, Any], model: type[Model]) -> Model:
    """`content` as an instance of `model`; FaultsError with every fault and its line in the file."""
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise FaultsError(_faults(error, model, path.read_text(encoding="utf-8"))) from error


def lineage(path: Path, shipped: Callable[[str], Path]) -> dict[Path, dict[str, Any]]:
    """A file and its ancestors with their mappings, oldest ancestor first.

    `based_on` names a shipped description, which `shipped` resolves to a file, or a `.yaml` file in the same folder.
    Raises InputError for a base that is unknown, unreadable, in another folder or part of a cycle.
    """
    files = {path: read_mapping(path)}
    while BASE in files[path]:
        path = _base_file(path, files[path][BASE], shipped)
        if any(path.samefile(known) for known in files):
            raise InputError(f"{BASE}: a circle, {path} is based on itself")
        with naming(path):
            files[path] = read_mapping(path)
    return dict(reversed(files.items()))


def _base_file(path: Path, name: object, shipped: Callable[[str], Path]) -> Path:
    if not isinstance(name, str):
        raise InputError(f"{BASE}: a shipped name or a .yaml file beside this one is needed, found {name!r}")
    if not is_path(name):
        return shipped(name)
    if Path(name).is_absolute() or ".." in Path(name).parts:
        raise InputError(f"{BASE}: {name!r} is not in the folder of this file")
    if not (path.parent / name).is_file():
        raise InputError(f"{BASE}: {path.parent / name}: no such file")
    return path.parent / name


def merged(base: Mapping[str, Any], changes: Mapping[str, Any], keep_null: bool = False) -> dict[str, Any]:
    """`base` with `changes` applied, as a JSON merge patch (RFC 7396).

    Mappings merge, `null` removes a field, anything else, lists included, replaces it. With `keep_null` it stays null
    instead, for a result that is a change to something else.
    """
    fields = dict(base)
    for field, value in changes.items():
        if value is None and not keep_null:
            fields.pop(field, None)
        elif isinstance(value, Mapping):
            below = fields.get(field)
            fields[field] = merged(below if isinstance(below, Mapping) else {}, value, keep_null)
        else:
            fields[field] = value
    return fields


def _faults(error: ValidationError, model: type[BaseModel], text: str) -> list[str]:
    """Every fault as `line N: field: value: what is allowed`, in the order of the file."""
    found = causes(error, {_meant(model, fault) for fault in error.errors(include_url=False)})
    located = sorted(((_locate(text, fault["loc"]), fault) for fault in found), key=lambda each: each[0][1])
    return joined((_place(fault, steps, line), _told(model, fault, steps)) for (steps, line), fault in located)


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
        return "", f"unknown field, taken from what this file is {BASE} (null removes it)"
    meant = _meant(model, fault)
    return "", f"unknown field, did you mean {meant}?" if meant else "unknown field"


def _place(fault: Any, steps: list[str], line: int) -> str:
    if fault["type"] in {"missing", "extra_forbidden"} and steps[-1:] != [str(fault["loc"][-1])]:
        steps = [*steps, str(fault["loc"][-1])]
    return ": ".join([f"line {line}", *([".".join(steps)] if steps else [])])


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


def _child(node: yaml.Node, step: str | int) -> tuple[yaml.Node, int] | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step].start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(step):
                return value, key.start_mark.line + 1
    return None
