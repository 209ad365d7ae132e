import numpy as np
import pytest

from sparsesim.errors import InputError
from sparsesim.networks import load_network
from tests.networks.onnx_models import TensorProto, helper, normal, numpy_helper, onnx, save

node = helper.make_node


def test_a_convolution_with_everything(tmp_path):
    weight = normal(8, 2, 3, 5)
    conv = node("Conv", ["x", "w", "b"], ["y"], "c", group=2, strides=[2, 1], dilations=[1, 2], pads=[1, 4, 0, 3])
    path = save(tmp_path / "a.onnx", [conv], {"w": weight, "b": normal(8)}, {"x": [1, 4, 10, 12]})
    (layer,) = load_network(path).layers
    assert (layer.name, layer.kind, layer.groups, layer.n_bias) == ("c", "conv2d", 2, 8)
    assert (layer.stride, layer.dilation, layer.padding) == ((2, 1), (1, 2), (1, 4, 0, 3))
    assert np.array_equal(layer.weight(), weight)
    inferred = onnx.shape_inference.infer_shapes(onnx.load(path)).graph.output[0].type.tensor_type.shape.dim
    assert layer.output_size == tuple(dim.dim_value for dim in inferred[2:])


@pytest.mark.parametrize("auto_pad", ["SAME_UPPER", "SAME_LOWER", "VALID", "NOTSET"])
@pytest.mark.parametrize("kernel", [2, 3, 4])
def test_automatic_padding_gives_the_inferred_size(tmp_path, auto_pad, kernel):
    conv = node("Conv", ["x", "w"], ["y"], "c", auto_pad=auto_pad, strides=[2, 3])
    path = save(tmp_path / "a.onnx", [conv], {"w": normal(4, 3, kernel, kernel)}, {"x": [1, 3, 9, 10]})
    (layer,) = load_network(path).layers
    inferred = onnx.shape_inference.infer_shapes(onnx.load(path)).graph.output[0].type.tensor_type.shape.dim
    assert layer.output_size == tuple(dim.dim_value for dim in inferred[2:])
    top, _, bottom, _ = layer.padding
    assert top - bottom in {"SAME_UPPER": (-1, 0), "SAME_LOWER": (0, 1)}.get(auto_pad, (0,))


def test_a_one_dimensional_convolution_has_height_one(tmp_path):
    conv = node("Conv", ["x", "w"], ["y"], "c", strides=[2], pads=[1, 2])
    path = save(tmp_path / "a.onnx", [conv], {"w": normal(4, 3, 5)}, {"x": [1, 3, 20]})
    (layer,) = load_network(path).layers
    assert (layer.weight_shape, layer.input_size, layer.stride) == ((4, 3, 1, 5), (1, 20), (1, 2))
    assert (layer.padding, layer.output_size) == ((0, 1, 0, 2), (1, 10))


@pytest.mark.parametrize("trans_a", [0, 1])
@pytest.mark.parametrize("trans_b", [0, 1])
def test_gemm_orientation(tmp_path, trans_a, trans_b):
    weight = normal(4, 6)  # (out, in)
    gemm = node("Gemm", ["x", "w", "b"], ["y"], "fc", transA=trans_a, transB=trans_b)
    shape = [6, 3] if trans_a else [3, 6]
    path = save(tmp_path / "a.onnx", [gemm], {"w": weight if trans_b else weight.T, "b": normal(4)}, {"x": shape})
    (layer,) = load_network(path, input_shape=tuple(shape)).layers
    assert (layer.positions, layer.n_bias) == (3, 4)
    assert np.array_equal(layer.weight(), weight)


def test_matmul_with_constant_and_following_bias(tmp_path):
    nodes = [node("MatMul", ["x", "w"], ["h"], "proj"), node("Add", ["h", "b"], ["y"])]
    path = save(tmp_path / "a.onnx", nodes, {"w": normal(6, 4), "b": normal(4)}, {"x": [1, 5, 6]})
    (layer,) = load_network(path).layers
    assert (layer.weight_shape, layer.positions, layer.n_bias) == ((4, 6), 5, 4)


