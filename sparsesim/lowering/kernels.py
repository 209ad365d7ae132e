"""Jitted loops over the non-zeros of weights in CSR, groups stacked by rows."""

from sparsesim._jit import kernel
from sparsesim.array_types import BoolArray, IntArray


@kernel
def mark_columns(indptr: IntArray, indices: IntArray, occupied: BoolArray) -> None:
    """Set `occupied` bool[groups, columns] where a column of a group holds a non-zero.

    A group is left as soon as all of its columns are found, which mostly takes a few rows.
    """
    groups, columns = occupied.shape
    rows = (len(indptr) - 1) // groups
    for group in range(groups):
        missing = columns
        for row in range(group * rows, (group + 1) * rows):
            for position in range(indptr[row], indptr[row + 1]):
                if not occupied[group, indices[position]]:
                    occupied[group, indices[position]] = True
                    missing -= 1
            if missing == 0:
                break


@kernel
def renumber(indptr: IntArray, indices: IntArray, places: IntArray, renumbered: IntArray) -> None:
    """Write the new column of every non-zero, `places` int64[groups, columns] by its group and old one."""
    groups = len(places)
    rows = (len(indptr) - 1) // groups
    for group in range(groups):
        for position in range(indptr[group * rows], indptr[(group + 1) * rows]):
            renumbered[position] = places[group, indices[position]]
