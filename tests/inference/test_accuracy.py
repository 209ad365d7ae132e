"""Published accuracies, measured again on the samples that are at hand."""

import numpy as np
import pytest

from sparsesim.inference import evaluate
from sparsesim.networks import load_network
from sparsesim.transforms import prune_network

from .real_data import HALF, IMAGENET, array_network, cifar, mnist

pytest.importorskip("onnxruntime")


def agrees(found, published):
    """Within 2.6 standard errors (99 %) of drawing that many samples from the population of the publication."""
    error = np.sqrt(published * (1 - published) / found.n)
    print(f"{found.accuracy:.2%} of {found.n} samples, published {published:.2%} +- {2.6 * error:.2%}")
    return abs(found.accuracy - published) <= 2.6 * error


@pytest.mark.parametrize(
    ("name", "normalisation", "published"),
    [("resnet20_cifar10", IMAGENET, 0.9173), ("distiller_ch_regularized_dense", HALF, 0.9081)],
)
def test_resnet20_is_as_accurate_as_published(name, normalisation, published, data_dir):
    images, labels = cifar(data_dir, normalisation)
    found = evaluate(array_network(data_dir, name, "resnet-cifar"), images, labels)
    assert found.n == 200
    assert agrees(found, published)


@pytest.mark.parametrize(("name", "published"), [("lenet300100_original", 0.9772), ("lenet300100_sparse", 0.9801)])
def test_lenet300_is_as_accurate_as_published(name, published, data_dir):
    images, labels = mnist(data_dir)
    found = evaluate(array_network(data_dir, name, "mlp"), images, labels)
    assert found.n == 256
    assert agrees(found, published)


def test_digits_cnn_is_exactly_as_accurate_as_recorded():
    pytest.importorskip("sklearn")
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    network = load_network("digits-cnn")
    data = load_digits()
    images, labels = (data.images / 16).astype(np.float32)[:, None], data.target
    _, images, _, labels = train_test_split(images, labels, test_size=0.25, random_state=2026, stratify=labels)
    assert round(evaluate(network, images, labels).accuracy, 6) == network.accuracy


def test_pruning_shows_in_the_accuracy(data_dir):
    """Half of the weights can go at little cost; hardly anything is left to go by at 97 %."""
    images, labels = cifar(data_dir)
    network = array_network(data_dir, "resnet20_cifar10", "resnet-cifar")
    accuracies = [evaluate(prune_network(network, "magnitude", s), images, labels).accuracy for s in (0.3, 0.6, 0.97)]
    assert accuracies[0] >= 0.85
    assert accuracies[0] > accuracies[1] > accuracies[2]
    assert accuracies[2] < 0.3


def test_the_zoo_network_reads_pixels_as_they_are(data_dir):
    images, labels = mnist(data_dir, "nchw", 1.0)
    found = evaluate(load_network(data_dir / "nets" / "mnist_cntk.onnx"), images, labels)
    assert found.outputs.shape == (256, 10)
    assert found.accuracy >= 0.97
