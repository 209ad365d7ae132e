"""The tensors that flow through a network when it runs on real samples."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparsesim.atomic import replacing
from sparsesim.errors import InputError
from sparsesim.inference.batches import run_network
from sparsesim.inference.sample_sets import Samples, with_labels
from sparsesim.inference.session import Inputs
from sparsesim.networks import Network, load_network

Maps = dict[str, NDArray[np.float32]]


def capture(network: str | Path | Network, inputs: Inputs | Samples | str, *, batch_size: int = 64) -> Maps:
    """What every conv2d and linear layer reads, by layer name, as `Activations.maps` takes it.

    conv2d: float32[n, c_in, h, w]; linear: float32[vectors, in]. Recurrent layers, transposed convolutions and
    products of two activations are left out. `network` and `inputs` as for `evaluate`; all maps of all samples are kept
    in memory. Raises InputError as `evaluate` does, and for a network without such layers.

    >>> import sparsesim as ss
    >>> maps = ss.capture("digits-cnn", "digits")
    >>> {name: values.shape for name, values in maps.items()}
    {'conv1': (450, 1, 8, 8), 'conv2': (450, 32, 4, 4), 'fc1': (450, 256), 'fc2': (450, 128)}
    """
    network, (inputs, _) = load_network(network), with_labels(inputs)
    found = run_network(network, inputs, batch_size, "layers").recorded
    if not found:
        raise InputError(f"{network.name!r} has no conv2d or linear layer whose input could be captured")
    return {layer.name: found[layer.name] for layer in network.layers if layer.name in found}


def capture_relu(network: Network, inputs: Inputs, *, batch_size: int = 64) -> Maps:
    """The output of every ReLU: by tensor name in ONNX graphs, by module name (`#2` for the second call) in PyTorch."""
    return run_network(network, inputs, batch_size, "relus").recorded


def write_maps(maps: Mapping[str, NDArray[Any]], path: Path) -> None:
    """Write maps by layer name as a compressed `.npz`, which a sweep reads as the `activations` of a network."""
    with replacing(path) as new, new.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **maps)


def densities(maps: Mapping[str, NDArray[Any]]) -> dict[str, float]:
    """Share of non-zero values of each map."""
    return {name: float(np.count_nonzero(values) / values.size) for name, values in maps.items()}
