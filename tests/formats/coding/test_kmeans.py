"""Shared values: Lloyd's rounds in sorted values are those of the definition."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sparsesim.formats import share_values
from sparsesim.formats.coding import reference
from sparsesim.formats.coding.kmeans import kmeans, lloyd
from sparsesim.tensors import SparseMatrix

whole = st.lists(st.integers(-50, 50), min_size=1, max_size=60)


@settings(max_examples=60, deadline=None)
@given(whole, st.integers(1, 9), st.integers(1, 4))
def test_rounds_are_those_of_the_definition(values, clusters, rounds):
    ordered = np.sort(np.array(values, np.float64))
    start = np.linspace(ordered[0], ordered[-1], clusters)
    expected, _ = reference.lloyd(ordered, start, rounds)
    np.testing.assert_allclose(lloyd(ordered, start, rounds), expected, rtol=1e-12, atol=1e-12)


@settings(max_examples=60, deadline=None)
@given(whole, st.integers(1, 9))
def test_every_value_has_its_nearest_centroid_and_centroids_are_means(values, clusters):
    values = np.array(values, np.float32)
    centroids, nearest = kmeans(values, clusters)
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
    centroids, nearest = kmeans(values, max(clusters, len(np.unique(values))))
    np.testing.assert_array_equal(centroids[nearest], values)


def test_share_values_clusters_the_non_zeros_and_leaves_one_code_for_zero():
    weights = np.random.default_rng(3).standard_normal((30, 40)).astype(np.float32)
    weights[weights < -1] = 0
    shared = share_values(SparseMatrix.from_dense(weights), 4).to_array()
    centroids, nearest = kmeans(weights[weights != 0], 15, max_rounds=100)
    np.testing.assert_array_equal(shared[weights != 0], centroids[nearest])
    assert not shared[weights == 0].any()


def test_a_million_normal_values_are_quantised_nearly_as_well_as_possible():
    values = np.random.default_rng(0).standard_normal(1_000_000, dtype=np.float32)
    centroids, nearest = kmeans(values, 31)
    error = values - centroids[nearest]
    # The best quantiser of a normal distribution with 32 levels leaves 0.0025 (J. Max, IRE, 1960).
    assert 0.0024 < float((error**2).mean()) < 0.0040
