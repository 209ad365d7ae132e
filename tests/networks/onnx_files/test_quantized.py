"""Integer weights in ONNX files: read, pruned and written back."""

import numpy as np
import pytest

from sparsesim.errors import InputError
from sparsesim.networks import load_network, write_network
from tests.networks.onnx_models import TensorProto, helper, normal, numpy_helper, onnx, save

node = helper.make_node


def integers(*shape, dtype=np.int8, seed=0):
    limits = np.iinfo(dtype)
    return np.random.default_rng(seed).integers(limits.min, limits.max, shape, dtype=dtype, endpoint=True)


def run(path, **inputs):
    onnxruntime = pytest.importorskip("onnxruntime")
    options = onnxruntime.SessionOptions()
    # Its optimised products behind DequantizeLinear round the activations.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return session.run(None, inputs)[0]


def pruned(network):
    masks = {
        layer.name: np.abs(layer.weight()) > np.quantile(np.abs(layer.weight()), 0.5)
        for layer in network.layers
        if layer.n_weights
    }
    return network.with_masks(masks)


def stored(path, name):
    (tensor,) = (tensor for tensor in onnx.load(path).graph.initializer if tensor.name == name)
    return numpy_helper.to_array(tensor)


def quantized_gemm(path, dtype=np.int8, per_axis=False):
    """y = x @ W.T behind DequantizeLinear and Transpose, as quantisers write it."""
    scale = np.linspace(0.01, 0.05, 4, dtype=np.float32) if per_axis else np.float32(0.02)
    zero = np.arange(4, dtype=dtype) if per_axis else np.array(3, dtype)
    nodes = [
        node("DequantizeLinear", ["q", "s", "z"], ["w"], axis=0),
        node("Transpose", ["w"], ["t"], perm=[1, 0]),
        node("MatMul", ["x", "t"], ["y"], "fc"),
    ]
    constants = {"q": integers(4, 6, dtype=dtype), "s": scale, "z": zero}
    save(path, nodes, constants, {"x": [1, 6]})
    values = constants["q"].astype(np.float64) - np.reshape(zero, (-1, 1)).astype(np.float64)
    return (values * np.reshape(scale, (-1, 1))).astype(np.float32)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int16])
@pytest.mark.parametrize("per_axis", [False, True])
def test_weights_behind_dequantization(tmp_path, dtype, per_axis):
    weight = quantized_gemm(tmp_path / "a.onnx", dtype, per_axis)
    network = load_network(tmp_path / "a.onnx")
    np.testing.assert_allclose(network.layer("fc").weight(), weight, rtol=1e-6)
    assert network.other_params == {"DequantizeLinear": 8 if per_axis else 2}
    assert network.n_params == 24 + (8 if per_axis else 2)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8])
@pytest.mark.parametrize("per_axis", [False, True])
def test_a_masked_integer_becomes_the_zero_point(tmp_path, dtype, per_axis):
    quantized_gemm(tmp_path / "a.onnx", dtype, per_axis)
    network = pruned(load_network(tmp_path / "a.onnx"))
    path = write_network(network, tmp_path / "b.onnx")
    before, after = stored(tmp_path / "a.onnx", "q"), stored(path, "q")
    zero = np.broadcast_to(stored(path, "z").reshape(-1, 1), after.shape)
    assert after.dtype == dtype
    assert np.array_equal(after, np.where(network.layer("fc").mask, before, zero))
    assert [n.op_type for n in onnx.load(path).graph.node] == ["DequantizeLinear", "Transpose", "MatMul"]
    x = normal(1, 6)
    np.testing.assert_allclose(run(path, x=x)[0], network.layer("fc").masked_weight() @ x[0], rtol=1e-4, atol=1e-5)


def test_weights_that_the_integers_cannot_say_are_refused(tmp_path):
    quantized_gemm(tmp_path / "a.onnx")
    network = load_network(tmp_path / "a.onnx")
    large = network.with_weights({"fc": network.layer("fc").weight() * 100})
    with pytest.raises(InputError, match=r"do not fit int8 with the scale in the file; write .npz instead"):
        write_network(large, tmp_path / "b.onnx")


