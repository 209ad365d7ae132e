"""Jitted loops of the merge rounds, on positions alone: one pass per row gives the loads of all merge layers.

Within a row, elements are visited in ascending order of place; `entered_by_difference` relies on that.
"""

import numpy as np

from sparsesim._jit import kernel
from sparsesim.accelerators.condensed_outer_product.arrays import (
    A_ELEMENTS,
    COUNTER_BITS,
    FIRST_ROW,
    INDEX,
    LANE_CYCLES,
    LATEST,
    LOADS,
    STORED_READ,
    BRows,
    Elements,
    Feeds,
    IndexArray,
    Integer,
    Keep,
    Kept,
    Spans,
    Tree,
)
from sparsesim.array_types import IntArray

WORTH_KEEPING = 4
"""Keep a result if reading it back from its leaves would take at least this many products per element."""


@kernel
def _count(entered: Integer, figures: IntArray, chunk: Integer) -> None:
    """Unpack the counters and add them to the figures of a chunk."""
    fields = figures.shape[1] - LOADS
    width = COUNTER_BITS // fields
    for field in range(fields):
        figures[chunk, LOADS + field] += (entered >> (field * width)) & ((1 << width) - 1)


@kernel
def _halve(figures: IntArray) -> int:
    """Merge neighbouring chunks in pairs, in place; returns how many are left."""
    for chunk in range(1, len(figures)):
        for column in range(figures.shape[1]):
            # Cleared first, as the slots of merged chunks are filled again; chunk // 2 has been moved already.
            figure = figures[chunk, column]
            figures[chunk, column] = 0
            figures[chunk // 2, column] += figure
    return (len(figures) + 1) // 2


@kernel
def _first_element(leaf_of: IntArray, start: int, stop: int, leaf: int) -> int:
    """First element of row start..stop - 1 with a leaf of at least `leaf`, or `stop`."""
    if len(leaf_of) == 0:
        return min(start + leaf, stop)
    while start < stop:
        middle = (start + stop) // 2
        if leaf_of[middle] < leaf:
            start = middle + 1
        else:
            stop = middle
    return start


@kernel
def _enter_one_column(spans: Spans, count: Integer, tree: Tree, figures: IntArray, chunk: Integer) -> None:
    """`_enter` for a C of one column: its latest key can stay in a register."""
    starts, stops, keys, entered_by = spans.start, spans.stop, spans.key, tree.entered
    mask, seen, span = (len(entered_by) - 1) & INDEX, np.int64(tree.seen[0]), 0
    limit, room = mask >> 1, (1 << (COUNTER_BITS // (figures.shape[1] - LOADS))) - 1
    while span < count:
        entered, edge = 0, min(count, span + room)
        while span < edge:
            if stops[span & INDEX] > starts[span & INDEX]:
                difference, seen = seen ^ keys[span & INDEX], keys[span & INDEX]
                entered += entered_by[(((limit - difference) >> COUNTER_BITS) | difference) & mask]
            span += 1
        _count(entered, figures, chunk)
    tree.seen[0] = seen


@kernel
def _enter(spans: Spans, count: Integer, b: BRows, tree: Tree, figures: IntArray, chunk: Integer) -> None:
    """Send `count` spans into the tree and add their elements to the figures of a chunk.

    A packed counter of w bits overflows after 2^w - 1 elements, `room`, so the counters are unpacked that often.
    """
    starts, stops, keys, columns = spans.start, spans.stop, spans.key, b.columns
    seen, entered_by, mask = tree.seen, tree.entered, (len(tree.entered) - 1) & INDEX
    limit, room = mask >> 1, (1 << (COUNTER_BITS // (figures.shape[1] - LOADS))) - 1
    entered, pending = 0, 0
    for span in range(count):
        index, stop, key = starts[span & INDEX] & INDEX, stops[span & INDEX] & INDEX, keys[span & INDEX]
        while index < stop:
            edge = min(stop, index + room - pending)
            pending += edge - index
            while index < edge:
                column = columns[index & INDEX] & INDEX
                difference = seen[column] ^ key
                seen[column] = key
                # -1, all ones, if no input of this row has held the column yet (the keys differ in their stamps), else
                # 0: the sign of the difference. A minimum would compile to a branch that is hard to predict.
                first = (limit - difference) >> COUNTER_BITS
                entered += entered_by[(first | difference) & mask]
                index += 1
            if pending == room:
                _count(entered, figures, chunk)
                entered, pending = 0, 0
    _count(entered, figures, chunk)


@kernel
def _enter_and_keep(
    spans: Spans, count: Integer, b: BRows, tree: Tree, figures: IntArray, chunk: Integer, keep: Keep, fill: int
) -> int:
    """`_enter`, and append columns that are new to their row at columns[fill]; returns the new `fill`.

    A kernel of its own, because the two loops slow each other down when compiled into one.
    """
    starts, stops, keys, columns = spans.start, spans.stop, spans.key, b.columns
    seen, entered_by, mask = tree.seen, tree.entered, (len(tree.entered) - 1) & INDEX
    ends, first_row, layers = keep.ends, tree.stamp[FIRST_ROW], figures.shape[1] - LOADS - 1
    limit, room = mask >> 1, (1 << (COUNTER_BITS // (figures.shape[1] - LOADS))) - 1
    entered, pending = 0, 0
    for span in range(count):
        index, stop, key = starts[span] & INDEX, stops[span], keys[span]
        while index < stop:
            edge = min(stop, index + room - pending)
            pending += edge - index
            while index < edge:
                column = columns[index & INDEX] & INDEX
                difference = seen[column] ^ key
                seen[column] = key
                first = (limit - difference) >> COUNTER_BITS
                entered += entered_by[(first | difference) & mask]
                # Always written; `fill` moves past it only if the column is new (first is -1): no branch here either.
                columns[fill & INDEX] = column
                fill -= first
                index += 1
            if pending == room:
                _count(entered, figures, chunk)
                entered, pending = 0, 0
        ends[(key >> layers) - first_row] = fill
    _count(entered, figures, chunk)
    return fill


@kernel
def _send(
    spans: Spans, count: Integer, b: BRows, tree: Tree, figures: IntArray, chunk: Integer, keep: Keep, fill: int
) -> int:
    """`_enter` in the variant that applies; returns the new `fill`, or -1 once the result can no longer be kept."""
    if len(tree.seen) == 1:
        _enter_one_column(spans, count, tree, figures, chunk)
        return -1
    # More than the batch, not just as much: `_enter_and_keep` writes one column past what it keeps.
    room = keep.beyond - fill
    for span in range(count if fill >= 0 else 0):
        room -= spans.stop[span] - spans.start[span]
    if fill >= 0 and room > 0:
        return _enter_and_keep(spans, count, b, tree, figures, chunk, keep, fill)
    _enter(spans, count, b, tree, figures, chunk)
    return -1


@kernel
def merge_round(
    rows: IntArray,
    lowest: int,
    feeds: Feeds,
    kept: Kept,
    elements: Elements,
    b: BRows,
    tree: Tree,
    spans: Spans,
    keep: Keep,
    chunk_work: int,
    stream: IndexArray,
    figures: IntArray,
) -> tuple[int, int]:
    """Merge the leaves and stored partial results of one round, on positions alone.

    rows: ascending rows with work. lowest: first of the new leaves.
    chunk_work: products, those of stored results included, after which a chunk of rows ends; when `figures` is full,
    neighbouring chunks are merged and this doubles, so that chunks stay balanced without knowing the total in advance.
    stream: output, the row of B of every new element of A, row by row and in ascending order of leaf.
    figures: output, zeros[most chunks, LOADS + layers + 1].

    Returns the number of chunks, and the end of the kept columns of the result, or -1 if they are not kept.
    """
    # Tuples are unpacked once: taking an array out of one inside a loop would update its reference count.
    indptr, columns, leaf_of = elements.indptr, elements.columns, elements.leaf
    place, step, low, beyond, source = feeds.place, feeds.step, feeds.low, feeds.beyond, feeds.kept
    kept_rows, kept_start, kept_stop, at = kept.rows, kept.start, kept.stop, kept.first.copy()
    b_indptr, lane_cycles, starts, stops, keys = b.indptr, b.lane_cycles, spans.start, spans.stop, spans.key
    inputs, highest, has_leaf, stamp = len(tree.entered) // 2, tree.highest, len(leaf_of) > 0, tree.stamp[LATEST]
    # int64 from the start: Numba would compile the callees a second time for the literal 0.
    count: Integer = np.int64(0)
    chunk: Integer = np.int64(0)
    batch, chunk_row, chunk_visited = spans.batch, 0, 0
    fill, walked, all_walked, products, lanes, visited = keep.start, 0, 0, 0, 0, 0
    tree.stamp[FIRST_ROW] = stamp // inputs + 1
    for i in range(len(rows)):
        stamp += inputs  # stamp 0 is never used, so zeros in `seen` match no row
        row_start, row_stop = indptr[rows[i]], indptr[rows[i] + 1]
        to_stream = visited - _first_element(leaf_of, row_start, row_stop, lowest)
        for feed in range(len(place)):
            is_new, highest_leaf, first_place = step[feed], beyond[feed] - 1, place[feed]
            if source[feed] >= 0:
                entry = at[source[feed]]
                if kept_rows[entry] == rows[i]:
                    at[source[feed]] += 1
                    starts[count], stops[count], keys[count] = kept_start[entry], kept_stop[entry], stamp + first_place
                    walked += stops[count] - starts[count]
                    count += 1
                continue
            first = _first_element(leaf_of, row_start, row_stop, low[feed])
            element = _first_element(leaf_of, row_start, row_stop, beyond[feed])
            if b.alike and not is_new:
                first = max(first, element - 1)  # all products at this place are equal: one stands for all
            # Downwards, because places must ascend and the highest leaf has the lowest; `stream` ascends in leaf.
            while element > first:
                element -= 1
                leaf = leaf_of[element] if has_leaf else element - row_start
                b_row = columns[element & INDEX] & INDEX
                start, stop = b_indptr[b_row] & INDEX, b_indptr[b_row + 1] & INDEX
                starts[count & INDEX], stops[count & INDEX] = start, stop
                keys[count & INDEX] = stamp + first_place + is_new * (highest_leaf - leaf)
                count += 1
                walked += stop - start
                if is_new:
                    stream[(to_stream + element) & INDEX] = b_row
                    lanes += lane_cycles[(stop - start) & INDEX]
                    products += stop - start
                    visited += 1
        if count >= batch or stamp > highest:
            fill = _send(spans, count, b, tree, figures, chunk, keep, fill)
            count = 0
        if stamp > highest:
            # Row i + 1 gets stamp 1 again; `ends` is indexed by stamp - FIRST_ROW, which must still give i + 1.
            tree.seen[:] = 0
            stamp, tree.stamp[FIRST_ROW] = 0, -i
        if i + 1 == len(rows) or (walked + i - chunk_row >= chunk_work and len(figures) > 1):
            fill = _send(spans, count, b, tree, figures, chunk, keep, fill)
            count = 0
            figures[chunk, A_ELEMENTS], figures[chunk, LANE_CYCLES] = visited - chunk_visited, lanes
            figures[chunk, STORED_READ] = figures[chunk, LOADS] - products
            all_walked += walked
            walked, products, lanes, chunk_row, chunk_visited = 0, 0, 0, i + 1, visited
            chunk += 1
            if chunk == len(figures) and i + 1 < len(rows):
                chunk = _halve(figures)
                chunk_work *= 2
    tree.stamp[LATEST] = stamp
    return int(chunk), fill if (fill - keep.start) * WORTH_KEEPING <= all_walked else -1
