"""Kernels against their definitions."""

from itertools import pairwise

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sparsesim.accelerators.vector_spmm import kernels, reference
from tests.strategies import sparse_matrices

sides = st.integers(1, 5)


def found_columns(matrix, height, width):
    return kernels.vector_columns(matrix.indptr, matrix.indices, matrix.shape[1], height, width)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(matrix=sparse_matrices(), height=sides, width=sides)
def test_vectors_are_the_columns_of_occupied_blocks(matrix, height, width):
    pointers, columns = found_columns(matrix, height, width)
    bands = [columns[first:last].tolist() for first, last in pairwise(pointers)]
    assert all(len(band) == len(set(band)) for band in bands)
    assert [set(band) for band in bands] == reference.vector_columns(matrix, height, width)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(matrix=sparse_matrices(), height=sides, seed=st.integers(0, 99))
def test_first_touches_are_columns_not_seen_before(matrix, height, seed):
    pointers, columns = found_columns(matrix, height, 1)
    order = np.random.default_rng(seed).permutation(len(pointers) - 1).astype(np.int64)
    fresh = kernels.first_touches(order, pointers, columns, matrix.shape[1])
    assert fresh.tolist() == reference.first_touches(order.tolist(), reference.vector_columns(matrix, height, 1))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    work=st.lists(st.integers(0, 20), max_size=40),
    schedulers=sides,
    slots=sides,
    service=st.integers(0, 50),
    latency=st.integers(0, 200),
)
def test_residents_share_a_scheduler(work, schedulers, slots, service, latency):
    found = kernels.resident_ticks(np.array(work, np.int64), schedulers, slots, service, latency)
    assert tuple(array.tolist() for array in found) == reference.resident_ticks(
        work, schedulers, slots, service, latency
    )


def resident(*arguments):
    return tuple(array.tolist() for array in kernels.resident_ticks(*arguments))


def test_a_block_alone_is_bound_by_latency_and_a_full_scheduler_by_service():
    work = np.array([10, 10, 10, 10], np.int64)
    assert resident(work, 4, 4, 5, 12) == ([120] * 4, [120] * 4, [120] * 4)
    assert resident(work, 1, 4, 5, 12) == ([10 * 4 * 5] * 4, [200], [0])
    # Two share the scheduler until the short one ends; the long one then goes on alone, and waits.
    assert resident(np.array([10, 4], np.int64), 1, 2, 10, 12) == ([4 * 20 + 6 * 12, 4 * 20], [152], [6 * 12])
    # The second scheduler is done first.
    assert resident(np.array([10, 4], np.int64), 2, 2, 10, 12) == ([120, 48], [120, 48], [120, 48])