def test_one_constant_behind_two_nodes_is_one_weight(tmp_path):
    nodes = [
        node("DequantizeLinear", ["q", "s"], ["w1"]),
        node("MatMul", ["x", "w1"], ["h"], "a"),
        node("DequantizeLinear", ["q", "s"], ["w2"]),
        node("MatMul", ["h", "w2"], ["y"], "b"),
    ]
    path = save(tmp_path / "a.onnx", nodes, {"q": integers(6, 6), "s": np.float32(0.5)}, {"x": [1, 6]})
    network = load_network(path)
    assert network.n_params == 36 + 1
    mask = np.abs(network.layer("a").weight()) > 20
    written = write_network(network.with_masks({"a": mask, "b": mask}), tmp_path / "b.onnx")
    assert np.array_equal(load_network(written).layer("b").weight() != 0, mask)
    with pytest.raises(InputError, match="layer 'b' shares the weights 'q' and needs the same mask"):
        write_network(network.with_masks({"a": mask}), tmp_path / "c.onnx")


def test_floats_that_are_rounded_in_the_graph(tmp_path):
    nodes = [
        node("QuantizeLinear", ["f", "s", "z"], ["q"]),
        node("DequantizeLinear", ["q", "s", "z"], ["w"]),
        node("MatMul", ["x", "w"], ["y"], "fc"),
    ]
    weight = normal(6, 4)
    constants = {"f": weight, "s": np.float32(0.1), "z": np.int8(0)}
    network = load_network(save(tmp_path / "a.onnx", nodes, constants, {"x": [1, 6]}))
    np.testing.assert_allclose(network.layer("fc").weight(), np.rint(weight.T / 0.1) * 0.1, atol=1e-6)


def test_quantised_convolutions(tmp_path):
    constants = {
        **{"xs": np.float32(0.1), "xz": np.uint8(128), "ys": np.float32(0.2), "yz": np.uint8(100)},
        **{"w": integers(4, 3, 3, 3), "ws": np.array([0.1, 0.2, 0.3, 0.4], np.float32), "wz": np.zeros(4, np.int8)},
        "b": np.arange(4, dtype=np.int32),
    }
    names = ["x", "xs", "xz", "w", "ws", "wz", "ys", "yz", "b"]
    conv = node("QLinearConv", names, ["y"], "c", pads=[1, 1, 1, 1], strides=[2, 2])
    types = {"x": TensorProto.UINT8, "y": TensorProto.UINT8}
    path = save(tmp_path / "a.onnx", [conv], constants, {"x": [1, 3, 8, 8]}, types=types)
    network = load_network(path)
    layer = network.layer("c")
    expected = constants["w"] * constants["ws"].reshape(-1, 1, 1, 1)
    assert (layer.kind, layer.n_bias, layer.output_size, network.notes) == ("conv2d", 4, (4, 4), "")
    np.testing.assert_allclose(layer.weight(), expected, rtol=1e-6)
    assert network.other_params == {"QLinearConv": 4 + 4 + 4}
    again = load_network(write_network(pruned(network), tmp_path / "b.onnx"))
    assert np.array_equal(again.layer("c").weight() != 0, pruned(network).layer("c").masked_weight() != 0)
    x = integers(1, 3, 8, 8, dtype=np.uint8)
    assert not np.array_equal(run(path, x=x), run(tmp_path / "b.onnx", x=x))


@pytest.mark.parametrize("op", ["QLinearMatMul", "MatMulInteger", "ConvInteger"])
def test_integer_products(tmp_path, op):
    weight = integers(4, 3, 3, 3) if op == "ConvInteger" else integers(6, 4)
    constants = {"w": weight, "az": np.uint8(3), "bz": np.int8(5)}
    names = ["x", "w", "az", "bz"]
    if op == "QLinearMatMul":
        constants |= {"as": np.float32(0.1), "bs": np.full(4, 0.5, np.float32), "bz": np.full(4, 5, np.int8)}
        constants |= {"ys": np.float32(1), "yz": np.uint8(0)}
        names = ["x", "as", "az", "w", "bs", "bz", "ys", "yz"]
    size = [1, 3, 8, 8] if op == "ConvInteger" else [1, 6]
    types = {"x": TensorProto.UINT8, "y": TensorProto.UINT8 if op == "QLinearMatMul" else TensorProto.INT32}
    path = save(tmp_path / "a.onnx", [node(op, names, ["y"], "p")], constants, {"x": size}, types=types)
    network = load_network(path)
    centred = (weight.astype(np.float32) - 5) * (0.5 if op == "QLinearMatMul" else 1)
    assert np.array_equal(network.layer("p").weight(), centred if op == "ConvInteger" else centred.T)
    assert ("scale of 1" in network.notes) == (op != "QLinearMatMul")
    written = write_network(pruned(network), tmp_path / "b.onnx")
    values = stored(written, "w")
    assert np.count_nonzero(values == 5) >= weight.size // 2
    assert np.array_equal(load_network(written).layer("p").weight(), pruned(network).layer("p").masked_weight())


