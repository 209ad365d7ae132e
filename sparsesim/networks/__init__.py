"""Layers, networks, and the importers that read them from files and modules."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from sparsesim.errors import InputError
from sparsesim.networks.array_files import ARRAY_READERS
from sparsesim.networks.array_layout import Layout
from sparsesim.networks.density import density_table
from sparsesim.networks.export import write_network
from sparsesim.networks.huggingface import (
    CONFIG,
    network_from_config,
    network_from_folder,
    network_from_safetensors,
)
from sparsesim.networks.layer import Gemm, Kind, Layer
from sparsesim.networks.layer_table import network_from_layer_table
from sparsesim.networks.network import Network, WeightsOrigin
from sparsesim.networks.onnx_file import network_from_onnx
from sparsesim.networks.onnx_graph import InputShape
from sparsesim.networks.state_dict import Size, network_from_state_dict
from sparsesim.networks.topology_file import network_from_topology
from sparsesim.networks.torch_module import network_from_torch
from sparsesim.networks.trained_file import is_training_record, network_from_training_record
from sparsesim.networks.weights import DISTRIBUTIONS, SyntheticWeights
from sparsesim.shipped import shipped_file, shipped_names
from sparsesim.yaml_file import read_mapping

__all__ = [
    "DISTRIBUTIONS",
    "IMPORTERS",
    "Gemm",
    "Kind",
    "Layer",
    "Network",
    "SyntheticWeights",
    "WeightsOrigin",
    "density_table",
    "load_network",
    "network_from_torch",
    "network_names",
    "write_network",
]

_SHIPPED, _SHIPPED_SUFFIX = "models/networks", ".yaml"


class Importer(NamedTuple):
    """A function from path to network, and the options of `load_network` that it understands."""

    read: Callable[..., Network]
    options: frozenset[str] = frozenset()


def _network_from_yaml(path: Path, **options: Any) -> Network:
    if is_training_record(read_mapping(path)):
        if options:
            raise InputError(f"{' and '.join(options)} cannot be given for a trained network")
        return network_from_training_record(path)
    return network_from_layer_table(path, **options)


_YAML = Importer(_network_from_yaml, frozenset({"seed"}))
_ARRAYS = Importer(
    network_from_state_dict,
    frozenset({"input_shape", "sizes", "strides", "groups", "paddings", "layout", "stacked"}),
)

IMPORTERS: dict[str, Importer] = {
    ".yaml": _YAML,
    ".yml": _YAML,
    ".onnx": Importer(network_from_onnx, frozenset({"input_shape"})),
    **dict.fromkeys(ARRAY_READERS, _ARRAYS),
    ".safetensors": Importer(network_from_safetensors, _ARRAYS.options | {"tokens"}),
    ".json": Importer(network_from_config, frozenset({"tokens", "seed"})),
    ".csv": Importer(network_from_topology, frozenset({"seed"})),
}
FOLDER = Importer(network_from_folder, frozenset({"tokens", "seed"}))

_TO_ARRAYS = "save its weights as named arrays (.npz) and give layout, sizes and strides"
_CONVERT = {
    ".tflite": "convert it to ONNX, or save its constants as .npz and give layout='ohwi'",
    ".caffemodel": _TO_ARRAYS,
    ".net": _TO_ARRAYS,
    ".pb": "convert it to ONNX, or save its constants as .npz and give layout='in_out'",
}


def network_names() -> list[str]:
    """Names of the networks that travel with the package."""
    return shipped_names(_SHIPPED, _SHIPPED_SUFFIX)


def load_network(
    name_or_path: str | Path,
    *,
    input_shape: InputShape | None = None,
    sizes: Size | Mapping[str, Size] | None = None,
    strides: Mapping[str, int] | None = None,
    groups: Mapping[str, int] | None = None,
    paddings: Mapping[str, int] | None = None,
    layout: Layout | None = None,
    stacked: bool | None = None,
    tokens: int | None = None,
    seed: int | None = None,
) -> Network:
    """A shipped network by name (see `network_names`), or one read from a file.

    Args:
        name_or_path: a name, a path ending in one of `IMPORTERS`, or a folder that holds a config.json.
        input_shape: ONNX: size of the input, batch included, or {input: size}. Arrays: (c, h, w).
        sizes: arrays: (height, width) of the input of all convolutions, or by layer name or pattern.
        strides: arrays: strides other than 1, by layer name or pattern.
        groups: arrays: groups other than 1, by layer name or pattern.
        paddings: arrays: paddings other than (kernel - 1) // 2, by layer name or pattern.
        layout: arrays: `out_in` (PyTorch, Caffe), `in_out` (Keras, TensorFlow) or `ohwi` (TFLite).
        stacked: arrays: 3-D arrays are stacks of matrices (layer, out, in).
        tokens: transformers with a config.json: length of the sequence, 128 if not given.
        seed: tables and a config.json alone: the seed that weights are drawn with.

    Raises UnknownNameError for an unknown name, and InputError, naming the file, for a missing, damaged or
    unsupported file, for NaN or infinity in weights, and for an option that the kind of file does not know.
    """
    path = _find(name_or_path)
    options: dict[str, Any] = {"input_shape": input_shape, "sizes": sizes, "strides": strides, "groups": groups}
    options |= {"paddings": paddings, "layout": layout, "stacked": stacked, "tokens": tokens, "seed": seed}
    given = {key: value for key, value in options.items() if value is not None}
    try:
        return _load(path, given)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def _find(name_or_path: str | Path) -> Path:
    path = Path(name_or_path)
    is_name = isinstance(name_or_path, str) and not path.suffix and path.name == name_or_path
    if is_name and not path.is_file() and not _is_model(path):
        return shipped_file("network", str(name_or_path), _SHIPPED, _SHIPPED_SUFFIX)
    return path


def _is_model(path: Path) -> bool:
    return (path / CONFIG).is_file()


def _load(path: Path, options: dict[str, Any]) -> Network:
    if not path.is_file() and not _is_model(path):
        raise InputError(f"no such file, nor a folder with {CONFIG}")
    importer = FOLDER if path.is_dir() else IMPORTERS.get(path.suffix.lower())
    if path.suffix.lower() in _CONVERT:
        raise InputError(f"{path.suffix} files are not read: {_CONVERT[path.suffix.lower()]}")
    if importer is None:
        raise InputError(f"cannot read {path.suffix or 'a file without suffix'}, only {', '.join(IMPORTERS)}")
    for option in options:
        if option not in importer.options:
            raise InputError(f"{option} means nothing for {path.suffix or 'such'} files")
    network = importer.read(path, **options)
    for layer in network.layers:
        if isinstance(layer.source, np.ndarray):
            layer.weight()
    return network
