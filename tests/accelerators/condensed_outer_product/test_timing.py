"""The steps' timing against the element-by-element definition, and against bounds that need no model."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparsesim.accelerators import CondensedOuterProduct
from sparsesim.accelerators.condensed_outer_product.definition.timing import INTERLEAVE_BYTES, Memory, reference_cycles
from sparsesim.accelerators.condensed_outer_product.timing import BLOCK_BYTES, Chunks, slots, timed_steps
from sparsesim.engines import run_schedule
from sparsesim.hardware import load_machine
from sparsesim.tensors.generators import banded, rmat, uniform
from tests.accelerators.condensed_outer_product.operations import factors, operation

MACHINE = load_machine("sparch")
HBM = Memory(bytes_per_cycle=128, latency_cycles=60, channels=16)


def random_matrix(number):
    """Uniform, R-MAT and banded ones of 3 to 80 rows in turn."""
    random = np.random.default_rng([5, number])
    side = int(random.integers(3, 81))
    density = float(random.choice([0.02, 0.05, 0.1, 0.3]))
    if number % 3 == 0:
        return uniform(side, side, density, number)
    if number % 3 == 1:
        return rmat(side, side, max(1, int(side * side * density)), seed=number)
    return banded(side, side, int(random.integers(0, 5)), int(random.integers(0, 9)), 0.7, number)


def relative_error(number, ways):
    a = random_matrix(number)
    if a.nnz == 0:
        return 0.0
    machine = MACHINE.with_accelerator(merge_ways=ways)
    op = operation(a, a)
    exact = reference_cycles(machine.unit, op, HBM)
    return run_schedule(machine.unit.plan(op), machine).cycles / exact - 1


def test_the_machine_has_the_memory_of_the_definition():
    assert MACHINE.dram_rate == (HBM.bytes_per_cycle, 1)
    assert MACHINE.dram.channels == HBM.channels
    assert MACHINE.dram.burst_bytes == INTERLEAVE_BYTES
    on_one_channel = INTERLEAVE_BYTES * HBM.channels // HBM.bytes_per_cycle
    assert MACHINE.arrival_cycles(10**6) == HBM.latency_cycles + on_one_channel - 1


def test_random_matrices_on_the_shipped_tree_against_every_element_and_cycle():
    """210 matrices, 64 ways: at least 200 within 5 %, none beyond 7 %."""
    errors = np.array([relative_error(number, 64) for number in range(210)])
    assert np.sum(np.abs(errors) <= 0.05) >= 200
    assert np.max(np.abs(errors)) < 0.07
    assert abs(np.mean(errors)) < 0.02


def test_narrow_trees_with_many_rounds_against_every_element_and_cycle():
    """105 matrices, 2 to 16 ways, up to dozens of rounds: four in five within 5 %, none beyond 12 %."""
    errors = np.array([relative_error(number, (2, 4, 8, 16)[number % 4]) for number in range(105)])
    assert np.mean(np.abs(errors)) < 0.04
    assert np.mean(np.abs(errors) < 0.05) > 0.8
    assert np.max(np.abs(errors)) < 0.12


@settings(max_examples=40, deadline=None)
@given(factors=factors(), ways=st.integers(2, 9), huffman=st.booleans())
def test_the_definition_ends_and_respects_the_three_lower_bounds(factors, ways, huffman):
    a, b = factors
    unit = CondensedOuterProduct(merge_ways=ways, huffman=huffman)
    op = operation(a, b)
    cycles = reference_cycles(unit, op, HBM)
    assert cycles >= max(lower_bounds(unit.plan(op), unit, DEFINITION_A_BYTES * a.nnz)) - 1


DEFINITION_A_BYTES = 12


def lower_bounds(schedule, unit, a_bytes):
    """Cycles of the busiest merge layer, of the multipliers and of the DRAM."""
    moved = sum(size for tensor, size in schedule.dram_bytes.items() if tensor != "A") + a_bytes
    extra = schedule.details
    return (
        max(extra["merge_layer_loads"], default=0) / unit.merger_elements_per_cycle,
        extra["multiplies"] / unit.macs_per_cycle["fp64"],
        moved / HBM.bytes_per_cycle if extra["multiplies"] else 0,
    )


@settings(max_examples=60, deadline=None)
@given(factors=factors(), ways=st.integers(2, 9), condensing=st.booleans())
def test_the_steps_respect_the_three_lower_bounds(factors, ways, condensing):
    a, b = factors
    machine = MACHINE.with_accelerator(merge_ways=ways, condensing=condensing)
    schedule = machine.unit.plan(operation(a, b))
    bounds = lower_bounds(schedule, machine.unit, schedule.dram_bytes["A"])
    assert run_schedule(schedule, machine).cycles >= max(bounds)


@pytest.mark.parametrize("name", ["wiki-Vote", "p2p-Gnutella31", "ca-CondMat"])
def test_real_matrices_respect_the_golden_lower_bounds(name, data_dir):
    from sparsesim.tensors import read_matrix

    golden = {
        "wiki-Vote": (312_648, 283_925, 320_703),
        "p2p-Gnutella31": (33_650, 33_644, 102_968),
        "ca-CondMat": (262_809, 257_970, 407_343),
    }
    matrix = read_matrix(data_dir / "matrices" / f"{name}.mtx.gz")
    schedule = MACHINE.unit.plan(operation(matrix, matrix))
    bounds = lower_bounds(schedule, MACHINE.unit, schedule.dram_bytes["A"])
    assert bounds == pytest.approx(golden[name], rel=0.02)
    assert run_schedule(schedule, MACHINE).cycles >= max(bounds)


def chunks_of(count, **figures):
    zeros = {name: np.zeros(count, np.int64) for name in Chunks._fields[:5]}
    plain = {
        "cycles": np.zeros(count),
        "merging": np.zeros(count, np.bool_),
        "first": np.array([0, count]),
        "reads": ((),),
    }
    return Chunks(**(zeros | plain | figures))


def test_many_small_chunks_do_not_each_round_up():
    steps = timed_steps(chunks_of(100, b_bytes=np.full(100, 10), cycles=np.full(100, 0.3)), 0, 64)
    assert steps.fetch_bytes.sum() == 1000
    assert set(steps.fetch_bytes) <= {0, BLOCK_BYTES, 1000 % BLOCK_BYTES}
    assert 30 <= steps.compute_cycles.sum() <= 30 + 3


def test_every_chunk_goes_to_the_multipliers_or_to_the_merger():
    """Two rounds that start on an empty tree of 4 layers: 3 + 4 cycles each."""
    chunks = chunks_of(
        3,
        cycles=np.array([10.0, 20.5, 4.0]),
        merging=np.array([False, True, False]),
        first=np.array([0, 2, 3]),
        reads=((), (0,)),
    )
    steps = timed_steps(chunks, 4, 64)
    assert steps.resources == {"multipliers": 10 + 4, "merger": 21, "tree fill": 2 * 7}
    assert sum(steps.resources.values()) == steps.compute_cycles.sum()


def test_the_first_block_of_a_comes_first_and_is_waited_for():
    steps = timed_steps(chunks_of(2, a_bytes=np.array([300, 300])), 6, 64)
    assert steps.fetch_bytes[0] == BLOCK_BYTES
    assert steps.fetch_bytes.sum() == 600
    assert steps.after_arrivals.tolist() == [0, 1, 1]


def test_a_round_that_reads_a_partial_waits_for_it_but_reads_a_and_b_ahead():
    chunks = chunks_of(
        3,
        b_bytes=np.array([1000, 1000, 9000]),
        stored_bytes=np.array([0, 160, 0]),
        write_bytes=np.array([160, 0, 120]),
        first=np.array([0, 1, 3]),
        reads=((), (0,)),
    )
    steps = timed_steps(chunks, 2, 64)
    # Head, chunk 0, what is read ahead (chunk 1's B), chunk 1 with the stored partial, chunk 2.
    assert steps.after_writes.tolist() == [0, 0, 0, 2, 0]
    assert steps.fetch_bytes[2] >= 1000 - BLOCK_BYTES
    assert steps.fetch_bytes.sum() == 11160


def test_no_more_lines_than_allowed_are_under_way():
    steps = timed_steps(chunks_of(6, lines=np.full(6, 20)), 0, 64)
    # 20, 40, 60 lines may go at once; the fourth chunk makes 80, so 16 must be there first: those of chunk 0, step 1.
    assert steps.after_arrivals.tolist() == [0, 1, 1, 1, 2, 3, 4]


@given(st.integers(1, 10**6), st.lists(st.integers(0, 10**5), min_size=1, max_size=9))
def test_buffers_hold_at_least_two_steps(capacity, elements):
    assert 2 <= slots(capacity, np.array(elements)) <= 512
