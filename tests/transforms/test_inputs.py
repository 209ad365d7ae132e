import sys

import numpy as np
import pytest

from sparsesim.networks import Layer, Network
from sparsesim.networks.im2col import im2col
from sparsesim.transforms import input_norms, prune_network


def network(*layers):
    return Network(name="net", layers=layers, weights_origin="trained", source="test")


def values(*shape):
    return np.random.default_rng(1).standard_normal(shape).astype(np.float32)


CONV = Layer(
    name="conv",
    kind="conv2d",
    weight_shape=(4, 2, 3, 3),
    source=values(4, 2, 3, 3),
    input_size=(5, 6),
    padding=(1, 1),
    groups=2,
)
LINEAR = Layer(name="fc", kind="linear", weight_shape=(4, 6), source=values(4, 6))


@pytest.mark.parametrize("at_once", [1, 1 << 24])
def test_norms_are_those_of_the_lowered_inputs(monkeypatch, at_once):
    monkeypatch.setattr(sys.modules[input_norms.__module__], "AT_ONCE", at_once)
    maps = {"conv": values(3, 4, 5, 6), "fc": values(7, 6), "other": values(2, 2)}
    found = input_norms(network(CONV, LINEAR), maps)
    assert list(found) == ["conv", "fc"]
    np.testing.assert_allclose(found["conv"], np.sqrt((im2col(maps["conv"], CONV) ** 2).mean(axis=1)), rtol=1e-5)
    np.testing.assert_allclose(found["fc"], np.sqrt((maps["fc"] ** 2).mean(axis=0)), rtol=1e-5)


def test_they_prune_a_network():
    maps = {"conv": values(3, 4, 5, 6), "fc": values(7, 6)}
    whole = network(CONV, LINEAR)
    pruned = prune_network(whole.select("fc"), "wanda", 0.5, data=input_norms(whole, maps))
    metric = np.abs(LINEAR.weight()) * np.sqrt((maps["fc"] ** 2).mean(axis=0))
    mask = pruned.layers[0].mask
    assert mask.sum(axis=1).tolist() == [3] * 4
    for row, kept in zip(metric, mask, strict=True):
        assert row[kept].min() > row[~kept].max()
