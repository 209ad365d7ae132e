"""What words on the command line stand for."""

from pathlib import Path
from typing import Any

from sparsesim.errors import InputError
from sparsesim.units import parse_quantity


def numbers(option: str, text: str) -> list[float]:
    """Numbers separated by commas. Raises InputError that names the option, as all functions here do."""
    try:
        return [float(part) for part in text.split(",")]
    except ValueError as error:
        raise InputError(f"{option}: {text!r}: numbers separated by commas are needed") from error


def whole_numbers(option: str, text: str, separator: str) -> list[int]:
    """Numbers without sign."""
    parts = text.split(separator)
    if not all(part.strip().isdigit() for part in parts):
        raise InputError(f"{option}: {text!r}: whole numbers separated by {separator!r} are needed")
    return [int(part) for part in parts]


def quantity(option: str, text: str, unit: str) -> int:
    """A positive amount with a unit, such as 4 GiB."""
    try:
        found = parse_quantity(text, unit)
    except InputError as error:
        raise InputError(f"{option}: {error}") from error
    if found < 1:
        raise InputError(f"{option}: {text!r}: more than nothing is needed")
    return found


def density(text: str) -> float | str:
    """A number, or "published"."""
    if text == "published":
        return text
    try:
        return float(text)
    except ValueError as error:
        raise InputError(f"--activation-density: {text!r}: a number in (0, 1] or 'published' is needed") from error


def baseline_fields(texts: list[str]) -> dict[str, str | float]:
    """["machine=a100-pcie", ...] as a mapping."""
    fields: dict[str, str | float] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not value:
            raise InputError(f"--baseline: {text!r}: FIELD=VALUE is needed")
        fields[name] = numbers("--baseline: sparsity", value)[0] if name == "sparsity" else value
    return fields


def check_table_file(option: str, path: Path) -> None:
    """Raise InputError before any work for a file that no table can be written to."""
    if path.suffix not in (".csv", ".parquet"):
        raise InputError(f"{option}: {path}: a name that ends in .csv or .parquet is needed")
    if not path.parent.is_dir():
        raise InputError(f"{option}: {path}: there is no such folder")


def neurons_to_keep(texts: list[str]) -> dict[str, int]:
    """["ip1=150", ...] as a mapping."""
    kept: dict[str, int] = {}
    for text in texts:
        layer, _, number = text.rpartition("=")
        if not layer or not number.isdecimal():
            raise InputError(f"--keep: {text!r}: LAYER=NUMBER is needed")
        if layer in kept:
            raise InputError(f"--keep: {text!r}: every layer once, and {layer!r} is given before")
        kept[layer] = int(number)
    return kept


def named_sizes(texts: list[str]) -> Any:
    """["co*=16x16", ...] as a mapping of pairs, or one pair for ["16x16"]."""
    named = dict(_named_size(text) for text in texts)
    return named.pop("*") if set(named) == {"*"} else named


def _named_size(text: str) -> tuple[str, tuple[int, int]]:
    pattern, equals, size = text.rpartition("=")
    sides = whole_numbers("--size", size, "x")
    if len(sides) != 2:
        raise InputError(f"--size: {text!r}: HxW or PATTERN=HxW is needed")
    return (pattern if equals else "*"), (sides[0], sides[1])
