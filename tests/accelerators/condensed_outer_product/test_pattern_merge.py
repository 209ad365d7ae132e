import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparsesim.accelerators import CondensedOuterProduct
from sparsesim.accelerators.condensed_outer_product import pattern_merge
from sparsesim.accelerators.condensed_outer_product.arrays import LOADS
from sparsesim.accelerators.condensed_outer_product.definition.merging import (
    condensed_leaves,
    merge_by_sets,
    raw_leaves,
)
from sparsesim.accelerators.condensed_outer_product.leaves import leaves_of
from sparsesim.accelerators.condensed_outer_product.pattern_merge import PatternMerge
from sparsesim.accelerators.condensed_outer_product.rounds import leaf_weights, merge_leaves
from sparsesim.tensors import SparseMatrix
from sparsesim.tensors.generators import banded, rmat, uniform
from tests.accelerators.condensed_outer_product.operations import factors, operation

TIES = ("introsort", "stable", "right_to_left")


def reference_run(a, b, ways, condensing=True, huffman=True, ties="introsort"):
    leaves = condensed_leaves(a, ties if huffman else None) if condensing else raw_leaves(a, longest_first=huffman)
    return merge_by_sets(leaves, b, ways, huffman)


def merged(a, b, ways, condensing=True, huffman=True, ties="introsort", chunks=128, prepare=lambda merge: None):
    """A finished PatternMerge; `prepare` may change it before it runs."""
    leaves = leaves_of(a, condensing, huffman, ties)
    merge = PatternMerge(leaves, b, layers=(ways - 1).bit_length(), lanes=8, chunks_per_round=chunks)
    prepare(merge)
    merge_leaves(leaf_weights(leaves.lengths, b.nnz / max(b.shape[0], 1)), ways, huffman, merge)
    return merge


def totals(merge):
    """Figures of every round, whatever its chunks."""
    return [done.chunks.sum(axis=0).tolist() for done in merge.rounds]


def assert_equals_the_definition(merge, expected):
    assert merge.stream.tolist() == expected.stream
    figures = np.array(totals(merge)).reshape(expected.rounds, LOADS + merge.layers + 1)
    assert figures[:, LOADS:-1].sum(axis=0).tolist() == expected.layer_loads
    assert figures[:, -1].tolist()[-1:] == [expected.nnz][: expected.rounds]
    assert figures[:-1, -1].sum() == expected.stored


@settings(max_examples=150, deadline=None)
@given(
    factors=factors(),
    ways=st.integers(2, 9),
    condensing=st.booleans(),
    huffman=st.booleans(),
    ties=st.sampled_from(TIES),
)
def test_rounds_partials_and_layer_loads_equal_the_definition(factors, ways, condensing, huffman, ties):
    a, b = factors
    expected = reference_run(a, b, ways, condensing, huffman, ties)
    unit = CondensedOuterProduct(merge_ways=ways, condensing=condensing, huffman=huffman, tie_order=ties)
    extra = unit.plan(operation(a, b)).details
    assert extra["merge_rounds"] == expected.rounds
    assert extra["partial_elements"] == 2 * expected.stored
    assert extra["merge_layer_loads"] == expected.layer_loads
    assert extra["nnz_c"] == expected.nnz
    assert extra["multiplies"] == operation(a, b).effectual_macs


@settings(max_examples=100, deadline=None)
@given(
    factors=factors(),
    ways=st.integers(2, 5),
    condensing=st.booleans(),
    huffman=st.booleans(),
    ties=st.sampled_from(TIES),
)
def test_b_is_read_in_the_order_of_the_definition(factors, ways, condensing, huffman, ties):
    a, b = factors
    expected = reference_run(a, b, ways, condensing, huffman, ties)
    assert merged(a, b, ways, condensing, huffman, ties, chunks=3).stream.tolist() == expected.stream


@settings(max_examples=50, deadline=None)
@given(factors=factors(), ways=st.integers(2, 5), chunks=st.integers(1, 7))
def test_chunks_add_up_to_the_whole(factors, ways, chunks):
    assert totals(merged(*factors, ways, chunks=chunks)) == totals(merged(*factors, ways, chunks=1))


