"""Small modules and samples that tests train."""

from itertools import pairwise

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

from sparsesim.training import Samples


def mlp(seed=0, sizes=(64, 300, 100, 10)):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        parts = [nn.Flatten()]
        for inputs, outputs in pairwise(sizes):
            parts += [nn.Linear(inputs, outputs), nn.ReLU()]
        return nn.Sequential(*parts[:-1])


def cnn(seed=0):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 10))


def digits():
    """Training samples, and 450 that training never sees."""
    data = load_digits()
    images, labels = (data.images / 16).astype(np.float32)[:, None], data.target.astype(np.int64)
    split = train_test_split(images, labels, test_size=0.25, random_state=2026, stratify=labels)
    return Samples(split[0], split[2]), Samples(split[1], split[3])


def few(samples, n=128):
    return Samples(samples.inputs[:n], samples.labels[:n])
