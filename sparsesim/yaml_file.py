"""Reads a YAML description into a validated model; errors name line and field."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from sparsesim.errors import FaultsError, InputError
from sparsesim.faults import BASE, Origin, faults_of
from sparsesim.places import within
from sparsesim.yaml_text import parsed, text_of

Model = TypeVar("Model", bound=BaseModel)

Given: TypeAlias = str | Path | Mapping[str, Any]
"""What a user gives for a description: a shipped name, a path, or the fields as a file would have them."""


class Description(BaseModel):
    """Base of everything read from YAML: immutable, with no unknown fields and no NaN."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def is_path(name: str | Path) -> bool:
    """Whether a name given by a user is a path to a YAML file rather than a shipped name."""
    return isinstance(name, Path) or name.endswith((".yaml", ".yml"))


def origin_of(given: Given, shipped: Callable[[str], Path]) -> Origin:
    """A mapping as it is, a path, or the file of a shipped name; InputError for anything else."""
    if isinstance(given, Mapping):
        return given
    if not isinstance(given, str | Path):
        raise InputError(f"a name, a path or a mapping of fields is needed, found {type(given).__name__}")
    return Path(given) if is_path(given) else shipped(str(given))


def read_mapping(path: Path) -> dict[str, Any]:
    """The top-level mapping of a YAML file; InputError if it is unreadable, beyond a limit, or not a mapping."""
    content = parsed(text_of(path))
    if not isinstance(content, dict):
        raise InputError(f"a mapping of fields is needed, found {type(content).__name__}")
    return content


def read_description(path: Path, model: type[Model]) -> Model:
    """The file as an instance of `model`; InputError with the line of a fault."""
    return validated(path, read_mapping(path), model)


def load_description(origin: Origin, model: type[Model]) -> Model:
    """Like `read_description`, but with the file's name in every error, and an InputError if there is no such file."""
    with naming(origin):
        return validated(origin, content_of(origin), model)


@contextmanager
def naming(path: Origin) -> Iterator[None]:
    """Prefix every InputError, and each of several faults, with the file's name; raise one if there is no such file.

    Faults of a mapping are left as they are.
    """
    if isinstance(path, Mapping):
        yield
        return
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    with within(path):
        yield


def content_of(origin: Origin) -> dict[str, Any]:
    """The fields of a file, or those that were given; InputError as `read_mapping`."""
    return dict(origin) if isinstance(origin, Mapping) else read_mapping(origin)


def validated(
    origin: Origin, content: Mapping[str, Any], model: type[Model], ancestors: Sequence[Origin] = ()
) -> Model:
    """`content` as an instance of `model`; FaultsError with every fault and its line in the file.

    `ancestors`, oldest first, are what the content was inherited from: a fault that one of them holds is located there.
    """
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise FaultsError(faults_of(error, model, origin, ancestors)) from error


def lineage(origin: Origin, shipped: Callable[[str], Path]) -> list[tuple[Origin, dict[str, Any]]]:
    """A file, or a mapping, and its ancestors with their fields, oldest ancestor first.

    `based_on` names a shipped description, which `shipped` resolves to a file, or a `.yaml` file: of a file one in the
    same folder, of a mapping any. Raises InputError for a base that is unknown, unreadable, in another folder or part
    of a cycle.
    """
    found = [(origin, content_of(origin))]
    while BASE in found[-1][1]:
        path = _base_file(found[-1][0], found[-1][1][BASE], shipped)
        if any(isinstance(known, Path) and path.samefile(known) for known, _ in found):
            raise InputError(f"{BASE}: a circle, {path} is based on itself")
        with naming(path):
            found.append((path, read_mapping(path)))
    return found[::-1]


def _base_file(origin: Origin, name: object, shipped: Callable[[str], Path]) -> Path:
    if isinstance(origin, Mapping):
        if not isinstance(name, str | Path):
            raise InputError(f"{BASE}: a shipped name or a path is needed, found {name!r}")
        return Path(name) if is_path(name) else shipped(str(name))
    path = origin
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
