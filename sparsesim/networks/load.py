"""`load_network`: from a name or a file to a network, by the importer of that kind of file."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from sparsesim.errors import InputError, UnknownNameError
from sparsesim.networks.architectures import network_from_arrays
from sparsesim.networks.arrays.files import ARRAY_FILES
from sparsesim.networks.arrays.layout import Layout
from sparsesim.networks.arrays.state_dict import Size
from sparsesim.networks.network import Network
from sparsesim.networks.onnx_files.file import network_from_onnx
from sparsesim.networks.onnx_files.input_sizes import InputShape
from sparsesim.networks.tables.layer_table import VARIANT, network_from_layer_table
from sparsesim.networks.tables.topology_file import network_from_topology
from sparsesim.networks.tables.trained_file import is_training_record, network_from_training_record
from sparsesim.networks.transformers.huggingface import (
    CONFIG,
    network_from_config,
    network_from_folder,
    network_from_safetensors,
)
from sparsesim.places import within
from sparsesim.shipped import shipped_file, shipped_names
from sparsesim.yaml_file import read_mapping

_SHIPPED, _SHIPPED_SUFFIX = "models/networks", ".yaml"


class Importer(NamedTuple):
    """A function from path to network, and the options of `load_network` that it takes.

    A new kind of file is one module with such a function and one row of IMPORTERS; it raises InputError, without the
    file's name, for everything that it cannot read.
    """

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
    network_from_arrays,
    frozenset({"input_shape", "sizes", "strides", "groups", "paddings", "layout", "stacked", "architecture"}),
)

IMPORTERS: dict[str, Importer] = {
    ".yaml": _YAML,
    ".yml": _YAML,
    ".onnx": Importer(network_from_onnx, frozenset({"input_shape"})),
    **dict.fromkeys(ARRAY_FILES, _ARRAYS),
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
    name_or_path: str | Path | Network,
    *,
    input_shape: InputShape | None = None,
    sizes: Size | Mapping[str, Size] | None = None,
    strides: Mapping[str, int] | None = None,
    groups: Mapping[str, int] | None = None,
    paddings: Mapping[str, int] | None = None,
    layout: Layout | None = None,
    stacked: bool | None = None,
    architecture: str | None = None,
    tokens: int | None = None,
    variant: str | None = None,
    seed: int | None = None,
) -> Network:
    """A shipped network by name (see `network_names`), or one read from a file. A Network is returned as it is.

    Args:
        name_or_path: a name, `name@variant`, a path ending in one of `IMPORTERS`, or a folder with a config.json.
        input_shape: ONNX: size of the input, batch included, or {input: size}. Arrays: (c, h, w).
        sizes: arrays: (height, width) of the input of all convolutions, or by layer name or pattern.
        strides: arrays: strides other than 1, by layer name or pattern.
        groups: arrays: groups other than 1, by layer name or pattern.
        paddings: arrays: paddings other than (kernel - 1) // 2, by layer name or pattern.
        layout: arrays: `out_in` (PyTorch, Caffe), `in_out` (Keras, TensorFlow) or `ohwi` (TFLite).
        stacked: arrays: 3-D arrays are stacks of matrices (layer, out, in).
        architecture: arrays: a name in `ARCHITECTURES`; the network gets its graph, which gives sizes, strides and
            normalisation and can be run and exported.
        tokens: transformers with a config.json: length of the sequence, 128 if not given.
        variant: tables: name of a published pruning that the table holds, whose densities the layers then carry.
        seed: tables and a config.json alone: the seed that weights are drawn with.

    Raises UnknownNameError for an unknown name or variant, and InputError, naming the file, for a missing, damaged or
    unsupported file, for NaN or infinity in weights, and for an option that this kind of file does not take.

    >>> import sparsesim as ss
    >>> network = ss.load_network("digits-cnn")
    >>> [(layer.name, layer.weight_shape) for layer in network.layers]
    [('conv1', (32, 1, 3, 3)), ('conv2', (64, 32, 3, 3)), ('fc1', (128, 256)), ('fc2', (10, 128))]
    >>> network.weights_origin, round(network.accuracy, 3)
    ('trained', 0.982)
    """
    options: dict[str, Any] = {"input_shape": input_shape, "sizes": sizes, "strides": strides, "groups": groups}
    options |= {"paddings": paddings, "layout": layout, "stacked": stacked, "architecture": architecture}
    options |= {"tokens": tokens, "variant": variant, "seed": seed}
    chosen = {key: value for key, value in options.items() if value is not None}
    if not isinstance(name_or_path, str | Path):
        return _as_it_is(name_or_path, chosen)
    path, named = _find(name_or_path)
    if None not in (named, variant):
        raise InputError(f"{name_or_path!r} names a variant, so variant={variant!r} cannot be given")
    if named is not None:
        chosen["variant"] = named
    try:
        with within(path):
            return _load(path, chosen)
    except InputError as error:
        if isinstance(error.__cause__, UnknownNameError) and "variant" in chosen:
            raise error.__cause__ from None
        raise


def _as_it_is(given: object, options: Mapping[str, Any]) -> Network:
    """A network that is one already; InputError for anything else, and for options, which come too late."""
    if isinstance(given, Network) and not options:
        return given
    if isinstance(given, Network):
        raise InputError(f"{next(iter(options))} means nothing for the network {given.name!r}, which is read already")
    is_module = any(cls.__module__.partition(".")[0] == "torch" for cls in type(given).__mro__)
    hint = "; network_from_torch(module, sample) reads PyTorch modules" if is_module else ""
    raise InputError(f"a name, a path or a Network is needed, found {type(given).__name__}{hint}")


def _find(name_or_path: str | Path) -> tuple[Path, str | None]:
    """The file, and the variant that a name such as `alexnet@pruned` asks for."""
    path = Path(name_or_path)
    name, mark, variant = str(name_or_path).partition(VARIANT)
    is_name = isinstance(name_or_path, str) and path.name == name_or_path and path.suffix.lower() not in IMPORTERS
    known_suffix = path.suffix.lower() in _CONVERT or (Path(name).suffix and name not in network_names())
    if not is_name or path.is_file() or _is_model(path) or known_suffix:
        return path, None
    return shipped_file("network", name, _SHIPPED, _SHIPPED_SUFFIX), variant if mark else None


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
    network = (network_from_arrays if "architecture" in options else importer.read)(path, **options)
    for layer in network.layers:
        if isinstance(layer.source, np.ndarray):
            layer.weight()
    return network
