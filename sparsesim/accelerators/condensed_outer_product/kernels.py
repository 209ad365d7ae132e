"""Jitted loops of the merge rounds; int64 everywhere, integer counts out."""

import numpy as np

from sparsesim._jit import kernel
from sparsesim.accelerators.condensed_outer_product.arrays import (
    A_ELEMENTS,
    LANE_CYCLES,
    LOADS,
    STORED_READ,
    Elements,
    IntArray,
    Share,
    Stored,
    Tree,
)


@kernel
def united(left: IntArray, right: IntArray) -> IntArray:
    """Union of two ascending arrays."""
    out = np.empty(len(left) + len(right), np.int64)
    i, j, count = 0, 0, 0
    while i < len(left) or j < len(right):
        take_left = j == len(right) or (i < len(left) and left[i] <= right[j])
        take_right = i == len(left) or (j < len(right) and right[j] <= left[i])
        out[count] = left[i] if take_left else right[j]
        i, j, count = i + take_left, j + take_right, count + 1
    return out[:count].copy()


@kernel
def row_products(share: Share, columns: IntArray, lengths: IntArray) -> IntArray:
    """Multiplications in every row of a round: the lengths of the B rows that its A elements name."""
    start, stop = share.start, share.stop
    products = np.zeros(len(start), np.int64)
    for i in range(len(start)):
        for element in range(start[i], stop[i]):
            products[i] += lengths[columns[element]]
    return products


@kernel
def _enter(
    run: IntArray,
    begin: int,
    end: int,
    key: int,
    inputs: int,
    seen: IntArray,
    met: IntArray,
    fill: int,
    kept: IntArray,
    count: int,
) -> int:
    """Send the columns run[begin:end] of one row into the tree; returns how many results were kept so far.

    `met` takes, from `fill` on, the difference (exclusive or) between the place of each element and that of the last
    input with the same column, or at least `inputs` if the row had none. Columns of the second kind are results: they
    are appended to `kept`, which has one entry of slack, or is empty if nobody will read them.
    """
    for index in range(begin, end):
        column = run[index]
        met[fill + index - begin] = seen[column] ^ key
        seen[column] = key
    if len(kept):
        for index in range(begin, end):
            kept[count] = run[index]
            count += met[fill + index - begin] >= inputs
    return count


@kernel
def _add_loads(met: IntArray, fill: int, loads: IntArray) -> None:
    """Add the elements that enter every layer, and in the last place those that leave the tree.

    Layer l merges inputs whose places agree but for their lowest l + 1 bits. An element enters it on its own unless
    an earlier input of its column agrees with it in all but the lowest l bits: then they have been added before. Inputs
    come in order of their place, so that comparing with the last one is enough.
    """
    for layer in range(len(loads)):
        entering, limit = 0, 1 << layer
        for index in range(fill):
            entering += met[index] >= limit
        loads[layer] += entering


@kernel
def merge_round(
    share: Share,
    elements: Elements,
    stored: Stored,
    b_indptr: IntArray,
    b_columns: IntArray,
    tree: Tree,
    chunks: IntArray,
    lanes: int,
    stream: IntArray,
    kept: IntArray,
    offsets: IntArray,
    figures: IntArray,
) -> None:
    """Merge the leaves and stored partials of one round, on positions alone.

    chunks: int64[n + 1]; chunk c covers the entries chunks[c]..chunks[c + 1] - 1 of share.rows.
    lanes: multipliers that work on one element of A; it holds them for at least one cycle.
    stream: out, the B row of every A element, row by row and in order of leaf.
    kept, offsets: out, columns of the result (see `_enter`) and their offsets, one more than share.rows.
    figures: out, zeros[n, LOADS + layers + 1].
    """
    # Tuples are unpacked once: reading their arrays inside a loop would count references.
    rows, start, stop, place_of_leaf = share.rows, share.start, share.stop, share.place
    leaf_of, columns, indptr = elements.leaf, elements.columns, elements.indptr
    stored_place, stored_rows, stored_offsets = stored.place, stored.rows, stored.offsets
    stored_columns, stored_end, at = stored.columns, stored.first[1:], stored.first[:-1].copy()
    seen, met, inputs = tree.seen, tree.met, 1 << (figures.shape[1] - LOADS - 1)
    visited, count, fill = 0, 0, 0
    for chunk in range(len(chunks) - 1):
        figure, first_visit = figures[chunk], visited
        for i in range(chunks[chunk], chunks[chunk + 1]):
            tree.stamp[0] += 1
            stamp, waiting = tree.stamp[0] * inputs, 0
            # One turn more than there are elements lets the stored partials behind the last leaf enter.
            for element in range(stop[i] - 1, start[i] - 2, -1):
                place = inputs
                if element >= start[i]:
                    leaf = leaf_of[element] if len(leaf_of) else element - indptr[rows[i]]
                    place = place_of_leaf[leaf - share.lowest]
                while waiting < len(at) and stored_place[waiting] < place:
                    entry = at[waiting]
                    if entry < stored_end[waiting] and stored_rows[entry] == rows[i]:
                        begin, end = stored_offsets[entry], stored_offsets[entry + 1]
                        if fill + end - begin > len(met):
                            _add_loads(met, fill, figure[LOADS:])
                            fill = 0
                        key = stamp + stored_place[waiting]
                        count = _enter(stored_columns, begin, end, key, inputs, seen, met, fill, kept, count)
                        fill += end - begin
                        figure[STORED_READ] += end - begin
                        at[waiting] += 1
                    waiting += 1
                if element >= start[i]:
                    b_row = columns[element]
                    stream[visited + element - start[i]] = b_row
                    begin, end = b_indptr[b_row], b_indptr[b_row + 1]
                    if fill + end - begin > len(met):
                        _add_loads(met, fill, figure[LOADS:])
                        fill = 0
                    count = _enter(b_columns, begin, end, stamp + place, inputs, seen, met, fill, kept, count)
                    fill += end - begin
                    figure[LANE_CYCLES] += max(1, (end - begin + lanes - 1) // lanes)
            visited += stop[i] - start[i]
            offsets[i + 1] = count
        _add_loads(met, fill, figure[LOADS:])
        fill = 0
        figure[A_ELEMENTS] = visited - first_visit
