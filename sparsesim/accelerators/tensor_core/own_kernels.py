"""Kernels that a library has for one number type in place of those for the others."""

from typing import Literal, Self

from pydantic import Field, model_validator

from sparsesim.accelerators.tensor_core.tiling import Tile
from sparsesim.quantities import Count
from sparsesim.yaml_file import Description

Tiles = tuple[Tile, ...]
Splits = tuple[Count, ...]
Cluster = Literal[1, 2, 4]


class OwnKernels(Description):
    """What the kernels of one number type have of their own; a field that is left out is as for the other types.

    Attributes:
        tiles, splits, cluster: as those of the unit.
    """

    tiles: Tiles | None = Field(default=None, min_length=1)
    splits: Splits | None = None
    cluster: Cluster | None = None

    @model_validator(mode="after")
    def _something_to_run(self) -> Self:
        checked(self.splits or (1,))
        return self


def checked(splits: Splits) -> None:
    """Raise ValueError for splits that leave short K without a kernel."""
    if 1 not in splits:
        raise ValueError("splits: 1 is missing, which short K cannot do without")
