"""From command-line words to a validated sweep."""

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from sparsesim.errors import InputError

if TYPE_CHECKING:
    from sparsesim.studies import Sweep
    from sparsesim.transforms import Method

_AT = "@"


def sweep_from_options(pruners: tuple[list[str], list[float]], **fields: Any) -> "Sweep":
    """The sweep that these options describe; every fault becomes one InputError line."""
    from sparsesim.studies import Sweep
    from sparsesim.transforms import takes_sparsity

    names, sparsities = pruners
    entries = [{"name": name, "sparsity": sparsities if takes_sparsity(name) else []} for name in names]
    try:
        return Sweep.model_validate({"name": "compare", "pruners": entries, **fields})
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in fault["loc"])
        raise InputError(f"{field}: {fault['msg']} (got {fault['input']!r})") from error


def method_at(text: str) -> "Method":
    """A method written as NAME or NAME@SPARSITY."""
    from sparsesim.transforms import method_by_name, takes_sparsity

    name, at, amount = text.partition(_AT)
    if not at and takes_sparsity(name):
        raise InputError(f"--pruner {text!r} needs a sparsity: write {name}{_AT}0.9")
    try:
        sparsity = float(amount) if at else None
    except ValueError as error:
        raise InputError(f"--pruner {text!r}: {amount!r} is no sparsity; write magnitude{_AT}0.9") from error
    return method_by_name(name, sparsity)


def density(text: str) -> float | str:
    """A number, or "published"; InputError for anything else."""
    if text == "published":
        return text
    try:
        return float(text)
    except ValueError as error:
        raise InputError(f"--activation-density {text!r} is neither a number in (0, 1] nor 'published'") from error


def baseline_fields(texts: list[str]) -> dict[str, str | float]:
    """["machine=a100-pcie", ...] as a mapping."""
    fields: dict[str, str | float] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not value:
            raise InputError(f"--baseline {text!r} is not field=value")
        fields[name] = float(value) if name == "sparsity" else value
    return fields


def network_options(sizes: list[str], input_shape: str, layout: str, architecture: str = "") -> dict[str, Any]:
    """What a file of weights does not say itself, as options of `load_network`; only those that were given."""
    options: dict[str, Any] = {}
    if sizes:
        named = dict(_named_size(text) for text in sizes)
        options["sizes"] = named.pop("*") if set(named) == {"*"} else named
    if input_shape:
        options["input_shape"] = tuple(_whole_numbers("--input-shape", input_shape, ","))
    if layout:
        options["layout"] = layout
    if architecture:
        options["architecture"] = architecture
    return options


def _named_size(text: str) -> tuple[str, tuple[int, int]]:
    pattern, equals, size = text.rpartition("=")
    sides = _whole_numbers("--size", size, "x")
    if len(sides) != 2:
        raise InputError(f"--size {text!r} is neither HxW nor PATTERN=HxW")
    return (pattern if equals else "*"), (sides[0], sides[1])


def _whole_numbers(option: str, text: str, separator: str) -> list[int]:
    parts = text.split(separator)
    if not all(part.strip().isdigit() for part in parts):
        raise InputError(f"{option} {text!r} must hold whole numbers separated by {separator!r}")
    return [int(part) for part in parts]
