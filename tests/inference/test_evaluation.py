import sys

import numpy as np
import pytest

from sparsesim.errors import InputError
from sparsesim.inference import Evaluation, evaluate, prepare_samples
from sparsesim.networks import Network, load_network, network_from_torch, write_network
from tests.networks.onnx_models import TensorProto, helper, normal, save

pytest.importorskip("onnxruntime")
node = helper.make_node


def halved(network):
    """The network with the smaller half of each weight masked."""
    masks = {}
    for layer in network.layers:
        if layer.n_weights:
            size = np.abs(layer.weight())
            masks[layer.name] = size > np.median(size)
    return network.with_masks(masks)


def perceptron(tmp_path, batch="batch", types=None, dtype=np.float32):
    nodes = [node("Gemm", ["x", "w"], ["h"], "first", transB=1), node("Relu", ["h"], ["r"])]
    nodes.append(node("MatMul", ["r", "v"], ["y"], "second"))
    constants = {"w": normal(6, 4).astype(dtype), "v": normal(6, 3, seed=1).astype(dtype)}
    return load_network(save(tmp_path / "net.onnx", nodes, constants, {"x": [batch, 4]}, types=types))


def by_hand(network, x):
    first, second = (layer.masked_weight() for layer in network.layers)
    return np.maximum(x @ first.T, 0) @ second.T


def test_masks_and_new_weights_are_what_runs(tmp_path):
    network, x = perceptron(tmp_path), normal(9, 4, seed=2)
    corrected = halved(network).with_weights({"second": normal(3, 6, seed=3)})
    for chosen in (network, halved(network), corrected):
        np.testing.assert_allclose(evaluate(chosen, x).outputs, by_hand(chosen, x), rtol=1e-5, atol=1e-6)


def test_the_file_in_memory_is_the_file_that_would_be_written(tmp_path, data_dir):
    network = halved(load_network(data_dir / "nets" / "squeezenet_fp16.onnx"))
    images = np.random.default_rng(1).random((2, 3, 224, 224)) * 255
    written = load_network(write_network(network, tmp_path / "written.onnx"))
    found = evaluate(network, images)
    assert found.outputs.dtype == np.float16
    assert found.outputs.shape == (2, 1000, 1, 1)
    assert np.array_equal(found.outputs, evaluate(written, images).outputs)


def test_labels_are_counted():
    found = Evaluation(np.zeros((8, 2)), 8, 6)
    assert found.accuracy == 0.75
    assert found.standard_error == pytest.approx(np.sqrt(0.75 * 0.25 / 8))
    assert Evaluation(np.zeros((8, 2)), 8).accuracy is None


def test_top_1_is_the_largest_output(tmp_path):
    network, x = perceptron(tmp_path), normal(20, 4, seed=5)
    answers = by_hand(network, x).argmax(axis=1)
    assert evaluate(network, x, answers).accuracy == 1
    wrong = answers.copy()
    wrong[:5] = (wrong[:5] + 1) % 3
    assert evaluate(network, x, wrong).correct == 15
    assert evaluate(network, x).correct is None


@pytest.mark.parametrize("batch", ["batch", 1, 4])
@pytest.mark.parametrize("batch_size", [1, 5, 64])
def test_neither_the_batch_nor_its_size_changes_a_sample(batch, batch_size, tmp_path):
    if batch == 4:
        path = perceptron(tmp_path).path
        graph = helper.make_tensor_value_info("x", TensorProto.FLOAT, [4, 4])
        network = _with_input(path, graph)
    else:
        network = perceptron(tmp_path, batch)
    x = normal(12, 4, seed=2)
    found = evaluate(network, x, batch_size=batch_size).outputs
    np.testing.assert_allclose(found, by_hand(network, x), rtol=1e-5, atol=1e-6)


def _with_input(path, described):
    import onnx

    model = onnx.load(path)
    model.graph.input[0].CopyFrom(described)
    onnx.save(model, path)
    return load_network(path, input_shape=(1, 4))


def test_a_fixed_batch_needs_whole_multiples(tmp_path):
    described = helper.make_tensor_value_info("x", TensorProto.FLOAT, [4, 4])
    network = _with_input(perceptron(tmp_path).path, described)
    with pytest.raises(InputError, match="runs 4 samples at a time, and 6 is no multiple"):
        evaluate(network, normal(6, 4))


def test_half_precision_graphs_get_half_precision_inputs(tmp_path):
    types = {"x": TensorProto.FLOAT16, "y": TensorProto.FLOAT16}
    network, x = perceptron(tmp_path, types=types, dtype=np.float16), normal(5, 4, seed=2)
    found = evaluate(network, x).outputs
    assert found.dtype == np.float16
    np.testing.assert_allclose(found, by_hand(network, x), rtol=0.02, atol=0.01)
    with pytest.raises(InputError, match="input 'x' holds NaN or infinity"):
        evaluate(network, np.full((1, 4), 1e6))


def test_several_inputs_are_given_by_name(tmp_path):
    nodes = [node("Gemm", ["a", "w"], ["h"], "fc", transB=1), node("Add", ["h", "b"], ["y"])]
    network = load_network(save(tmp_path / "two.onnx", nodes, {"w": normal(3, 4)}, {"a": ["n", 4], "b": ["n", 3]}))
    a, b = normal(5, 4, seed=2), normal(5, 3, seed=3)
    expected = a @ network.layers[0].weight().T + b
    np.testing.assert_allclose(evaluate(network, {"a": a, "b": b}).outputs, expected, rtol=1e-5, atol=1e-6)
    with pytest.raises(InputError, match="several inputs, a, b: give them by name"):
        evaluate(network, a)
    with pytest.raises(InputError, match="the inputs are a, b; found a"):
        evaluate(network, {"a": a})
    with pytest.raises(InputError, match="same number of samples"):
        evaluate(network, {"a": a, "b": b[:2]})


