"""The definition of the merge schedule and of the prefetcher, in plain Python, for small matrices."""

from dataclasses import dataclass, field
from math import inf

from sparsesim.accelerators.condensed_outer_product.rounds import TieOrder
from sparsesim.tensors import SparseMatrix

Leaf = dict[int, int]
"""One leaf: the row of B that each row of A multiplies in it."""

Positions = set[tuple[int, int]]
"""(row, column) of products or of a partial result."""


@dataclass
class MergeRun:
    """Counts of a merge schedule.

    Attributes:
        layer_loads: elements entering each layer.
        rounds: number of rounds.
        stored: elements of all partial results except the last, C.
        nnz: elements of C.
        stream: rows of B in the order in which they are read.
    """

    layer_loads: list[int]
    rounds: int = 0
    stored: int = 0
    nnz: int = 0
    stream: list[int] = field(default_factory=list)


def condensed_leaves(a: SparseMatrix, ties: TieOrder | None = None) -> list[Leaf]:
    """Condensed column j takes the j-th non-zero of every row that has one.

    With an order for equally long columns, the one that the scheduler takes first becomes the last leaf.
    """
    columns: list[Leaf] = []
    for row in range(a.shape[0]):
        for place, column in enumerate(a.indices[a.indptr[row] : a.indptr[row + 1]]):
            if place == len(columns):
                columns.append({})
            columns[place][row] = int(column)
    if ties is None:
        return columns
    lengths, places = [len(column) for column in columns], range(len(columns))
    if ties == "introsort":
        order = introsorted_list(lengths)
    else:
        order = sorted(places if ties == "stable" else reversed(places), key=lengths.__getitem__)
    return [columns[place] for place in reversed(order)]


def introsorted_list(values: list[int]) -> list[int]:
    """Permutation by which an introsort sorts `values`."""
    pairs = _partitioned([(value, place) for place, value in enumerate(values)], 2 * (len(values).bit_length() - 1))
    # The final insertion sort is stable.
    return [place for _, place in sorted(pairs, key=lambda pair: pair[0])]


