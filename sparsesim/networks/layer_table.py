"""Networks described by a YAML table of layer shapes, with weights drawn from a seeded distribution."""

from abc import abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, PositiveInt, Tag, model_validator

from sparsesim.networks.layer import GATES, Layer
from sparsesim.networks.network import Network
from sparsesim.networks.weights import SyntheticWeights
from sparsesim.yaml_file import Description, read_description

Size = Annotated[int, Field(ge=0)]
Pair = PositiveInt | tuple[PositiveInt, PositiveInt]
Padding = Size | tuple[Size, Size] | tuple[Size, Size, Size, Size]
Density = Annotated[float, Field(ge=0, le=1)]
_INDEX = "{i}"


class LayerRow(Description):
    """What every row of a table has."""

    name: str
    weight_density: Density | None = None
    input_activation_density: Density | None = None
    output_activation_density: Density | None = None

    def layer(self, name: str, weights: SyntheticWeights) -> Layer:
        """The row as a layer with this name."""
        published = {field: getattr(self, field) for field in LayerRow.model_fields if field != "name"}
        return Layer(name=name, **published, **self.shape(weights))

    @abstractmethod
    def shape(self, weights: SyntheticWeights) -> dict[str, Any]:
        """The arguments of `Layer` that this kind of row sets."""


class LinearRow(LayerRow):
    """Fully connected: `outputs` from `inputs`, for `positions` vectors per sample."""

    kind: Literal["linear"]
    inputs: PositiveInt
    outputs: PositiveInt
    positions: PositiveInt = 1
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
    c_in: PositiveInt
    c_out: PositiveInt
    kernel: Pair
    input_size: Pair
    stride: Pair = 1
    padding: Padding = 0
    dilation: Pair = 1
    groups: PositiveInt = 1
    bias: bool = True

    @model_validator(mode="after")
    def _groups_divide_channels(self) -> Self:
        if self.c_in % self.groups or self.c_out % self.groups:
            raise ValueError(f"{self.groups} groups do not divide {self.c_in} and {self.c_out} channels")
        return self

    def shape(self, weights: SyntheticWeights) -> dict[str, Any]:
        """See `LayerRow.shape`."""
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
    c_in: PositiveInt
    c_out: PositiveInt
    kernel: PositiveInt
    input_size: PositiveInt
    stride: PositiveInt = 1
    padding: Size | tuple[Size, Size] = 0
    dilation: PositiveInt = 1
    groups: PositiveInt = 1
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
        return Conv2dRow(name=self.name, kind="conv2d", **flat).shape(weights)


class RecurrentRow(LayerRow):
    """LSTM or GRU; `bias` counts two vectors, one for the input and one for the state, as PyTorch stores them."""

    kind: Literal["lstm", "gru"]
    inputs: PositiveInt
    hidden: PositiveInt
    steps: PositiveInt
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
    m: PositiveInt
    k: PositiveInt
    n: PositiveInt
    batch: PositiveInt = 1

    def shape(self, weights: SyntheticWeights) -> dict[str, Any]:
        """See `LayerRow.shape`."""
        return {"kind": "matmul", "m": self.m, "k": self.k, "n": self.n, "batch": self.batch}


_ROW_OF_KIND = Annotated[
    LinearRow | Conv1dRow | Conv2dRow | ConvTranspose2dRow | RecurrentRow | MatmulRow, Field(discriminator="kind")
]


class Repeat(Description):
    """Rows that occur `repeat` times; `{i}` in their names becomes first, first + 1, ..."""

    repeat: Annotated[int, Field(ge=1, le=1000)]
    first: Size = 0
    layers: Annotated[list[_ROW_OF_KIND], Field(min_length=1)]


def _tag(entry: object) -> str:
    repeated = "repeat" in entry if isinstance(entry, dict) else isinstance(entry, Repeat)
    return "repeated" if repeated else "row"


Entry = Annotated[
    Annotated[_ROW_OF_KIND, Tag("row")] | Annotated[Repeat, Tag("repeated")],
    Discriminator(_tag),
]


class Weights(Description):
    """The distribution that weights are drawn from, see `SyntheticWeights`; `std: he` means sqrt(2 / K)."""

    distribution: Literal["normal", "laplace", "uniform"] = "normal"
    std: Literal["he"] | Annotated[float, Field(gt=0)] = "he"
    seed: Size = 0


class LayerTable(Description):
    """A network as the files in `models/networks` describe it."""

    name: str
    source: Annotated[str, Field(min_length=1)]
    input: str = ""
    notes: str = ""
    weights: Weights = Weights()
    other_parameters: dict[str, PositiveInt] = Field(default_factory=dict)
    layers: Annotated[list[Entry], Field(min_length=1)]


def network_from_layer_table(path: Path, *, seed: int | None = None) -> Network:
    """The network that a YAML file describes; `seed` replaces the seed of its weights.

    Raises InputError with line and field for anything that is not a valid description.
    """
    table = read_description(path, LayerTable)
    chosen = table.weights.seed if seed is None else seed
    std = None if table.weights.std == "he" else table.weights.std
    weights = SyntheticWeights(chosen, table.weights.distribution, std)
    return Network(
        name=table.name,
        layers=tuple(row.layer(name, weights) for name, row in _rows(table)),
        weights_origin="synthetic",
        source=table.source,
        input_description=table.input,
        notes=table.notes,
        other_params=table.other_parameters,
        path=path,
    )


def _rows(table: LayerTable) -> Iterator[tuple[str, LayerRow]]:
    for entry in table.layers:
        if isinstance(entry, Repeat):
            for i in range(entry.first, entry.first + entry.repeat):
                yield from ((row.name.replace(_INDEX, str(i)), row) for row in entry.layers)
        else:
            yield entry.name, entry


def _pair(value: int | tuple[int, int]) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else value
