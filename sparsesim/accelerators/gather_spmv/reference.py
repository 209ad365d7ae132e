"""Reference implementations of the kernels: lists of positions, and blocks on multiprocessors slot by slot."""

import numpy as np

from sparsesim.formats.coding.reference import gaps


def entries_and_sectors(
    columns: list[int], gap_bits: int, lanes: int, lane_entries: int, sector_elements: int
) -> tuple[int, int]:
    """(stored entries, touched sectors) of one row with non-zeros in these columns."""
    stored = columns
    if gap_bits > 0:
        stored, here = [], -1
        for gap, _ in gaps(np.array(columns, np.int64), gap_bits):
            here += gap + 1
            stored.append(here)
    span = lanes * lane_entries
    touched = 0
    for first in range(0, len(stored), span):
        taken = stored[first : first + span]
        for load in range(lane_entries):
            touched += len({column // sector_elements for column in taken[load::lane_entries]})
    return len(stored), touched


def block_slots(entries: list[int], rows: int, sms: int, span: int) -> list[tuple[int, int, int, bool]]:
    """(entries taken, warps on the busiest multiprocessor, rows that end, whether all blocks start) of every slot."""
    waiting = [entries[first : first + rows] for first in range(0, len(entries), rows)]
    resident: list[list[int] | None] = [None] * sms
    slots = []
    while waiting or any(block is not None for block in resident):
        fresh = all(block is None for block in resident)
        for sm in range(sms):
            if resident[sm] is None and waiting:
                resident[sm] = list(waiting.pop(0))
        taken, warps, ended = 0, 0, 0
        for sm, block in enumerate(resident):
            if block is None:
                continue
            warps = max(warps, sum(left > 0 for left in block))
            taken += sum(min(span, left) for left in block)
            left = [max(0, left - span) for left in block]
            resident[sm] = left if any(left) else None
            ended += 0 if any(left) else len(left)
        slots.append((taken, warps, ended, fresh))
    return slots
