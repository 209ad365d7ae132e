"""From the work of every chunk of rows to the steps of a Schedule.

`definition.timing` defines the timing element by element; this condenses it into steps. The rows of a round are
pipelined through fetch, tree and write in chunks:

- The first block of A is fetched before anything else, because it holds the indices of the rows of B.
- A chunk occupies the tree for as long as its bottleneck takes: the multiplier groups or one of the merge layers.
- A round that starts on an empty tree adds the cycles to fill it to its first chunk.
- DRAM is accessed in blocks, so that many small chunks do not each round up to a whole cycle.
- A chunk's lines of B are requested only while no more than `outstanding_lines` are in flight.
- A round that reads a stored partial waits until that has been written; its first elements are fetched meanwhile.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sparsesim.array_types import BoolArray, IntArray

BLOCK_BYTES = 256
"""Granularity of transfers of A, stored partials and results (assumed: two cycles of HBM)."""

PIPELINE_CYCLES = 3
"""Pipeline depth outside the tree: multiplier, writer FIFO and DRAM request; the tree adds one cycle per layer."""

MAX_SLOTS = 512
"""Upper limit on the steps that a buffer holds, however small the chunks."""

AHEAD_BYTES = 4096
"""Bytes of A and B fetched while a round waits for a stored partial (assumed: half the bandwidth-delay product)."""


class Chunks(NamedTuple):
    """The work of every chunk of rows.

    Attributes:
        a_bytes, b_bytes, stored_bytes: int64[chunks], read from DRAM: A, B and stored partials.
        write_bytes: int64[chunks], written to DRAM.
        lines: int64[chunks], lines of B requested.
        cycles: float64[chunks], occupancy of the tree.
        merging: bool[chunks], whether the merger is what takes these cycles, not the multipliers.
        first: int64[rounds + 1], first chunk of every round.
        reads: by round, numbers of the rounds with results that it reads back.
    """

    a_bytes: IntArray
    b_bytes: IntArray
    stored_bytes: IntArray
    write_bytes: IntArray
    lines: IntArray
    cycles: NDArray[np.float64]
    merging: BoolArray
    first: IntArray
    reads: tuple[tuple[int, ...], ...]


class TimedSteps(NamedTuple):
    """The arrays of a `Phase`.

    There is a step per chunk, plus one for the first block of A and one for the read-ahead before every wait.
    `resources` has the cycles of all steps; the arrays are described there.
    """

    fetch_bytes: IntArray
    compute_cycles: IntArray
    write_bytes: IntArray
    after_writes: IntArray
    after_arrivals: IntArray
    resources: dict[str, int]


def timed_steps(chunks: Chunks, layers: int, outstanding_lines: int) -> TimedSteps:
    """Steps of all rounds, one after the other."""
    sources = _sources(chunks)
    restarts = np.flatnonzero(sources >= 0)
    head = min(BLOCK_BYTES, int(chunks.a_bytes.sum()))
    # Bytes that do not depend on earlier results, and so can be read ahead of a wait.
    own = _less_head(chunks.a_bytes, head) + chunks.b_bytes
    ahead, ahead_lines, own, lines = _read_ahead(own, chunks.lines, chunks.first, restarts)
    # Cumulative sums are rounded, not chunks: rounding errors do not add up. The epsilon absorbs float noise above an
    # integer.
    compute = np.diff(np.ceil(np.cumsum(chunks.cycles) - 1e-9), prepend=0.0).astype(np.int64)
    resources = _resources(compute, chunks.merging)
    starts = np.union1d(restarts, [0])
    compute[starts] += PIPELINE_CYCLES + layers
    resources["tree fill"] = len(starts) * (PIPELINE_CYCLES + layers)
    # The step of each chunk, once the steps of the head and the read-ahead are inserted.
    step = 1 + np.arange(len(own)) + np.searchsorted(restarts, np.arange(len(own)), side="right")
    waits = np.where(sources >= 0, 1 + step[np.maximum(chunks.first[sources + 1] - 1, 0)], 0)
    requested = _with_extra(lines, restarts, 0, ahead_lines)
    return TimedSteps(
        # A block moves as soon as its first byte does, so it must not reach across a wait, or from one round's results
        # into the next.
        _in_blocks(_with_extra(own + chunks.stored_bytes, restarts, head, ahead), np.append(1, step[restarts])),
        _with_extra(compute, restarts, 0, 0),
        _in_blocks(_with_extra(chunks.write_bytes, restarts, 0, 0), step[chunks.first[1:-1]]),
        _with_extra(waits, restarts, 0, 0),
        _awaited_arrivals(requested, outstanding_lines),
        resources,
    )


def _resources(cycles: IntArray, merging: BoolArray) -> dict[str, int]:
    """Cycles of the chunks by what decides them."""
    return {"multipliers": int(cycles[~merging].sum()), "merger": int(cycles[merging].sum())}


def _sources(chunks: Chunks) -> IntArray:
    """int64[chunks]: the latest round that a round reads back, at the first chunk of the reading round; else -1."""
    sources = np.full(len(chunks.a_bytes), -1, np.int64)
    for number, read in enumerate(chunks.reads):
        if read:
            sources[chunks.first[number]] = max(read)
    return sources


def _read_ahead(
    own: IntArray, lines: IntArray, first: IntArray, restarts: IntArray
) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    """Bytes and lines of A and B fetched before each wait (up to AHEAD_BYTES), then those left for the chunks."""
    ahead, ahead_lines = np.zeros(len(restarts), np.int64), np.zeros(len(restarts), np.int64)
    own, lines = own.copy(), lines.copy()
    for number, start in enumerate(restarts):
        stop = first[np.searchsorted(first, start, side="right")]
        stop = start + np.searchsorted(np.cumsum(own[start:stop]), AHEAD_BYTES, side="right")
        ahead[number], ahead_lines[number] = own[start:stop].sum(), lines[start:stop].sum()
        own[start:stop], lines[start:stop] = 0, 0
    return ahead, ahead_lines, own, lines


def _with_extra(chunks: IntArray, restarts: IntArray, head: int, ahead: IntArray | int) -> IntArray:
    """int64[steps]: figures of the chunks, with the head in front and the read-ahead before every restart."""
    return np.concatenate(([head], np.insert(chunks, restarts, ahead))).astype(np.int64)


def slots(capacity: int, elements: IntArray) -> int:
    """Steps of mean size that fit a buffer of `capacity` elements, at least 2 (double buffering), at most MAX_SLOTS."""
    mean = max(1, int(elements.sum()) // max(1, len(elements)))
    return max(2, min(MAX_SLOTS, capacity // mean))


def _awaited_arrivals(lines: IntArray, outstanding: int) -> IntArray:
    """int64[steps]: how many of the first steps must have arrived before each step is fetched.

    All but the last `outstanding` lines' worth; and always the first block of A.
    """
    requested, own = np.cumsum(lines), np.arange(len(lines), dtype=np.int64)
    due = requested - outstanding
    earlier = np.where(due > 0, np.searchsorted(requested, due) + 1, 1)
    return np.minimum(earlier, own)


def _in_blocks(size_bytes: IntArray, restarts: IntArray) -> IntArray:
    """int64[steps]: the same bytes in whole blocks, each moved when its first byte is needed, aligned at `restarts`."""
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