@pytest.mark.parametrize("op", ["QGemm", "MatMulIntegerToFloat"])
def test_quantised_products_of_onnxruntime(tmp_path, op):
    weight, scales = integers(4, 6) if op == "QGemm" else integers(6, 4), np.array([1, 2, 3, 4], np.float32) / 8
    constants = {"w": weight, "as": np.float32(0.1), "az": np.uint8(3), "bs": scales, "bz": np.zeros(4, np.int8)}
    constants["b"] = np.ones(4, np.int32 if op == "QGemm" else np.float32)
    names = ["x", "w", "as", "bs", "az", "bz", "b"] if op != "QGemm" else ["x", "as", "az", "w", "bs", "bz", "b"]
    flags = {"transB": 1} if op == "QGemm" else {}
    product = node(op, names, ["y"], "p", domain="com.microsoft", **flags)
    types = {"x": TensorProto.UINT8}
    path = save(tmp_path / "a.onnx", [product], constants, {"x": [1, 6]}, types=types, domains=["com.microsoft"])
    network = load_network(path)
    layer = network.layer("p")
    expected = weight * scales.reshape(-1, 1) if op == "QGemm" else (weight * scales).T
    assert np.array_equal(layer.weight(), expected)
    assert (layer.n_bias, layer.positions, network.notes) == (4, 1, "")
    written = write_network(pruned(network), tmp_path / "b.onnx")
    assert run(written, x=integers(1, 6, dtype=np.uint8)).shape == (1, 4)
    assert np.array_equal(load_network(written).layer("p").weight(), pruned(network).layer("p").masked_weight())


def test_fused_operators_of_onnxruntime(tmp_path):
    fused = {"domain": "com.microsoft"}
    nodes = [
        node("FusedConv", ["x", "w", "b"], ["h"], "c", activation="Relu", pads=[1, 1, 1, 1], **fused),
        node("Flatten", ["h"], ["f"]),
        node("FusedGemm", ["f", "g", "gb"], ["i"], "fc", activation="Relu", transB=1, **fused),
        node("FusedMatMul", ["i", "m"], ["y"], "last", alpha=0.5, transB=1, **fused),
    ]
    constants = {"w": normal(2, 3, 3, 3), "b": normal(2), "g": normal(5, 128), "gb": normal(5), "m": normal(7, 5)}
    path = save(tmp_path / "a.onnx", nodes, constants, {"x": [1, 3, 8, 8]}, domains=["com.microsoft"])
    network = load_network(path)
    assert [(layer.name, layer.weight_shape, layer.n_bias) for layer in network.layers] == [
        ("c", (2, 3, 3, 3), 2),
        ("fc", (5, 128), 5),
        ("last", (7, 5), 0),
    ]
    assert network.n_params == sum(array.size for array in constants.values())
    again = load_network(write_network(pruned(network), tmp_path / "b.onnx"))
    assert np.array_equal(again.layer("last").weight(), pruned(network).layer("last").masked_weight())
    assert [n.op_type for n in onnx.load(tmp_path / "b.onnx").graph.node] == [n.op_type for n in nodes]


@pytest.mark.parametrize(
    "flags",
    [
        {},
        {"strides": [2, 3], "output_padding": [1, 2], "pads": [1, 0, 1, 1]},
        {"strides": [2, 2], "dilations": [2, 1]},
        {"strides": [3, 2], "output_shape": [15, 11]},
        {"strides": [2, 2], "output_shape": [14, 13]},
        {"strides": [2, 2], "auto_pad": "SAME_UPPER"},
        {"strides": [2, 2], "auto_pad": "SAME_LOWER"},
        {"strides": [2, 2], "auto_pad": "VALID"},
    ],
)
def test_transposed_convolutions_have_the_inferred_size(tmp_path, flags):
    weight = normal(4, 3, 3, 4)  # (c_in, c_out / groups, kh, kw)
    conv = node("ConvTranspose", ["x", "w", "b"], ["y"], "up", group=2, **flags)
    path = save(tmp_path / "a.onnx", [conv], {"w": weight, "b": normal(6)}, {"x": [1, 4, 6, 5]})
    network = load_network(path)
    (layer,) = network.layers
    assert (layer.kind, layer.groups, layer.n_bias, network.n_params) == ("conv_transpose2d", 2, 6, weight.size + 6)
    inferred = onnx.shape_inference.infer_shapes(onnx.load(path)).graph.output[0].type.tensor_type.shape.dim
    assert layer.output_size == tuple(dim.dim_value for dim in inferred[2:])
    assert layer.output_size == run(path, x=normal(1, 4, 6, 5)).shape[2:]
    again = load_network(write_network(pruned(network), tmp_path / "b.onnx"))
    assert np.array_equal(again.layers[0].weight(), pruned(network).layers[0].masked_weight())


