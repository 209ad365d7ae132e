"""Jitted row prefetcher: lines of B in a buffer with furthest-next-use replacement.

A next use is a position in the stream of A elements. Only one row of B is read at a position, so next uses are unique
but for lines of the same row, and a bitset over positions can stand in for a priority queue: its highest member leads
to the line to evict. Lines that are not used again inside the look-ahead window go first; a bitset over slots holds
those. Either way, finding a victim takes constant time.
"""

from typing import NamedTuple

import numpy as np

from sparsesim._jit import kernel
from sparsesim.accelerators.condensed_outer_product.arrays import INDEX, IndexArray, Integer
from sparsesim.array_types import IntArray

NOT_RESIDENT = -1

WORD_SHIFT, WORD_MASK = 5, 31
"""32 members per int64 word: the sign bit stays clear, so shifts to the right bring in no ones."""

WORDS, SUMMARY = 0, 1
"""A set of small integers is int64[2, n]: words of members, and a summary with a bit for every non-empty word.

Searching the summary skips 1024 members at a time.
"""

DE_BRUIJN = 0x077CB531
"""A de Bruijn sequence: all of its 32 windows of 5 bits differ.

Multiplying it by a power of two shifts it, and the top 5 of the low 32 bits then identify the exponent: a
count-trailing-zeros, which Numba does not offer.
"""

WINDOW_BIT = np.zeros(32, np.int64)
WINDOW_BIT[((DE_BRUIJN << np.arange(32)) & 0xFFFFFFFF) >> 27] = np.arange(32)


class Records(NamedTuple):
    """B in DRAM; see `BRecords`.

    Attributes:
        sizes: int64[rows], bytes of every record.
        first_line: int[rows + 1]; row r is in lines first_line[r]..first_line[r + 1] - 1.
        line_bytes: bytes of a line.
        position_bytes: read on top with the first line of a record, to find it.
    """

    sizes: IntArray
    first_line: IndexArray
    line_bytes: int
    position_bytes: int


@kernel
def _empty_set(limit: int) -> IntArray:
    """A set for integers from 0 to `limit`."""
    return np.zeros((2, (limit >> WORD_SHIFT) + 1), np.int64)


@kernel
def _add(members: IntArray, member: Integer) -> None:
    word = (member & INDEX) >> WORD_SHIFT
    members[WORDS, word] |= 1 << (member & WORD_MASK)
    members[SUMMARY, word >> WORD_SHIFT] |= 1 << (word & WORD_MASK)


@kernel
def _discard(members: IntArray, member: Integer) -> None:
    word = (member & INDEX) >> WORD_SHIFT
    members[WORDS, word] &= ~(1 << (member & WORD_MASK))
    if members[WORDS, word] == 0:
        members[SUMMARY, word >> WORD_SHIFT] &= ~(1 << (word & WORD_MASK))


@kernel
def _lowest_bit(word: int) -> int:
    # word & -word isolates the lowest bit.
    return int(WINDOW_BIT[(((word & -word) * DE_BRUIJN) & 0xFFFFFFFF) >> 27])


@kernel
def _highest_bit(word: int) -> int:
    # Fill all bits below the highest, then clear all but that.
    for shift in (1, 2, 4, 8, 16):
        word |= word >> shift
    return _lowest_bit(word - (word >> 1))


@kernel
def _lowest(members: IntArray, none: int) -> int:
    """Smallest member, or `none`."""
    for index in range((members.shape[1] >> WORD_SHIFT) + 1):
        if members[SUMMARY, index]:
            word = (index << WORD_SHIFT) + _lowest_bit(members[SUMMARY, index])
            return (word << WORD_SHIFT) + _lowest_bit(members[WORDS, word])
    return none


@kernel
def _highest(members: IntArray, limit: int) -> int:
    """Largest member, or -1; no member may exceed `limit`."""
    for index in range(limit >> (2 * WORD_SHIFT), -1, -1):
        if members[SUMMARY, index]:
            word = (index << WORD_SHIFT) + _highest_bit(members[SUMMARY, index])
            return (word << WORD_SHIFT) + _highest_bit(members[WORDS, word])
    return -1


@kernel
def _next_reads(stream: IndexArray, rows: int) -> IndexArray:
    """For every position, where its row is read next, or len(stream)."""
    never = len(stream)
    following, latest = np.empty_like(stream), np.full(rows, never, stream.dtype)
    for index in range(never):
        position = (never - 1 - index) & INDEX
        row = stream[position] & INDEX
        following[position] = latest[row]
        latest[row] = position
    return following


@kernel
def first_reads(stream: IndexArray, ends: IntArray, records: Records) -> IntArray:
    """`prefetch` for a buffer that holds all lines of B: compulsory misses only."""
    sizes, first_line, position_bytes = records.sizes, records.first_line, records.position_bytes
    figures, position = np.zeros((len(ends), 3), np.int64), 0
    unread = np.ones(len(sizes), np.int8)
    for chunk in range(len(ends)):
        moved, used, missed = 0, 0, 0
        while position < ends[chunk]:
            row = stream[position & INDEX] & INDEX
            lines = first_line[row + 1] - first_line[row]
            used += lines
            if unread[row]:
                unread[row] = 0
                missed += lines
                moved += sizes[row] + (position_bytes if lines else 0)
            position += 1
        figures[chunk, 0], figures[chunk, 1], figures[chunk, 2] = moved, used, missed
    return figures


