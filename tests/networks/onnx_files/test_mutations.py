"""Small graphs, changed at random: each is refused, or runs in onnxruntime with the sizes that were imported."""

import copy
import math
import random

import numpy as np
import pytest

from sparsesim.errors import InputError
from sparsesim.networks import load_network
from sparsesim.networks.onnx_files.graph import Graph
from sparsesim.networks.onnx_files.weights import stored_weights
from tests.networks.onnx_models import helper, normal, numpy_helper, onnx, save

onnxruntime = pytest.importorskip("onnxruntime")
node = helper.make_node
MUTANTS = 60
_RUNNABLE_BYTES = 10**8
_SAYS_NOTHING_OF_SIZES = ("NOT_IMPLEMENTED", "Type Error", "hidden_size")
"""Where onnxruntime ends: versions and types that it leaves out, an attribute that ONNX lets be inferred."""
INTEGERS = (-1, 0, 1, 2, 3, 5, 8, 2**31, 2**62)
WORDS = ("SAME_UPPER", "SAME_LOWER", "VALID", "NOTSET", "forward", "reverse", "bidirectional", "SOME", "")
OPERATORS = ("Conv", "ConvTranspose", "Gemm", "MatMul", "LSTM", "GRU", "Add", "Relu", "MaxPool", "Flatten", "Concat")


def convolutions(path):
    nodes = [
        node(
            "Conv",
            ["x", "w1", "b1"],
            ["a"],
            "first",
            pads=[1, 1, 1, 2],
            strides=[2, 1],
            dilations=[1, 2],
            kernel_shape=[3, 3],
        ),
        node("Relu", ["a"], ["r"]),
        node("Conv", ["r", "w2"], ["g"], "grouped", group=2, auto_pad="SAME_UPPER"),
        node("MaxPool", ["g"], ["p"], "pool", kernel_shape=[2, 2], strides=[2, 2]),
        node("Concat", ["p", "p"], ["c"], axis=1),
        node("ConvTranspose", ["c", "w3"], ["t"], "up", strides=[2, 2], output_padding=[1, 0]),
        node("GlobalAveragePool", ["t"], ["m"]),
        node("Flatten", ["m"], ["f"]),
        node("Gemm", ["f", "w4", "b4"], ["y"], "fc", transB=1),
    ]
    constants = {"w1": normal(4, 3, 3, 3), "b1": normal(4), "w2": normal(6, 2, 3, 3), "w3": normal(12, 5, 2, 2)}
    return save(path, nodes, constants | {"w4": normal(7, 5), "b4": normal(7)}, {"x": [1, 3, 12, 10]})


def attention(path):
    nodes = [
        *(node("MatMul", ["x", f"w{name}"], [name], f"to_{name}") for name in "qkv"),
        node("Reshape", ["q", "heads"], ["qh"]),
        node("Reshape", ["k", "heads"], ["kh"]),
        node("Transpose", ["qh"], ["qt"], perm=[0, 2, 1, 3]),
        node("Transpose", ["kh"], ["kt"], perm=[0, 2, 3, 1]),
        node("MatMul", ["qt", "kt"], ["s"], "scores"),
        node("Softmax", ["s"], ["soft"], axis=-1),
        node("ReduceMean", ["soft"], ["mean"], axes=[1], keepdims=0),
        node("MatMul", ["mean", "v"], ["o"], "mix"),
        node("Add", ["o", "x"], ["h"]),
        node("MatMul", ["h", "wq"], ["m"], "out"),
        node("Add", ["m", "b"], ["y"]),
    ]
    constants = {f"w{name}": normal(8, 8) for name in "qkv"} | {"b": normal(8), "heads": np.array([0, 5, 2, -1])}
    return save(path, nodes, constants, {"x": [1, 5, 8]})


