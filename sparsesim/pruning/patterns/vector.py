"""One-dimensional runs of the lowered matrix, as SIMD units load them."""

import re
from dataclasses import dataclass
from typing import ClassVar, Literal

from sparsesim.errors import InputError
from sparsesim.pruning.checks import check_length
from sparsesim.pruning.patterns.tile_pattern import TilePattern


@dataclass(frozen=True)
class Vector(TilePattern):
    """Runs of `length` weights along K (1 x v) or along the output channels (v x 1); the last run is cut off."""

    length: int
    along: Literal["k", "out"] = "k"
    channels_last: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_length("vector length", self.length)

    @classmethod
    def parse(cls, text: str) -> "Vector":
        """Read 'V' (along K) or 'Vx1' (along the output channels), for instance '4'. Raises InputError."""
        match = re.fullmatch(r"(\d+)(x1)?", text)
        if match is None:
            raise InputError(f"{text!r} is not a vector length V or Vx1 (example: vector-4)")
        return cls(int(match.group(1)), "out" if match.group(2) else "k")

    def tile(self, shape: tuple[int, ...]) -> tuple[int, int]:
        """One row or one column of `length` weights."""
        return (1, self.length) if self.along == "k" else (self.length, 1)

    def describe(self) -> str:
        """What one group is, in words."""
        return f"runs of {self.length} along {'K' if self.along == 'k' else 'the output channels'}"
