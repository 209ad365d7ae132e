"""Samples of the data folder as the networks beside them read them."""

import numpy as np

from sparsesim.inference import prepare_samples
from sparsesim.networks import load_network

IMAGENET = {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}
HALF = {"mean": (0.5,), "std": (0.5,)}


def cifar(data_dir, normalisation=IMAGENET):
    stored = np.load(data_dir / "nets" / "cifar10_test_images.npz")
    return prepare_samples(stored["images"], layout="nhwc", scale=1 / 255, **normalisation), stored["labels"]


def mnist(data_dir, layout="flat", scale=1 / 256):
    stored = np.load(data_dir / "nets" / "mnist_test_images.npz")
    return prepare_samples(stored["images"], layout=layout, scale=scale), stored["labels"]


def array_network(data_dir, name, architecture):
    return load_network(data_dir / "nets" / f"{name}.npz", architecture=architecture)
