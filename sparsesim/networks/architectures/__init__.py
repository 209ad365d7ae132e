"""Graphs for files of arrays: how their weights are connected, so that the network can be run and exported.

A new architecture is one file with a function that builds its graph, and one row of ARCHITECTURES.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from sparsesim.errors import InputError, UnknownNameError
from sparsesim.networks.architectures.graph_builder import GraphBuilder
from sparsesim.networks.architectures.mlp import build_mlp
from sparsesim.networks.architectures.resnet_cifar import build_resnet_cifar
from sparsesim.networks.arrays.files import ARRAY_FILES
from sparsesim.networks.arrays.layout import check_layout
from sparsesim.networks.arrays.names import NamedArrays
from sparsesim.networks.arrays.state_dict import network_from_state_dict, stored_origin
from sparsesim.networks.network import Network
from sparsesim.networks.onnx_files.file import layers_of_model
from sparsesim.networks.onnx_files.input_sizes import check_sample_shape

__all__ = ["ARCHITECTURES", "network_from_arrays"]

ARCHITECTURES: dict[str, Callable[..., GraphBuilder]] = {
    "mlp": build_mlp,
    "resnet-cifar": build_resnet_cifar,
}
_OPTIONS = ("input_shape", "layout")


def network_from_arrays(path: Path, *, architecture: str | None = None, **options: Any) -> Network:
    """The arrays of a file as layers, connected by an architecture, or else as `network_from_state_dict` reads them.

    The graph takes inputs as the network was trained on them: scaling and normalising is up to the caller.
    Raises InputError for arrays that the architecture does not expect, and where onnx is not installed.
    """
    if architecture is None:
        return network_from_state_dict(path, **options)
    if architecture not in ARCHITECTURES:
        raise UnknownNameError("architecture", architecture, ARCHITECTURES)
    for option in options:
        if option not in _OPTIONS:
            raise InputError(f"{option} means nothing beside architecture, which says it")
    if options.get("input_shape") is not None:
        check_sample_shape(options["input_shape"])
    if "layout" in options:
        check_layout(options["layout"])
    arrays = ARRAY_FILES[path.suffix.lower()].read(path)
    builder = ARCHITECTURES[architecture](_floating(arrays), **options)
    builder.check_all_used()
    model = builder.model(path.stem)
    return Network(
        name=path.stem,
        graph=model.SerializeToString(),  # before the sizes of one sample are written into the model
        layers=layers_of_model(model),
        weights_origin=stored_origin(arrays),
        source=str(path),
        input_description=" x ".join(map(str, builder.input_shape)),
        notes=f"graph: {architecture}",
        other_params=builder.other_params,
        path=path,
    )


def _floating(arrays: NamedArrays) -> NamedArrays:
    """Floating point arrays without the prefix that parallel training in PyTorch puts before every key."""
    floats = {key: array for key, array in arrays.items() if np.issubdtype(array.dtype, np.floating)}
    prefix = "module." if all(key.startswith("module.") for key in floats) else ""
    return {key.removeprefix(prefix): array for key, array in floats.items()}
