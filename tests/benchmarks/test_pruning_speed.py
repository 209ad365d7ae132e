"""Masks of a 4096 x 11008 fp32 weight (an LLM's feed-forward layer) against NumPy and against one copy of it."""

import numpy as np
import pytest

from sparsesim.pruning import pruner_by_name

SHAPE = (4096, 11008)


@pytest.fixture(scope="module")
def weight() -> np.ndarray:
    return np.random.default_rng(0).standard_normal(SHAPE, dtype=np.float32)


@pytest.mark.benchmark(group="copy floor")
def test_copy_floor(benchmark, weight):
    target = np.empty_like(weight)
    benchmark(np.copyto, target, weight)
    assert target[-1, -1] == weight[-1, -1]


@pytest.mark.benchmark(group="2:4")
def test_two_of_four(benchmark, weight):
    mask = benchmark(pruner_by_name("2:4").mask, weight)
    assert mask.sum() == weight.size // 2


@pytest.mark.benchmark(group="2:4")
def test_two_of_four_with_numpy(benchmark, weight):
    mask = benchmark.pedantic(two_of_four_with_numpy, args=(weight,), rounds=3)
    np.testing.assert_array_equal(mask, pruner_by_name("2:4").mask(weight))


def two_of_four_with_numpy(weight: np.ndarray) -> np.ndarray:
    groups = np.abs(weight).reshape(-1, 4)
    third = np.partition(groups, 1, axis=1)[:, 1:2]  # no ties in these weights
    return (groups > third).reshape(weight.shape)


@pytest.mark.benchmark(group="90 % magnitude")
def test_magnitude(benchmark, weight):
    mask = benchmark(pruner_by_name("magnitude", 0.9).mask, weight)
    assert weight.size - mask.sum() == round(0.9 * weight.size)


@pytest.mark.benchmark(group="90 % magnitude")
def test_magnitude_with_numpy(benchmark, weight):
    mask = benchmark.pedantic(magnitude_with_numpy, args=(weight,), rounds=3)
    assert abs(mask.mean() - 0.1) < 1e-6


def magnitude_with_numpy(weight: np.ndarray) -> np.ndarray:
    sizes = np.abs(weight)
    cut = round(0.9 * sizes.size)
    return sizes >= np.partition(sizes.reshape(-1), cut)[cut]
