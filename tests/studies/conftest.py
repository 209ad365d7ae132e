"""A trained network with real samples, and what its layers read."""

import numpy as np
import pytest

from sparsesim.inference import capture
from sparsesim.networks import load_network


@pytest.fixture(scope="session")
def digits():
    data = pytest.importorskip("sklearn.datasets").load_digits()
    return (data.images[:300, None] / 16).astype(np.float32), data.target[:300]


@pytest.fixture(scope="session")
def network():
    return load_network("digits-cnn")


@pytest.fixture(scope="session")
def inputs(network, digits):
    return capture(network, digits[0][:60])
