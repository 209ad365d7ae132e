"""Shared values: Lloyd's rounds in sorted values are those of the definition."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sparsesim.formats import share_values
from sparsesim.formats.coding.kmeans import converged, shared_values
from sparsesim.tensors import SparseMatrix
from sparsesim.transforms import reference

whole = st.lists(st.integers(-50, 50), min_size=1, max_size=60)


@settings(max_examples=60, deadline=None)
@given(whole, st.integers(1, 9), st.integers(1, 4))
def test_rounds_are_those_of_the_definition(values, clusters, rounds):
    ordered = np.sort(np.array(values, np.float64))
    start = np.linspace(ordered[0], ordered[-1], clusters)
    expected, _ = reference.lloyd(ordered, start, rounds)
    np.testing.assert_allclose(converged(ordered, start, rounds), expected, rtol=1e-12, atol=1e-12)


@settings(max_examples=60, deadline=None)
@given(whole, st.integers(1, 9))
def test_every_value_has_its_nearest_centroid_and_centroids_are_means(values, clusters):
    values = np.array(values, np.float32)
    centroids, nearest = shared_values(values, clusters)
    assert len(centroids) <= clusters
    assert (np.diff(centroids) >= 0).all()
    distance = np.abs(values[:, None] - centroids[None, :].astype(np.float64))
    np.testing.assert_allclose(distance[np.arange(len(values)), nearest], distance.min(axis=1), atol=1e-5)
    for cluster in np.unique(nearest):
        np.testing.assert_allclose(values[nearest == cluster].mean(), centroids[cluster], rtol=1e-6, atol=1e-6)


@settings(max_examples=60, deadline=None)
@given(whole, st.integers(1, 9))
def test_few_values_are_kept_exactly(values, clusters):
    values = np.array(values, np.float32)
    centroids, nearest = shared_values(values, max(clusters, len(np.unique(values))))
    np.testing.assert_array_equal(centroids[nearest], values)


def test_it_agrees_with_the_codebook_of_the_formats():
    weights = np.random.default_rng(3).standard_normal((30, 40)).astype(np.float32)
    shared = share_values(SparseMatrix.from_dense(weights), 4, max_rounds=1000).to_array()
    centroids, nearest = shared_values(weights.reshape(-1), 15)
    np.testing.assert_allclose(centroids[nearest].reshape(weights.shape), shared, atol=1e-6)


def test_millions_of_values_take_rounds_of_no_length():
    values = np.random.default_rng(0).standard_normal(1_000_000, dtype=np.float32)
    centroids, nearest = shared_values(values, 31)
    error = values - centroids[nearest]
    # The best quantiser of a normal distribution with 32 levels leaves 0.0025 (J. Max, IRE, 1960).
    assert 0.0024 < float((error**2).mean()) < 0.0040
