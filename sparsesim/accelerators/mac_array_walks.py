"""How a MAC array may cut an operation into tiles, and in which order they come."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from sparsesim.array_types import IntArray
from sparsesim.units import ceil_div


class Walk(NamedTuple):
    """How one operation is cut and in which order its tiles come.

    C has tiles of `rows` x `columns`. Once fetched, a tile of A serves `a_reach` tiles along N, and a tile of B
    serves `b_reach` tiles along M, before other data takes its place in shared memory.
    """

    rows: int
    columns: int
    tiles_m: int
    tiles_n: int
    a_reach: int
    b_reach: int

    @property
    def passes(self) -> tuple[int, int]:
        """How often A and B come from DRAM."""
        return ceil_div(self.tiles_n, self.a_reach), ceil_div(self.tiles_m, self.b_reach)


def halves(largest: int) -> Iterator[int]:
    """`largest`, half of it and so on down to 1: the widths of a tile that are tried."""
    while largest:
        yield largest
        largest //= 2


def resident(capacity: int, tile: int, other_tile: int, other_slice: int, tiles: int) -> int:
    """Tiles of one operand that stay beside a tile of the other, which all of them use; for one a slice will do."""
    if capacity >= 2 * tile + other_tile and tiles > 1:
        return min(tiles, (capacity - other_tile) // tile) if tile else tiles
    return int(capacity >= tile + other_slice)


def sides(length: int, tile: int) -> IntArray:
    """Lengths of the tiles of one side; the last may be shorter."""
    return np.minimum(tile, length - np.arange(0, length, tile, dtype=np.int64))


def order(walk: Walk) -> tuple[IntArray, IntArray]:
    """Tile row and tile column of every step: blocks of resident tiles, whose other operand comes tile by tile."""
    i, j = np.divmod(np.arange(walk.tiles_m * walk.tiles_n, dtype=np.int64), max(walk.tiles_n, 1))
    inner = (i, j) if walk.a_reach >= walk.tiles_n else (j, i)
    order = np.lexsort((*inner, j // walk.a_reach, i // walk.b_reach))
    return i[order], j[order]
