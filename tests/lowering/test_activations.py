"""Drawn inputs: each layer has zeros of its own, as many as it should, wherever it stands in the network."""

import numpy as np
import pytest

from sparsesim.errors import InputError
from sparsesim.lowering import Activations, lower, lowered_layers
from sparsesim.networks import Layer, Network, load_network
from sparsesim.tensors import DenseMatrix
from sparsesim.transforms import method_by_name


def network_of(*layers):
    return Network(name="test", layers=layers, weights_origin="imported", source="test")


def linear(name, width=40, **given):
    return Layer(name=name, kind="linear", weight_shape=(3, width), source=np.ones((3, width), np.float32), **given)


def drawn(*layers, **given):
    """The inputs of every layer, by its name."""
    ops = lower(network_of(*layers), batch=5, activations=Activations(**given))
    return {op.name: op.b.tensor.to_array() for op in ops}


def test_two_layers_of_one_size_do_not_read_the_same_zeros():
    found = drawn(linear("one"), linear("two"), density=0.5)
    assert [np.count_nonzero(values) for values in found.values()] == [100, 100]
    assert ((found["one"] != 0) != (found["two"] != 0)).any()


def test_what_a_layer_reads_depends_on_its_name_and_the_seed_alone():
    alone = drawn(linear("two"), density=0.5, seed=3)["two"]
    np.testing.assert_array_equal(drawn(linear("one", 7), linear("two"), density=0.5, seed=3)["two"], alone)
    assert (drawn(linear("two"), density=0.5, seed=4)["two"] != alone).any()
    assert (alone >= 0).all()


@pytest.mark.parametrize("order", [("few", "most"), ("most", "few")])
def test_published_densities_belong_to_their_layers(order):
    """40 x 5 inputs, of which a tenth and nine tenths are not zero; densities of weights and outputs are no matter."""
    share = {"few": 0.1, "most": 0.9}
    others = {"weight_density": 0.5, "output_activation_density": 0.4}
    layers = [linear(name, input_activation_density=share[name], **others) for name in order]
    found = drawn(*layers, density="published")
    assert {name: np.count_nonzero(values) for name, values in found.items()} == {"few": 20, "most": 180}


def test_a_map_goes_to_the_layer_that_it_is_given_for():
    values = np.arange(1, 81, dtype=np.float32).reshape(2, 40)
    found = drawn(linear("one"), linear("two"), linear("three"), maps={"two": values}, density=0.5)
    np.testing.assert_array_equal(found["two"], values.T)
    assert {name: np.count_nonzero(each) for name, each in found.items()} == {"one": 100, "two": 80, "three": 100}


@pytest.mark.parametrize("shape", [(2, 39), (40,), (2, 40, 1)])
def test_a_map_of_another_shape_is_refused_with_the_layer_and_both_shapes(shape):
    with pytest.raises(InputError, match=r"layer one reads vectors of 40, got \(") as caught:
        drawn(linear("one"), maps={"one": np.ones(shape, np.float32)})
    assert str(shape) in str(caught.value)


@pytest.mark.parametrize("density", [1.0, 0.5])
@pytest.mark.parametrize(
    ("given", "shape"),
    [
        ({"kind": "linear", "weight_shape": (3, 40)}, (40, 3)),
        ({"kind": "conv2d", "weight_shape": (4, 3, 2, 2), "input_size": (5, 7), "groups": 2}, (2 * 12, 3 * 4 * 6)),
        ({"kind": "conv_transpose2d", "weight_shape": (6, 4, 2, 2), "input_size": (5, 7), "groups": 2}, (6, 3 * 35)),
        ({"kind": "gru", "weight_shape": (9, 5), "steps": 11}, (5, 3)),
    ],
    ids=lambda value: value.get("kind") if isinstance(value, dict) else None,
)
def test_inputs_of_three_samples_have_the_same_shape_whether_they_are_drawn_or_dense(given, shape, density):
    layer = Layer(name="one", source=np.ones(given["weight_shape"], np.float32), **given)
    (op,) = lower(network_of(layer), batch=3, activations=Activations(density))
    assert op.b.shape == shape
    assert isinstance(op.b.tensor, DenseMatrix) == (density == 1)


@pytest.mark.parametrize("name", ["shrink", "low-rank-2"])
def test_captured_inputs_do_not_fit_layers_of_other_shapes(name):
    method = method_by_name(name, 0.5 if name == "shrink" else None)
    network = load_network("digits-cnn")
    read = Activations(maps={network.layers[0].name: np.ones((4, 1, 8, 8), np.float32)})
    with pytest.raises(InputError, match="changes the shapes of layers: captured activations do not fit"):
        list(lowered_layers(network, method, activations=read))


def test_a_captured_map_is_fetched_once_for_each_of_its_samples():
    """Five samples of 2 x 6 x 6 under a 3 x 3 kernel: 360 fp16 values, whatever the batch, though im2col has 1,440."""
    kernel = np.ones((3, 2, 3, 3), np.float32)
    layer = Layer(name="conv", kind="conv2d", weight_shape=kernel.shape, source=kernel, input_size=(6, 6))
    maps = {"conv": np.ones((5, 2, 6, 6), np.float32)}
    (op,) = lower(network_of(layer), batch=9, activations=Activations(maps=maps))
    assert op.b.shape == (18, 5 * 16)
    assert op.b.dram_bytes == 2 * 5 * 2 * 6 * 6
