"""How a MAC array can tile an operation, and the order in which it visits the tiles."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from sparsesim.array_types import IntArray
from sparsesim.units import ceil_div


class Walk(NamedTuple):
    """One tiling of an operation and the order of its tiles.

    Attributes:
        rows, columns: size of a tile of C.
        tiles_m, tiles_n: tiles along M and N.
        a_reach: tiles along N that a tile of A serves before it is evicted from shared memory.
        b_reach: tiles along M that a tile of B serves before it is evicted.
    """

    rows: int
    columns: int
    tiles_m: int
    tiles_n: int
    a_reach: int
    b_reach: int

    @property
    def passes(self) -> tuple[int, int]:
        """How many times A and B are read from DRAM."""
        return ceil_div(self.tiles_n, self.a_reach), ceil_div(self.tiles_m, self.b_reach)


def halves(largest: int) -> Iterator[int]:
    """The tile widths to try: `largest`, half of it and so on down to 1."""
    while largest:
        yield largest
        largest //= 2


def resident(capacity: int, tile: int, other_tile: int, other_slice: int, tiles: int) -> int:
    """Tiles of one operand that can stay in shared memory while the other operand streams past; 0 if none can.

    Several tiles take turns with the same tile of the other operand, which must therefore be there in full; a single
    one needs only a slice of it at a time. All sizes in bits; `tiles` is how many there are.
    """
    if capacity >= 2 * tile + other_tile and tiles > 1:
        return min(tiles, (capacity - other_tile) // tile) if tile else tiles
    return int(capacity >= tile + other_slice)


def sides(length: int, tile: int) -> IntArray:
    """int64[tiles]: tile lengths along one dimension; the last may be shorter."""
    return np.minimum(tile, length - np.arange(0, length, tile, dtype=np.int64))


def distinct_sides(length: int, tile: int) -> tuple[IntArray, IntArray]:
    """int64[at most 2]: the lengths in `sides`, shortest first, and how often each occurs; in no time at any length."""
    whole, rest = divmod(length, tile)
    found = [(size, count) for size, count in ((rest, 1), (tile, whole)) if size and count]
    sizes, counts = np.array(found, np.int64).reshape(-1, 2).T
    return sizes, counts


def order(walk: Walk) -> tuple[IntArray, IntArray]:
    """Tile row and tile column of every step, both int64: one block of resident tiles after the other."""
    i, j = np.divmod(np.arange(walk.tiles_m * walk.tiles_n, dtype=np.int64), max(walk.tiles_n, 1))
    # Within a block, the resident operand varies fastest: each tile of the streaming one is fetched once and used by
    # all of them. `lexsort` takes its last key first.
    inner = (i, j) if walk.a_reach >= walk.tiles_n else (j, i)
    order = np.lexsort((*inner, j // walk.a_reach, i // walk.b_reach))
    return i[order], j[order]
