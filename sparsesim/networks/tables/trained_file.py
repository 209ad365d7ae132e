"""Trained networks that travel with the package: a YAML record beside the file of weights."""

import hashlib
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from sparsesim.errors import InputError
from sparsesim.networks.arrays.state_dict import network_from_state_dict
from sparsesim.networks.network import Network
from sparsesim.quantities import Index, LargeCount, Share
from sparsesim.yaml_file import Description, read_description

FIELD_OF_A_RECORD = "weights_file"


class TrainingRecord(Description):
    """How a network was trained and what it reached.

    Attributes:
        name: name of the network.
        weights_file: file name of the weights (`.npz`, readable without further packages) in the same folder.
        sha256: checksum of that file.
        input_sizes: (height, width) of the input of each convolution.
        onnx_file: file name of the whole graph, for running and exporting it.
        onnx_sha256: checksum of that file.
        accuracy: top-1 accuracy on the held-out split, in [0, 1].
        held_out_samples: size of that split.
        dataset: what it was trained on.
        seed: seed of split, initial weights and order of the samples.
        source: the script that trained it.
        input: what one sample is.
        versions: releases of the packages that trained and measured it.
        notes: other remarks.
    """

    name: str
    weights_file: Annotated[str, Field(pattern=r"^[\w-][\w.-]*\.npz$")]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    input_sizes: dict[str, tuple[LargeCount, LargeCount]]
    onnx_file: Annotated[str, Field(pattern=r"^[\w-][\w.-]*\.onnx$")]
    onnx_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    accuracy: Share
    held_out_samples: LargeCount
    dataset: str
    seed: Index
    source: str
    input: str
    versions: dict[str, str]
    notes: str = ""


def is_training_record(content: dict[str, Any]) -> bool:
    """Whether the content of a YAML file is a training record rather than a table of layers."""
    return FIELD_OF_A_RECORD in content


def network_from_training_record(path: Path) -> Network:
    """The trained network behind a record; InputError where its file is missing or was changed."""
    record = read_description(path, TrainingRecord)
    weights = _checked(path, "weights_file", record.weights_file, "sha256", record.sha256)
    graph = _checked(path, "onnx_file", record.onnx_file, "onnx_sha256", record.onnx_sha256)
    return Network(
        name=record.name,
        layers=network_from_state_dict(weights, sizes=record.input_sizes).layers,
        weights_origin="trained",
        source=record.source,
        input_description=record.input,
        accuracy=record.accuracy,
        notes=record.notes,
        path=graph,
    )


def _checked(record: Path, field: str, name: str, sum_field: str, expected: str) -> Path:
    """The file beside the record; InputError if it is missing or not the one that was recorded."""
    path = record.parent / name
    if not path.is_file():
        raise InputError(f"{field}: {path} is missing")
    if hashlib.sha256(path.read_bytes()).hexdigest() != expected:
        raise InputError(f"{sum_field}: {path} is not the file that was recorded")
    return path