def test_a_residual_sum_is_no_bias(tmp_path):
    nodes = [node("MatMul", ["x", "w"], ["h"], "proj"), node("Add", ["h", "x"], ["y"])]
    path = save(tmp_path / "a.onnx", nodes, {"w": normal(6, 6)}, {"x": [1, 5, 6]})
    assert load_network(path).layer("proj").n_bias == 0


@pytest.mark.parametrize(("size", "positions"), [([6, 7], 7), ([2, 6, 7], 14), ([6], 1)])
def test_constant_in_front_of_the_activation(tmp_path, size, positions):
    matmul = node("MatMul", ["w", "x"], ["y"], "mix")
    path = save(tmp_path / "a.onnx", [matmul], {"w": normal(4, 6)}, {"x": size})
    (layer,) = load_network(path, input_shape=tuple(size)).layers
    assert (layer.weight_shape, layer.positions) == ((4, 6), positions)


def test_products_of_activations(tmp_path):
    nodes = [
        node("Transpose", ["k"], ["kt"], perm=[0, 1, 3, 2]),
        node("MatMul", ["q", "kt"], ["s"], "scores"),
        node("MatMul", ["s", "v"], ["y"], "context"),
    ]
    shape = [1, 4, 10, 8]
    path = save(tmp_path / "a.onnx", nodes, {}, {"q": shape, "k": shape, "v": shape})
    scores, context = load_network(path).layers
    assert scores.kind == context.kind == "matmul"
    assert scores.gemm == (10, 10, 8, 4)
    assert context.gemm == (10, 8, 10, 4)


@pytest.mark.parametrize(("op", "gates"), [("LSTM", 4), ("GRU", 3)])
@pytest.mark.parametrize("directions", [1, 2])
def test_recurrent_nodes(tmp_path, op, gates, directions):
    hidden, inputs = 5, 7
    constants = {
        "w": normal(directions, gates * hidden, inputs),
        "r": normal(directions, gates * hidden, hidden, seed=1),
        "b": normal(directions, 2 * gates * hidden),
    }
    way = "bidirectional" if directions == 2 else "forward"
    rnn = node(op, ["x", "w", "r", "b"], ["y"], "rnn", hidden_size=hidden, direction=way)
    path = save(tmp_path / "a.onnx", [rnn], constants, {"x": [9, "batch_size", inputs]})
    layers = load_network(path).layers
    assert [layer.name for layer in layers] == ["rnn", "rnn.reverse"][:directions]
    for direction, layer in enumerate(layers):
        assert (layer.kind, layer.steps, layer.n_bias) == (op.lower(), 9, 2 * gates * hidden)
        expected = np.hstack([constants["w"][direction], constants["r"][direction]])
        assert np.array_equal(layer.weight(), expected)


def test_time_of_recurrent_networks_is_not_taken_for_the_batch(tmp_path):
    rnn = node("LSTM", ["x", "w", "r"], ["y"], "rnn", hidden_size=5)
    constants = {"w": normal(1, 20, 7), "r": normal(1, 20, 5)}
    path = save(tmp_path / "a.onnx", [rnn], constants, {"x": ["time", 1, 7]})
    with pytest.raises(InputError, match="give input_shape"):
        load_network(path)
    assert load_network(path, input_shape=(13, 1, 7)).layer("rnn").steps == 13


def test_weights_are_followed_through_simple_nodes(tmp_path):
    weight = normal(4, 6)
    stored = numpy_helper.from_array(weight.astype(np.float16).reshape(2, 12))
    nodes = [
        node("Constant", [], ["c"], value=stored),
        node("Cast", ["c"], ["f"], to=TensorProto.FLOAT),
        node("Reshape", ["f", "shape"], ["r"]),
        node("Transpose", ["r"], ["t"], perm=[1, 0]),
        node("Identity", ["t"], ["i"]),
        node("MatMul", ["x", "i"], ["y"], "fc"),
    ]
    path = save(tmp_path / "a.onnx", nodes, {"shape": np.array([4, -1])}, {"x": [1, 6]})
    assert np.array_equal(load_network(path).layer("fc").weight(), weight.astype(np.float16).astype(np.float32))