def recurrent(path):
    nodes = [
        node("LSTM", ["x", "w", "r", "b"], ["h", "", ""], "lstm", hidden_size=3, direction="bidirectional"),
        node("Transpose", ["h"], ["t"], perm=[0, 2, 1, 3]),
        node("Reshape", ["t", "shape"], ["s"]),
        node("GRU", ["s", "w2", "r2"], ["g"], "gru", hidden_size=2),
        node("Squeeze", ["g", "axes"], ["q"]),
        node("MatMul", ["q", "m"], ["y"], "fc"),
    ]
    constants = {"w": normal(2, 12, 4), "r": normal(2, 12, 3), "b": normal(2, 24), "w2": normal(1, 6, 6)}
    constants |= {"r2": normal(1, 6, 2), "m": normal(2, 5), "shape": np.array([0, 0, -1]), "axes": np.array([1])}
    return save(path, nodes, constants, {"x": [6, 1, 4]})


def quantised(path):
    nodes = [
        node("QuantizeLinear", ["x", "s", "z"], ["q"]),
        node("QLinearConv", ["q", "s", "z", "w", "ws", "wz", "s", "z", "b"], ["c"], "c", pads=[1, 0, 1, 0]),
        node("DequantizeLinear", ["c", "s", "z"], ["d"]),
        node("DequantizeLinear", ["i", "is", "iz"], ["k"], axis=0),
        node("Flatten", ["d"], ["f"]),
        node("Gemm", ["f", "k"], ["y"], "fc", transB=1),
    ]
    constants = {
        "s": np.float32(0.1),
        "z": np.uint8(8),
        "w": np.ones((4, 2, 3, 3), np.int8),
        "ws": np.ones(4, np.float32),
    }
    constants |= {"wz": np.zeros(4, np.int8), "b": np.ones(4, np.int32), "i": np.ones((3, 48), np.int8)}
    constants |= {"is": np.ones(3, np.float32), "iz": np.zeros(3, np.int8)}
    return save(path, nodes, constants, {"x": [1, 2, 4, 5]})


def change_attribute(model, chance):
    changed = chance.choice([each for each in model.graph.node if each.attribute] or [model.graph.node[0]])
    if not changed.attribute:
        return
    attribute = chance.choice(changed.attribute)
    kind = chance.randrange(4)
    if kind == 0:
        changed.attribute.remove(attribute)
    elif attribute.type == onnx.AttributeProto.INTS and kind < 3:
        numbers = list(attribute.ints)
        place = chance.randrange(len(numbers) + 1)
        numbers[place : place + chance.randrange(2)] = [chance.choice(INTEGERS)][: chance.randrange(2) or (place < 1)]
        attribute.CopyFrom(helper.make_attribute(attribute.name, numbers, attr_type=onnx.AttributeProto.INTS))
    elif attribute.type == onnx.AttributeProto.STRING:
        attribute.s = chance.choice(WORDS).encode()
    elif attribute.type == onnx.AttributeProto.INT:
        attribute.i = chance.choice(INTEGERS)
    else:
        attribute.CopyFrom(helper.make_attribute(attribute.name, chance.choice([1.5, 2, "2", [1.5, 2.0]])))


def change_input(model, chance):
    dims = model.graph.input[0].type.tensor_type.shape.dim
    kind = chance.randrange(4)
    if kind == 0:
        dims.add().dim_value = chance.choice((1, 2))
    elif kind == 1:
        del dims[chance.randrange(len(dims))]
    else:
        chance.choice(dims).dim_value = chance.choice((*INTEGERS, 4, 6, 7, 11))


def change_constant(model, chance):
    tensor = chance.choice(model.graph.initializer)
    value = numpy_helper.to_array(tensor)
    if not value.ndim:
        value = np.stack([value] * chance.choice((1, 2)))
    elif chance.randrange(3) == 0:
        value = value.reshape(value.shape[::-1]) if chance.randrange(2) else value[None]
    else:
        axis = chance.randrange(value.ndim)
        value = np.take(value, range(chance.choice((1, 2, 5))), axis, mode="wrap")
    if value.dtype == np.int64 and value.size and chance.randrange(2):
        value = value.copy()
        value.flat[chance.randrange(value.size)] = chance.choice(INTEGERS)
    tensor.CopyFrom(numpy_helper.from_array(np.ascontiguousarray(value), tensor.name))


