"""A network: its layers in order of execution, and where its weights come from."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

import numpy as np

from sparsesim.array_types import FloatArray
from sparsesim.errors import InputError, UnknownNameError
from sparsesim.limits import MAX_INT64, MAX_MACS, checked_size
from sparsesim.networks.bounds import MAX_STEPS, MOST_LAYERS
from sparsesim.networks.kinds import GATES
from sparsesim.networks.layer import Layer, Mask
from sparsesim.networks.weights import SyntheticWeights
from sparsesim.places import shown

if TYPE_CHECKING:
    import torch

WeightsOrigin = Literal["trained", "synthetic", "imported"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Network:
    """Layers in order of execution; never changed in place, every `with_` method returns a new network.

    Attributes:
        name: shown in results.
        layers: layers that multiply; others (activations, pooling, normalisation) are not simulated.
        weights_origin: `trained` (shipped with a record of its training), `imported` (read from a file or
            module, as the user says it is) or `synthetic` (drawn from a seeded distribution).
        source: publication or file that the network comes from.
        input_description: what one sample is.
        accuracy: top-1 accuracy in [0, 1] of the unpruned network, where it is known.
        notes: what is not simulated, and other remarks.
        other_params: number of parameters that no layer holds, by what they are (embeddings, normalisation).
        variants: names of the published prunings that its description holds, see `load_network`.
        path: the file that it was read from, if any.
        graph: what can run the network: an ONNX file, a serialised ONNX model or a PyTorch module; None where
            only the shapes and weights of its layers are known. By default `path`, if that is an ONNX file.
    """

    name: str
    layers: tuple[Layer, ...]
    weights_origin: WeightsOrigin
    source: str
    input_description: str = ""
    accuracy: float | None = None
    notes: str = ""
    other_params: Mapping[str, int] = field(default_factory=dict)
    variants: tuple[str, ...] = ()
    path: Path | None = field(default=None, repr=False)
    graph: "Path | bytes | torch.nn.Module | None" = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.graph is None and self.path is not None and self.path.suffix.lower() == ".onnx":
            object.__setattr__(self, "graph", self.path)
        if not self.layers:
            raise InputError(f"network {self.name!r} has no layer that multiplies")
        self._check_names()
        self._check_totals()
        drawn = any(isinstance(layer.source, SyntheticWeights) for layer in self.layers)
        if drawn and self.weights_origin != "synthetic":
            raise InputError(f"network {self.name!r} draws its weights: its origin is not {self.weights_origin!r}")

    def _check_names(self) -> None:
        if len(self.layers) > MOST_LAYERS:
            raise InputError(f"network {self.name!r} has {len(self.layers)} layers: at most {MOST_LAYERS}")
        times = Counter(self._names())
        if len(times) < len(self.layers):
            twice = next(name for name, count in times.items() if count > 1)
            raise InputError(f"network {self.name!r} has two layers named {twice!r}")

    def _check_totals(self) -> None:
        """What is added up over layers must be countable, too, and recurrent layers must come to an end."""
        steps = sum(layer.steps for layer in self.layers if layer.kind in GATES)
        if steps > MAX_STEPS:
            raise InputError(f"network {self.name!r}: steps: {steps} in its recurrent layers: at most {MAX_STEPS}")
        checked_size(f"network {self.name!r}: MACs", self.macs, limit=MAX_MACS)
        for what, count in self.other_params.items():
            if not 0 <= count <= MAX_INT64:
                raise InputError(f"network {self.name!r}: other_params: {what}: {shown(count)}: must be below 2**63")
        checked_size(f"network {self.name!r}: parameters", self.n_params)

    @property
    def label(self) -> str:
        """The name, with a warning where the weights were never trained."""
        return f"{self.name} (synthetic weights)" if self.weights_origin == "synthetic" else self.name

    @property
    def n_params(self) -> int:
        """All parameters before pruning, those of `other_params` too; an array that two layers share counts once."""
        weights = {_identity(layer): layer.n_weights for layer in self.layers}
        return sum(weights.values()) + sum(layer.n_bias for layer in self.layers) + sum(self.other_params.values())

    @property
    def macs(self) -> int:
        """Multiply-accumulates per sample, before pruning."""
        return sum(layer.macs for layer in self.layers)

    @property
    def sparsity(self) -> float:
        """Share of all weights that are zero or that a mask drops, in [0, 1]."""
        weights = [layer.masked_weight() for layer in self.layers if layer.n_weights]
        kept = sum(int((weight != 0).sum()) for weight in weights)
        return 1 - kept / sum(weight.size for weight in weights)

    def layer(self, name: str) -> Layer:
        """The layer with this name; UnknownNameError with suggestions otherwise."""
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise UnknownNameError("layer", name, self._names())

    def select(self, pattern: str) -> Self:
        """The network of only those layers whose name matches a shell pattern such as `fc*`; all of it for `*`."""
        if pattern == "*":
            return self
        chosen = tuple(layer for layer in self.layers if fnmatchcase(layer.name, pattern))
        if not chosen:
            raise UnknownNameError("layer pattern", pattern, self._names())
        return replace(self, name=f"{self.name}[{pattern}]", layers=chosen)

    def with_masks(self, masks: Mapping[str, Mask | None]) -> Self:
        """The network with these masks by layer name; layers that are not named keep theirs."""
        return self._with({name: self.layer(name).with_mask(mask) for name, mask in masks.items()})

    def with_weights(self, weights: Mapping[str, FloatArray]) -> Self:
        """The network with these weights by layer name, as pruning needs that also corrects what stays."""
        return self._with({name: self.layer(name).with_weight(weight) for name, weight in weights.items()})

    def without_masks(self) -> Self:
        """The unpruned network."""
        return replace(self, layers=tuple(layer.with_mask(None) for layer in self.layers))

    def table(self) -> list[dict[str, object]]:
        """One row per layer: shape, counts, products per sample, and the share of weights that its mask keeps."""
        return [_row(layer) for layer in self.layers]

    def _with(self, changed: Mapping[str, Layer]) -> Self:
        return replace(self, layers=tuple(changed.get(layer.name, layer) for layer in self.layers))

    def _names(self) -> list[str]:
        return [layer.name for layer in self.layers]


def _identity(layer: Layer) -> object:
    if isinstance(layer.source, np.ndarray):
        return layer.source.__array_interface__["data"], layer.n_weights
    return layer.name


def _row(layer: Layer) -> dict[str, object]:
    return {
        "layer": layer.name,
        "kind": layer.kind,
        "weight_shape": layer.weight_shape,
        "n_weights": layer.n_weights,
        "n_bias": layer.n_bias,
        "macs": layer.macs,
        **layer.gemm._asdict(),
        "density": None if layer.mask is None else float(layer.mask.mean()),
        "published_weight_density": layer.weight_density,
    }
