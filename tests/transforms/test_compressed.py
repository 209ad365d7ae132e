"""Compressed networks: weights that are left, exact sizes, and factorised layers that compute the same."""

import numpy as np
import pytest

from sparsesim.errors import InputError, UnknownNameError
from sparsesim.formats import format_by_name
from sparsesim.lowering import lower
from sparsesim.networks import Layer, Network, load_network, write_network
from sparsesim.networks.im2col import im2col
from sparsesim.transforms import deep_compress_network, factorise_network, prune_network, quantise_network
from sparsesim.transforms.quantise import quantise


def gaussian(shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def conv(shape=(12, 4, 3, 3), name="conv", **options):
    return Layer(name=name, kind="conv2d", weight_shape=shape, source=gaussian(shape), input_size=(9, 8), **options)


def linear(shape=(10, 30), name="fc", **options):
    return Layer(name=name, kind="linear", weight_shape=shape, source=gaussian(shape, 1), **options)


def network_of(*layers):
    return Network(name="test", layers=layers, weights_origin="imported", source="test")


@pytest.fixture(scope="module")
def digits():
    return load_network("digits-cnn")


@pytest.fixture(scope="module")
def pruned(digits):
    return prune_network(digits, "magnitude", 0.8)


@pytest.mark.parametrize("dtype", ["int8", "int4", "fp16", "bf16"])
def test_quantised_networks_keep_masks_and_sizes_are_exact(pruned, dtype):
    found = quantise_network(pruned, dtype)
    assert found.dtype == dtype
    for before, after, row in zip(pruned.layers, found.network.layers, found.rows, strict=True):
        np.testing.assert_array_equal(after.mask, before.mask)
        one = quantise(before.masked_weight(), dtype, "channel")
        np.testing.assert_array_equal(after.masked_weight(), one.dequantised())
        assert row["after_bytes"] == one.size_bytes + 4 * before.n_bias
        assert row["max_error"] == pytest.approx(one.max_error)
        assert row["sqnr_db"] == pytest.approx(one.sqnr_db)
    assert found.before_bytes == 4 * pruned.n_params
    assert found.ratio == pytest.approx(found.before_bytes / found.after_bytes)


def test_quantised_networks_are_lowered_with_their_type(pruned):
    found = quantise_network(pruned, "int8")
    ops = lower(found.network, dtype=found.dtype, format="csr")
    assert {str(op.a.dtype) for op in ops} == {"int8"}


def test_output_channels_of_a_transposed_convolution_are_its_second_axis():
    layer = Layer(
        name="up", kind="conv_transpose2d", weight_shape=(4, 6, 2, 2), source=gaussian((4, 6, 2, 2)), input_size=(4, 4)
    )
    (row,) = quantise_network(network_of(layer)).rows
    assert row["scales"] == 6


def test_shared_weights_fit_the_codebook_of_their_format(pruned):
    found = deep_compress_network(pruned, conv_bits=6, linear_bits=4, index_bits=4)
    for op, layer, row in zip(lower(found.network, "fp32"), found.network.layers, found.rows, strict=True):
        assert len(np.unique(layer.masked_weight())) <= 1 << (4 if layer.kind == "linear" else 6)
        storage = format_by_name(row["storage"])
        encoded = storage.encode(op.whole.a.tensor, op.a.dtype)
        np.testing.assert_array_equal(storage.decode(encoded).to_array(), layer.weight_matrix())
        parts = [row[part] for part in row if part.endswith("_bytes") and part not in ("before_bytes", "after_bytes")]
        assert row["after_bytes"] == sum(parts)
        assert row["density"] == pytest.approx(0.2, abs=0.01)
    assert deep_compress_network(pruned, 6, 4, 4, huffman=False).after_bytes > found.after_bytes


def test_pruning_and_sharing_together_beat_either(digits, pruned):
    alone = quantise_network(digits).ratio
    assert deep_compress_network(pruned).ratio > 3 * alone


@pytest.mark.parametrize("options", [{}, {"stride": (2, 1), "padding": (1, 0)}, {"dilation": (2, 2)}])
def test_a_factorised_convolution_computes_what_its_product_computes(options):
    network = network_of(conv(n_bias=12, **options))
    v, u = factorise_network(network, rank=5).network.layers
    (whole,) = factorise_network(network, rank=5, in_place=True).network.layers
    maps = gaussian((2, 4, 9, 8), 3)
    between = (v.weight_matrix() @ im2col(maps, v)).reshape(5, 2, *v.output_size).transpose(1, 0, 2, 3)
    expected = whole.weight_matrix() @ im2col(maps, whole)
    np.testing.assert_allclose(u.weight_matrix() @ im2col(between, u), expected, rtol=1e-3, atol=1e-4)
    assert (v.name, u.name, v.n_bias, u.n_bias) == ("conv.v", "conv.u", 0, 12)
    assert u.output_size == whole.output_size


def test_parameters_and_macs_fall_as_the_formula_says():
    network = network_of(conv(n_bias=12), linear(n_bias=10, positions=7))
    found = factorise_network(network, rank=3)
    assert [layer.name for layer in found.network.layers] == ["conv.v", "conv.u", "fc.v", "fc.u"]
    pixels = 7 * 6
    assert found.network.n_params == 3 * (12 + 36) + 12 + 3 * (10 + 30) + 10
    assert found.network.macs == 3 * (12 + 36) * pixels + 3 * (10 + 30) * 7
    assert [row["after_macs"] for row in found.rows] == [3 * 48 * pixels, 3 * 40 * 7]
    assert found.after_bytes == 4 * found.network.n_params
    assert [op.dense_macs for op in lower(found.network)] == [layer.macs for layer in found.network.layers]


def test_layers_that_would_grow_stay_whole():
    network = network_of(conv(), linear(), conv((8, 2, 3, 3), name="grouped", groups=4))
    names = [layer.name for layer in factorise_network(network, rank=8).network.layers]
    assert names == ["conv.v", "conv.u", "fc", "grouped"]
    found = factorise_network(network, rank=8, only_if_smaller=False)
    assert [layer.name for layer in found.network.layers] == ["conv.v", "conv.u", "fc.v", "fc.u", "grouped"]
    assert [row["rank"] for row in found.rows] == [8, 8, None]
    assert found.rows[2]["ratio"] == 1.0


def test_names_stay_unique():
    network = network_of(linear(), linear(name="fc.v"), linear(name="fc.u_"))
    names = [layer.name for layer in factorise_network(network, rank=2, layers="fc").network.layers]
    assert names == ["fc.v_", "fc.u", "fc.v", "fc.u_"]


def test_in_place_the_graph_and_the_layers_stay(digits, tmp_path):
    found = factorise_network(digits, energy=0.9, in_place=True)
    assert [layer.name for layer in found.network.layers] == [layer.name for layer in digits.layers]
    pytest.importorskip("onnx")
    again = load_network(write_network(found.network, tmp_path / "low.onnx"))
    for one, other in zip(found.network.layers, again.layers, strict=True):
        np.testing.assert_array_equal(one.weight(), other.weight())
    with pytest.raises(InputError, match=r"write \.npz instead"):
        write_network(factorise_network(digits, energy=0.9).network, tmp_path / "two.onnx")


def test_only_the_chosen_layers_change(digits):
    found = quantise_network(digits, layers="fc*")
    assert [row["layer"] for row in found.rows] == ["fc1", "fc2"]
    np.testing.assert_array_equal(found.network.layer("conv1").weight(), digits.layer("conv1").weight())
    with pytest.raises(UnknownNameError, match="layer pattern 'x"):
        quantise_network(digits, layers="x*")


def test_products_of_activations_have_nothing_to_compress():
    scores = Layer(name="scores", kind="matmul", m=4, k=8, n=4)
    found = quantise_network(network_of(linear(), scores))
    assert len(found.rows) == 1
    assert found.network.layers[1] is scores
    for method in (quantise_network, deep_compress_network, lambda n: factorise_network(n, rank=1)):
        with pytest.raises(InputError, match="has no weights in layers"):
            method(network_of(scores))


def test_fewer_bits_move_the_outputs_of_the_graph_further(digits, tmp_path):
    onnxruntime = pytest.importorskip("onnxruntime")
    images = np.random.default_rng(0).random((64, 1, 8, 8), dtype=np.float32)

    def outputs(network):
        session = onnxruntime.InferenceSession(str(write_network(network, tmp_path / "net.onnx")))
        return session.run(None, {session.get_inputs()[0].name: images})[0]

    expected = outputs(digits)
    scale = np.abs(expected).max()
    errors = [
        np.abs(outputs(quantise_network(digits, kind, per).network) - expected).max() / scale
        for kind, per in (("fp16", "channel"), ("int8", "channel"), ("int4", "tensor"))
    ]
    assert errors[0] < errors[1] < errors[2]
    assert errors[1] < 0.05


def test_a_trained_network_stays_as_accurate(data_dir):
    """LeNet-300-100 on real images: shared weights and int8 cost next to nothing, a rank of 2 ruins it."""
    weights, images = (data_dir / "nets" / name for name in ("lenet300100_original.npz", "mnist_test_images.npz"))
    if not (weights.is_file() and images.is_file()):
        pytest.skip(f"not there: {weights} or {images.name}")
    biases = {name: array for name, array in np.load(weights).items() if name.endswith("_bias")}
    samples = np.load(images)
    pixels, labels = samples["images"].reshape(len(samples["labels"]), -1) / 256, samples["labels"]

    def accuracy(network):
        values = pixels
        for layer in network.layers:
            values = np.maximum(values, 0) @ layer.masked_weight().T + biases[f"{layer.name}_bias"]
        return float((values.argmax(axis=1) == labels).mean())

    network = load_network(weights)
    dense = accuracy(network)
    assert dense > 0.95
    for found in (quantise_network(network), quantise_network(network, "bf16"), deep_compress_network(network)):
        assert accuracy(found.network) > dense - 0.01
    assert accuracy(deep_compress_network(prune_network(network, "magnitude", 0.7)).network) > dense - 0.03
    low, good = (factorise_network(network, rank, in_place=True, layers="ip1") for rank in (2, 60))
    assert accuracy(low.network) < dense - 0.2
    assert accuracy(good.network) > dense - 0.03
    assert accuracy(network) == dense
