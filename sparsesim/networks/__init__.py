"""Layers, networks, and the importers that read them from files and modules."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from sparsesim.errors import InputError, UnknownNameError
from sparsesim.networks.architectures import ARCHITECTURES, network_from_arrays
from sparsesim.networks.array_files import ARRAY_READERS, read_arrays
from sparsesim.networks.density import density_table
from sparsesim.networks.export import write_network
from sparsesim.networks.layer import CONVOLUTIONS, Gemm, Kind, Layer
from sparsesim.networks.layer_table import VARIANT, network_from_layer_table
from sparsesim.networks.network import Network, WeightsOrigin
from sparsesim.networks.onnx_file import network_from_onnx
from sparsesim.networks.onnx_graph import InputShape
from sparsesim.networks.state_dict import Layout, Size
from sparsesim.networks.torch_module import network_from_torch
from sparsesim.networks.trained_file import is_training_record, network_from_training_record
from sparsesim.networks.weights import DISTRIBUTIONS, SyntheticWeights
from sparsesim.shipped import shipped_file, shipped_names
from sparsesim.yaml_file import read_mapping

__all__ = [
    "ARCHITECTURES",
    "CONVOLUTIONS",
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
    "read_arrays",
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


_YAML = Importer(_network_from_yaml, frozenset({"seed", "variant"}))
_ARRAYS = Importer(
    network_from_arrays, frozenset({"input_shape", "sizes", "strides", "groups", "layout", "architecture"})
)

IMPORTERS: dict[str, Importer] = {
    ".yaml": _YAML,
    ".yml": _YAML,
    ".onnx": Importer(network_from_onnx, frozenset({"input_shape"})),
    **dict.fromkeys(ARRAY_READERS, _ARRAYS),
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
    layout: Layout | None = None,
    seed: int | None = None,
    architecture: str | None = None,
    variant: str | None = None,
) -> Network:
    """A shipped network by name (see `network_names`), or one read from a file.

    Args:
        name_or_path: a name, `name@variant`, or a path ending in one of `IMPORTERS`.
        input_shape: ONNX: size of the input, batch included, or {input: size}. Arrays: (c, h, w).
        sizes: arrays: (height, width) of the input of all convolutions, or by layer name or pattern.
        strides: arrays: strides other than 1, by layer name or pattern.
        groups: arrays: groups other than 1, by layer name or pattern.
        layout: arrays: `out_in` (PyTorch, Caffe; the default) or `in_out` (Keras, TensorFlow).
        seed: tables: the seed that weights are drawn with, instead of the table's own.
        architecture: arrays: a name in `ARCHITECTURES`; the network gets its graph, which gives sizes, strides and
            normalisation and can be run and exported.
        variant: tables: name of a published pruning that the table holds, whose densities the layers then carry.

    Raises UnknownNameError for an unknown name or variant, and InputError, naming the file, for a missing, damaged or
    unsupported file, for NaN or infinity in weights, and for an option that the kind of file does not know.
    """
    path, named = _find(name_or_path)
    options: dict[str, Any] = {"input_shape": input_shape, "sizes": sizes, "strides": strides, "groups": groups}
    if None not in (named, variant):
        raise InputError(f"{name_or_path!r} names a variant, so variant={variant!r} cannot be given")
    options |= {"layout": layout, "seed": seed, "architecture": architecture}
    options["variant"] = named if variant is None else variant
    try:
        return _load(path, {key: value for key, value in options.items() if value is not None})
    except InputError as error:
        if isinstance(error, UnknownNameError) and options["variant"] is not None:
            raise
        raise InputError(f"{path}: {error}") from error


def _find(name_or_path: str | Path) -> tuple[Path, str | None]:
    """The file, and the variant that a name such as `alexnet@pruned` asks for."""
    path = Path(name_or_path)
    name, mark, variant = str(name_or_path).partition(VARIANT)
    is_name = isinstance(name_or_path, str) and path.name == name_or_path and path.suffix.lower() not in IMPORTERS
    if not is_name or path.is_file() or (Path(name).suffix and name not in network_names()):
        return path, None
    return shipped_file("network", name, _SHIPPED, _SHIPPED_SUFFIX), variant if mark else None


def _load(path: Path, options: dict[str, Any]) -> Network:
    if not path.is_file():
        raise InputError("no such file")
    importer = IMPORTERS.get(path.suffix.lower())
    if importer is None:
        raise InputError(f"cannot read {path.suffix or 'a file without suffix'}, only {', '.join(IMPORTERS)}")
    for option in options:
        if option not in importer.options:
            raise InputError(f"{option} means nothing for {path.suffix} files")
    network = importer.read(path, **options)
    for layer in network.layers:
        if isinstance(layer.source, np.ndarray):
            layer.weight()
    return network
