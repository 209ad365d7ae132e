"""Positions written as gaps of a few bits; a gap that does not fit is bridged by padding zeros.

An entry stands for `gap` zeros followed by one value. A gap over 2**bits - 1 first emits entries with the
largest gap and the value 0, each of which covers 2**bits positions (S. Han et al., EIE, ISCA 2016, III-B).
"""

from typing import Final

import numpy as np

from sparsesim.array_types import IntArray
from sparsesim.limits import check_memory

_ENTRY_BYTES: Final = 24
"""A gap, a value, and what both are packed to."""


def gap_entries(indptr: IntArray, positions: IntArray, bits: int) -> tuple[IntArray, IntArray, IntArray]:
    """(pointers, gaps, slots) of ascending `positions` in lines with offsets `indptr`.

    pointers: int64[lines + 1], offsets of the lines among the entries, padding included.
    gaps: int64[entries], zeros before each entry.
    slots: int64[len(positions)], the entry that holds each position; all other entries are padding.

    Raises InputError for more entries than memory allows.
    """
    previous = np.concatenate([[-1], positions[:-1]]).astype(np.int64)[: len(positions)]
    previous[indptr[:-1][indptr[:-1] < indptr[1:]]] = -1
    zeros = positions - previous - 1
    ends = np.cumsum((zeros >> bits) + 1)
    offsets = np.concatenate([[0], ends]).astype(np.int64)
    check_memory(f"a code of {offsets[-1]} gaps", _ENTRY_BYTES * int(offsets[-1]))
    gaps = np.full(offsets[-1], (1 << bits) - 1, np.int64)
    gaps[ends - 1] = zeros & ((1 << bits) - 1)
    return offsets[indptr], gaps, ends - 1


def positions_of(pointers: IntArray, gaps: IntArray) -> IntArray:
    """The position of every entry within its line."""
    reached = np.cumsum(gaps + 1)
    before_line = np.concatenate([[0], reached]).astype(np.int64)[pointers[:-1]]
    return reached - 1 - np.repeat(before_line, np.diff(pointers))
