"""Reads a YAML description into a validated model; every fault names line and field."""

import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from sparsesim.errors import InputError

Model = TypeVar("Model", bound=BaseModel)

# The parser in C reads the same language, as safely, about ten times as fast; not every build of PyYAML has it.
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

BASE: Final = "based_on"
"""The field that names the description from which a file takes what it does not say itself."""


class Description(BaseModel):
    """Base of everything read from YAML: no unknown field, no NaN, never changed."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def is_path(name: str | Path) -> bool:
    """Whether a name given by a user is a YAML file of their own rather than a shipped name."""
    return isinstance(name, Path) or name.endswith((".yaml", ".yml"))


def read_mapping(path: Path) -> dict[str, Any]:
    """The top-level mapping of a YAML file; InputError where it is unreadable or something else."""
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(f"not a readable YAML file: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise InputError(f"a mapping of fields is needed, found {type(content).__name__}")
    return content


def read_description(path: Path, model: type[Model]) -> Model:
    """The file as an instance of `model`; the InputError of a fault tells its line."""
    return validated(path, read_mapping(path), model)


def load_description(path: Path, model: type[Model]) -> Model:
    """Like `read_description`, with the file's name in every error, and one for a file that is not there."""
    with naming(path):
        return read_description(path, model)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Puts the file's name before every InputError; raises one at once if the file is not there."""
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    try:
        yield
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def validated(path: Path, content: Mapping[str, Any], model: type[Model]) -> Model:
    """`content` as an instance of `model`; the InputError of a fault tells its line in the file."""
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise InputError(_describe(error, model, path.read_text(encoding="utf-8"))) from error


def lineage(path: Path, shipped: Callable[[str], Path]) -> dict[Path, dict[str, Any]]:
    """A file and all it is based on with their mappings, the first ancestor first.

    `based_on` names a shipped description, whose file `shipped` finds, or a `.yaml` file in the folder of the file
    that says so. Raises InputError for a base that is unknown, unreadable, elsewhere or, in the end, the file itself.
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


def merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with `changes` laid over it.

    Mappings merge, `null` removes a field, anything else replaces it, lists too (JSON merge patch, RFC 7396).
    """
    fields = dict(base)
    for field, value in changes.items():
        if value is None:
            fields.pop(field, None)
        elif isinstance(value, Mapping):
            below = fields.get(field)
            fields[field] = merged(below if isinstance(below, Mapping) else {}, value)
        else:
            fields[field] = value
    return fields


def _describe(error: ValidationError, model: type[BaseModel], text: str) -> str:
    # A misspelt field is also missing; the misspelling is what helps.
    faults = sorted(error.errors(include_url=False), key=lambda fault: fault["type"] != "extra_forbidden")
    first, *others = faults
    steps, line = _locate(text, first["loc"])
    message = first["msg"].removeprefix("Value error, ")
    value = f", found {first['input']!r}" if isinstance(first["input"], str | int | float) else ""
    hint = _hint(model, first)
    if first["type"] == "extra_forbidden":
        message, value = "unknown field", ""
        if steps[-1:] != [str(first["loc"][-1])]:
            hint = f", taken from what this file is {BASE} (null removes it)"
    elif first["type"] == "missing":
        message, value = "this field is required", ""
    if first["type"] in {"missing", "extra_forbidden"}:
        steps = [*steps, str(first["loc"][-1])] if steps[-1:] != [str(first["loc"][-1])] else steps
    more = f" (and {len(others)} more)" if others else ""
    place = ": ".join([f"line {line}", *([".".join(steps)] if steps else [])])
    return f"{place}: {message}{value}{hint}{more}"


def _hint(model: type[BaseModel], fault: Any) -> str:
    """The field that an unknown one was probably meant to be, of all that the description may hold."""
    if fault["type"] != "extra_forbidden":
        return ""
    close = difflib.get_close_matches(str(fault["loc"][-1]), _field_names(model.model_json_schema()), n=1)
    return f", did you mean {close[0]}?" if close else ""


def _field_names(schema: Any) -> set[str]:
    """Names of all properties anywhere in a JSON schema."""
    if isinstance(schema, list):
        return set().union(*map(_field_names, schema))
    if not isinstance(schema, dict):
        return set()
    properties = schema.get("properties", {})
    return set(properties if isinstance(properties, dict) else ()).union(*map(_field_names, schema.values()))


def _locate(text: str, location: Sequence[str | int]) -> tuple[list[str], int]:
    """Steps of a pydantic location that exist in the document, and the line of the last of them.

    A location also holds steps that are not in the document: tags of unions, and fields that are missing.
    """
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    steps: list[str] = []
    if node is None:  # an empty document
        return steps, 1
    line = node.start_mark.line + 1
    for step in location:
        found = _child(node, step)
        if found is not None:
            node, line = found
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
