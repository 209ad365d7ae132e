import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from sparsesim.accelerators import CondensedOuterProduct
from sparsesim.accelerators.condensed_outer_product.timing import PIPELINE_CYCLES
from sparsesim.errors import InputError
from sparsesim.formats import format_by_name
from sparsesim.tensors import DenseMatrix, SparseMatrix
from tests.accelerators.condensed_outer_product.operations import factors, operation


def random_matrix(rows, columns, density, seed=0):
    random = np.random.default_rng(seed)
    return SparseMatrix.from_mask(random.random((rows, columns)) < density)


def test_unknown_fields_and_impossible_sizes_are_refused():
    for wrong in ({"merge_way": 64}, {"merge_ways": 1}, {"prefetch_lines": 0}, {"kind": "other"}):
        with pytest.raises(ValidationError):
            CondensedOuterProduct(**wrong)


def test_a_dtype_without_multipliers_is_refused():
    matrix = random_matrix(4, 4, 0.5)
    with pytest.raises(InputError, match="fp16 is not offered"):
        CondensedOuterProduct(macs_per_cycle={"fp64": 16}).plan(operation(matrix, matrix, "fp16"))


@settings(max_examples=60, deadline=None)
@given(factors=factors(), ways=st.integers(2, 6), dtype=st.sampled_from(("fp64", "fp16", "int8")))
def test_bytes_and_actions_follow_from_the_counts(factors, ways, dtype):
    unit = CondensedOuterProduct(merge_ways=ways, prefetch_lines=3, prefetch_line_bytes=32)
    op = operation(*factors, dtype, repeat=2)
    schedule = unit.plan(op)
    extra, moved, actions = schedule.details, schedule.dram_bytes, schedule.actions
    element = 4 + {"fp64": 8, "fp16": 2, "int8": 1}[dtype]
    assert moved["A"] == format_by_name("csr").size(op.a.tensor, op.a.dtype).size_bytes
    assert moved["C"] == element * extra["nnz_c"]
    assert moved["partial"] == 16 * extra["partial_elements"]
    assert actions[f"mult_{dtype}"] == extra["multiplies"]
    adder = {"fp64": "add_fp64", "fp16": "add_fp32", "int8": "add_int32"}[dtype]
    assert actions[adder] == extra["multiplies"] - extra["nnz_c"]
    assert actions["compare"] == sum(extra["merge_layer_loads"])
    assert actions["index_add"] == 0
    assert schedule.repeat == 2


@pytest.mark.parametrize(("form", "adds"), [("csr", False), ("condensed-csr", False), ("bitmap", True), ("rle", True)])
def test_a_format_that_is_not_rows_of_indices_is_unpacked(form, adds):
    a = random_matrix(20, 30, 0.3)
    op = operation(a, random_matrix(30, 10, 0.3, seed=1), form=form)
    assert CondensedOuterProduct().plan(op).actions["index_add"] == (op.a.size.stored_values if adds else 0)


def test_an_empty_operand_still_reads_its_pointers():
    empty = SparseMatrix.from_dense(np.zeros((5, 6)))
    schedule = CondensedOuterProduct().plan(operation(empty, random_matrix(6, 4, 0.5)))
    assert schedule.dram_bytes == {"A": 24, "B": 0, "partial": 0, "C": 0}
    assert schedule.details["merge_rounds"] == schedule.details["condensed_columns"] == 0
    assert schedule.phases[0].fetch_bytes.sum() == 24


def test_one_dense_row_makes_as_many_leaves():
    a = SparseMatrix.from_dense(np.vstack([np.zeros((3, 500)), np.ones((1, 500)), np.eye(3, 500)]))
    schedule = CondensedOuterProduct().plan(operation(a, DenseMatrix((500, 2))))
    assert schedule.details["condensed_columns"] == 500
    assert schedule.details["nnz_c"] == 2 + 3 * 2


FILL = PIPELINE_CYCLES + 6
"""Cycles to fill the tree of six layers at the start."""


def test_short_rows_of_b_leave_lanes_idle():
    # 64 elements of A, each with one product: two groups take one element per cycle each.
    schedule = CondensedOuterProduct().plan(operation(random_matrix(8, 8, 1.0), DenseMatrix((8, 1))))
    assert schedule.phases[0].compute_cycles.sum() == 32 + FILL
    # With 16 products each they need two cycles; the first merge layer then sees 1024 elements, 16 in a cycle.
    schedule = CondensedOuterProduct().plan(operation(random_matrix(8, 8, 1.0), DenseMatrix((8, 16))))
    assert schedule.phases[0].compute_cycles.sum() == 64 + FILL


def test_the_slowest_merge_layer_sets_the_pace():
    op = operation(random_matrix(8, 8, 1.0), DenseMatrix((8, 16)))
    assert CondensedOuterProduct(merger_elements_per_cycle=2).plan(op).phases[0].compute_cycles.sum() == 512 + FILL


def test_steps_are_bounded():
    op = operation(random_matrix(300, 300, 0.3), random_matrix(300, 300, 0.3, seed=1))
    schedule = CondensedOuterProduct(merge_ways=4, steps_per_round=10, max_steps=100).plan(op)
    rounds = schedule.details["merge_rounds"]
    # Besides the chunks there is a step for the first block of A, and one for what is read ahead of every wait.
    assert rounds < schedule.steps <= 100 + 1 + rounds
    coarse = CondensedOuterProduct(merge_ways=4, steps_per_round=1).plan(op)
    assert coarse.steps <= 1 + 2 * rounds
    assert coarse.dram_bytes == schedule.dram_bytes


def test_a_round_waits_until_the_partials_it_reads_are_written():
    # With one leaf at a time, every round after the first reads the result of the one before.
    op = operation(SparseMatrix.from_mask(np.ones((4, 6), bool)), DenseMatrix((6, 4)))
    schedule = CondensedOuterProduct(merge_ways=2, steps_per_round=1).plan(op)
    waiting = np.flatnonzero(schedule.phases[0].after_writes)
    assert len(waiting) == 4
    # What it waits for is everything before but the step that reads ahead for it.
    assert schedule.phases[0].after_writes[waiting].tolist() == (waiting - 1).tolist()


@pytest.mark.parametrize("off", ["condensing", "huffman", "prefetcher"])
def test_every_part_of_the_unit_saves_traffic(off):
    a = random_matrix(600, 600, 0.03)
    unit = CondensedOuterProduct(merge_ways=8)
    whole, without = (spec.plan(operation(a, a)) for spec in (unit, unit.model_copy(update={off: False})))
    assert sum(without.dram_bytes.values()) > sum(whole.dram_bytes.values())
    assert without.details["nnz_c"] == whole.details["nnz_c"]
