"""From the work of every chunk of rows to the steps of a Schedule.

`timing_reference` is the definition, element by element; this is its image in steps. A round's rows go through fetch,
tree and write in chunks:

- The first block of A comes before everything else, because it names the rows of B.
- A chunk holds the tree as long as its slowest resource needs: the multiplier groups or one of the merge layers.
- The first chunk of a round that starts on an empty tree adds the cycles to fill it.
- Memory is read and written in blocks, so that many small chunks do not each round up to a whole cycle.
- A chunk's lines of B wait until no more than `outstanding_lines` are under way.
- A round that reads a stored partial waits until that has been written; its first elements are read meanwhile.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sparsesim.array_types import IntArray

BLOCK_BYTES = 256
"""Unit in which A, stored partials and results are moved (assumed: two cycles of HBM)."""

PIPELINE_CYCLES = 3
"""Multiplier, writer FIFO and DRAM request, besides one cycle for every merge layer."""

MAX_SLOTS = 512

AHEAD_BYTES = 4096
"""What the fetchers read of A and B while a round waits for a stored partial (assumed: half the latency's worth)."""


class Chunks(NamedTuple):
    """What every chunk of rows does, all int64[chunks] but `first`.

    a_bytes, b_bytes, stored_bytes: read. write_bytes: written. lines: requests for B. cycles: float64, of the tree.
    first: int64[rounds + 1], first chunk of every round. reads: by round, rounds whose results it reads back.
    """

    a_bytes: IntArray
    b_bytes: IntArray
    stored_bytes: IntArray
    write_bytes: IntArray
    lines: IntArray
    cycles: NDArray[np.float64]
    first: IntArray
    reads: tuple[tuple[int, ...], ...]


class TimedSteps(NamedTuple):
    """The arrays of a Schedule that decide its time.

    Besides one step per chunk there is one for the first block of A, and one for what is read ahead of every wait.
    """

    fetch_bytes: IntArray
    compute_cycles: IntArray
    write_bytes: IntArray
    after_writes: IntArray
    after_arrivals: IntArray


def timed_steps(chunks: Chunks, layers: int, outstanding_lines: int) -> TimedSteps:
    """Steps of all rounds, one after the other."""
    sources = _sources(chunks)
    restarts = np.flatnonzero(sources >= 0)
    head = min(BLOCK_BYTES, int(chunks.a_bytes.sum()))
    own = _less_head(chunks.a_bytes, head) + chunks.b_bytes
    ahead, ahead_lines, own, lines = _read_ahead(own, chunks.lines, chunks.first, restarts)
    compute = np.diff(np.ceil(np.cumsum(chunks.cycles) - 1e-9), prepend=0.0).astype(np.int64)
    compute[np.union1d(restarts, [0])] += PIPELINE_CYCLES + layers
    # Where each chunk stands once the steps of the head and of what is read ahead are put in.
    step = 1 + np.arange(len(own)) + np.searchsorted(restarts, np.arange(len(own)), side="right")
    waits = np.where(sources >= 0, 1 + step[np.maximum(chunks.first[sources + 1] - 1, 0)], 0)
    requested = _with_extra(lines, restarts, 0, ahead_lines)
    return TimedSteps(
        _in_blocks(_with_extra(own + chunks.stored_bytes, restarts, head, ahead), np.append(1, step[restarts])),
        _with_extra(compute, restarts, 0, 0),
        _in_blocks(_with_extra(chunks.write_bytes, restarts, 0, 0), step[chunks.first[1:-1]]),
        _with_extra(waits, restarts, 0, 0),
        _awaited_arrivals(requested, outstanding_lines),
    )


def _sources(chunks: Chunks) -> IntArray:
    """For the first chunk of a round that reads stored partials, the last round that wrote one; else -1."""
    sources = np.full(len(chunks.a_bytes), -1, np.int64)
    for number, read in enumerate(chunks.reads):
        if read:
            sources[chunks.first[number]] = max(read)
    return sources


def _read_ahead(
    own: IntArray, lines: IntArray, first: IntArray, restarts: IntArray
) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    """Bytes and lines read before each wait (of A and B, up to AHEAD_BYTES), and what is left for the chunks."""
    ahead, ahead_lines = np.zeros(len(restarts), np.int64), np.zeros(len(restarts), np.int64)
    own, lines = own.copy(), lines.copy()
    for number, start in enumerate(restarts):
        stop = first[np.searchsorted(first, start, side="right")]
        stop = start + np.searchsorted(np.cumsum(own[start:stop]), AHEAD_BYTES, side="right")
        ahead[number], ahead_lines[number] = own[start:stop].sum(), lines[start:stop].sum()
        own[start:stop], lines[start:stop] = 0, 0
    return ahead, ahead_lines, own, lines


def _with_extra(chunks: IntArray, restarts: IntArray, head: int, ahead: IntArray | int) -> IntArray:
    """The chunks' figures with those of the head in front, and of what is read ahead before every restart."""
    return np.concatenate(([head], np.insert(chunks, restarts, ahead))).astype(np.int64)


def slots(capacity: int, elements: IntArray) -> int:
    """Steps that fit into a buffer of `capacity` elements, at least 2 and at most MAX_SLOTS."""
    mean = max(1, int(elements.sum()) // max(1, len(elements)))
    return max(2, min(MAX_SLOTS, capacity // mean))


def _awaited_arrivals(lines: IntArray, outstanding: int) -> IntArray:
    """Steps whose data must be there before each step is fetched: all but the last `outstanding` lines' worth.

    Everything waits for the first block of A.
    """
    requested, own = np.cumsum(lines), np.arange(len(lines), dtype=np.int64)
    due = requested - outstanding
    earlier = np.where(due > 0, np.searchsorted(requested, due) + 1, 1)
    return np.minimum(earlier, own)


def _in_blocks(size_bytes: IntArray, restarts: IntArray) -> IntArray:
    """The same bytes moved in whole blocks, each when its first byte is needed; blocks start anew at `restarts`."""
    moved = np.empty_like(size_bytes)
    edges = sorted({0, *restarts.tolist(), len(size_bytes)})
    for start, stop in pairwise(edges):
        needed = np.cumsum(size_bytes[start:stop])
        if len(needed):
            blocks = -(-needed // BLOCK_BYTES) * BLOCK_BYTES
            moved[start:stop] = np.diff(np.minimum(blocks, needed[-1]), prepend=0)
    return moved


def _less_head(a_bytes: IntArray, head: int) -> IntArray:
    """A without its first `head` bytes."""
    return np.diff(np.maximum(np.cumsum(a_bytes) - head, 0), prepend=0)
