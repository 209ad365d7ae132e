"""Labelled samples on the command line: their options, and how these are read."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from sparsesim.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sparsesim.networks import Network
    from sparsesim.transforms import LayerInputs, Method

Inputs = Annotated[Path, typer.Option("--inputs", "-i", help="Samples and labels: .npz or another array file.")]
InputsKey = Annotated[str, typer.Option("--inputs-key", help="Array of samples in that file.")]
LabelsKey = Annotated[str, typer.Option("--labels-key", help="Array of labels; '' for none.")]
InputsLayout = Annotated[str, typer.Option("--inputs-layout", help="Stored samples: nchw, nhwc or flat.")]
Scale = Annotated[str, typer.Option("--scale", help="What samples are multiplied by: 0.5 or 1/255.")]
Mean = Annotated[str, typer.Option("--mean", help="Subtracted after scaling: one number or one by channel.")]
Std = Annotated[str, typer.Option("--std", help="Divided by after that: one number or one by channel.")]
BatchSize = Annotated[int, typer.Option("--batch-size", help="Samples at a time.")]


@dataclass(frozen=True)
class StoredAs:
    """What the options say of stored samples, in the user's words; without `labels_key` there are no labels."""

    key: str = "images"
    labels_key: str = ""
    layout: str = "nchw"
    scale: str = "1"
    mean: str = ""
    std: str = ""


def read_samples(path: Path, stored: StoredAs, most: int | None = None) -> tuple[Any, Any | None]:
    """The first `most` samples (None: all) as a network reads them, and their labels if there are any.

    Raises InputError that names file or option.
    """
    from sparsesim.inference import prepare_samples
    from sparsesim.networks import read_arrays

    arrays = read_arrays(path)
    samples = prepare_samples(
        _array(path, arrays, stored.key)[:most],
        layout=stored.layout,
        scale=_one_number("--scale", stored.scale),
        mean=_numbers("--mean", stored.mean),
        std=_numbers("--std", stored.std),
    )
    return samples, _array(path, arrays, stored.labels_key)[:most] if stored.labels_key else None


class Prepared(NamedTuple):
    """A network, samples to evaluate it on with their labels, and what its layers read of samples set aside."""

    network: "Network"
    samples: Any
    labels: Any
    captured: "LayerInputs | None"


def prepare(
    network: str, options: dict[str, Any], path: Path, stored: StoredAs, methods: "Sequence[Method]"
) -> Prepared:
    """What a command that measures accuracies starts from; samples are set aside only for methods that look at them.

    `options` are those of `load_network`. Raises InputError that names file or option.
    """
    from sparsesim.inference import capture
    from sparsesim.networks import load_network
    from sparsesim.studies import set_aside

    whole = load_network(network, **options)
    calibration, samples, labels = set_aside(*read_samples(path, stored), methods)
    return Prepared(whole, samples, labels, None if calibration is None else capture(whole, calibration))


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
