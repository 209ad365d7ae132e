"""The two ways to the largest magnitudes, and their kernels, against a stable sort."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparsesim.pruning import reference
from sparsesim.pruning.ranking import kernels
from sparsesim.pruning.ranking import largest as ranking
from tests.pruning.weights import gaussian, vectors

several = st.lists(vectors, min_size=1, max_size=3).filter(lambda parts: len({p.dtype for p in parts}) == 1)


@settings(max_examples=80, deadline=None)
@given(several, st.data())
def test_radix_keeps_what_a_stable_sort_keeps(parts, data):
    keep = data.draw(st.integers(0, sum(part.size for part in parts)))
    for mask, expected in zip(ranking.by_radix(parts, keep), reference.keep_largest(parts, keep), strict=True):
        np.testing.assert_array_equal(mask, expected)


@settings(max_examples=80, deadline=None)
@given(several, st.data())
def test_bracket_keeps_what_a_stable_sort_keeps(parts, data):
    keep = data.draw(st.integers(0, sum(part.size for part in parts)))
    if not sum(part.size for part in parts):
        return
    masks = ranking.by_bracket(parts, keep)
    if masks is not None:  # it may give up, but must never be wrong
        for mask, expected in zip(masks, reference.keep_largest(parts, keep), strict=True):
            np.testing.assert_array_equal(mask, expected)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [1, 7, 8, 1023, 1024, 1025, 20_001])
def test_split_at_bracket_sorts_out_every_value(size, dtype):
    values = gaussian((size,), dtype=dtype)
    low, high = dtype(0.8), dtype(0.84)
    mask = np.empty(size, dtype=np.bool_)
    inside = np.empty(size + 1024, dtype=np.int64)
    found, above = kernels.split_at_bracket(values, low, high, mask, inside)
    np.testing.assert_array_equal(mask, np.abs(values) > high)
    assert above == mask.sum()
    np.testing.assert_array_equal(inside[:found], np.flatnonzero((np.abs(values) >= low) & (np.abs(values) <= high)))


def test_split_at_bracket_says_when_too_many_lie_inside():
    values, mask = np.ones(40, dtype=np.float32), np.empty(40, dtype=np.bool_)
    inside = np.empty(39, dtype=np.int64)
    assert kernels.split_at_bracket(values, values[0], values[0], mask, inside) == (-1, 0)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("position", [0, 1023, 1024, 3000])
def test_split_at_bracket_gives_up_on_values_that_are_not_finite(bad, position):
    values = gaussian((3001,))
    values[position] = bad
    mask, inside = np.empty(3001, dtype=np.bool_), np.empty(3001, dtype=np.int64)
    low, high = np.float32(0.8), np.float32(0.84)
    assert kernels.split_at_bracket(values, low, high, mask, inside)[0] == -1