@pytest.mark.parametrize("chunks", [1, 2, 3, 7, 10])
def test_neighbouring_chunks_are_united_where_there_are_too_many(chunks):
    a = uniform(500, 500, 0.02)
    merge, whole = merged(a, a, 64, chunks=chunks), merged(a, a, 64, chunks=1)
    assert totals(merge) == totals(whole)
    assert (chunks + 1) // 2 <= len(merge.rounds[0].chunks) <= chunks
    multiplies = merge.rounds[0].chunks[:, LOADS]
    assert multiplies[:-1].min(initial=10**9) > multiplies.max() / 2.5


def test_long_rows_fill_the_counters_more_than_once():
    # A counter of one layer of 64 ways holds up to 511 elements, one of 1024 ways up to 31.
    a, b = uniform(12, 100, 0.7, seed=1), uniform(100, 3000, 0.3, seed=2)
    for ways in (64, 1000):
        assert_equals_the_definition(merged(a, b, ways), reference_run(a, b, ways))


@settings(max_examples=60, deadline=None)
@given(factors=factors(), ways=st.integers(2, 5), columns=st.integers(1, 4), huffman=st.booleans())
def test_rows_of_b_that_are_all_alike_equal_the_definition(factors, ways, columns, huffman):
    a = factors[0]
    b = SparseMatrix.from_mask(np.tile(np.arange(columns + 1) != 1, (a.shape[1], 1)))
    assert_equals_the_definition(merged(a, b, ways, huffman=huffman), reference_run(a, b, ways, huffman=huffman))


def test_rows_of_equal_length_need_not_be_alike():
    mask = np.zeros((6, 8), bool)
    mask[:, [0, 3, 5]] = True
    mask[2] = np.roll(mask[2], 1)
    a, b = uniform(9, 6, 0.8), SparseMatrix.from_mask(mask)
    assert_equals_the_definition(merged(a, b, 3), reference_run(a, b, 3))


@pytest.mark.parametrize("rounds_between", [0, 1, 5])
def test_row_stamps_may_begin_anew(rounds_between):
    a = uniform(40, 40, 0.3)

    def short_of_stamps(merge):
        merge.__dict__["_tree"] = merge._tree._replace(highest=8 * rounds_between)

    assert totals(merged(a, a, 8, prepare=short_of_stamps)) == totals(merged(a, a, 8))


def kept_rounds(merge):
    return len(merge._kept)


@pytest.mark.parametrize("matrix", [banded(300, 300, 20, 20), rmat(256, 256, 4000), uniform(60, 60, 0.9)])
@pytest.mark.parametrize("condensing", [True, False])
def test_results_that_are_kept_read_like_those_that_are_walked_over(matrix, condensing, monkeypatch):
    kept = merged(matrix, matrix, 8, condensing)
    monkeypatch.setattr(pattern_merge, "KEPT_PER_NON_ZERO", 0)
    walked = merged(matrix, matrix, 8, condensing)
    assert totals(kept) == totals(walked)
    assert kept.stream.tolist() == walked.stream.tolist()
    assert kept_rounds(walked) == 0


def test_only_what_shrinks_is_kept():
    dense, sparse = uniform(60, 60, 0.9), uniform(400, 400, 0.05)
    assert kept_rounds(merged(dense, dense, 16)) > 0
    assert kept_rounds(merged(sparse, sparse, 16)) == 0


def test_kept_columns_stay_in_their_room():
    # Room for B and a few rows: some results find none, others take the place of those that were read.
    matrix = uniform(60, 60, 0.9)
    whole = totals(merged(matrix, matrix, 8))
    for room in (1, 70, 3000, 5000):

        def cramped(merge, room=room):
            merge.__dict__["_b"] = merge._b._replace(columns=merge._b.columns[: matrix.nnz + room])

        assert totals(merged(matrix, matrix, 8, prepare=cramped)) == whole
