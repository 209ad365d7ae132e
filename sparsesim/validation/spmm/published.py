"""Measured times and published crossovers as given in `models/validation/spmm.yaml`."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Literal

from pydantic import Field

from sparsesim.quantities import Figure, WholeFigure
from sparsesim.validation.published import PublishedValues
from sparsesim.yaml_file import Description


class MeasuredTimes(Description):
    """A table of measured times, and the archives of the patterns behind them."""

    source: str
    machine: str
    kernel: str
    table: str
    dtype: str
    patterns: str
    fitted: Literal["even"]

    def is_fitted(self, layer: str) -> bool:
        """Whether the kernel's constants were fitted on this layer; all its sparsities and sizes go together."""
        return sha256(layer.encode()).digest()[0] % 2 == 0


class Crossovers(Description):
    """The sparsity from which SpMM beats a dense product, by vector length."""

    source: str
    machine: str
    kernel: str
    dtype: str
    sizes: tuple[WholeFigure, ...] = Field(min_length=1)
    sparsity: Mapping[WholeFigure, Figure]
    vector_lengths: tuple[WholeFigure, ...]


class Blocks(Description):
    """The sparsity from which square blocks beat a dense product of `size` x `size` matrices, by side.

    The kernel's constants were fitted on the sides in `fitted`.
    """

    source: str
    machine: str
    kernel: str
    dtype: str
    size: WholeFigure
    sparsity: Mapping[WholeFigure, Figure]
    fitted: tuple[WholeFigure, ...]


class SpmmValues(PublishedValues):
    """Everything that the reference `spmm` compares with."""

    measured: MeasuredTimes
    crossovers: Crossovers
    blocks: Blocks
