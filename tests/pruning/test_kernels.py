"""Tile sums, masks from tiles and the search for NaN do what their definitions in `reference` say."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparsesim.pruning import kernels, reference
from tests.pruning.weights import gaussian, matrices


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
