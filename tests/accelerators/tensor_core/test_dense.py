"""What the schedules of tensor cores add up to, cold and warm, and which parameters they refuse."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparsesim.accelerators.tensor_core.dense import STEPS
from sparsesim.accelerators.tensor_core.traffic import evicted_fraction, in_parts
from sparsesim.errors import InputError
from sparsesim.formats import Dense
from sparsesim.hardware import load_machine
from sparsesim.matmul import matmul_op
from sparsesim.tensors import DenseMatrix, drawn_nm
from tests.accelerators.made_up import small_card

SIDE = st.one_of(st.integers(0, 3), st.integers(0, 1500))
CARDS = {
    kernel: load_machine(name).only(kernel).with_accelerator(sms=7, l2={"size_bytes": 1 << 18})
    for name, kernel in (("a100-pcie", "gemm"), ("h100-pcie", "gemm-2:4"))
}


FORMATS = {"gemm": "dense", "gemm-2:4": "nm-2:4"}


def gemm(m, n, k, form="dense"):
    weights = drawn_nm(m, k, 2, 4, 0) if form == "nm-2:4" else DenseMatrix((m, k))
    return matmul_op(weights, DenseMatrix((k, n)), form, "fp16")


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(CARDS)), SIDE, SIDE, SIDE, st.booleans())
def test_steps_add_up_to_the_bytes_of_the_tensors_and_the_cycles_of_the_cut(name, m, n, k, warm):
    unit = CARDS[name].benchmarked(1, warm).unit
    op = gemm(m, n, k, FORMATS[name])
    grids, plans = unit._grids(op), list(unit.candidates(op))
    assert len(grids) == len(plans)
    busy = []
    for grid, schedule in zip(grids, plans, strict=True):
        tensors = schedule.dram_bytes
        assert schedule.phases[0].fetch_bytes.sum() == tensors["A"] + tensors["B"]
        assert schedule.phases[0].write_bytes.sum() == tensors["C"]
        assert schedule.phases[0].compute_cycles.sum() == (grid.cycles if grid.rounds else 0)
        assert schedule.steps % max(grid.rounds, 1) == 0
        busy.append(int(schedule.phases[0].compute_cycles.sum()))
        if not warm:
            least = {"A": op.a.dram_bytes, "B": op.b.dram_bytes, "C": 2 * m * n} if m * n else dict.fromkeys("ABC", 0)
            assert all(tensors[name] >= size for name, size in least.items())
            assert tensors["C"] == least["C"]
    assert busy == sorted(busy)
    assert unit.plan(op).dram_bytes == plans[0].dram_bytes


@pytest.mark.parametrize("shape", [(0, 5, 5), (5, 0, 5), (0, 0, 0)])
@pytest.mark.parametrize("name", CARDS)
def test_a_product_without_elements_has_no_steps(name, shape):
    schedule = CARDS[name].unit.plan(gemm(*shape, FORMATS[name]))
    assert schedule.steps == 0
    assert schedule.dram_bytes == {"A": 0, "B": 0, "C": 0}


@pytest.mark.parametrize("name", CARDS)
def test_a_product_without_depth_still_writes_its_zeros(name):
    schedule = CARDS[name].unit.plan(gemm(70, 30, 0, FORMATS[name]))
    assert schedule.dram_bytes == {"A": 0, "B": 0, "C": 70 * 30 * 2}
    assert schedule.phases[0].write_bytes[-1] > 0


@pytest.mark.parametrize(("k", "rounds", "parts"), [(32, 1, 1), (320, 1, 10), (32 * 100, 1, STEPS), (32 * 100, 3, 22)])
def test_rounds_are_cut_along_k_until_there_are_steps_enough(k, rounds, parts):
    """A part holds at least one slice of 32 positions; three rounds of 22 parts are 66 steps."""
    schedule = small_card().unit.plan(gemm(128 * rounds, 256, k))
    assert schedule.details["waves"] == rounds
    assert schedule.steps == rounds * parts
    assert schedule.phases[0].compute_cycles.max() - schedule.phases[0].compute_cycles.min() <= 1
    assert schedule.phases[0].write_bytes.sum() == rounds * 128 * 256 * 2
    assert np.ptp(schedule.phases[0].write_bytes) <= 1


def test_the_bytes_of_a_round_are_spread_over_its_parts():
    """Four tiles in two rounds: the first reads both panels of A and one of B, the second one panel of B."""
    panel = 128 * 96 * 2
    fetched = small_card().unit.plan(gemm(256, 256, 96)).phases[0].fetch_bytes.reshape(2, 3)
    assert fetched.tolist() == [[panel] * 3, [panel // 3] * 3]


@given(st.lists(st.integers(0, 10**12), max_size=20), st.integers(1, 70))
def test_parts_add_up_to_every_size_and_differ_by_at_most_one(sizes, parts):
    parted = in_parts(np.array(sizes, np.int64), parts).reshape(len(sizes), parts)
    assert parted.sum(axis=1).tolist() == sizes
    assert (np.ptp(parted, axis=1) <= 1).all()


L2 = 1 << 20


@pytest.mark.parametrize(
    ("size_bytes", "share"), [(0, 0.0), (L2 // 2, 0.0), (5 * L2 // 8, 0.5), (3 * L2 // 4, 1.0), (2 * L2, 1.0)]
)
def test_an_l2_keeps_what_fits_in_half_of_it_and_nothing_from_three_quarters_on(size_bytes, share):
    away, whole = evicted_fraction(size_bytes, L2, 2)
    assert away / whole == pytest.approx(share, abs=1e-5)


@pytest.mark.parametrize(("size_bytes", "share"), [(0, 0), (L2, 0), (L2 + 1, 1), (2 * L2, 1)])
def test_an_l2_without_halves_keeps_what_fits(size_bytes, share):
    away, whole = evicted_fraction(size_bytes, L2, 1)
    assert away / whole == share


@given(st.integers(0, 64), st.integers(1, 64), st.sampled_from([1, 2]))
def test_the_share_that_is_not_kept_is_a_fraction_in_every_l2(size_bytes, l2_bytes, partitions):
    away, whole = evicted_fraction(size_bytes, l2_bytes, partitions)
    assert 0 <= away <= whole
    assert whole > 0


@pytest.mark.parametrize(("k", "moved"), [(512, 0.0), (640, 0.5), (768, 1.0)])
def test_a_warm_run_moves_the_share_that_the_l2_did_not_keep(k, moved):
    """256 x k and k x 256 of two bytes: k KiB of operands beside an L2 of one MiB."""
    card = small_card(l2={"size_bytes": L2})
    cold, warm = (card.benchmarked(1, warm=warm).unit.plan(gemm(256, 256, k)) for warm in (False, True))
    assert sum(cold.dram_bytes.values()) == 1024 * k + 256 * 256 * 2
    for tensor, size in cold.dram_bytes.items():
        assert warm.dram_bytes[tensor] == pytest.approx(moved * size, abs=1)
    assert warm.phases[0].compute_cycles.sum() == cold.phases[0].compute_cycles.sum()


def test_operands_far_beyond_the_l2_move_as_often_in_a_warm_run():
    card = small_card(l2={"size_bytes": L2}, walk="down")
    large, unit = gemm(1024, 1024, 1024), card.unit
    assert card.benchmarked(1, warm=True).unit.plan(large).dram_bytes == unit.plan(large).dram_bytes
    assert sum(unit.plan(large).dram_bytes.values()) > 3 * 1024 * 1024 * 2


def test_products_of_equal_sizes_are_alike_whatever_their_positions():
    unit = small_card().unit
    op = gemm(64, 64, 64)
    assert unit.plan_key(op) == unit.plan_key(replace(op, name="other", a=replace(op.a, tensor=DenseMatrix((64, 64)))))
    others = [
        gemm(64, 64, 128),
        replace(op, repeat=2),
        replace(op, b=replace(op.b, distinct=7)),
        replace(op, a=replace(op.a, tensor=drawn_nm(64, 64, 2, 4), format=Dense())),
    ]
    assert [unit.plan_key(other) == unit.plan_key(op) for other in others] == [False] * 3 + [True]


def test_one_number_type_may_have_kernels_of_its_own():
    """Operands through an L2 of 4 B per cycle: a cluster of four halves what an SM reads, and a split takes SMs in."""
    op, narrow = (replace(gemm(256, 128, 4096), a=a, b=b) for a, b in (operands("fp16"), operands("int8")))
    shared = {"splits": (1, 4), "cluster": 4, "l2_bytes_per_cycle": 4.0, "sms": 8}
    unit = small_card(**shared, own_kernels={"int8": {"tiles": ((256, 128, 32),), "splits": (1,), "cluster": 1}})
    details, own = unit.unit.plan(op).details, unit.unit.plan(narrow).details
    assert (details["tile_m"], details["split_k"]) == (128, 4)
    assert (own["tile_m"], own["split_k"]) == (256, 1)
    (grid,) = unit.unit._grids(narrow)
    assert grid.bound == "l2"
    assert grid.round_cycles == (256 + 128) * 4096 // 4 + 256 * 128 * 2 // 64


def operands(dtype):
    op = matmul_op(DenseMatrix((256, 4096)), DenseMatrix((4096, 128)), "dense", dtype)
    return op.a, op.b


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"splits": (2, 4)}, "splits: 1 is missing"),
        ({"splits": (1, 0)}, r"splits\.1: 0: must"),
        ({"tiles": ((128, 0, 32),)}, r"tiles\.0\.1: 0: must be greater"),
        ({"efficiency": {"other": 0.0}}, r"efficiency\.other: 0\.0: must"),
        ({"efficiency": {"other": 1.1}}, r"efficiency\.other: 1\.1: must"),
        ({"k_step_cycles": {"other": float("nan")}}, r"k_step_cycles\.other.*finite"),
        ({"round_cycles": float("inf")}, r"round_cycles.*finite"),
        ({"l2_bytes_per_cycle": 0}, r"l2_bytes_per_cycle: 0: must"),
        ({"cluster": 3}, r"cluster: 3: must"),
        ({"own_kernels": {"int8": {"splits": (2,)}}}, r"own_kernels\.int8.*splits: 1 is missing"),
        ({"own_kernels": {"int8": {"tiles": ((0, 8, 8),)}}}, r"own_kernels\.int8\.tiles\.0\.0: 0: must be greater"),
        ({"own_kernels": {"int8": {"tiles": ()}}}, r"own_kernels\.int8\.tiles.*at least 1"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(changes, message):
    with pytest.raises(InputError, match=message) as caught:
        small_card(**changes)
    assert "\n" not in str(caught.value)
