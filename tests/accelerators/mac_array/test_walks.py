"""Tile lengths along one dimension."""

import numpy as np
import pytest

from sparsesim.accelerators.mac_array.walks import distinct_sides, sides


@pytest.mark.parametrize("length", [0, 1, 5, 8, 16, 19])
@pytest.mark.parametrize("tile", [1, 4, 8, 16])
def test_distinct_sides_are_those_of_all_tiles(length, tile):
    all_tiles = np.unique(sides(length, tile), return_counts=True)
    for found, expected in zip(distinct_sides(length, tile), all_tiles, strict=True):
        np.testing.assert_array_equal(found, expected)
        assert found.dtype == np.int64
