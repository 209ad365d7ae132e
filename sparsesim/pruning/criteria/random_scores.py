"""Random scores: the baseline that every other criterion has to beat."""

import zlib
from functools import partial

import numpy as np

from sparsesim.array_types import FloatArray
from sparsesim.pruning.criteria.criterion import Criterion, Data


def random_scores(weight: FloatArray, data: Data, layer: str, *, seed: int) -> FloatArray:
    """Numbers drawn evenly from [0, 1), which depend on the seed and the layer's name alone."""
    drawn: FloatArray = np.random.default_rng([seed, zlib.crc32(layer.encode())]).random(weight.shape)
    return drawn


def random_criterion(seed: int) -> Criterion:
    """The criterion 'random-SEED'."""
    draw = partial(random_scores, seed=seed)
    return Criterion(f"random-{seed}", f"drawn at random, seed {seed}", mean=True, importance=draw)


RANDOM = Criterion("random", "drawn at random", mean=True, importance=partial(random_scores, seed=0))
