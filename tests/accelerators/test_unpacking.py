"""A decoder between DRAM and the array: what it stretches, what it counts, and what it leaves alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparsesim.accelerators.unpacking import packed_values
from sparsesim.engines import run_schedule
from sparsesim.errors import InputError
from sparsesim.formats import Dense
from sparsesim.matmul import matmul_op
from sparsesim.schedule import Phase, Schedule
from sparsesim.tensors import DenseMatrix, drawn_nm, uniform
from tests.machines import alone

ARRAYS = ("sparseloop-tc/mac_array", "sparseloop-stc/gemm", "sparch/condensed_outer_product")
UNIT = alone("sparseloop-tc/mac_array").unit


def with_rate(name, rate):
    return alone(name).with_accelerator(unpack_values_per_cycle=rate)


def busy(schedule):
    return sum(int(phase.compute_cycles.sum()) for phase in schedule.phases)


def op_of(name, form, density=0.2, columns=24):
    return matmul_op(uniform(60, 100, density, 0), DenseMatrix((100, columns)), form, alone(name).default_dtype)


def values_of(name, op):
    """What the decoder unpacks of A; every pass over a MAC array unpacks again."""
    return op.a.size.stored_values * alone(name).unit.plan(op).details.get("a_passes", 1)


@pytest.mark.parametrize("name", ARRAYS)
@pytest.mark.parametrize("form", ["bitmap", "rle-5", "coo"])
@pytest.mark.parametrize("rate", [1, 7, 1000])
def test_a_product_takes_as_long_as_the_slower_of_decoder_and_array(name, form, rate):
    op = op_of(name, form)
    fast, schedule = (with_rate(name, each).unit.plan(op) for each in (1 << 20, rate))
    decoding = -(-values_of(name, op) // rate)
    assert busy(schedule) == max(busy(fast), decoding)
    if decoding <= busy(fast):
        for phase, same in zip(schedule.phases, fast.phases, strict=True):
            np.testing.assert_array_equal(phase.compute_cycles, same.compute_cycles)
    assert schedule.dram_bytes == fast.dram_bytes
    assert schedule.actions == fast.actions


@pytest.mark.parametrize("name", ARRAYS)
def test_a_slow_decoder_takes_time_and_a_fast_one_none(name):
    """SpArch reads CSR, the arrays dense. With one column there is little to multiply."""
    own = "csr" if name.startswith("sparch") else "dense"
    native, fast, slow = (
        run_schedule(machine.unit.plan(op_of(name, form, columns=1)), machine).cycles
        for form, machine in ((own, alone(name)), ("bitmap", with_rate(name, 1 << 20)), ("bitmap", with_rate(name, 1)))
    )
    assert slow >= max(native, op_of(name, "bitmap").a.size.stored_values)
    assert slow > 1.5 * fast
    assert fast <= native  # fewer bytes, and nothing else


@pytest.mark.parametrize("name", ARRAYS)
@pytest.mark.parametrize("form", ["bitmap", "rle-5", "relative-4"])
def test_every_stored_value_is_one_addition(name, form):
    """RLE-5 and relative-4 fill long gaps with zeros, which are decoded like values."""
    op = op_of(name, form, density=0.01)
    assert op.a.size.stored_values >= op.a.tensor.nnz
    assert (op.a.size.stored_values > op.a.tensor.nnz) == (form != "bitmap")
    assert alone(name).unit.plan(op).actions["index_add"] == values_of(name, op)


@pytest.mark.parametrize("name", ARRAYS)
def test_what_the_array_reads_is_not_decoded(name):
    own = "csr" if name.startswith("sparch") else "dense"
    op = op_of(name, own)
    slow, fast = (with_rate(name, rate).unit.plan(op) for rate in (1, 1 << 20))
    assert slow.actions["index_add"] == 0
    assert busy(slow) == busy(fast)


def test_activations_are_decoded_as_well():
    """64 x 64 times 64 x 128 is one tile: A and B come once."""
    a, b = uniform(64, 64, 0.2, 0), uniform(64, 128, 0.5, 1)
    op = matmul_op(a, b, "bitmap", "int8")
    slow = with_rate(ARRAYS[0], 1).unit.plan(op)
    assert slow.details["a_passes"] == slow.details["b_passes"] == 1
    assert slow.actions["index_add"] == busy(slow) == a.nnz + b.nnz


def test_a_kernel_of_one_pattern_has_no_decoder():
    op = matmul_op(drawn_nm(64, 64, 2, 4, 0), DenseMatrix((64, 8)), "bitmap", "int8")
    assert not alone("sparseloop-stc/gemm-2:4").unit.unpacks(op)
    assert alone("sparseloop-stc/gemm").unit.unpacks(op)
    assert not alone("sparseloop-stc/gemm").unit.unpacks(matmul_op(op.a.tensor, op.b.tensor, "bitmap", "fp16"))


@pytest.mark.parametrize("rate", [0, -1, 0.5])
def test_a_decoder_has_a_rate(rate):
    with pytest.raises(InputError, match="unpack_values_per_cycle"):
        with_rate(ARRAYS[0], rate)


def test_packed_values_are_those_of_foreign_formats_in_every_pass():
    op = op_of(ARRAYS[0], "rle-5")
    assert packed_values(op.a, frozenset({Dense}), passes=3) == 3 * op.a.size.stored_values
    assert packed_values(op.b, frozenset({Dense}), passes=3) == 0


def phases_of(*cycles):
    return tuple(
        Phase(
            fetch_bytes=np.ones(len(each), np.int64),
            compute_cycles=np.array(each, np.int64),
            write_bytes=np.ones(len(each), np.int64),
            units=1,
            fetch_slots=2,
            write_slots=2,
        )
        for each in cycles
    )


CYCLES = st.lists(st.integers(0, 1000), min_size=1, max_size=8)


@settings(max_examples=200, deadline=None)
@given(st.lists(CYCLES, min_size=1, max_size=3), st.integers(0, 10**6), st.integers(1, 50))
def test_phases_are_stretched_alike_and_add_up_to_the_decoder(cycles, values, rate):
    unit = UNIT.model_copy(update={"unpack_values_per_cycle": rate})
    moved = {"A": 2 * sum(map(len, cycles))}
    schedule = Schedule(phases=phases_of(*cycles), actions={"index_add": 5}, dram_bytes=moved, repeat=3)
    behind = unit.behind_decoder(schedule, values)
    total, needed = sum(map(sum, cycles)), -(-values // rate)
    assert behind.actions == {"index_add": 5 + values}
    assert busy(behind) == max(total, needed)
    assert (behind.dram_bytes, behind.repeat) == (moved, 3)
    steps = len([step for each in cycles for step in each])
    for before, after in zip(schedule.phases, behind.phases, strict=True):
        assert after.compute_cycles.dtype == np.int64
        assert (after.fetch_bytes == before.fetch_bytes).all()
        if needed <= total:
            assert (after.compute_cycles == before.compute_cycles).all()
        elif total:
            assert np.abs(after.compute_cycles - before.compute_cycles * (needed / total)).max() <= 1
        else:  # an array that takes no time: the decoder's is spread evenly
            assert np.abs(after.compute_cycles - needed / steps).max() <= 1
