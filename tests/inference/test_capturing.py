import numpy as np
import pytest

from sparsesim.errors import InputError
from sparsesim.inference import capture, capture_relu, densities, evaluate
from sparsesim.lowering import Activations, lower
from sparsesim.networks import load_network
from sparsesim.networks.im2col import im2col
from sparsesim.transforms import prune_network
from tests.networks.onnx_models import helper, normal, save

from .real_data import array_network, cifar, mnist

pytest.importorskip("onnxruntime")
node = helper.make_node


@pytest.fixture(scope="module")
def resnet(data_dir):
    return array_network(data_dir, "resnet20_cifar10", "resnet-cifar")


@pytest.fixture(scope="module")
def images(data_dir):
    return cifar(data_dir)[0][:8]


def test_relu_maps_of_resnet20_are_those_of_the_data_folder(resnet, images, data_dir):
    found = capture_relu(resnet, images)
    stored = dict(np.load(data_dir / "nets" / "resnet20_cifar10_activations.npz"))
    assert found.keys() == stored.keys()
    for name, expected in stored.items():
        assert np.array_equal(found[name] != 0, expected != 0)
        np.testing.assert_allclose(found[name], expected.astype(np.float32), rtol=2**-10, atol=1e-4)
    published = {"conv1_relu": 0.62, "layer1_2_relu2": 0.84, "layer2_2_relu1": 0.22, "layer3_2_relu1": 0.18}
    for name, density in published.items():
        assert densities(found)[name] == pytest.approx(density, abs=0.005)


def test_layers_read_what_the_layers_before_them_wrote(resnet, images):
    inputs, outputs = capture(resnet, images), capture_relu(resnet, images)
    assert list(inputs) == [layer.name for layer in resnet.layers]
    assert np.array_equal(inputs["conv1"], images)
    assert np.array_equal(inputs["layer1.0.conv1"], outputs["conv1_relu"])
    assert np.array_equal(inputs["layer2.1.conv2"], outputs["layer2_1_relu1"])
    np.testing.assert_allclose(inputs["linear"], outputs["layer3_2_relu2"].mean((2, 3)), rtol=1e-5)


def test_the_lowered_product_of_real_inputs_is_what_the_network_computes(resnet, images, data_dir):
    """Pruned weights times im2col of the captured input, normalised, is the next captured input."""
    stored = np.load(data_dir / "nets" / "resnet20_cifar10.npz")
    pruned = prune_network(resnet, "magnitude", 0.5)
    inputs = capture(pruned, images)
    for block in ("layer1.1", "layer2.0", "layer3.0"):
        layer = pruned.layer(f"{block}.conv1")
        sums = layer.weight_matrix() @ im2col(inputs[layer.name], layer)
        sums = sums.reshape(-1, len(images), *layer.output_size).swapaxes(0, 1)
        mean, var, scale, shift = (
            stored[f"{block}.bn1.{part}"][:, None, None] for part in ("running_mean", "running_var", "weight", "bias")
        )
        expected = np.maximum((sums - mean) / np.sqrt(var + 1e-5) * scale + shift, 0)
        np.testing.assert_allclose(inputs[f"{block}.conv2"], expected, rtol=1e-4, atol=1e-4)


def test_captured_inputs_are_what_the_simulation_takes(resnet, images):
    maps = capture(resnet, images[:2])
    ops = lower(resnet, batch=2, activations=Activations(maps=maps))
    by_name = {op.name: op for op in ops}
    assert by_name.keys() == maps.keys()
    for name in ("layer3.1.conv1", "linear"):
        layer, b = resnet.layer(name), by_name[name].b.tensor
        expected = im2col(maps[name], layer) if layer.kind == "conv2d" else maps[name].T
        assert b.nnz == np.count_nonzero(expected)


def test_pruning_changes_what_later_layers_read(resnet, images):
    whole, pruned = (capture(network, images[:1]) for network in (resnet, prune_network(resnet, "magnitude", 0.8)))
    assert np.array_equal(whole["conv1"], pruned["conv1"])
    assert not np.allclose(whole["layer1.0.conv1"], pruned["layer1.0.conv1"])


