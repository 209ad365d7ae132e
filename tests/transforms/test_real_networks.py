"""Pruning trained networks at once, without retraining; printed with -s."""

import numpy as np
import pytest

from sparsesim.inference import evaluate
from sparsesim.transforms import prune_network
from tests.inference.real_data import array_network, cifar, mnist

pytest.importorskip("onnxruntime")

NETWORKS = {"resnet20_cifar10": ("resnet-cifar", cifar), "lenet300100_original": ("mlp", mnist)}
PRUNERS = [("none", None), ("magnitude", 0.5), ("magnitude", 0.7), ("magnitude", 0.9), ("2:4", None), ("filter", 0.3)]


@pytest.mark.parametrize("name", NETWORKS)
def test_more_pruning_costs_more(name, data_dir):
    architecture, read = NETWORKS[name]
    network, (images, labels) = array_network(data_dir, name, architecture), read(data_dir)
    found = [evaluate(prune_network(network, *choice), images, labels) for choice in PRUNERS]
    text = ", ".join(f"{p} {s or ''} {e.accuracy:.1%}" for (p, s), e in zip(PRUNERS, found, strict=True))
    print(f"{name}, {found[0].n} samples: {text}")
    whole, half, most, nearly, two_of_four, filters = (each.accuracy for each in found)
    # The same samples every time: twice the standard error of a share is more than chance does between two of them.
    noise = 2 * np.sqrt(0.1 * 0.9 / found[0].n)
    assert whole + noise >= half >= most - noise >= nearly - 2 * noise
    assert whole > nearly + noise
    assert half + noise >= two_of_four > nearly
    assert filters < whole
