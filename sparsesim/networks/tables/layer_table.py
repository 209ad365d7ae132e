"""Networks described by a YAML table of layer shapes, with weights drawn from a seeded distribution."""

from collections.abc import Iterator
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from sparsesim.errors import InputError, UnknownNameError
from sparsesim.limits import MAX_INT64
from sparsesim.networks.bounds import MOST_LAYERS
from sparsesim.networks.density import with_densities
from sparsesim.networks.network import Network
from sparsesim.networks.tables.layer_rows import AnyRow, Densities, LayerRow, Size
from sparsesim.networks.weights import LARGEST_STD, SMALLEST_STD, SyntheticWeights
from sparsesim.quantities import Index, Number
from sparsesim.yaml_file import Description, read_description

_INDEX = "{i}"
_MOST_PAIRS = 1_000_000
VARIANT = "@"
"""Stands between the name of a network and that of its variant."""


class Repeat(Description):
    """Rows that occur `repeat` times; `{i}` in their names becomes first, first + 1, ..."""

    repeat: Annotated[int, Field(ge=1, le=1000), Number]
    first: Size = 0
    layers: Annotated[list[AnyRow], Field(min_length=1)]


def _tag(entry: object) -> str:
    repeated = "repeat" in entry if isinstance(entry, dict) else isinstance(entry, Repeat)
    return "repeated" if repeated else "row"


Entry = Annotated[
    Annotated[AnyRow, Tag("row")] | Annotated[Repeat, Tag("repeated")],
    Discriminator(_tag),
]


class Weights(Description):
    """The distribution that weights are drawn from, see `SyntheticWeights`; `std: he` means sqrt(2 / K)."""

    distribution: Literal["normal", "laplace", "uniform"] = "normal"
    std: Literal["he"] | Annotated[float, Field(ge=SMALLEST_STD, le=LARGEST_STD), Number] = "he"
    seed: Index = 0


class Variant(Description):
    """Published densities of the network after pruning, by layer name or shell pattern; the last match counts."""

    source: Annotated[str, Field(min_length=1)]
    notes: str = ""
    layers: Annotated[dict[str, Densities], Field(min_length=1)]


class LayerTable(Description):
    """A network as the files in `models/networks` describe it."""

    name: str
    source: Annotated[str, Field(min_length=1)]
    input: str = ""
    notes: str = ""
    weights: Weights = Weights()
    other_parameters: dict[str, Annotated[int, Field(gt=0, le=MAX_INT64), Number]] = Field(default_factory=dict)
    variants: dict[Annotated[str, Field(pattern=r"^[\w.-]+$")], Variant] = Field(default_factory=dict)
    layers: Annotated[list[Entry], Field(min_length=1)]

    @model_validator(mode="after")
    def _variants_fit(self) -> Self:
        count = sum(entry.repeat * len(entry.layers) if isinstance(entry, Repeat) else 1 for entry in self.layers)
        if count > MOST_LAYERS:
            raise ValueError(f"layers: {count} of them, repeated ones counted: at most {MOST_LAYERS}")
        patterns = sum(len(described.layers) for described in self.variants.values())
        if patterns * count > _MOST_PAIRS:
            raise ValueError(
                f"variants: {patterns} patterns for {count} layers: at most {_MOST_PAIRS} pairs are compared"
            )
        names = [name for name, _ in self.rows()]
        for variant, described in self.variants.items():
            for pattern in described.layers:
                if not any(fnmatchcase(name, pattern) for name in names):
                    raise ValueError(f"variant {variant!r}: no layer fits {pattern!r}")
        return self

    def rows(self) -> Iterator[tuple[str, LayerRow]]:
        """Every layer's name and row, repeated ones as often as they occur."""
        for entry in self.layers:
            if isinstance(entry, Repeat):
                for i in range(entry.first, entry.first + entry.repeat):
                    yield from ((row.name.replace(_INDEX, str(i)), row) for row in entry.layers)
            else:
                yield entry.name, entry


def network_from_layer_table(path: Path, *, seed: int | None = None, variant: str | None = None) -> Network:
    """The network that a YAML file describes.

    `seed` replaces the seed of its weights, `variant` lays one of its named sets of densities over the layers.
    Raises InputError with line and field for anything that is not a valid description, and UnknownNameError for a
    variant that is not among those it holds.
    """
    table = read_description(path, LayerTable)
    network = _network(table, path, table.weights.seed if seed is None else seed)
    return network if variant is None else _varied(network, table, variant)


def _network(table: LayerTable, path: Path, seed: int) -> Network:
    std = None if table.weights.std == "he" else table.weights.std
    weights = SyntheticWeights(seed, table.weights.distribution, std)
    return Network(
        name=table.name,
        layers=tuple(row.layer(name, weights) for name, row in table.rows()),
        weights_origin="synthetic",
        source=table.source,
        input_description=table.input,
        notes=table.notes,
        other_params=table.other_parameters,
        variants=tuple(table.variants),
        path=path,
    )


def _varied(network: Network, table: LayerTable, name: str) -> Network:
    if not table.variants:
        raise InputError(f"{table.name} has no variants, so none named {name!r}")
    if name not in table.variants:
        raise UnknownNameError(f"variant of {table.name}", name, table.variants)
    variant = table.variants[name]
    published = {pattern: given.model_dump(exclude_none=True) for pattern, given in variant.layers.items()}
    return replace(
        with_densities(network, published),
        name=f"{table.name}{VARIANT}{name}",
        source=f"{table.source}. Variant {name}: {variant.source}",
        notes=" ".join(filter(None, (table.notes, variant.notes))),
    )