def test_relu_densities_of_lenet300_are_near_those_of_all_test_images(data_dir):
    """Recorded on 10000 images; 256 of them agree to about 1 %."""
    images, _ = mnist(data_dir)
    recorded = {"lenet300100_original": (0.497, 0.704), "lenet300100_sparse": (0.117, 0.129)}
    for name, (first, second) in recorded.items():
        found = densities(capture_relu(array_network(data_dir, name, "mlp"), images))
        assert found == pytest.approx({"ip1_relu": first, "ip2_relu": second}, abs=0.01)


def test_watching_does_not_change_results(resnet, images):
    outputs = evaluate(resnet, images, batch_size=3).outputs
    assert np.array_equal(outputs, evaluate(resnet, images, batch_size=3).outputs)
    linear = resnet.layer("linear")
    bias = outputs - capture(resnet, images, batch_size=3)["linear"] @ linear.weight().T
    np.testing.assert_allclose(bias, np.broadcast_to(bias[0], bias.shape), atol=1e-5)


def test_a_part_of_a_network_gets_only_its_own_inputs(resnet, images):
    assert list(capture(resnet.select("layer2.0.*"), images[:1])) == ["layer2.0.conv1", "layer2.0.conv2"]


def test_products_in_any_orientation_give_vectors_as_rows(tmp_path):
    nodes = [
        node("Gemm", ["x", "w"], ["a"], "plain"),
        node("Transpose", ["a"], ["t"], perm=[1, 0]),
        node("Gemm", ["t", "w"], ["b"], "turned", transA=1),
        node("Transpose", ["b"], ["bt"], perm=[1, 0]),
        node("MatMul", ["w", "bt"], ["c"], "left"),
        node("Transpose", ["c"], ["ct"], perm=[1, 0]),
        node("Gemm", ["w", "ct"], ["d"], "left_turned", transB=1),
        node("Transpose", ["d"], ["y"], perm=[1, 0]),
    ]
    network = load_network(save(tmp_path / "net.onnx", nodes, {"w": normal(4, 4)}, {"x": ["n", 4]}))
    x, w = normal(5, 4, seed=1), normal(4, 4)
    found = capture(network, x)
    chain = {"plain": x, "turned": x @ w, "left": x @ w @ w, "left_turned": x @ w @ w @ w.T}
    assert found.keys() == chain.keys()
    for name, expected in chain.items():
        np.testing.assert_allclose(found[name], expected, rtol=1e-4, atol=1e-5)


def test_one_dimensional_convolutions_get_maps_of_height_1_and_attention_is_passed_over(tmp_path):
    nodes = [
        node("Conv", ["x", "k"], ["c"], "conv"),
        node("Transpose", ["c"], ["t"], perm=[0, 2, 1]),
        node("MatMul", ["c", "t"], ["s"], "scores"),
        node("MatMul", ["s", "w"], ["y"], "fc"),
    ]
    constants = {"k": normal(4, 3, 5), "w": normal(4, 2)}
    network = load_network(save(tmp_path / "net.onnx", nodes, constants, {"x": ["n", 3, 20]}))
    found = capture(network, normal(6, 3, 20), batch_size=4)
    assert {name: values.shape for name, values in found.items()} == {"conv": (6, 3, 1, 20), "fc": (24, 4)}
    lower(network, activations=Activations(maps=found))


def test_nothing_to_capture_is_said(tmp_path):
    constants = {"w": normal(1, 20, 7), "r": normal(1, 20, 5, seed=1)}
    rnn = node("LSTM", ["x", "w", "r"], ["y"], "rnn", hidden_size=5)
    network = load_network(save(tmp_path / "rnn.onnx", [rnn], constants, {"x": [9, 1, 7]}))
    with pytest.raises(InputError, match="no conv2d or linear layer"):
        capture(network, normal(9, 1, 7))
    assert capture_relu(network, normal(9, 1, 7)) == {}
