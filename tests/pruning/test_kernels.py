"""Every kernel does what its definition in `reference` says."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparsesim.pruning import kernels, reference
from sparsesim.pruning.ranking import kernels as ranking_kernels
from sparsesim.pruning.ranking import largest as ranking
from sparsesim.pruning.selectors.amounts import sigma
from tests.pruning.weights import gaussian, matrices, vectors, wide_matrices

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
    found, above = ranking_kernels.split_at_bracket(values, low, high, mask, inside)
    np.testing.assert_array_equal(mask, np.abs(values) > high)
    assert above == mask.sum()
    np.testing.assert_array_equal(inside[:found], np.flatnonzero((np.abs(values) >= low) & (np.abs(values) <= high)))


def test_split_at_bracket_says_when_too_many_lie_inside():
    values, mask = np.ones(40, dtype=np.float32), np.empty(40, dtype=np.bool_)
    inside = np.empty(39, dtype=np.int64)
    assert ranking_kernels.split_at_bracket(values, values[0], values[0], mask, inside) == (-1, 0)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("position", [0, 1023, 1024, 3000])
def test_split_at_bracket_gives_up_on_values_that_are_not_finite(bad, position):
    values = gaussian((3001,))
    values[position] = bad
    mask, inside = np.empty(3001, dtype=np.bool_), np.empty(3001, dtype=np.int64)
    low, high = np.float32(0.8), np.float32(0.84)
    assert ranking_kernels.split_at_bracket(values, low, high, mask, inside)[0] == -1


@settings(max_examples=150, deadline=None)
@given(wide_matrices, st.integers(1, 9), st.integers(1, 9))
def test_n_of_m_keeps_what_a_stable_sort_of_every_group_keeps(matrix, a, b):
    keep, of = min(a, b), max(a, b)
    mask = np.empty(matrix.shape, dtype=np.bool_)
    assert kernels.mark_n_of_m(matrix, keep, of, mask)
    np.testing.assert_array_equal(mask, reference.n_of_m(matrix, keep, of))


@settings(max_examples=60, deadline=None)
@given(wide_matrices)
def test_two_of_four_keeps_what_a_stable_sort_of_every_group_keeps(matrix):
    mask = np.empty(matrix.shape, dtype=np.bool_)
    assert kernels.mark_n_of_m(matrix, 2, 4, mask)
    np.testing.assert_array_equal(mask, reference.n_of_m(matrix, 2, 4))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(("keep", "of"), [(2, 4), (1, 3), (3, 40)])
def test_n_of_m_tells_of_values_that_are_not_finite(bad, keep, of):
    for position in range(0, 36, 5):
        matrix = gaussian((4, 9))
        matrix.flat[position] = bad
        assert not kernels.mark_n_of_m(matrix, keep, of, np.empty((4, 9), dtype=np.bool_))


def test_tile_sums_of_runs_longer_than_a_strip():
    matrix = np.round(gaussian((5, 2 * kernels.CHUNK + 300)) * 8) / 8
    for rows, cols in ((2, 1), (3, 4), (2, 7), (5, kernels.CHUNK + 1), (1, matrix.shape[1]), (9, matrix.shape[1] + 1)):
        expected = reference.tile_sums(matrix, rows, cols, False)
        sums = np.empty(expected.shape)
        kernels.sum_tiles(matrix, rows, cols, False, sums)
        np.testing.assert_array_equal(sums, expected)


tile_sizes = st.integers(1, 7) | st.sampled_from([kernels.SHORT, kernels.SHORT + 1])


@settings(max_examples=80, deadline=None)
@given(matrices, tile_sizes, tile_sizes, st.booleans())
def test_tile_sums_are_sums_over_slices(matrix, rows, cols, squared):
    expected = reference.tile_sums(matrix, rows, cols, squared)
    sums = np.full(expected.shape, np.nan)
    kernels.sum_tiles(matrix, rows, cols, squared, sums)
    np.testing.assert_array_equal(sums, expected)


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 7), st.integers(0, 70), tile_sizes, tile_sizes, st.randoms(use_true_random=False))
def test_spread_tiles_repeats_every_flag(height, width, rows, cols, random):
    flags = [[random.random() < 0.5 for _ in range(-(-width // cols))] for _ in range(-(-height // rows))]
    kept = np.array(flags, dtype=np.bool_).reshape(-(-height // rows), -(-width // cols))
    mask = np.empty((height, width), dtype=np.bool_)
    kernels.spread_tiles(kept, rows, cols, mask)
    np.testing.assert_array_equal(mask, reference.spread_tiles(kept, rows, cols, (height, width)))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("position", [0, 1023, 1024, 3000])
def test_the_first_non_finite_value_is_found(bad, position):
    values = gaussian((3001,))
    assert kernels.first_non_finite(values) == reference.first_non_finite(values) == -1
    values[position:] = bad
    assert kernels.first_non_finite(values) == reference.first_non_finite(values) == position


def test_the_largest_finite_values_are_finite():
    for dtype in (np.float32, np.float64):
        values = np.array([np.finfo(dtype).max, -np.finfo(dtype).max, np.finfo(dtype).smallest_subnormal], dtype=dtype)
        assert kernels.first_non_finite(values) == -1


@settings(max_examples=40, deadline=None)
@given(vectors, st.floats(0, 4))
def test_mark_above_compares_in_float64(values, threshold):
    mask = np.empty(values.size, dtype=np.bool_)
    kernels.mark_above(values, threshold, mask)
    np.testing.assert_array_equal(mask, np.abs(values.astype(np.float64)) > threshold)


@settings(max_examples=40, deadline=None)
@given(matrices)
def test_sigma_is_the_population_standard_deviation(matrix):
    expected = matrix.std(dtype=np.float64) if matrix.size else 0.0
    assert sigma(matrix) == pytest.approx(expected, rel=1e-12, abs=1e-15)
