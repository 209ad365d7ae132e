import numpy as np
import pytest

from sparsesim.errors import InputError
from sparsesim.networks import load_network, network_from_torch, write_network

from .onnx_models import TensorProto, helper, normal, numpy_helper, onnx, save

node = helper.make_node


def magnitude(layer, share=0.5):
    magnitudes = np.abs(layer.weight())
    return magnitudes > np.quantile(magnitudes, share)


def pruned(network, share=0.5):
    masks = {layer.name: magnitude(layer, share) for layer in network.layers if layer.n_weights}
    return network.with_masks(masks)


def run(path, **inputs):
    onnxruntime = pytest.importorskip("onnxruntime")
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return session.run(None, inputs)[0]


def test_a_pruned_onnx_file_is_the_same_graph_with_zeros(tmp_path):
    network = pruned(load_network("digits-cnn"), 0.9)
    path = write_network(network, tmp_path / "pruned.onnx")
    again = load_network(path)
    for before, after in zip(network.layers, again.layers, strict=True):
        assert np.array_equal(before.masked_weight(), after.weight())
    source, written = onnx.load(network.path), onnx.load(path)
    assert list(source.graph.node) == list(written.graph.node)
    biases = [{t.name: t for t in model.graph.initializer if t.name.endswith("bias")} for model in (source, written)]
    assert biases[0] == biases[1]


def test_pruning_almost_everything_shows_in_the_accuracy_of_the_written_file(tmp_path):
    network = load_network("digits-cnn")
    images = normal(50, 1, 8, 8, seed=2)
    untouched = write_network(network, tmp_path / "same.onnx")
    assert np.array_equal(run(untouched, image=images), run(network.path, image=images))
    empty = pruned(network, 1.0)
    outputs = run(write_network(empty, tmp_path / "empty.onnx"), image=images)
    assert np.allclose(outputs, outputs[0])  # only biases are left, so every image gives the same


def half_precision_chain(path):
    stored = numpy_helper.from_array(normal(4, 6).astype(np.float16))
    nodes = [
        node("Constant", [], ["c"], value=stored),
        node("Cast", ["c"], ["f"], to=TensorProto.FLOAT),
        node("Transpose", ["f"], ["t"]),
        node("MatMul", ["x", "t"], ["y"], "fc"),
    ]
    return save(path, nodes, {}, {"x": [1, 6]})


def test_weights_behind_other_nodes_are_written_in_their_place(tmp_path):
    network = pruned(load_network(half_precision_chain(tmp_path / "chain.onnx")))
    path = write_network(network, tmp_path / "pruned.onnx")
    x = normal(1, 6, seed=3)
    np.testing.assert_allclose(run(path, x=x)[0], network.layer("fc").masked_weight() @ x[0], rtol=1e-5, atol=1e-6)
    assert [n.op_type for n in onnx.load(path).graph.node] == ["MatMul"]


def test_types_of_the_file_are_kept(tmp_path):
    gemm = node("Gemm", ["x", "w"], ["y"], "fc")
    types = {"x": TensorProto.FLOAT16, "y": TensorProto.FLOAT16}
    constants = {"w": normal(6, 4).astype(np.float16)}
    path = save(tmp_path / "half.onnx", [gemm], constants, {"x": [1, 6]}, types=types)
    written = onnx.load(write_network(pruned(load_network(path)), tmp_path / "pruned.onnx"))
    (weight,) = written.graph.initializer
    assert weight.data_type == TensorProto.FLOAT16
    assert np.count_nonzero(numpy_helper.to_array(weight)) == 12


def test_both_directions_of_a_recurrent_node_are_written(tmp_path):
    constants = {"w": normal(2, 20, 7), "r": normal(2, 20, 5, seed=1)}
    rnn = node("LSTM", ["x", "w", "r"], ["y"], "rnn", hidden_size=5, direction="bidirectional")
    path = save(tmp_path / "rnn.onnx", [rnn], constants, {"x": [9, 1, 7]})
    network = load_network(path)
    network = network.with_masks({"rnn.reverse": magnitude(network.layer("rnn.reverse"))})
    again = load_network(write_network(network, tmp_path / "pruned.onnx"))
    for before, after in zip(network.layers, again.layers, strict=True):
        assert np.array_equal(before.masked_weight(), after.weight())


