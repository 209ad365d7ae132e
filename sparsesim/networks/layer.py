"""One layer of a network: its shape, its weights and its mask, and the matrix products that it stands for."""

import math
from dataclasses import dataclass, field, replace
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from sparsesim.array_types import BoolArray, FloatArray
from sparsesim.errors import InputError
from sparsesim.limits import check_memory
from sparsesim.networks.kinds import CONVOLUTIONS, GATES, Kind
from sparsesim.networks.layer_check import check_layer
from sparsesim.networks.weights import SyntheticWeights

Source = FloatArray | SyntheticWeights
Mask = BoolArray
Floats = NDArray[np.float32]

_FLOAT32_BYTES = 4

__all__ = ["CONVOLUTIONS", "GATES", "Floats", "Gemm", "Kind", "Layer", "Mask", "Source"]


class Gemm(NamedTuple):
    """`repeat` products C[M,N] = A[M,K] @ B[K,N] per sample; A holds the weights, B the activations."""

    M: int
    N: int
    K: int
    repeat: int


@dataclass(frozen=True, eq=False, kw_only=True)
class Layer:
    """A layer that multiplies: its shape, its weights and, once pruned, its mask.

    Attributes:
        name: unique in its network.
        kind: `linear`, `conv2d`, `conv_transpose2d`, `lstm`, `gru`, or `matmul` (activation times activation, no
            weights). What is said of conv2d below also holds for conv_transpose2d.
        weight_shape: linear (out, in); conv2d (c_out, c_in / groups, kh, kw); conv_transpose2d
            (c_in, c_out / groups, kh, kw); lstm and gru (gates * hidden, input + hidden), that is [W_ih | W_hh];
            matmul ().
        source: the weights, as an array of weight_shape or a seeded distribution; None for matmul.
        mask: bool[weight_shape], True where a weight is kept; None while nothing is pruned.
        n_bias: number of stored biases.
        positions: linear: activation vectors per sample (tokens; 1 for a classifier).
        input_size: conv2d: (height, width) of the input map.
        stride: conv2d: (vertical, horizontal).
        padding: conv2d: (top, left, bottom, right); (vertical, horizontal) is accepted and expanded.
        dilation: conv2d: (vertical, horizontal).
        groups: conv2d: independent groups of channels.
        output_padding: conv_transpose2d: rows and columns added to one end of the output map.
        steps: lstm and gru: time steps per sample.
        m: matmul: rows of the first operand.
        k: matmul: the dimension that is summed over.
        n: matmul: columns of the second operand.
        batch: matmul: products per sample (attention heads).
        weight_density: published share of non-zero weights after pruning, in [0, 1].
        input_activation_density: published share of non-zero input activations.
        output_activation_density: published share of non-zero output activations.

    Raises InputError with layer, field and value for numbers out of bounds (`bounds.MAX_SIZE` for a size,
    `bounds.MAX_STEPS` for steps), sizes that do not fit each other, and more MACs than `limits.MAX_MACS`.
    """

    name: str
    kind: Kind
    weight_shape: tuple[int, ...] = ()
    source: Source | None = field(default=None, repr=False)
    mask: Mask | None = field(default=None, repr=False)
    n_bias: int = 0
    positions: int = 1
    input_size: tuple[int, int] | None = None
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, ...] = (0, 0, 0, 0)
    dilation: tuple[int, int] = (1, 1)
    groups: int = 1
    output_padding: tuple[int, int] = (0, 0)
    steps: int = 1
    m: int = 0
    k: int = 0
    n: int = 0
    batch: int = 1
    weight_density: float | None = None
    input_activation_density: float | None = None
    output_activation_density: float | None = None

    def __post_init__(self) -> None:
        if len(self.padding) == 2:
            object.__setattr__(self, "padding", (*self.padding, *self.padding))
        check_layer(self)

    def weight(self) -> Floats:
        """Dense weights float32[weight_shape], unmasked and read-only; drawn anew at each call if synthetic.

        Raises InputError for a layer without weights and for NaN or infinity, with the layer's name.
        """
        if self.source is None:
            raise InputError(f"layer {self.name!r} ({self.kind}) has no weights")
        if isinstance(self.source, SyntheticWeights):
            weight = self.source.draw(self.name, self.weight_shape)
        else:
            weight = self._checked(self.source)
        weight.flags.writeable = False
        return weight

    def masked_weight(self) -> Floats:
        """Weights float32[weight_shape], zero where the mask is False."""
        weight = self.weight()
        return weight if self.mask is None else np.where(self.mask, weight, np.float32(0))

    def weight_matrix(self) -> Floats:
        """Masked weights as the operand A float32[out, K] of C[M,N] = A[M,K] @ B[K,N].

        K runs over (kh, kw, c_in / groups) for conv2d, so that N:M groups lie along input channels. For
        conv_transpose2d it runs over c_in / groups, and rows over (kh, kw, c_out / groups): the product is added
        up where windows of the output map overlap.
        A grouped convolution stacks its groups by rows: group g is rows [g * M, (g + 1) * M).
        """
        weight = self.masked_weight()
        if self.kind == "conv_transpose2d":
            c_in, c_out, kh, kw = self.weight_shape
            grouped = weight.reshape(self.groups, c_in // self.groups, c_out, kh, kw).transpose(0, 3, 4, 2, 1)
            return np.ascontiguousarray(grouped.reshape(-1, c_in // self.groups))
        if self.kind == "conv2d":
            weight = weight.transpose(0, 2, 3, 1)
        return np.ascontiguousarray(weight.reshape(weight.shape[0], -1))

    def with_mask(self, mask: Mask | None) -> Self:
        """The same layer with another mask, bool[weight_shape], or none."""
        return replace(self, mask=mask)

    def with_weight(self, weight: FloatArray) -> Self:
        """The same layer with other weights, [weight_shape], as pruning needs that also corrects what stays."""
        return replace(self, source=weight if not weight.flags.writeable else np.array(weight))

    @property
    def n_weights(self) -> int:
        """Weights, counted before pruning."""
        return math.prod(self.weight_shape) if self.weight_shape else 0

    @property
    def n_params(self) -> int:
        """Weights and biases."""
        return self.n_weights + self.n_bias

    @property
    def output_size(self) -> tuple[int, int]:
        """(height, width) of the output map of a conv2d; InputError for any other kind."""
        if self.input_size is None:
            raise InputError(f"layer {self.name!r} ({self.kind}) has no output map")
        return self._extent(0), self._extent(1)

    @property
    def gemm(self) -> Gemm:
        """The products of one sample, before pruning."""
        if self.kind == "matmul":
            return Gemm(self.m, self.n, self.k, self.batch)
        rows, K = self.weight_shape[0], math.prod(self.weight_shape[1:])
        if self.kind == "conv_transpose2d":
            assert self.input_size is not None
            return Gemm(K, math.prod(self.input_size), rows // self.groups, self.groups)
        if self.kind == "conv2d":
            return Gemm(rows // self.groups, math.prod(self.output_size), K, self.groups)
        return Gemm(rows, self.positions, K, self.steps)

    @property
    def macs(self) -> int:
        """Multiply-accumulates per sample, before pruning; biases and activation functions not counted."""
        return math.prod(self.gemm)

    def _extent(self, axis: int) -> int:
        assert self.input_size is not None
        padded = self.input_size[axis] + self.padding[axis] + self.padding[axis + 2]
        reach = self.dilation[axis] * (self.weight_shape[2 + axis] - 1) + 1
        if self.kind == "conv_transpose2d":
            cropped = self.padding[axis] + self.padding[axis + 2] - self.output_padding[axis]
            return (self.input_size[axis] - 1) * self.stride[axis] + reach - cropped
        return (padded - reach) // self.stride[axis] + 1

    def _checked(self, source: FloatArray) -> Floats:
        if source.dtype != np.float32:
            check_memory(f"layer {self.name!r}: widening its weights to float32", _FLOAT32_BYTES * source.size)
        with np.errstate(over="ignore", invalid="ignore"):
            weight = source.astype(np.float32, copy=False).view()
            # NaN and infinity show in the extremes; np.isfinite of all weights would allocate a mask as large.
            if weight.size and not (np.isfinite(weight.min()) and np.isfinite(weight.max())):
                raise InputError(f"layer {self.name!r}: weights hold NaN or infinity")
        return weight
