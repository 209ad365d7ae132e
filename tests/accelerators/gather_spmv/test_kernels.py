"""Kernels against their definitions."""

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sparsesim.accelerators.gather_spmv import kernels, reference
from tests.strategies import sparse_matrices

small = st.integers(1, 4)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(matrix=sparse_matrices(), gap_bits=st.integers(0, 4), lane_entries=small, sector_elements=st.integers(1, 16))
def test_entries_and_sectors_of_every_row(matrix, gap_bits, lane_entries, sector_elements):
    found = kernels.entries_and_sectors(matrix.indptr, matrix.indices, gap_bits, lane_entries, sector_elements)
    expected = [
        reference.entries_and_sectors(
            np.flatnonzero(row).tolist(), gap_bits, kernels.LANES, lane_entries, sector_elements
        )
        for row in matrix.to_array()
    ]
    assert list(zip(*(counts.tolist() for counts in found), strict=True)) == expected


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(entries=st.lists(st.integers(0, 30), min_size=1, max_size=40), rows=small, sms=small, span=st.integers(1, 8))
def test_blocks_take_the_next_multiprocessor_that_is_free(entries, rows, sms, span):
    found = kernels.block_slots(np.array(entries, np.int64), rows, sms, span)
    assert list(zip(*(each.tolist() for each in found), strict=True)) == reference.block_slots(entries, rows, sms, span)


def test_a_longer_run_is_bridged_by_entries_that_skip_sixteen():
    """Columns 0 and 40: gaps of 0, then two bridges to 16 and 32, then 7 more."""
    indptr, indices = np.array([0, 2], np.int64), np.array([0, 40], np.int64)
    entries, sectors = kernels.entries_and_sectors(indptr, indices, 4, 1, 16)
    assert (entries.tolist(), sectors.tolist()) == ([4], [3])
    assert kernels.entries_and_sectors(indptr, indices, 0, 1, 16)[0].tolist() == [2]