def test_inputs_and_labels_that_do_not_fit_are_refused_in_one_line(tmp_path):
    network, x = perceptron(tmp_path), normal(5, 4)
    faults = [
        ((network, normal(5, 3)), r"does not run on inputs \(5, 3\)"),
        ((network, x[:0]), "at least 1"),
        ((network, np.full((2, 4), np.nan)), "NaN or infinity"),
        ((network, np.array([["a"] * 4])), "the network reads float32"),
        ((network, x, [0, 1]), "labels must be 5 whole numbers"),
        ((network, x, [0.0] * 5), "labels must be 5 whole numbers"),
        ((network, x, [0, 1, 2, 3, 0]), "labels run from 0 to 3, 'net' has 3 outputs"),
        ((load_network("alexnet"), x), "'alexnet' cannot be run: only its layers are known"),
    ]
    for arguments, reason in faults:
        with pytest.raises(InputError, match=reason) as error:
            evaluate(*arguments)
        assert "\n" not in str(error.value)
    with pytest.raises(InputError, match="batch_size is 0"):
        evaluate(network, x, batch_size=0)


def test_a_graph_that_mixes_samples_is_noticed(tmp_path):
    nodes = [node("Gemm", ["x", "w"], ["h"], "fc"), node("ReduceMean", ["h"], ["y"], axes=[0], keepdims=1)]
    network = load_network(save(tmp_path / "mean.onnx", nodes, {"w": normal(4, 3)}, {"x": ["n", 4]}))
    with pytest.raises(InputError, match=r"gives an output \(1, 3\) for 5 samples; try batch_size=1"):
        evaluate(network, normal(5, 4))
    assert evaluate(network, normal(5, 4), batch_size=1).outputs.shape == (5, 3)


def test_a_file_that_has_changed_is_noticed(tmp_path):
    network = perceptron(tmp_path)
    save(network.path, [node("Gemm", ["x", "w"], ["y"], "other")], {"w": normal(4, 3)}, {"x": ["n", 4]})
    with pytest.raises(InputError, match="has no layer 'first': it has changed"):
        evaluate(network, normal(5, 4))


def test_a_network_without_graph_stays_without(tmp_path):
    network = perceptron(tmp_path)
    arrays = Network(name="bare", layers=network.layers, weights_origin="imported", source="here")
    assert network.graph == network.path
    assert halved(network).graph == network.path
    assert arrays.graph is None


def test_samples_are_prepared_as_described():
    pixels = np.arange(2 * 4 * 5 * 3, dtype=np.uint8).reshape(2, 4, 5, 3)
    ready = prepare_samples(pixels, layout="nhwc", scale=1 / 255, mean=(0.1, 0.2, 0.3), std=(0.5,))
    assert ready.shape == (2, 3, 4, 5)
    assert ready.dtype == np.float32
    assert ready[1, 2, 3, 4] == pytest.approx((pixels[1, 3, 4, 2] / 255 - 0.3) / 0.5)
    assert prepare_samples(pixels[..., 0]).shape == (2, 1, 4, 5)
    assert prepare_samples(pixels, layout="flat").shape == (2, 60)
    assert prepare_samples(pixels[..., 0], layout="nhwc").shape == (2, 1, 4, 5)
    with pytest.raises(InputError, match="mean has 2 values, the samples have 3 channels"):
        prepare_samples(pixels, layout="nhwc", mean=(1, 2))
    with pytest.raises(InputError, match="std must be positive"):
        prepare_samples(pixels, std=(0.0,))
    with pytest.raises(InputError, match="unknown sample layout"):
        prepare_samples(pixels, layout="hwcn")
    with pytest.raises(InputError, match="samples must be numbers"):
        prepare_samples(np.zeros(3))


def test_modules_are_run_as_they_are_read(tmp_path):
    torch = pytest.importorskip("torch")
    module = torch.nn.Linear(4, 3)
    network = network_from_torch(module, torch.zeros(1, 4))
    assert network.graph is module
    x = normal(5, 4, seed=1)
    expected = x @ halved(network).layers[0].masked_weight().T + module.bias.detach().numpy()
    np.testing.assert_allclose(evaluate(halved(network), x).outputs, expected, rtol=1e-5, atol=1e-6)


def test_missing_extras_are_named(tmp_path, monkeypatch):
    network = perceptron(tmp_path)
    np.savez(tmp_path / "net.npz", fc_weight=normal(3, 4))
    arrays = load_network(tmp_path / "net.npz", architecture="mlp")
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(InputError, match=r"needs onnxruntime: pip install onnxruntime$"):
        evaluate(network, normal(5, 4))
    monkeypatch.setitem(sys.modules, "onnx", None)
    for chosen in (network, arrays):
        with pytest.raises(InputError, match=r"the onnx package: pip install onnx$"):
            evaluate(chosen, normal(5, 4))
    with pytest.raises(InputError, match=r"an architecture needs the onnx package"):
        load_network(tmp_path / "net.npz", architecture="mlp")
