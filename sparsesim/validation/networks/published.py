"""The published sizes of networks as given in `models/validation/networks.yaml`."""

from collections.abc import Mapping
from typing import Self

from pydantic import model_validator

from sparsesim.quantities import Figure, WholeFigure
from sparsesim.validation.published import PublishedValues
from sparsesim.yaml_file import Description

REDUCTIONS, SIZES = "lectures", "quantised"
"""The sources of all reductions and of all file sizes."""


class Entry(Description):
    """What is published of one network, or of a variant of it."""

    network: str


class NetworkCounts(Entry):
    """The size of a network: `parameters` is exact, the others are rounded (10^6 parameters, 10^9 MACs per sample)."""

    source: str
    parameters: WholeFigure | None = None
    parameters_m: Figure | None = None
    macs_g: Figure | None = None


class Reduction(Entry):
    """Parameters in 10^6 before and after pruning, and factors; `derived` if the variant was made from them."""

    before_m: Figure
    after_m: Figure
    parameters: Figure
    macs: Figure
    derived: bool


class LayerFigures(Description):
    """Weights and operations of a dense layer, and the percentage of both that pruning leaves."""

    weight_pct: Figure
    flop_pct: Figure
    weights: Figure | None = None
    flop: Figure | None = None


class LayerFiguresTable(Entry):
    """The layers of a pruned network and their `total`."""

    source: str
    layers: Mapping[str, LayerFigures]


class FileSize(Entry):
    """Files of a network's weights in MB, as floats and as bytes."""

    float32_mb: Figure
    int8_mb: Figure


class NetworkSizes(PublishedValues):
    """Everything that is compared; `source` of an entry names one of `sources`."""

    sources: Mapping[str, str]
    counts: tuple[NetworkCounts, ...]
    reductions: tuple[Reduction, ...]
    tables: tuple[LayerFiguresTable, ...]
    sizes: tuple[FileSize, ...]

    @model_validator(mode="after")
    def _sources_are_given(self) -> Self:
        named = {REDUCTIONS, SIZES, *(entry.source for entry in self.counts), *(table.source for table in self.tables)}
        if named != set(self.sources):
            odd = ", ".join(sorted(named ^ set(self.sources)))
            raise ValueError(f"sources: {odd}: named by no entry, or named but not given")
        return self
