"""Rows of a table of layers: one class per kind, each of which becomes a `Layer`."""

from abc import abstractmethod
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from sparsesim.errors import InputError
from sparsesim.networks.bounds import MAX_SIZE, MAX_STEPS
from sparsesim.networks.layer import GATES, Layer
from sparsesim.networks.weights import SyntheticWeights
from sparsesim.quantities import Number, Share
from sparsesim.yaml_file import Description

Size = Annotated[int, Field(ge=0, le=MAX_SIZE), Number]
Positive = Annotated[int, Field(gt=0, le=MAX_SIZE), Number]
Steps = Annotated[int, Field(gt=0, le=MAX_STEPS), Number]
Pair = Positive | tuple[Positive, Positive]
Padding = Size | tuple[Size, Size] | tuple[Size, Size, Size, Size]


class Densities(Description):
    """Published shares of non-zeros of a layer; what is left out is not known."""

    weight_density: Share | None = None
    input_activation_density: Share | None = None
    output_activation_density: Share | None = None


class LayerRow(Densities):
    """What every row of a table has; one that no layer can be is refused with its line."""

    name: Annotated[str, Field(min_length=1, max_length=1000)]

    @model_validator(mode="after")
    def _is_a_layer(self) -> Self:
        self.layer(self.name, SyntheticWeights())
        return self

    def layer(self, name: str, weights: SyntheticWeights) -> Layer:
        """The row as a layer with this name."""
        published = {field: getattr(self, field) for field in Densities.model_fields}
        return Layer(name=name, **published, **self.shape(weights))

    @abstractmethod
    def shape(self, weights: SyntheticWeights) -> dict[str, Any]:
        """The arguments of `Layer` that this kind of row sets."""


class LinearRow(LayerRow):
    """Fully connected: `outputs` from `inputs`, for `positions` vectors per sample."""

    kind: Literal["linear"]
    inputs: Positive
    outputs: Positive
    positions: Positive = 1
    bias: bool = True

    def shape(self, weights: SyntheticWeights) -> dict[str, Any]:
        """See `LayerRow.shape`."""
        return {
            "kind": "linear",
            "weight_shape": (self.outputs, self.inputs),
            "source": weights,
            "n_bias": self.outputs * self.bias,
            "positions": self.positions,
        }


class Conv2dRow(LayerRow):
    """Convolution of a c_in x input_size map; one number for a pair means both."""

    kind: Literal["conv2d"]
    c_in: Positive
    c_out: Positive
    kernel: Pair
    input_size: Pair
    stride: Pair = 1
    padding: Padding = 0
    dilation: Pair = 1
    groups: Positive = 1
    bias: bool = True

    def shape(self, weights: SyntheticWeights) -> dict[str, Any]:
        """See `LayerRow.shape`."""
        if self.c_in % self.groups or self.c_out % self.groups:
            raise InputError(f"{self.groups} groups do not divide {self.c_in} and {self.c_out} channels")
        return {
            "kind": "conv2d",
            "weight_shape": (self.c_out, self.c_in // self.groups, *_pair(self.kernel)),
            "source": weights,
            "n_bias": self.c_out * self.bias,
            "input_size": _pair(self.input_size),
            "stride": _pair(self.stride),
            "padding": (self.padding, self.padding) if isinstance(self.padding, int) else self.padding,
            "dilation": _pair(self.dilation),
            "groups": self.groups,
        }


class ConvTranspose2dRow(Conv2dRow):
    """Transposed convolution of a c_in x input_size map; one number for a pair means both."""

    kind: Literal["conv_transpose2d"]  # type: ignore[assignment]
    output_padding: Size | tuple[Size, Size] = 0

    def shape(self, weights: SyntheticWeights) -> dict[str, Any]:
        """See `LayerRow.shape`."""
        given = self.output_padding
        return super().shape(weights) | {
            "kind": self.kind,
            "weight_shape": (self.c_in, self.c_out // self.groups, *_pair(self.kernel)),
            "output_padding": (given, given) if isinstance(given, int) else given,
        }


class Conv1dRow(LayerRow):
    """Convolution of a sequence of `input_size` vectors of c_in; it becomes a conv2d of height 1."""

    kind: Literal["conv1d"]
    c_in: Positive
    c_out: Positive
    kernel: Positive
    input_size: Positive
    stride: Positive = 1
    padding: Size | tuple[Size, Size] = 0
    dilation: Positive = 1
    groups: Positive = 1
    bias: bool = True

    def shape(self, weights: SyntheticWeights) -> dict[str, Any]:
        """See `LayerRow.shape`."""
        before, after = (self.padding, self.padding) if isinstance(self.padding, int) else self.padding
        flat = self.model_dump(exclude={*LayerRow.model_fields, "kind"}) | {
            "kernel": (1, self.kernel),
            "input_size": (1, self.input_size),
            "stride": (1, self.stride),
            "dilation": (1, self.dilation),
            "padding": (0, before, 0, after),
        }
        return Conv2dRow.model_construct(name=self.name, kind="conv2d", **flat).shape(weights)


class RecurrentRow(LayerRow):
    """LSTM or GRU; `bias` counts two vectors, one for the input and one for the state, as PyTorch stores them."""

    kind: Literal["lstm", "gru"]
    inputs: Positive
    hidden: Positive
    steps: Steps
    bias: bool = True

    def shape(self, weights: SyntheticWeights) -> dict[str, Any]:
        """See `LayerRow.shape`."""
        rows = GATES[self.kind] * self.hidden
        return {
            "kind": self.kind,
            "weight_shape": (rows, self.inputs + self.hidden),
            "source": weights,
            "n_bias": 2 * rows * self.bias,
            "steps": self.steps,
        }


class MatmulRow(LayerRow):
    """Product of two activations, `batch` times per sample."""

    kind: Literal["matmul"]
    m: Positive
    k: Positive
    n: Positive
    batch: Positive = 1

    def shape(self, weights: SyntheticWeights) -> dict[str, Any]:
        """See `LayerRow.shape`."""
        return {"kind": "matmul", "m": self.m, "k": self.k, "n": self.n, "batch": self.batch}


AnyRow = Annotated[
    LinearRow | Conv1dRow | Conv2dRow | ConvTranspose2dRow | RecurrentRow | MatmulRow, Field(discriminator="kind")
]


def _pair(value: int | tuple[int, int]) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else value
