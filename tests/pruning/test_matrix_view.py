import numpy as np
from hypothesis import given, settings

from sparsesim.pruning import from_matrix, to_matrix
from tests.pruning.weights import weights


@settings(max_examples=40, deadline=None)
@given(weights)
def test_from_matrix_undoes_to_matrix(weight):
    np.testing.assert_array_equal(from_matrix(to_matrix(weight), weight.shape), weight)


def test_k_runs_over_kh_then_kw_then_channels():
    c_out, c_in, kh, kw = 2, 3, 2, 4
    weight = np.arange(c_out * c_in * kh * kw, dtype=np.float32).reshape(c_out, c_in, kh, kw)
    matrix = to_matrix(weight)
    assert matrix.shape == (c_out, kh * kw * c_in)
    for o, i, y, x in np.ndindex(weight.shape):
        assert matrix[o, (y * kw + x) * c_in + i] == weight[o, i, y, x]


def test_a_matrix_is_not_copied():
    weight = np.ones((3, 4), np.float32)
    assert to_matrix(weight) is weight
