"""What words on the command line stand for."""

import re
from pathlib import Path
from typing import Any, Final

from sparsesim.errors import InputError
from sparsesim.units import parse_quantity

_NUMBER: Final = re.compile(r"[+-]?(([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?|[0-9]+/[0-9]+)")
_ENDLESS: Final = re.compile(r"[eE][+-]?[0-9]{4,}$")
_WHOLE: Final = re.compile(r"\s*[0-9]{1,18}\s*")
_LONGEST: Final = 64
"""Characters of a number. With exponents of at most three digits every number is read in a moment."""
_MOST_NUMBERS: Final = 4096
"""Of one option: means and deviations of channels."""


def numbers(option: str, text: str) -> list[float]:
    """Numbers such as 0.5 or 1/255, separated by commas. Raises InputError that names the option, as all here do."""
    parts = text.split(",")
    if len(parts) > _MOST_NUMBERS:
        raise InputError(f"{option}: {len(parts):,} numbers: at most {_MOST_NUMBERS:,} are taken")
    return [_number(option, part.strip()) for part in parts]


def one_number(option: str, text: str) -> float:
    """A single number such as 0.5 or 1/255."""
    found = numbers(option, text)
    if len(found) != 1:
        raise InputError(f"{option}: {text!r}: one number is needed")
    return found[0]


def _number(option: str, text: str) -> float:
    from fractions import Fraction  # loads decimal, for which --help need not wait

    if len(text) > _LONGEST:
        raise InputError(f"{option}: {text[:_LONGEST]!r}...: a number has at most {_LONGEST} characters")
    if _ENDLESS.search(text):
        raise InputError(f"{option}: {text!r}: an exponent has at most 3 digits")
    try:
        if _NUMBER.fullmatch(text):
            return float(Fraction(text))
    except OverflowError:
        raise InputError(f"{option}: {text!r}: must be a finite number") from None
    except ZeroDivisionError:
        pass
    raise InputError(f"{option}: {text!r}: numbers such as 0.5 or 1/255, separated by commas, are needed")


def whole_numbers(option: str, text: str, separator: str) -> list[int]:
    """Numbers without sign, of at most 18 digits: within 64 bits."""
    parts = text.split(separator)
    if not all(_WHOLE.fullmatch(part) for part in parts):
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
        fields[name] = one_number("--baseline: sparsity", value) if name == "sparsity" else value
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
        if not layer or not _WHOLE.fullmatch(number):
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
