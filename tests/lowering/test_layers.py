"""Lowering: shapes, MACs and patterns of the matmuls that layers become."""

import numpy as np
import pytest
from scipy.signal import correlate

from sparsesim.errors import InputError
from sparsesim.hardware import load_energy_table, load_machine
from sparsesim.lowering import Activations, lower
from sparsesim.networks import Layer, Network, SyntheticWeights, load_network
from sparsesim.networks.im2col import im2col
from sparsesim.simulation import simulate
from sparsesim.tensors import DenseMatrix, SparseMatrix
from sparsesim.transforms import prune_network


def network_of(*layers):
    return Network(name="test", layers=layers, weights_origin="imported", source="test")


def conv(shape=(6, 4, 3, 3), size=(7, 9), **options):
    random = np.random.default_rng(1)
    return Layer(
        name="conv",
        kind="conv2d",
        weight_shape=shape,
        source=random.standard_normal(shape).astype(np.float32),
        input_size=size,
        **options,
    )


@pytest.mark.parametrize("stride", [(1, 1), (2, 1)])
@pytest.mark.parametrize("padding", [(0, 0), (1, 2)])
def test_a_convolution_by_im2col_equals_the_convolution(stride, padding):
    layer = conv(stride=stride, padding=padding)
    maps = np.random.default_rng(2).standard_normal((2, 4, 7, 9)).astype(np.float32)
    product = layer.weight_matrix() @ im2col(maps, layer)
    height, width = layer.output_size
    padded = np.pad(maps, ((0, 0), (0, 0), (padding[0],) * 2, (padding[1],) * 2))
    for image in range(2):
        for filter_ in range(6):
            full = sum(correlate(padded[image, c], layer.weight()[filter_, c], mode="valid") for c in range(4))
            expected = full[:: stride[0], :: stride[1]]
            got = product[filter_].reshape(2, height, width)[image]
            np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-4)


def test_dilation_reaches_further():
    layer = conv(shape=(1, 1, 2, 2), size=(4, 4), dilation=(2, 2))
    maps = np.arange(16, dtype=np.float32).reshape(1, 1, 4, 4)
    columns = im2col(maps, layer)
    np.testing.assert_array_equal(columns[:, 0], [0, 2, 8, 10])
    assert columns.shape == (4, 4)


@pytest.mark.parametrize("name", ["alexnet", "digits-cnn", "bert-base"])
def test_the_macs_of_the_ops_are_those_of_the_network(name):
    network = load_network(name).select("*")
    if name != "digits-cnn":
        network = network.select("*1*")
    ops = lower(network)
    assert sum(op.dense_macs * op.repeat for op in ops) == network.macs


def test_groups_of_channels_are_groups_of_one_op():
    layer = conv(shape=(6, 2, 3, 3), groups=2)
    (op,) = lower(network_of(layer))
    assert (op.m, op.k, op.n, op.groups) == (3, 18, 5 * 7, 2)
    assert op.dense_macs == layer.macs == 6 * 18 * 35


def test_dense_im2col_moves_the_feature_map_once():
    (op,) = lower(network_of(conv(padding=(1, 1))), dtype="int8")
    assert op.n == 7 * 9
    assert op.b.dram_bytes == 4 * 7 * 9
    assert op.b.size.size_bytes == 36 * 63


def test_recurrent_layers_repeat_over_time():
    weights = np.ones((8, 5), np.float32)
    layer = Layer(name="rnn", kind="lstm", weight_shape=(8, 5), source=weights, steps=11)
    (op,) = lower(network_of(layer), batch=3)
    assert (op.m, op.k, op.n, op.repeat) == (8, 5, 3, 11)


def test_attention_products_have_no_weights_and_group_their_heads():
    (op,) = lower(network_of(Layer(name="scores", kind="matmul", m=4, k=8, n=4, batch=12)), batch=2)
    assert (op.m, op.k, op.n, op.groups, op.repeat) == (4, 8, 4, 24, 1)


def test_a_stated_density_becomes_a_seeded_pattern_of_exactly_that_many():
    network = network_of(Layer(name="fc", kind="linear", weight_shape=(3, 50), source=np.ones((3, 50), np.float32)))
    (op,) = lower(network, batch=4, activations=Activations(density=0.3, seed=7))
    (again,) = lower(network, batch=4, activations=Activations(density=0.3, seed=7))
    assert op.b.tensor.nnz == 60
    assert op.b.tensor.equals(again.b.tensor)


def test_the_density_of_a_feature_map_is_that_of_the_map():
    (op,) = lower(network_of(conv(padding=(1, 1))), activations=Activations(density=0.5, seed=1))
    assert isinstance(op.b.tensor, SparseMatrix)
    assert 0.3 < op.b.tensor.density < 0.5  # padding adds zeros


