"""Graphs that contradict themselves are refused with file, node, field and value."""

import re

import numpy as np
import pytest

from sparsesim.errors import InputError
from sparsesim.networks import load_network
from tests.networks.onnx_models import TensorProto, helper, normal, save

node = helper.make_node
IMAGE = [1, 3, 8, 8]


def conv(weight=(4, 3, 3, 3), size=IMAGE, op="Conv", bias=None, **flags):
    inputs, constants = ["x", "w"], {"w": normal(*weight)}
    if bias is not None:
        inputs, constants = [*inputs, "b"], {**constants, "b": normal(*bias)}
    return [node(op, inputs, ["y"], "c", **flags)], constants, {"x": list(size)}


def product(op, first, second, bias=None, domain="", **flags):
    inputs, constants = ["x", "w"], {"w": normal(*second)}
    if bias is not None:
        inputs, constants = [*inputs, "b"], {**constants, "b": normal(*bias)}
    return [node(op, inputs, ["y"], "p", domain=domain, **flags)], constants, {"x": list(first)}


def recurrent(op="LSTM", weight=(1, 20, 7), recurrence=(1, 20, 5), entry=(9, 1, 7), bias=None, state=None, **flags):
    constants = {"w": normal(*weight), "r": normal(*recurrence)}
    if bias is not None:
        constants["b"] = normal(*bias)
    if state is not None:
        constants["h"] = normal(*state)
    names = ["x", "w", "r", "b" if bias is not None else "", "", "h" if state is not None else ""]
    return [node(op, names, ["y"], "rnn", **{"hidden_size": 5, **flags})], constants, {"x": list(entry)}


def quantised(scale=(), zero=(), bias=(4,)):
    constants = {"xs": np.float32(0.1), "xz": np.uint8(3), "ys": np.float32(0.2), "yz": np.uint8(9)}
    constants |= {"w": np.ones((4, 3, 3, 3), np.int8), "ws": np.ones(scale, np.float32), "wz": np.zeros(zero, np.int8)}
    constants["b"] = np.zeros(bias, np.int32)
    names = ["x", "xs", "xz", "w", "ws", "wz", "ys", "yz", "b"]
    return [node("QLinearConv", names, ["y"], "c")], constants, {"x": IMAGE}


