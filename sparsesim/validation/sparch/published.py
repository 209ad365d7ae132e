"""SpArch's published values as given in `models/validation/sparch.yaml`."""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from sparsesim.quantities import Figure, WholeFigure
from sparsesim.validation.published import PublishedValues
from sparsesim.yaml_file import Description

Part = Literal["condensing", "huffman", "prefetcher"]
Bound = Literal["merge", "multiply", "dram"]

INFINITE_WINDOW = 10**9


class Matrices(Description):
    """The paper's matrices with their groups, and files that stand in for absent ones."""

    source: str
    groups: Mapping[str, str]
    reconstructed: Mapping[str, str]


class MatrixCounts(Description):
    """What the prototype counts for one matrix; `counts` are named as in `Result.details`."""

    counts: Mapping[str, WholeFigure]
    merge_layer_loads: tuple[WholeFigure, ...]
    traffic_over_compulsory: Figure
    lower_bound_cycles: Mapping[Bound, WholeFigure]


class Buffer(Description):
    """A shape of the prefetch buffer, and the bytes of B read with it by matrix; a window of None is infinite."""

    lines: WholeFigure = Field(gt=0)
    line_bytes: WholeFigure = Field(gt=0)
    window: WholeFigure | None = Field(gt=0)
    b_bytes: Mapping[str, WholeFigure]

    @property
    def changes(self) -> dict[str, int]:
        """The parameters of the accelerator that differ."""
        window = self.window or INFINITE_WINDOW
        return {"prefetch_lines": self.lines, "prefetch_line_bytes": self.line_bytes, "lookahead_window": window}

    @property
    def label(self) -> str:
        """For example "1024 x 576 B, window 8192"."""
        return f"{self.lines} x {self.line_bytes} B, window {self.window or 'infinite'}"


class ScheduleCounts(Description):
    """A merge schedule other than the shipped one, and its partial elements by matrix."""

    condensing: bool
    huffman: bool
    partial_elements: Mapping[str, WholeFigure]

    @property
    def changes(self) -> dict[str, bool]:
        """The parameters of the accelerator that differ."""
        return {"condensing": self.condensing, "huffman": self.huffman}

    @property
    def label(self) -> str:
        """For example "raw columns, level order"."""
        columns = "condensed columns" if self.condensing else "raw columns"
        return f"{columns}, {'Huffman order' if self.huffman else 'level order'}"


class Golden(Description):
    """Exact counts of the prototype."""

    source: str
    matrices: Mapping[str, MatrixCounts]
    buffers: tuple[Buffer, ...]
    schedules: tuple[ScheduleCounts, ...]


class Headline(Description):
    """A mean over the paper's matrices; `figure` is a key of `figures.FIGURES`."""

    figure: str
    published: Figure
    mean: Literal["geometric", "arithmetic"]
    fitted: bool = False
    source: str


class Step(Description):
    """The factor by which adding `part` reduces the DRAM bytes."""

    part: Part
    published: Figure


class Ablation(Description):
    """The parts in the order in which they are added."""

    source: str
    steps: tuple[Step, ...]


class Area(Description):
    """The published split of the area in mm2; how its parts grow is said by the machine."""

    source: str
    total_mm2: Figure
    parts: Mapping[str, Figure]


class SparchValues(PublishedValues):
    """Everything that SpArch is compared with, and the machine that stands for it."""

    machine: str
    energy_table: str
    dtype: str
    format: str
    matrices: Matrices
    golden: Golden
    headline: tuple[Headline, ...]
    ablation: Ablation
    area: Area
