import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparsesim.accelerators.condensed_outer_product.arrays import index_type
from sparsesim.accelerators.condensed_outer_product.definition.merging import condensed_leaves, introsorted_list
from sparsesim.accelerators.condensed_outer_product.leaves import by_length, leaves_of
from sparsesim.accelerators.condensed_outer_product.order_kernels import introsorted
from sparsesim.tensors import SparseMatrix
from tests.strategies import masks

TIES = ("introsort", "stable", "right_to_left")


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 2**16), length=st.integers(0, 300), values=st.sampled_from((1, 2, 6, 50, 10**9)))
def test_introsort_equals_the_definition(seed, length, values):
    random = np.random.default_rng(seed).integers(0, values, length)
    for each in (random, np.sort(random), np.sort(random)[::-1].copy()):
        assert introsorted(each).tolist() == introsorted_list(each.tolist())
        assert (np.diff(each[introsorted(each)]) >= 0).all()


def test_introsort_leaves_equal_elements_as_the_c_plus_plus_library_does():
    # What std::sort of libstdc++ makes of 20 equal elements, and of 24 in three groups.
    equal = [10, 19, 18, 17, 16, 15, 14, 13, 12, 11, 0, 9, 8, 7, 6, 5, 4, 3, 2, 1]
    groups = [23, 22, 21, 20, 19, 18, 17, 16, 12, 15, 14, 13, 11, 10, 9, 8, 0, 7, 6, 5, 4, 3, 2, 1]
    assert introsorted(np.zeros(20, np.int64)).tolist() == equal
    assert introsorted(np.repeat([3, 2, 1], 8)).tolist() == groups


def test_introsort_takes_what_it_cannot_partition():
    # Rising and falling values use up the depth of the partitions.
    values = np.concatenate([np.arange(2000), np.arange(2000)[::-1]])
    order = introsorted(values)
    assert order.tolist() == introsorted_list(values.tolist())
    assert (np.diff(values[order]) >= 0).all()


@pytest.mark.parametrize("ties", TIES)
def test_shortest_columns_come_first(ties):
    lengths = np.array([9, 9, 7, 7, 7, 2])
    order = by_length(lengths, ties)
    assert lengths[order].tolist() == [2, 7, 7, 7, 9, 9]
    assert sorted(order) == list(range(6))


def test_ties_are_taken_from_one_side():
    lengths = np.array([9, 9, 7, 7])
    assert by_length(lengths, "stable").tolist() == [2, 3, 0, 1]
    assert by_length(lengths, "right_to_left").tolist() == [3, 2, 1, 0]


@settings(max_examples=60, deadline=None)
@given(mask=masks(12), ties=st.sampled_from((None, *TIES)))
def test_elements_lie_in_the_order_of_their_leaves(mask, ties):
    a = SparseMatrix.from_mask(mask)
    leaves = leaves_of(a, condensing=True, huffman=ties is not None, ties=ties or "stable")
    expected = condensed_leaves(a, ties)
    assert leaves.lengths.tolist() == [len(leaf) for leaf in expected]
    for row in range(a.shape[0]):
        share = slice(a.indptr[row], a.indptr[row + 1])
        assert leaves.elements.columns[share].tolist() == [leaf[row] for leaf in expected if row in leaf]
    assert a.indices[leaves.order].tolist() == leaves.elements.columns.tolist()


@settings(max_examples=60, deadline=None)
@given(mask=masks(12), condensing=st.booleans(), data=st.data())
def test_rows_of_leaves(mask, condensing, data):
    leaves = leaves_of(SparseMatrix.from_mask(mask), condensing, huffman=True)
    count = len(leaves.lengths)
    lowest = data.draw(st.integers(0, count))
    beyond = data.draw(st.integers(lowest, count))
    rows = leaves.rows(lowest, beyond)
    start, stop = leaves.ranges(np.arange(mask.shape[0]), lowest, beyond)
    assert rows.tolist() == np.flatnonzero(stop > start).tolist()


def test_indices_are_as_small_as_they_can_be():
    assert index_type(2**31 - 2) is np.int32
    assert index_type(2**31 - 1) is np.int64