def test_one_dimensional_transposed_convolutions(tmp_path):
    conv = node("ConvTranspose", ["x", "w"], ["y"], "up", strides=[2], pads=[1, 0], output_padding=[1])
    path = save(tmp_path / "a.onnx", [conv], {"w": normal(4, 3, 5)}, {"x": [1, 4, 10]})
    (layer,) = load_network(path).layers
    assert (layer.weight_shape, layer.padding, layer.output_padding) == ((4, 3, 1, 5), (0, 1, 0, 0), (0, 1))
    assert layer.output_size == (1, run(path, x=normal(1, 4, 10)).shape[2])


def test_values_outside_of_layers_are_counted_by_their_reader(tmp_path):
    constants = {"table": normal(50, 8), "g": normal(8), "bn_b": normal(8), "mean": normal(8), "var": np.ones(8, "f")}
    nodes = [
        node("Gather", ["table", "ids"], ["e"]),
        node("Transpose", ["e"], ["t"], perm=[0, 2, 1]),
        node("BatchNormalization", ["t", "g", "bn_b", "mean", "var"], ["n"]),
        node("Conv", ["n", "w"], ["y"], "c"),
    ]
    types = {"ids": TensorProto.INT64}
    path = save(tmp_path / "a.onnx", nodes, {**constants, "w": normal(4, 8, 3)}, {"ids": [1, 10]}, types=types)
    network = load_network(path)
    assert network.other_params == {"Gather": 400, "BatchNormalization": 32}
    assert network.n_params == 432 + 96


class Images:
    """Inputs that the quantiser of onnxruntime calibrates with."""

    def __init__(self):
        self.left = iter([{"image": normal(1, 1, 8, 8, seed=seed)} for seed in range(3)])

    def get_next(self):
        return next(self.left, None)

    def set_range(self, start_index, end_index):
        """All images are given at once."""


def quantized_by_onnxruntime(path, form, per_channel):
    quantization = pytest.importorskip("onnxruntime.quantization")
    source = str(load_network("digits-cnn").path)
    signed = quantization.QuantType.QInt8
    if form == "dynamic":
        chosen = ["Conv", "Gemm", "MatMul"]
        quantization.quantize_dynamic(source, path, op_types_to_quantize=chosen, weight_type=signed)
    else:
        shape = {"quant_format": quantization.QuantFormat[form], "per_channel": per_channel}
        quantization.quantize_static(source, path, Images(), weight_type=signed, **shape)
    return load_network(path)


@pytest.mark.parametrize("form", ["QDQ", "QOperator", "dynamic"])
@pytest.mark.parametrize("per_channel", [False, True])
def test_what_the_quantiser_of_onnxruntime_writes(tmp_path, form, per_channel):
    plain, network = load_network("digits-cnn"), quantized_by_onnxruntime(tmp_path / "q.onnx", form, per_channel)
    assert [layer.gemm for layer in network.layers] == [layer.gemm for layer in plain.layers]
    for before, after in zip(plain.layers, network.layers, strict=True):
        scale = 1 if form != "dynamic" else np.abs(before.weight()).max() / 127
        error = np.abs(before.weight() - scale * after.weight()).max() / np.abs(before.weight()).max()
        assert error < 0.0041  # half a step of 8 bits
    masked = pruned(network)
    written = write_network(masked, tmp_path / "pruned.onnx")
    for before, after in zip(masked.layers, load_network(written).layers, strict=True):
        assert np.array_equal(before.masked_weight(), after.weight())
    graphs = [onnx.load(path).graph for path in (tmp_path / "q.onnx", written)]
    assert [n.op_type for n in graphs[0].node] == [n.op_type for n in graphs[1].node]
    assert run(written, image=normal(1, 1, 8, 8)).shape == (1, 10)