def test_published_densities_are_those_of_each_layer():
    layers = [
        Layer(name=name, kind="linear", weight_shape=(3, 50), source=np.ones((3, 50), np.float32), **given)
        for name, given in {"known": {"input_activation_density": 0.3}, "unknown": {}}.items()
    ]
    known, unknown = lower(network_of(*layers), batch=4, activations=Activations(density="published"))
    assert known.b.tensor.nnz == 60
    assert isinstance(unknown.b.tensor, DenseMatrix)
    with pytest.raises(InputError, match="gives none"):
        lower(network_of(layers[1]), activations=Activations(density="published"))


@pytest.mark.parametrize("density", [0, 1.5, "unpublished"])
def test_densities_that_mean_nothing_are_refused(density):
    with pytest.raises(InputError, match="must lie in"):
        Activations(density=density)


def test_real_activations_are_used_as_they_are():
    network = network_of(conv())
    maps = np.maximum(np.random.default_rng(0).standard_normal((1, 4, 7, 9)), 0).astype(np.float32)
    (op,) = lower(network, activations=Activations(maps={"conv": maps}))
    np.testing.assert_array_equal(op.b.tensor.to_array(), im2col(maps, network.layers[0]))


def test_dense_weights_are_not_stored_as_positions():
    (op,) = lower(network_of(conv()))
    assert isinstance(op.a.tensor, DenseMatrix)


def test_pruning_keeps_weights_and_earlier_masks():
    network = load_network("digits-cnn")
    half = prune_network(network, "magnitude", 0.5)
    both = prune_network(half, "2:4")
    for before, after in zip(half.layers, both.layers, strict=True):
        assert not (after.mask & ~before.mask).any()
    for before, after in zip(network.layers, both.without_masks().layers, strict=True):
        np.testing.assert_array_equal(before.weight(), after.weight())


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda n: lower(n, batch=0), "batch is 0"),
        (lambda n: lower(n, dtype="fp12"), "unknown number type 'fp12'"),
        (lambda n: lower(n, format="crs"), "unknown format 'crs'.*csr"),
        (lambda n: Activations(density=0), r"activations.density is 0"),
        (lambda n: lower(n, activations=Activations(maps={"fc9": np.ones((1, 1))})), "no layer 'fc9'"),
        (lambda n: lower(n, activations=Activations(maps={"conv": np.ones((1, 1, 7, 9))})), "layer conv reads"),
    ],
)
def test_bad_requests_are_refused(call, message):
    with pytest.raises(InputError, match=message):
        call(network_of(conv()))


def test_sparse_inputs_may_be_stored_compressed_and_dense_ones_stay_dense():
    inputs = Activations(density=0.2, format="csr")
    (op,) = lower(network_of(conv(padding=(1, 1))), activations=inputs)
    (loose,) = lower(network_of(conv(padding=(1, 1))), activations=Activations(density=0.2))
    assert (op.b.format.name, loose.b.format.name) == ("csr", "dense")
    assert op.b.tensor.equals(loose.b.tensor)
    assert op.b.dram_bytes < loose.b.dram_bytes
    (full,) = lower(network_of(conv()), activations=Activations(format="csr"))
    assert full.b.format.name == "dense"


def test_a_processor_skips_zeros_of_activations_that_are_stored_compressed():
    machine, table = load_machine("core-i7-5930k"), load_energy_table("horowitz-45nm")
    network = network_of(conv(shape=(64, 32, 3, 3), size=(28, 28), padding=(1, 1)))
    results = {}
    for storage in ("dense", "csr"):
        (op,) = lower(network, "fp32", activations=Activations(density=0.01, format=storage))
        results[storage] = simulate(op, machine, table)
    assert results["csr"].seconds < results["dense"].seconds
    assert results["csr"].energy_pj["total"] < results["dense"].energy_pj["total"]


@pytest.mark.parametrize("name", ["alexnet", "bert-base"])
def test_drawn_weights_that_nobody_asks_for_are_not_drawn(name, monkeypatch):
    network = load_network(name)
    with monkeypatch.context() as patched:
        patched.setattr(SyntheticWeights, "draw", lambda *_: pytest.fail("drawn"))
        ops = lower(network)
    layer, op = next((layer, op) for layer, op in zip(network.layers, ops, strict=True) if layer.groups == 1)
    assert (op.m, op.k) == layer.weight_matrix().shape
    np.testing.assert_array_equal(op.a.tensor.to_array(), layer.weight_matrix())
    pruned = network.select(layer.name).with_masks({layer.name: np.zeros(layer.weight_shape, bool)})
    assert lower(pruned)[0].a.tensor.nnz == 0