def test_one_dimensional_convolutions_keep_their_rank(tmp_path):
    path = save(tmp_path / "a.onnx", [node("Conv", ["x", "w"], ["y"], "c")], {"w": normal(4, 3, 5)}, {"x": [1, 3, 20]})
    network = pruned(load_network(path))
    written = onnx.load(write_network(network, tmp_path / "pruned.onnx"))
    assert list(written.graph.initializer[0].dims) == [4, 3, 5]
    assert np.array_equal(
        numpy_helper.to_array(written.graph.initializer[0]), network.layers[0].masked_weight()[:, :, 0]
    )


def shared(path):
    nodes = [node("Gemm", ["x", "w"], ["h"], "a"), node("Gemm", ["h", "w"], ["y"], "b")]
    return load_network(save(path, nodes, {"w": normal(6, 6)}, {"x": [1, 6]}))


def test_shared_weights_need_one_mask(tmp_path):
    network = shared(tmp_path / "shared.onnx")
    mask = magnitude(network.layer("a"))
    again = load_network(write_network(network.with_masks({"a": mask, "b": mask}), tmp_path / "both.onnx"))
    assert np.array_equal(again.layer("b").weight() != 0, mask)
    with pytest.raises(InputError, match="'a' and 'b' share their weights and need the same mask"):
        write_network(network.with_masks({"a": mask}), tmp_path / "one.onnx")


def test_a_part_of_a_network_leaves_the_rest_of_the_graph_alone(tmp_path):
    network = load_network("digits-cnn")
    again = load_network(write_network(pruned(network.select("fc*")), tmp_path / "part.onnx"))
    assert np.array_equal(again.layer("conv1").weight(), network.layer("conv1").weight())
    assert np.count_nonzero(again.layer("fc1").weight()) == 32_768 // 2


def test_arrays_carry_masked_weights_and_their_origin(tmp_path):
    network = pruned(load_network("alexnet", seed=5).select("conv1"))
    again = load_network(write_network(network, tmp_path / "conv1.npz"), sizes=(227, 227), strides={"conv1": 4})
    assert np.array_equal(again.layer("conv1").weight(), network.layer("conv1").masked_weight())
    assert again.weights_origin == "synthetic"
    assert "synthetic" in again.label


def test_real_networks_survive_the_round_trip(tmp_path, data_dir):
    for file in ("squeezenet_fp16.onnx", "mnist_cntk.onnx"):
        network = pruned(load_network(data_dir / "nets" / file), 0.7)
        again = load_network(write_network(network, tmp_path / file))
        for before, after in zip(network.layers, again.layers, strict=True):
            assert np.array_equal(before.masked_weight(), after.weight())
    image = normal(1, 1, 28, 28)
    assert run(tmp_path / "mnist_cntk.onnx", Input3=image).shape == (1, 10)


def test_what_cannot_be_written_is_refused(tmp_path):
    network = load_network("digits-cnn")
    with pytest.raises(InputError, match=r"cannot write .h5, only .onnx and .npz"):
        write_network(network, tmp_path / "net.h5")
    with pytest.raises(InputError, match="'alexnet' was not read from an ONNX file"):
        write_network(load_network("alexnet"), tmp_path / "net.onnx")
    with pytest.raises(InputError, match="was read from this file"):
        write_network(network, network.path)


def test_modules_are_written_as_arrays(tmp_path):
    torch = pytest.importorskip("torch")
    network = pruned(network_from_torch(torch.nn.Linear(6, 4), torch.zeros(1, 6)))
    path = write_network(network, tmp_path / "net.npz")
    assert np.array_equal(load_network(path).layer("Linear").weight(), network.layers[0].masked_weight())


def outputs_of(path, samples):
    """The first output of a written file, by a session of its own, one sample at a time where it insists on that."""
    onnxruntime = pytest.importorskip("onnxruntime")
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    (given,) = session.get_inputs()
    if given.shape[0] != 1:
        return session.run(None, {given.name: samples})[0]
    return np.concatenate([session.run(None, {given.name: sample[None]})[0] for sample in samples])


