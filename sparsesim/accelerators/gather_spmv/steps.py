"""The steps of an SpMV: which entries are taken when, and how long the multiprocessors need for them."""

from typing import NamedTuple

import numpy as np

from sparsesim.accelerators.arithmetic import shares
from sparsesim.accelerators.gather_spmv.kernels import block_slots
from sparsesim.array_types import BoolArray, FloatArray, IntArray


class Steps(NamedTuple):
    """Steps in order; all multiprocessors take part in each.

    Attributes:
        entries: int64[steps], entries of A that arrive for the step.
        cycles: int64[steps], cycles that the busiest multiprocessor needs.
        rows: int64[steps], rows of y that are finished.
        alone: bool[steps], whether the step's loads wait until all steps before it have been written.
    """

    entries: IntArray
    cycles: IntArray
    rows: IntArray
    alone: BoolArray


def row_steps(entries: IntArray, block_warps: int, sms: int, span: int, warp_cycles: float, latency: float) -> Steps:
    """A warp per row: a step in which all resident warps take `span` entries.

    `warp_cycles`: cycles for which one warp's share occupies its multiprocessor. `latency`: cycles from the loads of a
    step to those of the next, which wait for each other, however few warps there are.
    """
    taken, warps, ended, fresh = block_slots(entries, block_warps, sms, span)
    cycles = np.ceil(np.maximum(warps * warp_cycles, latency)).astype(np.int64)
    return Steps(taken, cycles, ended, fresh)


def entry_steps(entries: IntArray, per_step: int, row_cycles: FloatArray) -> Steps:
    """Equal numbers of entries for all warps, whatever the rows: steps of `per_step` entries.

    `row_cycles`: float64[rows], cycles for which the updates of a row keep the others waiting.
    """
    total = int(entries.sum())
    steps = max(1, -(-total // per_step)) if len(entries) else 0
    taken = shares(total, steps)
    edges = np.cumsum(taken)
    ends = np.cumsum(entries)
    waited = np.interp(edges, np.append(0, ends), np.append(0.0, np.cumsum(row_cycles)))
    finished = np.searchsorted(ends, edges, side="right")
    finished[-1:] = len(entries)
    cycles = np.diff(np.rint(waited).astype(np.int64), prepend=np.int64(0))
    return Steps(taken, cycles, np.diff(finished, prepend=0).astype(np.int64), np.zeros(steps, np.bool_))
