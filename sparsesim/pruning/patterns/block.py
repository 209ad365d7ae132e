"""Blocks of the lowered matrix, as block-sparse formats store them."""

import re
from dataclasses import dataclass
from typing import ClassVar

from sparsesim.errors import InputError
from sparsesim.pruning.checks import check_length
from sparsesim.pruning.patterns.tile_pattern import TilePattern


@dataclass(frozen=True)
class Block(TilePattern):
    """`rows` x `cols` blocks of the lowered matrix [c_out, K]; blocks at the lower and right edge are cut off."""

    rows: int
    cols: int
    channels_last: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_length("block rows", self.rows)
        check_length("block cols", self.cols)

    @classmethod
    def parse(cls, text: str) -> "Block":
        """Read 'RxC', for instance '4x4'. Raises InputError."""
        match = re.fullmatch(r"(\d+)x(\d+)", text)
        if match is None:
            raise InputError(f"{text!r} is not a block size RxC (example: block-4x4)")
        return cls(int(match.group(1)), int(match.group(2)))

    def tile(self, shape: tuple[int, ...]) -> tuple[int, int]:
        """The block itself."""
        return self.rows, self.cols

    def describe(self) -> str:
        """What one group is, in words."""
        return f"{self.rows} x {self.cols} blocks of the lowered matrix"