def constants_of(path):
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in onnx.load(path).graph.initializer}


def close(found, expected):
    """Equal to 1e-5 of the largest value: float32 sums in another order."""
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5 * np.abs(expected).max())


@pytest.mark.parametrize("share", [0.0, 0.9])
@pytest.mark.parametrize("file", ["resnet20_cifar10", "distiller_ch_regularized_dense"])
def test_a_written_resnet_gives_what_pytorch_gives(file, share, tmp_path, data_dir):
    references = pytest.importorskip("tests.networks.torch_references", exc_type=ImportError)
    source = data_dir / "nets" / f"{file}.npz"
    network = load_network(source, architecture="resnet-cifar")
    network = pruned(network, share) if share else network
    images = normal(6, 3, 32, 32, seed=4)
    written = write_network(network, tmp_path / "net.onnx")
    close(outputs_of(written, images), references.resnet_cifar(network, np.load(source), images))
    again = load_network(written)
    assert again.macs == network.macs
    for before, after in zip(network.layers, again.layers, strict=True):
        assert np.array_equal(before.masked_weight(), after.weight())


@pytest.mark.parametrize("file", ["lenet300100_original", "lenet300100_sparse"])
def test_a_written_lenet_gives_what_pytorch_gives(file, tmp_path, data_dir):
    references = pytest.importorskip("tests.networks.torch_references", exc_type=ImportError)
    source = data_dir / "nets" / f"{file}.npz"
    network = load_network(source, architecture="mlp")
    images = np.load(data_dir / "nets" / "mnist_test_images.npz")["images"].reshape(-1, 784).astype(np.float32) / 256
    for chosen in (network, pruned(network, 0.9)):
        written = write_network(chosen, tmp_path / "net.onnx")
        close(outputs_of(written, images), references.lenet300(chosen, np.load(source), images))


def test_a_written_digits_cnn_gives_what_pytorch_gives(tmp_path):
    references = pytest.importorskip("tests.networks.torch_references", exc_type=ImportError)
    network = pruned(load_network("digits-cnn"), 0.9)
    images = np.abs(normal(20, 1, 8, 8, seed=5))
    written = write_network(network, tmp_path / "net.onnx")
    close(outputs_of(written, images), references.digits_cnn(network, constants_of(network.path), images))


def test_a_written_mnist_cntk_gives_what_pytorch_gives(tmp_path, data_dir):
    references = pytest.importorskip("tests.networks.torch_references", exc_type=ImportError)
    network = pruned(load_network(data_dir / "nets" / "mnist_cntk.onnx"), 0.9)
    images = np.load(data_dir / "nets" / "mnist_test_images.npz")["images"][:12, None].astype(np.float32)
    written = write_network(network, tmp_path / "net.onnx")
    close(outputs_of(written, images), references.mnist_cntk(network, constants_of(network.path), images))


@pytest.mark.parametrize("share", [0.0, 0.7])
def test_a_written_squeezenet_gives_what_pytorch_gives_to_half_precision(share, tmp_path, data_dir):
    """onnxruntime rounds every map to fp16 (11 bits), the reference in float32 does not."""
    references = pytest.importorskip("tests.networks.torch_references", exc_type=ImportError)
    network = load_network(data_dir / "nets" / "squeezenet_fp16.onnx")
    network = pruned(network, share) if share else network
    images = (np.random.default_rng(6).random((2, 3, 224, 224)) * 255 - 110).astype(np.float16)
    found = outputs_of(write_network(network, tmp_path / "net.onnx"), images).reshape(2, -1)
    expected = references.squeezenet_v11(network, constants_of(network.path), images)
    np.testing.assert_allclose(found.astype(np.float32), expected, rtol=0, atol=2**-11 * expected.max())
    assert np.array_equal(found.argmax(1), expected.argmax(1))


def test_array_networks_without_architecture_have_no_graph_to_write(tmp_path):
    path = tmp_path / "net.npz"
    np.savez(path, fc_weight=normal(3, 4))
    with pytest.raises(InputError, match="'net' was not read from an ONNX file, nor with an architecture"):
        write_network(load_network(path), tmp_path / "net.onnx")
