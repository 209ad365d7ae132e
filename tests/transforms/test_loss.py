"""Loss: by hand, and the same in parts as at once."""

import math

import numpy as np
import pytest

from sparsesim.transforms.loss import loss_of


def test_by_hand():
    loss = loss_of(np.array([3.0, -4.0, 0.0]), np.array([3.0, -4.5, 0.0]))
    assert loss.max_error == 0.5
    assert loss.sqnr_db == pytest.approx(20.0)
    assert loss_of(np.ones(4), np.ones(4)) == (0.0, math.inf)
    assert loss_of(np.zeros(2), np.ones(2)) == (1.0, -math.inf)
    assert loss_of(np.zeros((0, 3)), np.zeros((0, 3))) == (0.0, math.inf)


def test_parts_add_up():
    random = np.random.default_rng(0)
    weight = random.standard_normal((1100, 1000), dtype=np.float32)
    back = weight + random.standard_normal((1100, 1000), dtype=np.float32) / 10
    back[-1, -1] += 5
    error = weight.astype(np.float64) - back
    loss = loss_of(weight, back)
    assert loss.max_error == np.abs(error).max()
    assert loss.sqnr_db == pytest.approx(10 * math.log10((weight.astype(np.float64) ** 2).sum() / (error**2).sum()))
