"""Measured SpMV times of LLM weight shapes as described in `models/validation/llm-decoding.yaml`."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Annotated, Literal

from pydantic import Field

from sparsesim.quantities import Figure, WholeFigure
from sparsesim.validation.published import PublishedValues
from sparsesim.yaml_file import Description


class WrittenBack(Description):
    """What a benchmark leaves in the L2: lines that are written to DRAM while the weights are read.

    Attributes:
        per_byte: bytes written back per byte read.
        size_bytes: until so many have been written.
    """

    per_byte: Annotated[Figure, Field(ge=0, le=2)] = 0.0
    size_bytes: Annotated[WholeFigure, Field(ge=0, le=1 << 30)] = 0


class Around(Description):
    """What a measured time contains beside the kernel.

    Attributes:
        overhead_us: time around the kernel.
        written_back: see there.
    """

    overhead_us: Annotated[Figure, Field(ge=0, le=1000)]
    written_back: WrittenBack = WrittenBack()


class MeasuredKernel(Description):
    """A kernel of the table: its name there, the kernel of our card, the format that it reads, what is around it."""

    kernel: str
    format: str
    around: Mapping[str, Around]


class Card(Description):
    """A table of one card."""

    machine: str
    table: str


class Network(Description):
    """A whole network that decodes one token after the other.

    Attributes:
        source, table: where the tokens per second come from.
        card, kernel: as they are called in `cards` and `kernels`.
        layers: how often the products of `shapes` run; `head` runs once, dense.
    """

    source: str
    table: str
    card: str
    kernel: str
    layers: Annotated[WholeFigure, Field(gt=0)]
    shapes: tuple[tuple[WholeFigure, WholeFigure], ...] = Field(min_length=1)
    head: tuple[WholeFigure, WholeFigure]


class LlmDecodingValues(PublishedValues):
    """Everything that the reference `llm-decoding` compares with."""

    source: str
    dtype: str
    fitted: Literal["even"]
    cards: Mapping[str, Card]
    kernels: Mapping[str, MeasuredKernel]
    network: Network

    def is_fitted(self, rows: int, columns: int) -> bool:
        """Whether constants were fitted on this shape; all its densities and kernels go together."""
        return sha256(f"{rows}x{columns}".encode()).digest()[0] % 2 == 0
