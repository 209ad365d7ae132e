"""Deep Compression of one layer: what is encoded comes back, and sizes are those of the bytes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparsesim.errors import InputError
from sparsesim.formats.coding import reference
from sparsesim.formats.coding.kmeans import kmeans
from sparsesim.transforms.deep_compression import compress_entries, deep_compress
from tests.strategies import dense_arrays

bits = st.integers(1, 9)


@settings(max_examples=60, deadline=None)
@given(dense_arrays(max_side=20), bits, bits, st.booleans())
def test_shared_weights_come_back_exactly_where_they_were(weight, weight_bits, index_bits, huffman):
    weight = weight.astype(np.float32)
    found = deep_compress(weight, weight_bits, index_bits, huffman)
    positions = np.flatnonzero(weight)
    expected = np.zeros(weight.size, np.float32)
    if len(positions):
        centroids, nearest = kmeans(weight.reshape(-1)[positions], (1 << weight_bits) - 1)
        expected[positions] = centroids[nearest]
    np.testing.assert_array_equal(found.decoded(), expected.reshape(weight.shape))
    assert found.nnz == len(positions)


@settings(max_examples=60, deadline=None)
@given(dense_arrays(max_side=20), bits, bits, st.booleans())
def test_sizes_are_those_of_the_bytes(weight, weight_bits, index_bits, huffman):
    biases = np.arange(weight.shape[0], dtype=np.float32)
    found = deep_compress(weight, weight_bits, index_bits, huffman, biases)
    assert found.size_bytes == len(found.to_bytes()) == sum(found.sizes.values())
    assert found.dense_bytes == 4 * (weight.size + weight.shape[0])
    fixed = found.coded(huffman=False)
    assert fixed.size_bytes == found.shared_bytes
    np.testing.assert_array_equal(fixed.decoded(), found.decoded())


@settings(max_examples=60, deadline=None)
@given(dense_arrays(max_side=20), st.integers(1, 6))
def test_gaps_and_padding_are_those_of_the_definition(weight, index_bits):
    found = deep_compress(weight, 4, index_bits)
    expected = reference.gaps(np.flatnonzero(weight), index_bits)
    assert found.gaps.symbols().tolist() == [gap for gap, _ in expected]
    assert [code > 0 for code in found.codes.symbols().tolist()] == [stored for _, stored in expected]


def test_a_small_layer_by_hand():
    weight = np.zeros((2, 20), np.float32)
    weight[0, 3], weight[1, 2], weight[1, 3] = 5, -1, 5
    found = deep_compress(weight, weight_bits=2, index_bits=4, huffman=False, biases=np.ones(2, np.float32))
    assert found.gaps.symbols().tolist() == [3, 15, 2, 0]  # 18 zeros between: one padding covers 16
    assert found.codes.symbols().tolist() == [2, 0, 1, 2]
    assert found.codebook.tolist() == [0, -1, 5, 0]
    parts = {"count_bytes": 4, "codebook_bytes": 16, "bias_bytes": 8, "code_bytes": 1, "gap_bytes": 2}
    assert found.sizes == parts | {"table_bytes": 0}
    assert found.pruned_bytes == 4 + 4 * 4 + 2 + 8


def test_entries_alone_are_enough():
    weight = np.where(np.arange(60).reshape(6, 10) % 7 == 0, np.arange(60).reshape(6, 10) - 29.5, 0).astype(np.float32)
    positions = np.flatnonzero(weight)
    found = compress_entries((6, 10), positions, weight.reshape(-1)[positions], 3, 2)
    assert found.to_bytes() == deep_compress(weight, 3, 2).to_bytes()


def test_a_given_codebook_is_used_as_it_is():
    book = np.array([0, 4, -2, 1], np.float32)
    found = deep_compress(np.array([[0.0, 1, 4, -2]]), 2, 4, codebook=book)
    assert found.codes.symbols().tolist() == [3, 1, 2]
    np.testing.assert_array_equal(found.codebook, book)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"weight_bits": 0}, "weight_bits is 0"),
        ({"index_bits": 17}, "index_bits is 17"),
        ({"codebook": np.array([0, 1], np.float32)}, "2 bits has 4 entries, not 2"),
        ({"codebook": np.array([0, 3, 4, 5], np.float32)}, "1 weights, the first 1.0, are not in the codebook"),
        ({"codebook": np.array([1, 3, 4, 5], np.float32)}, "starts with the zero"),
        ({"biases": np.array([np.nan])}, "biases holds NaN"),
        ({"weight": np.array([[np.inf]])}, "weight holds NaN or infinity"),
        ({"weight": np.array([[1]])}, "weight is int64"),
    ],
)
def test_bad_requests_are_refused(changes, message):
    arguments = {"weight": np.ones((1, 1)), "weight_bits": 2} | changes
    with pytest.raises(InputError, match=message):
        deep_compress(**arguments)
