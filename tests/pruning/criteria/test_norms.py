import numpy as np
import pytest

from sparsesim.errors import InputError, UnknownNameError
from sparsesim.pruning import CRITERIA, criterion_by_name
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
        ("l3", lambda tile: (np.abs(tile) ** 3).sum() ** (1 / 3)),
        ("l0.5", lambda tile: np.sqrt(np.abs(tile)).sum() ** 2),
    ],
)
def test_scores_follow_their_definition(name, score, rows, cols):
    expected = [[score(tile) for tile in row] for row in tiles(rows, cols)]
    np.testing.assert_allclose(criterion_by_name(name).scores(MATRIX, rows, cols), expected, rtol=1e-12)


@pytest.mark.parametrize("name", CRITERIA)
def test_every_criterion_of_a_single_weight_is_its_importance(name):
    np.testing.assert_allclose(CRITERIA[name].scores(MATRIX, 1, 1), np.abs(MATRIX), rtol=1e-14)


def test_norms_of_any_power_neither_overflow_nor_vanish():
    for scale in (1e-200, 1e200):
        scores = criterion_by_name("l16").scores(np.full((2, 2), scale), 2, 2)
        np.testing.assert_allclose(scores, [[scale * 4 ** (1 / 16)]], rtol=1e-12)
    assert criterion_by_name("l3").scores(np.zeros((2, 3)), 2, 2).tolist() == [[0, 0]]


@pytest.mark.parametrize("name", ["l0", "l17", "l99.5"])
def test_powers_out_of_range_are_refused(name):
    with pytest.raises(InputError, match=f"criterion {name}: the power must be above 0 and at most 16"):
        criterion_by_name(name)


def test_an_unknown_criterion_is_named():
    with pytest.raises(UnknownNameError, match="unknown criterion 'norm'"):
        criterion_by_name("norm")
