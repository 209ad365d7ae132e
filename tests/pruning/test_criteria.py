import numpy as np
import pytest

from sparsesim.errors import UnknownNameError
from sparsesim.pruning import CRITERIA
from sparsesim.pruning.criteria import criterion_by_name
from tests.pruning.weights import gaussian

MATRIX = gaussian((5, 7), dtype=np.float64)


def tiles(rows, cols):
    return [[MATRIX[i : i + rows, j : j + cols] for j in range(0, 7, cols)] for i in range(0, 5, rows)]


@pytest.mark.parametrize(("rows", "cols"), [(1, 1), (2, 3), (5, 7), (9, 9), (1, 7), (5, 1)])
@pytest.mark.parametrize(
    ("name", "score"),
    [
        ("magnitude", lambda tile: np.abs(tile).mean()),
        ("l1", lambda tile: np.abs(tile).sum()),
        ("l2", np.linalg.norm),
    ],
)
def test_scores_follow_their_definition(name, score, rows, cols):
    expected = [[score(tile) for tile in row] for row in tiles(rows, cols)]
    np.testing.assert_allclose(CRITERIA[name].scores(MATRIX, rows, cols), expected, rtol=1e-13)


@pytest.mark.parametrize("name", CRITERIA)
def test_every_criterion_of_a_single_weight_is_its_magnitude(name):
    np.testing.assert_allclose(CRITERIA[name].scores(MATRIX, 1, 1), np.abs(MATRIX), rtol=1e-15)


def test_an_unknown_criterion_is_named():
    with pytest.raises(UnknownNameError, match="unknown criterion 'l3'"):
        criterion_by_name("l3")