def test_sparse_initializers_are_read(tmp_path):
    path = save(tmp_path / "a.onnx", [node("MatMul", ["x", "w"], ["y"], "fc")], {}, {"x": [1, 3]})
    model = onnx.load(path)
    values = numpy_helper.from_array(np.array([5.0, 7.0], np.float32), "w")
    sparse = helper.make_sparse_tensor(values, numpy_helper.from_array(np.array([1, 5])), [3, 2])
    model.graph.sparse_initializer.append(sparse)
    onnx.save(model, path)
    assert np.array_equal(load_network(path).layer("fc").weight(), [[0, 0, 0], [5, 0, 7]])


def test_names_are_pytorchs_where_kept_and_unique(tmp_path):
    nodes = [
        node("Gemm", ["x", "block.fc.weight"], ["a"], "/block/Gemm", transB=1),
        node("Gemm", ["a", "block.fc.weight"], ["b"], "/block/Gemm_1", transB=1),
        node("MatMul", ["b", "onnx::MatMul_7"], ["out"]),
    ]
    constants = {"block.fc.weight": normal(6, 6), "onnx::MatMul_7": normal(6, 2)}
    network = load_network(save(tmp_path / "a.onnx", nodes, constants, {"x": [1, 6]}, ["out"]))
    assert [layer.name for layer in network.layers] == ["block.fc", "block.fc#2", "out"]
    assert network.n_params == 36 + 12


def test_an_open_batch_is_one_sample(tmp_path):
    path = save(tmp_path / "a.onnx", [node("MatMul", ["x", "w"], ["y"])], {"w": normal(6, 4)}, {"x": ["N", 6]})
    assert load_network(path).layers[0].positions == 1


def test_a_fixed_batch_needs_a_word_from_the_user(tmp_path):
    path = save(tmp_path / "a.onnx", [node("MatMul", ["x", "w"], ["y"])], {"w": normal(6, 4)}, {"x": [8, 6]})
    with pytest.raises(InputError, match=r"'x' has a fixed size \[8, 6\], a batch of 8: give input_shape"):
        load_network(path)
    assert load_network(path, input_shape=(1, 6)).layers[0].positions == 1
    assert load_network(path, input_shape=(8, 6)).layers[0].positions == 8


def test_unknown_sizes_can_be_given(tmp_path):
    conv = node("Conv", ["x", "w"], ["y"], "c")
    path = save(tmp_path / "a.onnx", [conv], {"w": normal(4, 3, 3, 3)}, {"x": ["batch", 3, "height", "width"]})
    with pytest.raises(InputError, match=r"Conv 'c': the size of its input 'x' is \(1, 3, \?, \?\); give input_shape"):
        load_network(path)
    assert load_network(path, input_shape=(1, 3, 8, 9)).layers[0].input_size == (8, 9)
    assert load_network(path, input_shape={"x": (1, 3, 8, 9)}).layers[0].input_size == (8, 9)


def test_given_sizes_win_over_sizes_noted_in_the_file(tmp_path):
    nodes = [node("Relu", ["x"], ["h"]), node("Conv", ["h", "w"], ["y"], "c")]
    noted = [("h", [1, 3, 64, 64])]
    path = save(tmp_path / "a.onnx", nodes, {"w": normal(4, 3, 3, 3)}, {"x": [1, 3, 64, 64]}, value_info=noted)
    assert load_network(path).layers[0].input_size == (64, 64)
    assert load_network(path, input_shape=(1, 3, 8, 8)).layers[0].input_size == (8, 8)


@pytest.mark.parametrize(
    ("input_shape", "message"),
    [
        ((1, 3, 8), r"\(1, 3, 8\) has 3 dimensions, input 'x' has 4"),
        ({"z": (1, 3, 8, 8)}, "names 'z'; the inputs are x"),
        ((2, 3, 8, 8), "its input holds 2 samples"),
    ],
)
def test_wrong_input_shapes(tmp_path, input_shape, message):
    conv = node("Conv", ["x", "w"], ["y"], "c")
    path = save(tmp_path / "a.onnx", [conv], {"w": normal(4, 3, 3, 3)}, {"x": ["batch", 3, "height", "width"]})
    with pytest.raises(InputError, match=message):
        load_network(path, input_shape=input_shape)


