"""The merge schedule of one operation, element by element, as input to `definition.timing`."""

from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from sparsesim.accelerators.condensed_outer_product.definition.timing_tree import Key
from sparsesim.accelerators.condensed_outer_product.leaves import leaves_of
from sparsesim.accelerators.condensed_outer_product.plan import BRecords
from sparsesim.accelerators.condensed_outer_product.rounds import Round, leaf_weights, merge_leaves
from sparsesim.accelerators.condensed_outer_product.spec import CondensedOuterProduct
from sparsesim.matmul import MatmulOp


@dataclass
class Element:
    """One element of A on its way to the multipliers."""

    round: int
    row: int
    place: int
    columns: list[int]
    b_row: int
    b_offset: int = 0
    missed_bytes: int = 0
    missed_lines: int = 0
    done: int = 0
    arrives: int = -1
    ready: int | None = None

    @property
    def key(self) -> Key:
        """Key of its next product; smaller than all others of the row if it has none."""
        return self.round, self.row, self.columns[self.done] if self.columns else -1


@dataclass
class StoredRead:
    """A partial result that one round reads back at one input of the tree."""

    round: int
    source: int
    keys: list[tuple[int, int]]
    requested: int = 0
    arrived: int = 0
    entered: int = 0
    under_way: deque[tuple[int, int]] = field(default_factory=deque)


@dataclass
class Plan:
    """All rounds: elements of A in order of use, stored reads by input, results and element size of each round."""

    elements: list[Element]
    stored: list[deque[StoredRead]]
    results: list[int]
    result_bytes: list[int]
    b_bytes: int = 0


class _Partial(NamedTuple):
    number: int
    keys: list[tuple[int, int]]

    @property
    def nnz(self) -> int:
        return len(self.keys)


def plan_of(unit: CondensedOuterProduct, op: MatmulOp) -> Plan:
    """The complete merge schedule: which element and which stored key enters the tree at which input."""
    a, b = op.a.tensor.to_sparse(), op.b.tensor.to_sparse()
    leaves = leaves_of(a, unit.condensing, unit.huffman, unit.tie_order)
    columns = [b.indices[b.indptr[k] : b.indptr[k + 1]].tolist() for k in range(b.shape[0])]
    plan = Plan([], [deque() for _ in range(1 << unit.layers)], [], [])
    stream: list[int] = []

    def merge(current: Round, taken: list[_Partial]) -> _Partial:
        lowest, beyond = current.leaves
        keys = {key for partial in taken for key in partial.keys}
        rows = leaves.rows(lowest, beyond)
        for row, start, stop in zip(rows, *leaves.ranges(rows, lowest, beyond), strict=True):
            for position in range(start, stop):
                leaf = leaves.elements.leaf[position] if len(leaves.elements.leaf) else position - a.indptr[row]
                k = int(leaves.elements.columns[position])
                place = current.leaf_places[beyond - 1 - int(leaf)]
                plan.elements.append(Element(current.number, int(row), place, columns[k], k))
                stream.append(k)
                keys.update((int(row), column) for column in columns[k])
        for place, partial in zip(current.stored_places, taken, strict=True):
            plan.stored[place].append(StoredRead(current.number, partial.number, partial.keys))
        plan.results.append(len(keys))
        size = unit.element_bytes(op.c_dtype) if current.last else unit.partial_element_bytes
        plan.result_bytes.append(size)
        return _Partial(current.number, sorted(keys))

    weights = leaf_weights(leaves.lengths, b.nnz / max(b.shape[0], 1))
    merge_leaves(weights, unit.merge_ways, unit.huffman, merge)
    _note_misses(unit, op, plan, stream)
    return plan


def _note_misses(unit: CondensedOuterProduct, op: MatmulOp, plan: Plan, stream: list[int]) -> None:
    """Annotate every element of A with what the prefetcher reads for it."""
    records = BRecords(unit.element_bytes(op.b.dtype), unit.index_bytes, unit.index_bytes, unit.prefetch_line_bytes)
    lines = unit.prefetch_lines if unit.prefetcher else 1
    ends = np.arange(1, len(stream) + 1)
    figures = records.misses(op.b.tensor.to_sparse(), np.array(stream, np.int64), ends, lines, unit.lookahead_window)
    row_bytes = records.row_bytes(op.b.tensor.to_sparse())
    offsets = np.concatenate(([0], np.cumsum(row_bytes))).tolist()
    plan.b_bytes = offsets[-1]
    for element, (moved, _, missed) in zip(plan.elements, figures.tolist(), strict=True):
        element.b_offset, element.missed_bytes, element.missed_lines = offsets[element.b_row], moved, missed