def _partitioned(pairs: list[tuple[int, int]], depth: int) -> list[tuple[int, int]]:
    """Quicksort by value, down to ranges of 16 elements."""
    if len(pairs) <= 16 or depth == 0:
        return pairs
    pairs = pairs.copy()
    median = _median(pairs, 1, len(pairs) // 2, len(pairs) - 1)
    pairs[0], pairs[median] = pairs[median], pairs[0]
    pivot, left, right = pairs[0][0], 1, len(pairs)
    while True:
        left = next(place for place in range(left, len(pairs) + 1) if pairs[place][0] >= pivot)
        right = next(place for place in range(right - 1, -1, -1) if pairs[place][0] <= pivot)
        if left >= right:
            return _partitioned(pairs[:left], depth - 1) + _partitioned(pairs[left:], depth - 1)
        pairs[left], pairs[right] = pairs[right], pairs[left]
        left += 1


def _median(pairs: list[tuple[int, int]], first: int, second: int, third: int) -> int:
    """Which of three places holds the median; ties as the three comparisons of the C++ library resolve them."""
    if pairs[first][0] >= pairs[second][0]:
        if pairs[first][0] < pairs[third][0]:
            return first
        return third if pairs[second][0] < pairs[third][0] else second
    if pairs[second][0] < pairs[third][0]:
        return second
    return third if pairs[first][0] < pairs[third][0] else first


def raw_leaves(a: SparseMatrix, longest_first: bool) -> list[Leaf]:
    """The non-empty columns, in order or by decreasing length."""
    columns: dict[int, Leaf] = {column: {} for column in range(a.shape[1])}
    for row in range(a.shape[0]):
        for column in a.indices[a.indptr[row] : a.indptr[row + 1]]:
            columns[int(column)][row] = int(column)
    leaves = [leaf for leaf in columns.values() if leaf]
    return sorted(leaves, key=len, reverse=True) if longest_first else leaves


def merge_by_sets(leaves: list[Leaf], b: SparseMatrix, ways: int, huffman: bool) -> MergeRun:
    """Merge all leaves round by round, every partial result as a set of positions."""
    run = MergeRun([0] * (ways - 1).bit_length())
    waiting = list(range(len(leaves)))[:: -1 if huffman else 1]
    partials: list[Positions] = []
    while waiting or len(partials) > 1:
        inputs = len(waiting) + len(partials)
        fan_in = ways if run.rounds else min(inputs, (inputs - 2) % (ways - 1) + 2)
        chosen, tree = _choose(leaves, b, waiting, partials, fan_in, huffman)
        run.stream += _visits([leaves[leaf] for leaf in sorted(chosen)])
        result = _merge(tree, run.layer_loads)
        run.rounds, run.nnz = run.rounds + 1, len(result)
        run.stored += len(result) if fan_in < inputs else 0
        partials.append(result)
    return run


def _choose(
    leaves: list[Leaf], b: SparseMatrix, waiting: list[int], partials: list[Positions], fan_in: int, huffman: bool
) -> tuple[list[int], list[Positions]]:
    """Remove the inputs of one round; returns the leaves among them, and what enters the tree, in order."""
    chosen: list[int] = []
    places: list[Positions | None] = []
    for _ in range(fan_in):
        weight = int(len(leaves[waiting[0]]) * (b.nnz / b.shape[0])) if waiting else 0
        if waiting and not (huffman and partials and weight >= len(partials[0])):
            chosen.append(waiting.pop(0))
            places.append(None)
        else:
            places.append(partials.pop(0))
    # Leaves enter the places reserved for them from the highest leaf down.
    products = iter([_products(leaves[leaf], b) for leaf in sorted(chosen, reverse=True)])
    return chosen, [next(products) if place is None else place for place in places]


def _products(leaf: Leaf, b: SparseMatrix) -> Positions:
    return {
        (row, int(column)) for row, b_row in leaf.items() for column in b.indices[b.indptr[b_row] : b.indptr[b_row + 1]]
    }


def _visits(leaves: list[Leaf]) -> list[int]:
    """Rows of B that the leaves multiply, row by row of A."""
    rows = sorted({row for leaf in leaves for row in leaf})
    return [leaf[row] for row in rows for leaf in leaves if row in leaf]


def _merge(inputs: list[Positions], layer_loads: list[int]) -> Positions:
    """Merge neighbours in pairs, layer by layer; an odd one out passes through."""
    for layer in range(len(layer_loads)):
        layer_loads[layer] += sum(len(positions) for positions in inputs)
        inputs = [set().union(*inputs[i : i + 2]) for i in range(0, len(inputs), 2)]
    return inputs[0]


def prefetch_by_search(
    stream: list[int], row_bytes: list[int], line_bytes: int, position_bytes: int, slots: int, window: int
) -> tuple[int, int, int]:
    """Bytes read, line accesses and line misses, searching the accesses ahead for every next use."""
    accesses = [
        (position, (row, part))
        for position, row in enumerate(stream)
        for part in range(-(-row_bytes[row] // line_bytes))
    ]
    resident: dict[int, tuple[int, int]] = {}
    next_use: dict[int, float] = {}
    moved, missed = 0, 0
    for now, (_, line) in enumerate(accesses):
        ahead = (position for position, other in accesses[now + 1 : now + window] if other == line)
        use = next(ahead, inf)
        slot = next((slot for slot, other in resident.items() if other == line), None)
        if slot is None:
            row, part = line
            missed += 1
            moved += min(line_bytes, row_bytes[row] - part * line_bytes) + (position_bytes if part == 0 else 0)
            slot = _slot_for(use, next_use, slots)
        if slot is not None:
            resident[slot], next_use[slot] = line, use
    return moved, len(accesses), missed


def _slot_for(use: float, next_use: dict[int, float], slots: int) -> int | None:
    """The lowest empty slot, else the lowest with the furthest next use; None if all are used before `use`."""
    if len(next_use) < slots:
        return len(next_use)
    furthest = max(next_use.values())
    return None if use > furthest else min(slot for slot in next_use if next_use[slot] == furthest)