@kernel
def _furthest(
    due: IntArray,
    limit: int,
    position: int,
    stream: IndexArray,
    first_line: IndexArray,
    slot_of: IndexArray,
    next_use: IndexArray,
) -> tuple[int, int]:
    """The slot of the resident line with the furthest next use, the lowest such slot, and that use.

    Looks between `position` and `limit`; returns len(next_use) and `position` if no resident is used there.
    """
    use = _highest(due, limit)
    while use > position:
        best, row = len(next_use), stream[use]
        # Only lines of the row read there can have this next use.
        for line in range(first_line[row], first_line[row + 1]):
            slot = slot_of[line]
            if slot >= 0 and next_use[slot] == use:
                best = min(best, slot)
        if best < len(next_use):
            return best, use
        # Out of date: the line has been evicted since. Entries are removed here rather than at the eviction.
        _discard(due, use)
        use = _highest(due, use)
    return len(next_use), position


@kernel
def prefetch(stream: IndexArray, ends: IntArray, records: Records, slots: int, window: int) -> IntArray:
    """int64[chunks, 3]: bytes read from DRAM, line accesses and line misses.

    stream: row of B of every element of A, in order of use; chunk c ends before position ends[c].
    slots: lines in the buffer. window: line accesses known in advance, the current one included.

    A line that is used later than every resident bypasses the buffer.
    """
    sizes, first_line, line_bytes, position_bytes = records
    never, lines = len(stream), first_line[len(sizes)]
    following = _next_reads(stream, len(sizes))
    slot_of = np.full(lines, NOT_RESIDENT, stream.dtype)
    line_of, next_use = np.full(slots, NOT_RESIDENT, stream.dtype), np.full(slots, NOT_RESIDENT, stream.dtype)
    # `idle`: slots with lines not used again in the window. `due`: next uses of residents, possibly out of date. It is
    # filled only once an eviction finds no idle slot; streams that never get there are spared the work.
    idle, due, tracking, single = _empty_set(slots), _empty_set(never), False, lines == len(sizes)
    figures = np.zeros((len(ends), 3), np.int64)
    # Times are counted in line accesses, as the window is; `lead` is the first position beyond the window.
    used, lowest_idle, now, lead, lead_time, position = 0, slots, 0, 0, 0, 0
    for chunk in range(len(ends)):
        moved, missed, start = 0, 0, now
        while position < ends[chunk]:
            if single:
                # One line per row, so positions are line accesses. Most of them hit a line that will be used again,
                # which changes nothing but its next use: a short loop for these alone.
                while position < ends[chunk] and not tracking:
                    slot, use = slot_of[stream[position & INDEX] & INDEX], following[position & INDEX]
                    if slot < 0 or use >= min(position + window, never) or next_use[slot & INDEX] == never:
                        break
                    next_use[slot & INDEX] = use
                    position += 1
                now, lead = position, min(position + window, never)
                if position == ends[chunk]:
                    break
            while lead < never and lead_time < now + window and not single:
                coming = stream[lead & INDEX] & INDEX
                lead_time += first_line[coming + 1] - first_line[coming]
                lead += 1
            row, use = stream[position & INDEX] & INDEX, np.int64(following[position & INDEX])
            use = use if use < lead else never
            first = first_line[row] & INDEX
            for line in range(first, first_line[row + 1] & INDEX):
                slot = np.int64(slot_of[line & INDEX])
                if slot == NOT_RESIDENT:
                    missed += 1
                    moved += min(line_bytes, sizes[row] - (line - first) * line_bytes)
                    moved += position_bytes if line == first else 0
                    was_idle = False
                    if used < slots:
                        slot, used = used, used + 1
                    elif lowest_idle < slots:
                        slot, was_idle = lowest_idle, True
                    elif use == never:
                        continue  # bypass: every resident is used sooner
                    else:
                        if not tracking:
                            tracking = True
                            for resident in range(slots):
                                _add(due, np.int64(next_use[resident]))
                        slot, furthest = _furthest(due, lead - 1, position, stream, first_line, slot_of, next_use)
                        if slot == slots or use > furthest:
                            continue
                    if line_of[slot & INDEX] != NOT_RESIDENT:
                        slot_of[line_of[slot & INDEX] & INDEX] = NOT_RESIDENT
                    line_of[slot & INDEX], slot_of[line & INDEX] = line, slot
                else:
                    was_idle = next_use[slot & INDEX] == never
                next_use[slot & INDEX] = use
                if use < never:
                    if tracking:
                        _add(due, use)
                    if was_idle:
                        _discard(idle, slot)
                        if slot == lowest_idle:
                            lowest_idle = _lowest(idle, slots)
                elif not was_idle:
                    _add(idle, slot)
                    lowest_idle = min(lowest_idle, slot)
            now += first_line[row + 1] - first
            position += 1
        figures[chunk, 0], figures[chunk, 1], figures[chunk, 2] = moved, now - start, missed
    return figures