CONTRADICTIONS = {
    "channels": (conv(size=(1, 5, 8, 8)), "Conv 'c': input 'x': (1, 5, 8, 8): 3 channels are needed"),
    "channels of groups": (conv((4, 3, 3, 3), (1, 3, 8, 8), group=2), "Conv 'c': input 'x': (1, 3, 8, 8): 6 channels"),
    "groups": (conv((4, 1, 3, 3), group=3), "Conv 'c': group: 3: the 4 outputs must divide by it"),
    "no group": (conv(group=0), "Conv 'c': group: 0: a whole number from 1"),
    "negative groups": (conv(group=-1), "Conv 'c': group: -1: a whole number from 1"),
    "conv bias": (conv(bias=(3,)), "Conv 'c': input 'b': (3,): a bias of 4 values"),
    "conv axes": (conv(size=(1, 3, 8)), "Conv 'c': input 'x': (1, 3, 8): 4 axes are needed"),
    "pads": (conv(pads=[1, 1, 1]), "Conv 'c': pads: [1, 1, 1]: 4 numbers are needed for 2 axes"),
    "negative pads": (conv(pads=[1, 1, 1, -1]), "Conv 'c': pads: [1, 1, 1, -1]: whole numbers from 0"),
    "huge pads": (conv(pads=[0, 0, 0, 2**62]), f"Conv 'c': pads: [0, 0, 0, {2**62}]: whole numbers from 0 to 2"),
    "strides of 3 axes": (conv(strides=[1, 1, 1]), "Conv 'c': strides: [1, 1, 1]: 2 numbers are needed for 2 axes"),
    "fractional strides": (conv(strides=[1.5, 1.5]), "Conv 'c': strides: [1.5, 1.5]: whole numbers from 1"),
    "zero strides": (conv(strides=[0, 1]), "Conv 'c': strides: [0, 1]: whole numbers from 1"),
    "one stride": (conv(strides=2), "Conv 'c': strides: 2: whole numbers from 1"),
    "dilations": (conv(dilations=[1]), "Conv 'c': dilations: [1]: 2 numbers are needed"),
    "auto_pad": (conv(auto_pad="SAME"), "Conv 'c': auto_pad: SAME: one of NOTSET, SAME_UPPER, SAME_LOWER, VALID"),
    "kernel_shape": (conv(kernel_shape=[5, 5]), "Conv 'c': kernel_shape: [5, 5]: its weights are (4, 3, 3, 3)"),
    "axes of kernel_shape": (conv(kernel_shape=[3]), "Conv 'c': kernel_shape: [3]: 2 numbers are needed"),
    "kernel larger than the map": (
        conv(size=(1, 3, 2, 8)),
        "layer 'c': the kernel is larger than its padded input (2, 8)",
    ),
    "transposed channels": (conv((4, 3, 3, 3), op="ConvTranspose"), "ConvTranspose 'c': input 'x': (1, 3, 8, 8): 4 ch"),
    "transposed groups": (conv((3, 2, 3, 3), op="ConvTranspose", group=2), "ConvTranspose 'c': group: 2: the 3 inputs"),
    "transposed bias": (
        conv((3, 4, 3, 3), op="ConvTranspose", bias=(3,)),
        "ConvTranspose 'c': input 'b': (3,): a bias of 4",
    ),
    "output_padding": (
        conv((3, 4, 3, 3), op="ConvTranspose", output_padding=[1]),
        "ConvTranspose 'c': output_padding: [1]: 2",
    ),
    "output_shape": (
        conv((3, 4, 3, 3), op="ConvTranspose", output_shape=[9]),
        "ConvTranspose 'c': output_shape: [9]: 2",
    ),
    "matmul": (product("MatMul", (1, 5), (9, 4)), "MatMul 'p': input 'x': (1, 5): 9 values to sum over"),
    "matmul of vectors": (product("MatMul", (5,), (9, 4)), "MatMul 'p': input 'x': (5,): 9 values to sum over"),
    "gemm": (product("Gemm", (1, 5), (9, 4)), "Gemm 'p': input 'x': (1, 5): 9 values to sum over"),
    "gemm with transB": (
        product("Gemm", (1, 9), (9, 4), transB=1),
        "Gemm 'p': input 'x': (1, 9): 4 values to sum over",
    ),
    "gemm with transA": (
        product("Gemm", (1, 9), (9, 4), transA=1),
        "Gemm 'p': input 'x': (1, 9): 9 values to sum over",
    ),
    "gemm flag": (product("Gemm", (1, 9), (9, 4), transB=-1), "Gemm 'p': transB: -1: 0 or 1 is needed"),
    "gemm axes": (product("Gemm", (1, 2, 9), (9, 4)), "Gemm 'p': input 'x': (1, 2, 9): a matrix is needed"),
    "gemm bias": (
        product("Gemm", (1, 9), (9, 4), bias=(5,)),
        "Gemm 'p': input 'b': (5,): a bias that spreads over (1, 4)",
    ),
    "gemm bias of 3 axes": (product("Gemm", (1, 9), (9, 4), bias=(1, 1, 4)), "Gemm 'p': input 'b': (1, 1, 4): a bias"),
    "directions": (recurrent(weight=(3, 20, 7), recurrence=(3, 20, 5)), "LSTM 'rnn': input 'w': (3, 20, 7): W of"),
    "too few directions": (recurrent(direction="bidirectional"), "LSTM 'rnn': input 'w': (1, 20, 7): W of"),
    "direction": (recurrent(direction="sideways"), "LSTM 'rnn': direction: sideways: one of forward, reverse, bidirec"),
    "width": (
        recurrent(entry=(9, 1, 8)),
        "LSTM 'rnn': input 'w': (1, 20, 7): W of this LSTM with hidden_size 5 is (1, 20, 8)",
    ),
    "gates": (recurrent("GRU"), "GRU 'rnn': input 'w': (1, 20, 7): W of this GRU with hidden_size 5 is (1, 15, 7)"),
    "gates of RNN": (
        recurrent("RNN"),
        "RNN 'rnn': input 'w': (1, 20, 7): W of this RNN with hidden_size 5 is (1, 5, 7)",
    ),
    "recurrence": (recurrent(recurrence=(1, 20, 6)), "LSTM 'rnn': input 'r': (1, 20, 6): R of"),
    "hidden_size": (recurrent(hidden_size=6), "LSTM 'rnn': input 'w': (1, 20, 7): W of this LSTM with hidden_size 6"),
    "no hidden_size": (recurrent(hidden_size=0), "LSTM 'rnn': hidden_size: 0: a whole number from 1"),
    "recurrent bias": (
        recurrent(bias=(1, 20)),
        "LSTM 'rnn': input 'b': (1, 20): B of this LSTM with hidden_size 5 is (1, 40)",
    ),
    "state": (recurrent(state=(1, 1, 6)), "LSTM 'rnn': input 'h': (1, 1, 6): initial_h of"),
    "layout": (recurrent(layout=2), "LSTM 'rnn': layout: 2: 0 or 1 is needed"),
    "sequences": (recurrent(entry=(9, 4, 7)), "LSTM 'rnn': input 'x': (9, 4, 7): 4 sequences; give input_shape"),
    "sequences first": (recurrent(entry=(4, 9, 7), layout=1), "LSTM 'rnn': input 'x': (4, 9, 7): 4 sequences"),
    "scales": (quantised(scale=(3,)), "QLinearConv 'c': input 'ws': (3,): one value or 4"),
    "zero points": (quantised(zero=(3,)), "QLinearConv 'c': input 'wz': (3,): one value or 4"),
    "quantised bias": (quantised(bias=(5,)), "QLinearConv 'c': input 'b': (5,): a bias of 4 values"),
    "fused matmul": (
        product("FusedMatMul", (1, 5), (9, 4), domain="com.microsoft"),
        "FusedMatMul 'p': input 'x': (1, 5): 9 values to sum over",
    ),
    "fused conv": (
        (
            [node("FusedConv", ["x", "w"], ["y"], "c", domain="com.microsoft")],
            {"w": normal(4, 3, 3, 3)},
            {"x": [1, 5, 8, 8]},
        ),
        "FusedConv 'c': input 'x': (1, 5, 8, 8): 3 channels",
    ),
}


