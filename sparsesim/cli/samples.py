"""Samples that the user stored in a file, as networks read them."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from sparsesim.errors import InputError


@dataclass(frozen=True)
class StoredAs:
    """What the options say of stored samples, in the user's words."""

    layout: str = "nchw"
    scale: str = "1"
    mean: str = ""
    std: str = ""


def samples_of(path: Path, arrays: dict[str, Any], key: str, stored: StoredAs, most: int | None = None) -> Any:
    """The first `most` samples (None: all), scaled, normalised and with channels first. Raises InputError."""
    from sparsesim.execution import prepare_samples

    return prepare_samples(
        array_of(path, arrays, key)[:most],
        layout=stored.layout,
        scale=_one_number("--scale", stored.scale),
        mean=_numbers("--mean", stored.mean),
        std=_numbers("--std", stored.std),
    )


def array_of(path: Path, arrays: dict[str, Any], key: str) -> Any:
    """One array of a file. Raises InputError with the names there are."""
    if key not in arrays:
        raise InputError(f"{path}: no array {key!r}; it holds {', '.join(arrays)}")
    return arrays[key]


def _one_number(option: str, text: str) -> float:
    numbers = _numbers(option, text)
    if len(numbers) != 1:
        raise InputError(f"{option} {text!r} must be one number")
    return numbers[0]


def _numbers(option: str, text: str) -> list[float]:
    try:
        return [float(Fraction(part.strip())) for part in text.split(",") if part.strip()]
    except (ValueError, ZeroDivisionError) as error:
        raise InputError(f"{option} {text!r} must hold numbers such as 0.5 or 1/255, separated by commas") from error
