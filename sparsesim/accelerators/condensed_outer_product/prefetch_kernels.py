"""Jitted row prefetcher: lines of B in a buffer with furthest-next-use replacement; int64 everywhere.

Next uses are positions in the stream of A elements. Residents that are used again inside the look-ahead window are
found through a bitset over those positions, the others through a bitset over slots, so a victim costs O(1).
"""

import numpy as np
from numpy.typing import NDArray

from sparsesim._jit import kernel

IntArray = NDArray[np.int64]

NEVER = 1 << 62
"""Next use of a line that the look-ahead window does not hold."""

NOT_RESIDENT = -1

WORD_SHIFT, WORD_MASK = 5, 31
"""32 members to an int64 word, which keeps clear of the sign."""

WORDS, SUMMARY = 0, 1
"""A set of small integers is int64[2, n]: words of members, and a bit for every word that is not empty."""


@kernel
def _add(members: IntArray, member: int) -> None:
    word = member >> WORD_SHIFT
    members[WORDS, word] |= 1 << (member & WORD_MASK)
    members[SUMMARY, word >> WORD_SHIFT] |= 1 << (word & WORD_MASK)


@kernel
def _discard(members: IntArray, member: int) -> None:
    word = member >> WORD_SHIFT
    members[WORDS, word] &= ~(1 << (member & WORD_MASK))
    if members[WORDS, word] == 0:
        members[SUMMARY, word >> WORD_SHIFT] &= ~(1 << (word & WORD_MASK))


@kernel
def _highest_bit(word: int) -> int:
    bit = 0
    for shift in (16, 8, 4, 2, 1):
        if word >> shift:
            word >>= shift
            bit += shift
    return bit


@kernel
def _lowest(members: IntArray) -> int:
    """Smallest member, or -1."""
    for index in range((members.shape[1] >> WORD_SHIFT) + 1):
        summary = members[SUMMARY, index]
        if summary:
            word = (index << WORD_SHIFT) + _highest_bit(summary & -summary)
            bits = members[WORDS, word]
            return (word << WORD_SHIFT) + _highest_bit(bits & -bits)
    return -1


@kernel
def _highest(members: IntArray, limit: int) -> int:
    """Largest member, or -1; none lies above `limit`."""
    for index in range(limit >> (2 * WORD_SHIFT), -1, -1):
        summary = members[SUMMARY, index]
        if summary:
            word = (index << WORD_SHIFT) + _highest_bit(summary)
            return (word << WORD_SHIFT) + _highest_bit(members[WORDS, word])
    return -1


@kernel
def _lowest_slot(first: int, end: int, use: int, slot_of: IntArray, next_use: IntArray) -> int:
    """Smallest slot among the resident lines first..end - 1 that are next used at `use`."""
    best = len(next_use)
    for line in range(first, end):
        slot = slot_of[line]
        if slot >= 0 and slot < best and next_use[slot] == use:
            best = slot
    return best


@kernel
def prefetch(
    stream: IntArray,
    ends: IntArray,
    record_bytes: IntArray,
    first_line: IntArray,
    line_bytes: int,
    position_bytes: int,
    slots: int,
    window: int,
) -> IntArray:
    """Bytes read from memory, lines used and lines missed of every chunk: int64[chunks, 3].

    stream: B row of every A element in order of visits; chunk c ends before position ends[c].
    record_bytes: size of every B row in memory; row r has the lines first_line[r]..first_line[r + 1] - 1.
    position_bytes: read besides with the first line of a record, to find it.
    window: line accesses that are known in advance, the present one included.
    """
    count = len(stream)
    ring = 1
    while ring <= min(window, count):
        ring *= 2
    ahead = np.full(ring, NEVER)  # next use of the row read at a position, by position modulo ring
    latest = np.full(len(record_bytes), -1)  # last position up to `lead` at which a row is read
    slot_of = np.full(first_line[len(record_bytes)], NOT_RESIDENT)
    line_of, next_use = np.full(slots, -1), np.full(slots, -1)
    idle = np.zeros((2, (slots >> WORD_SHIFT) + 1), np.int64)
    due, due_count = np.zeros((2, (count >> WORD_SHIFT) + 1), np.int64), np.zeros(ring, np.int64)
    figures = np.zeros((len(ends), 3), np.int64)
    used, now, lead, lead_time, position = 0, 0, 0, 0, 0
    for chunk in range(len(ends)):
        moved, missed, start = 0, 0, now
        while position < ends[chunk]:
            while lead < count and lead_time < now + window:
                coming = stream[lead]
                ahead[lead & (ring - 1)] = NEVER
                if latest[coming] >= position:
                    ahead[latest[coming] & (ring - 1)] = lead
                latest[coming] = lead
                lead_time += first_line[coming + 1] - first_line[coming]
                lead += 1
            row, use = stream[position], ahead[position & (ring - 1)]
            for line in range(first_line[row], first_line[row + 1]):
                slot = slot_of[line]
                if slot == NOT_RESIDENT:
                    part = line - first_line[row]
                    moved += min(line_bytes, record_bytes[row] - part * line_bytes)
                    moved += position_bytes if part == 0 else 0
                    missed += 1
                    slot = used if used < slots else _lowest(idle)
                    if slot < 0:
                        furthest = _highest(due, lead - 1)
                        if use > furthest:
                            continue  # every resident is used sooner
                        # Residents with one next use are lines of one row: that which is read there.
                        other = stream[furthest]
                        slot = _lowest_slot(first_line[other], first_line[other + 1], furthest, slot_of, next_use)
                    if used < slots:
                        used += 1
                    else:
                        slot_of[line_of[slot]] = NOT_RESIDENT
                    line_of[slot], slot_of[line] = line, slot
                # Replace what was noted about the slot; written out here because a call costs more than the work.
                expected, next_use[slot] = next_use[slot], use
                if expected == NEVER:
                    _discard(idle, slot)
                elif expected >= 0:
                    due_count[expected & (ring - 1)] -= 1
                    if due_count[expected & (ring - 1)] == 0:
                        _discard(due, expected)
                if use == NEVER:
                    _add(idle, slot)
                else:
                    due_count[use & (ring - 1)] += 1
                    if due_count[use & (ring - 1)] == 1:
                        _add(due, use)
            now += first_line[row + 1] - first_line[row]
            position += 1
        figures[chunk, 0], figures[chunk, 1], figures[chunk, 2] = moved, now - start, missed
    return figures