def graph_with(*nodes, constants=None, **inputs):
    """Nodes in front of, or beside, a product that can be read."""
    last = node("MatMul", ["h", "m"], ["y"], "last")
    return [*nodes, last], {"m": normal(6, 2), **(constants or {})}, inputs or {"x": [1, 6]}


ELSEWHERE = {
    "sum": (
        graph_with(node("Add", ["x", "b"], ["h"], "sum"), constants={"b": normal(1, 5)}),
        "Add 'sum': inputs x, b:",
    ),
    "node without name": (
        graph_with(node("Add", ["x", "b"], ["h"]), constants={"b": normal(1, 5)}),
        "Add 'h': inputs x, b:",
    ),
    "reshape": (
        graph_with(node("Reshape", ["x", "s"], ["h"], "r"), constants={"s": np.array([1, 6])}, x=[1, 7]),
        "Reshape 'r': output 'h': (1, 6): its input 'x' is (1, 7)",
    ),
    "pool": (
        graph_with(
            node("MaxPool", ["x"], ["p"], "pool", kernel_shape=[5, 5]), node("Flatten", ["p"], ["h"]), x=[1, 6, 3, 3]
        ),
        "MaxPool 'pool': output 'p': (1, 6, -1, -1)",
    ),
    "strides of a pool": (
        graph_with(
            node("MaxPool", ["x"], ["p"], "pool", kernel_shape=[3, 3], strides=[0, 1]),
            node("Flatten", ["p"], ["h"]),
            x=[1, 6, 3, 3],
        ),
        "MaxPool 'pool': strides: [0, 1]: whole numbers from 1",
    ),
    "sum beside an operator that ONNX does not know": (
        graph_with(
            node("Frobnicate", ["x"], ["u"], domain="own"),
            node("Add", ["x", "b"], ["h"], "sum"),
            constants={"b": normal(1, 5)},
        ),
        "Add 'sum': inputs x, b: Incompatible dimensions",
    ),
    "gather": (
        graph_with(node("GatherND", ["x", "i"], ["h"], "g", batch_dims=-3), constants={"i": np.array([[0]])}),
        "GatherND 'g': batch_dims: -3: a whole number from 0",
    ),
    "transposition": (
        graph_with(node("Transpose", ["x"], ["h"], "t", perm=[0, 2, 1])),
        "Transpose 't': perm: [0, 2, 1]: each axis of its input 'x' (1, 6) once is needed",
    ),
    "sizes in a matrix": (
        graph_with(node("Reshape", ["x", "s"], ["h"], "r"), constants={"s": np.array([[1, 6]])}),
        "Reshape 'r': input 's': (1, 2): a list of numbers is needed",
    ),
    "map without axes": (
        graph_with(node("GlobalAveragePool", ["x"], ["h"], "g")),
        "GlobalAveragePool 'g': input 'x': (1, 6)",
    ),
    "cycle": (
        graph_with(node("Add", ["x", "g"], ["h"], "a"), node("Relu", ["h"], ["g"], "b")),
        "Add 'a': inputs x, g:",
    ),
    "order": (graph_with(node("Relu", ["g"], ["h"], "late"), node("Relu", ["x"], ["g"])), "Relu 'late': inputs g:"),
    "one output twice": (graph_with(node("Relu", ["x"], ["h"]), node("Tanh", ["x"], ["h"], "again")), "h"),
    "unknown operator": (graph_with(node("Frobnicate", ["x"], ["h"], "f")), "Frobnicate 'f': inputs x:"),
    "too few inputs": (graph_with(node("MatMul", ["x"], ["h"], "p")), "MatMul 'p': inputs: ('x',): at least 2"),
    "unknown attribute": (graph_with(node("Relu", ["x"], ["h"], "r", slope=2)), "Relu 'r': inputs x:"),
}


@pytest.mark.parametrize("case", [*CONTRADICTIONS, *ELSEWHERE])
def test_a_contradiction_is_refused_with_node_field_and_value(case, tmp_path):
    (nodes, constants, inputs), message = {**CONTRADICTIONS, **ELSEWHERE}[case]
    quantised = nodes[0].op_type == "QLinearConv"
    types = dict.fromkeys("xy", TensorProto.UINT8) if quantised else None
    path = save(
        tmp_path / "a.onnx",
        nodes,
        constants,
        inputs,
        types=types,
        domains=[node.domain for node in nodes if node.domain],
    )
    with pytest.raises(InputError, match=re.escape(message)) as caught:
        load_network(path)
    line = str(caught.value)
    assert line.startswith(f"{path}: ")
    assert "\n" not in line
    assert "sparsesim.node" not in line
