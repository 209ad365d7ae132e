"""Chains of linear layers with fewer neurons: similar ones are merged, without data."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sparsesim.atomic import replacing
from sparsesim.errors import InputError, UnknownNameError
from sparsesim.networks import ARCHITECTURES, Layer, Network, load_network, read_arrays, write_network
from sparsesim.networks.arrays.files import usual_layout
from sparsesim.networks.arrays.layout import Layout
from sparsesim.networks.arrays.state_dict import ORIGIN_KEY, weights_and_biases
from sparsesim.transforms.merge.neurons import MergedNeurons, merge_similar

Arrays = dict[str, NDArray[Any]]
Weights = dict[str, tuple[NDArray[Any], NDArray[Any] | None]]


@dataclass(frozen=True, eq=False)
class MergedNetwork:
    """A chain of linear layers before and after merging.

    Attributes:
        before: the network as it was read.
        network: the smaller one; it can be run, simulated and pruned further.
        arrays: its weights `<layer>.weight` [out, in] and biases `<layer>.bias` [out].
        steps: what was merged into what, by layer whose neurons became fewer.
    """

    before: Network
    network: Network
    arrays: Arrays
    steps: Mapping[str, MergedNeurons]

    def write(self, path: str | Path) -> Path:
        """Write `.npz`, which `load_network(path, architecture="mlp")` reads, or `.onnx`; InputError otherwise."""
        target, source = Path(path), self.before.path
        if source is not None and target.exists() and source.exists() and target.samefile(source):
            raise InputError(f"{target}: the network was read from this file; write to another one")
        if target.suffix.lower() != ".npz":
            return write_network(self.network, target)
        origin = np.array(self.network.weights_origin)
        with replacing(target) as new, new.open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, **{ORIGIN_KEY: origin}, **self.arrays)
        return target


def merge_network(
    path: str | Path,
    keep: Mapping[str, int] | None = None,
    *,
    stop: Literal["mode"] | None = None,
    layout: Layout | None = None,
) -> MergedNetwork:
    """Merge similar neurons of a file of arrays that `load_network(path, architecture="mlp")` reads.

    `keep` says how many neurons stay of the layers that it names; with `stop="mode"` every hidden layer stops where
    two of its neurons are no more alike than most (see `merge_similar`). Layers are merged from first to last, each
    with what is left of those before it. The outputs of the last layer stay.
    Raises InputError as `load_network` does, unless exactly one of `keep` and `stop` is given, for the last layer
    and for numbers that do not fit; UnknownNameError for a layer that is not there.
    """
    if (keep is None) == (stop is None):
        raise InputError("give either the neurons to keep by layer or stop='mode'")
    file = Path(path)
    whole = load_network(file, architecture="mlp", layout=layout)
    chosen: Layout = layout or usual_layout(file)
    stored = weights_and_biases(read_arrays(file), chosen).values()
    weights: Weights = dict(zip((layer.name for layer in whole.layers), stored, strict=True))
    hidden = list(weights)[:-1]
    _check(keep or {}, list(weights))
    steps: dict[str, MergedNeurons] = {}
    for name, following in zip(hidden, list(weights)[1:], strict=True):
        if keep is None or name in keep:
            steps[name] = _merge(weights, name, following, None if keep is None else keep[name], stop)
    arrays = _arrays(weights)
    return MergedNetwork(whole, _smaller(whole, weights, arrays), arrays, steps)


def _merge(
    weights: Weights, name: str, following: str, keep: int | None, stop: Literal["mode"] | None
) -> MergedNeurons:
    """Merge neurons of layer `name`, in place of both layers in `weights`."""
    (weight, bias), (outgoing, last_bias) = weights[name], weights[following]
    try:
        found = merge_similar(weight, bias, outgoing, keep=keep, stop=stop)
    except InputError as error:
        raise InputError(f"layer {name!r}: {error}") from error
    weights[name], weights[following] = (found.weight_in, found.bias), (found.weight_out, last_bias)
    return found


def _arrays(weights: Weights) -> Arrays:
    arrays: Arrays = {}
    for name, (weight, bias) in weights.items():
        arrays[f"{name}.weight"] = weight
        if bias is not None:
            arrays[f"{name}.bias"] = bias
    return arrays


def _smaller(whole: Network, weights: Weights, arrays: Arrays) -> Network:
    graph = ARCHITECTURES["mlp"](arrays).model(whole.name).SerializeToString()
    layers = tuple(_layer(layer, *weights[layer.name]) for layer in whole.layers)
    return replace(whole, layers=layers, graph=graph, path=None, accuracy=None)


def _layer(layer: Layer, weight: NDArray[Any], bias: NDArray[Any] | None) -> Layer:
    n_bias = 0 if bias is None else len(bias)
    return replace(layer, weight_shape=weight.shape, source=weight, n_bias=n_bias)


def _check(keep: Mapping[str, int], names: list[str]) -> None:
    for name in keep:
        if name not in names:
            raise UnknownNameError("layer", name, names)
        if name == names[-1]:
            raise InputError(f"layer {name!r} is the last one: its outputs are those of the network and stay")