def change_wires(model, chance):
    changed = chance.choice([each for each in model.graph.node if each.input])
    known = [name for each in model.graph.node for name in each.output if name]
    known += [tensor.name for tensor in model.graph.initializer] + ["x", "", "nothing"]
    place, kind = chance.randrange(len(changed.input)), chance.randrange(4)
    if kind == 0:
        del changed.input[place]
    elif kind == 1:
        changed.input.append(chance.choice(known))
    else:
        changed.input[place] = chance.choice(known)


def change_nodes(model, chance):
    changed = chance.choice(model.graph.node)
    kind = chance.randrange(4)
    if kind == 0:
        model.graph.node.remove(changed)
    elif kind == 1:
        model.graph.node.append(copy.deepcopy(changed))
    elif kind == 2:
        model.opset_import[0].version = chance.choice((1, 6, 7, 9, 11, 13, 18, 21, 99))
    else:
        changed.op_type = chance.choice(OPERATORS)


CHANGES = (
    change_attribute,
    change_attribute,
    change_input,
    change_constant,
    change_constant,
    change_wires,
    change_nodes,
)
BASES = (convolutions, attention, recurrent, quantised)


def outputs_of_layers(network, model):
    """Number of values that each layer puts out, by the output of its node; both directions of a layer together."""
    found = {}
    for stored in stored_weights(Graph(model.graph)):
        layer = network.layer(stored.name)
        products = layer.gemm
        count = products.M * products.N * products.repeat
        if layer.kind == "conv_transpose2d":
            count = layer.weight_shape[1] * layer.groups * math.prod(layer.output_size)
        elif layer.kind in ("lstm", "gru"):
            count = layer.weight_shape[0] // {"lstm": 4, "gru": 3}[layer.kind] * layer.steps
        name = stored.node.output[0]
        found[name] = found.get(name, 0) + count
    return found


def run(model, shape):
    """Every tensor of the graph that a layer puts out, by onnxruntime on zeros; None where it refuses."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(None, {"x": np.zeros(shape, np.float32)}), strict=True))


def imported(path, model):
    """The network, or None where it is refused in one line that names the file."""
    onnx.save(model, path)
    dims = [dim.dim_value for dim in model.graph.input[0].type.tensor_type.shape.dim]
    try:
        return load_network(path, input_shape=tuple(dims))
    except InputError as error:
        line = str(error)
    assert line.startswith(f"{path}: ")
    assert "\n" not in line
    return None


def check(path, model):
    """What became of a mutant; AssertionError, or what onnxruntime raises, where it is imported wrongly."""
    network = imported(path, model)
    if network is None:
        return "refused"
    expected = outputs_of_layers(network, model)
    dims = [dim.dim_value for dim in model.graph.input[0].type.tensor_type.shape.dim]
    if 4 * max(math.prod(dims), *expected.values()) > _RUNNABLE_BYTES:
        return "imported"
    known = {value.name for value in model.graph.output}
    model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in expected if name not in known)
    try:
        found = run(model, dims)
    except Exception as error:
        if any(words in str(error) for words in _SAYS_NOTHING_OF_SIZES):
            return "not run"
        raise
    assert {name: found[name].size for name in expected} == expected
    return "imported"


def mutant(whole, chance):
    model = copy.deepcopy(whole)
    for _ in range(chance.choice((1, 1, 2))):
        chance.choice(CHANGES)(model, chance)
    return model


@pytest.mark.parametrize("base", BASES, ids=lambda base: base.__name__)
def test_mutants_are_refused_or_run_with_the_imported_sizes(base, tmp_path):
    whole = onnx.load(base(tmp_path / "whole.onnx"))
    assert check(tmp_path / "same.onnx", copy.deepcopy(whole)) == "imported"
    outcomes = [check(tmp_path / "net.onnx", mutant(whole, random.Random(seed))) for seed in range(MUTANTS)]
    assert {"refused", "imported"} <= set(outcomes)
    assert outcomes.count("not run") < MUTANTS / 10