def test_weights_that_are_computed_are_named(tmp_path):
    nodes = [node("Relu", ["w"], ["v"]), node("Conv", ["x", "v"], ["y"], "c")]
    path = save(tmp_path / "a.onnx", nodes, {}, {"x": [1, 3, 8, 8], "w": [1, 3, 3, 3]})
    with pytest.raises(InputError, match="Conv 'c': its weights 'v' are computed by Relu, not stored"):
        load_network(path)


def test_batched_weight_matrices_are_refused(tmp_path):
    path = save(tmp_path / "a.onnx", [node("MatMul", ["x", "w"], ["y"])], {"w": normal(3, 6, 4)}, {"x": [1, 5, 6]})
    with pytest.raises(InputError, match=r"batch of matrices \(3, 6, 4\)"):
        load_network(path)


def test_what_is_not_counted_is_said(tmp_path):
    nodes = [
        node("MatMul", ["x", "w"], ["h"]),
        node("Einsum", ["h", "h"], ["y"], equation="ij,ij->i"),
    ]
    path = save(tmp_path / "a.onnx", nodes, {"w": normal(6, 4)}, {"x": [1, 6]})
    assert load_network(path).notes == "not counted: 1 Einsum"


def test_a_graph_without_layers_is_refused(tmp_path):
    path = save(tmp_path / "a.onnx", [node("Relu", ["x"], ["y"])], {}, {"x": [1, 6]})
    with pytest.raises(InputError, match=r"a.onnx: the graph has no Conv"):
        load_network(path)


def test_nan_is_refused_with_file_and_layer(tmp_path):
    weight = normal(6, 4)
    weight[3, 3] = np.nan
    path = save(tmp_path / "a.onnx", [node("MatMul", ["x", "w"], ["y"], "fc")], {"w": weight}, {"x": [1, 6]})
    with pytest.raises(InputError, match=r"a.onnx: layer 'fc': weights hold NaN"):
        load_network(path)


def test_truncated_files_are_refused_in_one_line(tmp_path):
    whole = save(
        tmp_path / "a.onnx", [node("MatMul", ["x", "w"], ["y"])], {"w": normal(6, 4)}, {"x": [1, 6]}
    ).read_bytes()
    path = tmp_path / "cut.onnx"
    for length in range(0, len(whole) - 1, 7):
        path.write_bytes(whole[:length])
        with pytest.raises(InputError, match=r"cut.onnx: not a readable ONNX file") as caught:
            load_network(path)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("seed", range(60))
def test_a_damaged_file_loads_or_is_refused_and_does_nothing_else(tmp_path, seed):
    path = save(tmp_path / "a.onnx", [node("Conv", ["x", "w"], ["y"], "c", strides=[2, 2])],
                {"w": normal(2, 1, 3, 3)}, {"x": [1, 1, 9, 9]})  # fmt: skip
    content = bytearray(path.read_bytes())
    generator = np.random.default_rng(seed)
    for place in generator.integers(0, len(content), 3):
        content[place] = generator.integers(0, 256)
    path.write_bytes(content)
    try:
        outcome = load_network(path).source
    except InputError as error:
        outcome = str(error)
    assert outcome.startswith(str(path))


def test_squeezenet(data_dir):
    network = load_network(data_dir / "nets" / "squeezenet_fp16.onnx")
    assert network.n_params == 1_235_496
    assert len(network.layers) == 26
    first, last = network.layers[0], network.layers[-1]
    assert (first.input_size, first.output_size, first.stride) == ((224, 224), (111, 111), (2, 2))
    assert (last.weight_shape, last.output_size) == ((1000, 512, 1, 1), (13, 13))


def test_mnist_from_cntk(data_dir):
    network = load_network(data_dir / "nets" / "mnist_cntk.onnx")
    assert network.n_params == 5_998
    assert network.other_params == {"Reshape": 4}  # the shapes of two nodes
    assert [layer.weight_shape for layer in network.layers] == [(8, 1, 5, 5), (16, 8, 5, 5), (10, 256)]
    assert [layer.n_bias for layer in network.layers] == [8, 16, 10]
    assert network.macs == 28 * 28 * 200 + 14 * 14 * 3200 + 2560
