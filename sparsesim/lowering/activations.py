"""What the layers of a network read: real feature maps, seeded patterns, or dense operands."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import prod
from typing import Literal

import numpy as np

from sparsesim.array_types import FloatArray, IntArray
from sparsesim.errors import InputError
from sparsesim.formats import Format, format_by_name
from sparsesim.limits import MAX_INT64, check_memory
from sparsesim.networks import Layer, Network
from sparsesim.places import shown
from sparsesim.tensors import DenseMatrix, Tensor

_DRAWN_BYTES = 4 + 8
"""For each value itself, and its place in the draw of those that are not zero."""


@dataclass(frozen=True)
class Activations:
    """What the layers read.

    `maps` holds real inputs by layer name: conv2d float[batch, c_in, h, w], linear float[vectors, in]; zeros in
    them are real zeros. Layers without a map get a seeded pattern of `density` (uniform over the feature map), or
    a dense operand where the density is 1. "published" takes the density that each layer's description gives, 1
    where it gives none. `format` is the format of inputs that hold zeros, as machines find them in DRAM; dense ones
    are stored dense. Raises InputError for a density outside (0, 1].

    >>> import sparsesim as ss
    >>> halved = ss.lower("digits-cnn", activations=ss.Activations(density=0.5))
    >>> [op.b.tensor.density for op in halved[2:]]  # the linear layers, which read vectors
    [0.5, 0.5]
    >>> real = ss.Activations(maps=ss.capture("digits-cnn", "digits"))
    >>> ss.lower("digits-cnn", batch=450, activations=real)[-1].b.tensor.density < 0.5
    True
    """

    density: float | Literal["published"] = 1.0
    seed: int = 0
    maps: Mapping[str, FloatArray] | None = None
    format: str = "dense"

    def __post_init__(self) -> None:
        if self.density != "published" and not (isinstance(self.density, (int, float)) and 0 < self.density <= 1):
            raise InputError(f"activations.density is {self.density}; it must lie in (0, 1], or be 'published'")
        if isinstance(self.density, bool):
            raise InputError(f"activations.density is {self.density}; it must be a number, or 'published'")
        if type(self.seed) is not int or not 0 <= self.seed <= MAX_INT64:
            raise InputError(f"activations.seed is {shown(self.seed)}; it must be from 0 to {MAX_INT64}")

    def check(self, network: Network) -> None:
        """InputError for an unknown format, a map of no layer of the network, published densities of none."""
        format_by_name(self.format)
        known = {layer.name for layer in network.layers}
        for name in self.maps or {}:
            if name not in known:
                raise InputError(f"activations.maps: network {network.name} has no layer {name!r}")
        if self.density == "published" and all(layer.input_activation_density is None for layer in network.layers):
            raise InputError(f"activations.density is 'published', but network {network.name} gives none")

    def in_orders(self, orders: Mapping[str, IntArray]) -> "Activations":
        """The same inputs with the channels of some layers in another order: `order[i]` arrives as channel i."""
        if not self.maps or not orders:
            return self
        maps = {name: values[:, orders[name]] if name in orders else values for name, values in self.maps.items()}
        return replace(self, maps=maps)

    def map_of(self, layer: Layer) -> FloatArray | None:
        """The real input of a layer, if there is one."""
        return (self.maps or {}).get(layer.name)

    def density_of(self, layer: Layer) -> float:
        """Share of non-zero inputs of a layer without a map."""
        if self.density != "published":
            return float(self.density)
        return 1.0 if layer.input_activation_density is None else layer.input_activation_density

    def format_of(self, inputs: Tensor) -> Format:
        """How these inputs are stored."""
        return format_by_name("dense" if isinstance(inputs, DenseMatrix) else self.format)

    def drawn(self, layer: Layer, shape: tuple[int, ...]) -> FloatArray:
        """Non-negative values, as after a ReLU, of which exactly round(density x size) are not zero.

        Raises InputError for more values than the budget of memory has a place for.
        """
        random = np.random.default_rng([self.seed, *layer.name.encode()])
        size = prod(shape)
        check_memory(f"layer {layer.name!r}: drawing its activations {shape}", _DRAWN_BYTES * size)
        values = np.zeros(size, np.float32)
        kept = random.choice(size, round(self.density_of(layer) * size), replace=False, shuffle=False)
        values[kept] = np.abs(random.standard_normal(len(kept), dtype=np.float32)) + np.float32(1e-6)
        return values.reshape(shape)
