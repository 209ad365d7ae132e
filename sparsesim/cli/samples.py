"""Labelled samples on the command line: their options, and how these are read."""

from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any

import typer

from sparsesim.errors import InputError

Inputs = Annotated[Path, typer.Option("--inputs", "-i", help="Samples and labels: .npz or another array file.")]
InputsKey = Annotated[str, typer.Option("--inputs-key", help="Array of samples in that file.")]
LabelsKey = Annotated[str, typer.Option("--labels-key", help="Array of labels; '' for none.")]
InputsLayout = Annotated[str, typer.Option("--inputs-layout", help="Stored samples: nchw, nhwc or flat.")]
Scale = Annotated[str, typer.Option("--scale", help="What samples are multiplied by: 0.5 or 1/255.")]
Mean = Annotated[str, typer.Option("--mean", help="Subtracted after scaling: one number or one by channel.")]
Std = Annotated[str, typer.Option("--std", help="Divided by after that: one number or one by channel.")]
BatchSize = Annotated[int, typer.Option("--batch-size", help="Samples at a time.")]


def read_samples(
    path: Path, keys: tuple[str, str], layout: str, normalisation: tuple[str, str, str]
) -> tuple[Any, Any | None]:
    """Samples as a network reads them, and their labels, or None if the second of `keys` is empty.

    `normalisation` holds the words given for scale, mean and std. Raises InputError that names file or option.
    """
    from sparsesim.execution import prepare_samples
    from sparsesim.networks import read_arrays

    arrays = read_arrays(path)
    scale, mean, std = normalisation
    samples = prepare_samples(
        _array(path, arrays, keys[0]),
        layout=layout,
        scale=_one_number("--scale", scale),
        mean=_numbers("--mean", mean),
        std=_numbers("--std", std),
    )
    return samples, _array(path, arrays, keys[1]) if keys[1] else None


def _array(path: Path, arrays: dict[str, Any], key: str) -> Any:
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
