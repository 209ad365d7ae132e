"""Samples on the command line: read as their options say, and put beside a network."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from sparsesim.cli.options import GraphFile, LabelledSamples, StoredSamples
from sparsesim.cli.parse import numbers, one_number
from sparsesim.errors import InputError
from sparsesim.inference import capture, prepare_samples, sample_file
from sparsesim.networks import Network, load_network, read_arrays
from sparsesim.studies import set_aside
from sparsesim.transforms import LayerInputs, Method


def read_samples(path: Path, stored: StoredSamples, most: int | None = None) -> Any:
    """The first `most` samples (None: all) as a network reads them. Raises InputError that names file or option."""
    file = sample_file(path)
    return _samples(file, read_arrays(file), stored, most)


def read_labelled(stored: LabelledSamples) -> tuple[Any, Any | None]:
    """All samples as a network reads them, and their labels if there are any.

    Raises InputError that names file or option.
    """
    file = sample_file(stored.inputs)
    arrays = read_arrays(file)
    samples = _samples(file, arrays, stored, None)
    return samples, _array(file, arrays, stored.labels_key) if stored.labels_key else None


class Prepared(NamedTuple):
    """A network, samples to evaluate it on with their labels, and what its layers read of samples set aside."""

    network: Network
    samples: Any
    labels: Any
    captured: LayerInputs | None


def prepare(network: str, file: GraphFile, stored: LabelledSamples, methods: Sequence[Method]) -> Prepared:
    """What a command that measures accuracies starts from; samples are set aside only for methods that look at them.

    Raises InputError that names file or option.
    """
    whole = load_network(network, **file.options())
    calibration, samples, labels = set_aside(*read_labelled(stored), methods)
    return Prepared(whole, samples, labels, None if calibration is None else capture(whole, calibration))


def _samples(path: Path, arrays: dict[str, Any], stored: StoredSamples, most: int | None) -> Any:
    return prepare_samples(
        _array(path, arrays, stored.inputs_key)[:most],
        layout=stored.inputs_layout,
        scale=one_number("--scale", stored.scale),
        mean=numbers("--mean", stored.mean) if stored.mean else (),
        std=numbers("--std", stored.std) if stored.std else (),
    )


def _array(path: Path, arrays: dict[str, Any], key: str) -> Any:
    if key not in arrays:
        raise InputError(f"{path}: no array {key!r}; it holds {', '.join(arrays)}")
    return arrays[key]
