"""Small ONNX graphs: right ones, and ones whose parts contradict each other."""

from typing import Any

import numpy as np
from hypothesis import strategies as st
from onnx import ModelProto, TensorProto, helper, numpy_helper

SIDES = (1, 2, 3, 4, 5, 7)
HOSTILE = (0, -1, -2, 1, 2, 3, 5, 9, 2**31 - 1, 2**31, 2**40, 2**62, 2**63 - 1)
KINDS = ("conv", "conv", "transposed", "matmul", "gemm", "lstm", "gru", "two layers", "sequence")


@st.composite
def onnx_models(draw: st.DrawFn) -> ModelProto:
    """A graph of one or two layers, with none, one or two of its numbers changed."""
    kind = draw(st.sampled_from(KINDS))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    nodes, constants, inputs = _BUILDERS[kind](draw)
    for _ in range(draw(st.sampled_from((0, 0, 1, 1, 2)))):
        _contradict(draw, nodes, constants, inputs)
    initialisers = [
        numpy_helper.from_array(random.standard_normal(shape).astype(np.float32), name)
        for name, shape in constants.items()
    ]
    read = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in inputs.items()]
    rank = {"two layers": 2, "lstm": 4, "gru": 4}.get(kind, len(inputs["x"]))
    written = [helper.make_tensor_value_info("y", TensorProto.FLOAT, [f"size{place}" for place in range(rank)])]
    graph = helper.make_graph(nodes, "net", read, written, initialisers)
    opset = draw(st.sampled_from((17, 17, 17, 11, 13, 21)))
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


Parts = tuple[list[Any], dict[str, tuple[int, ...]], dict[str, list[int]]]


def _conv(draw: st.DrawFn, like: str = "Conv") -> Parts:
    groups = draw(st.sampled_from((1, 1, 2)))
    c_in, c_out, kernel = groups * draw(st.integers(1, 3)), groups * draw(st.integers(1, 3)), draw(st.integers(1, 3))
    side = draw(st.integers(kernel, 7))
    shape = (c_out, c_in // groups) if like == "Conv" else (c_in, c_out // groups)
    given: dict[str, Any] = {"group": groups, "kernel_shape": [kernel, kernel]}
    if draw(st.booleans()):
        given["pads"] = [draw(st.integers(0, 2)) for _ in range(4)]
    elif draw(st.integers(0, 3)) == 0:
        given["auto_pad"] = draw(st.sampled_from(("SAME_UPPER", "SAME_LOWER", "VALID", "NOTSET")))
    if draw(st.booleans()):
        given["strides"] = [draw(st.integers(1, 2)), draw(st.integers(1, 3))]
    if draw(st.integers(0, 3)) == 0 and side >= 2 * kernel:
        given["dilations"] = [2, 1]
    node = helper.make_node(like, ["x", "w", "b"], ["y"], "conv", **given)
    return [node], {"w": (*shape, kernel, kernel), "b": (c_out,)}, {"x": [1, c_in, side, side]}


def _matmul(draw: st.DrawFn) -> Parts:
    inner, outer = draw(st.sampled_from(SIDES)), draw(st.sampled_from(SIDES))
    shape = [*([draw(st.integers(1, 3))] if draw(st.booleans()) else []), draw(st.integers(1, 3)), inner]
    return [helper.make_node("MatMul", ["x", "w"], ["y"], "fc")], {"w": (inner, outer)}, {"x": shape}


def _gemm(draw: st.DrawFn) -> Parts:
    inner, outer, turned = draw(st.sampled_from(SIDES)), draw(st.sampled_from(SIDES)), draw(st.integers(0, 1))
    node = helper.make_node("Gemm", ["x", "w", "b"], ["y"], "fc", transB=turned)
    return [node], {"w": (outer, inner) if turned else (inner, outer), "b": (outer,)}, {"x": [1, inner]}


def _recurrent(draw: st.DrawFn, like: str) -> Parts:
    hidden, width, steps = draw(st.integers(1, 4)), draw(st.integers(1, 4)), draw(st.integers(1, 3))
    both, gates = draw(st.booleans()), {"LSTM": 4, "GRU": 3}[like]
    directions = 1 + both
    given = {"hidden_size": hidden} | ({"direction": "bidirectional"} if both else {})
    node = helper.make_node(like, ["x", "w", "r"], ["y"], "rnn", **given)
    constants = {"w": (directions, gates * hidden, width), "r": (directions, gates * hidden, hidden)}
    return [node], constants, {"x": [steps, 1, width]}


def _two_layers(draw: st.DrawFn) -> Parts:
    (first,), constants, inputs = _conv(draw)
    first.output[0] = "map"
    sides = inputs["x"][2:]
    constants["v"] = (constants["w"][0] * sides[0] * sides[1], draw(st.sampled_from(SIDES)))
    del first.attribute[:]
    first.attribute.append(helper.make_attribute("group", inputs["x"][1] // constants["w"][1]))
    kernel = constants["w"][2]
    pads = [(kernel - 1) // 2, (kernel - 1) // 2, kernel // 2, kernel // 2]
    first.attribute.append(helper.make_attribute("pads", pads))
    nodes = [first, helper.make_node("Relu", ["map"], ["r"]), helper.make_node("Flatten", ["r"], ["flat"])]
    return [*nodes, helper.make_node("MatMul", ["flat", "v"], ["y"], "fc")], constants, inputs


def _sequence(draw: st.DrawFn) -> Parts:
    width, kernel = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    node = helper.make_node("Conv", ["x", "w"], ["y"], "line", kernel_shape=[kernel], strides=[draw(st.integers(1, 2))])
    return [node], {"w": (draw(st.integers(1, 4)), width, kernel)}, {"x": [1, width, draw(st.integers(kernel, 9))]}


_BUILDERS: dict[str, Any] = {
    "conv": _conv,
    "transposed": lambda draw: _conv(draw, "ConvTranspose"),
    "matmul": _matmul,
    "gemm": _gemm,
    "lstm": lambda draw: _recurrent(draw, "LSTM"),
    "gru": lambda draw: _recurrent(draw, "GRU"),
    "two layers": _two_layers,
    "sequence": _sequence,
}


def _contradict(draw: st.DrawFn, nodes: list[Any], constants: dict[str, Any], inputs: dict[str, Any]) -> None:
    """Change one size of a weight or an input, one attribute, or one name."""
    kind = draw(st.sampled_from(("weight", "weight", "input", "input", "attribute", "attribute", "attribute", "name")))
    node = draw(st.sampled_from(nodes))
    if kind == "weight":
        name = draw(st.sampled_from(sorted(constants)))
        shape = list(constants[name])
        change = draw(st.sampled_from(("size", "size", "more", "less")))
        place = draw(st.integers(0, max(0, len(shape) - 1)))
        if change == "more":
            shape.insert(place, 1)
        elif shape and change == "less":
            del shape[place]
        elif shape:
            shape[place] = draw(st.integers(0, 6))
        constants[name] = tuple(shape)
    elif kind == "input":
        shape = inputs["x"]
        if shape and draw(st.integers(0, 4)):
            shape[draw(st.integers(0, len(shape) - 1))] = draw(st.sampled_from(HOSTILE + SIDES))
        else:
            shape.append(draw(st.sampled_from(SIDES)))
    elif kind == "name":
        if node.input:
            node.input[draw(st.integers(0, len(node.input) - 1))] = draw(
                st.sampled_from(("", "x", "y", "w", "nowhere"))
            )
    else:
        _change_attribute(draw, node)


def _change_attribute(draw: st.DrawFn, node: Any) -> None:
    names = (
        "pads",
        "strides",
        "dilations",
        "kernel_shape",
        "group",
        "auto_pad",
        "direction",
        "hidden_size",
        "transA",
        "alpha",
    )
    name = draw(st.sampled_from([*(each.name for each in node.attribute), *names]))
    for place, attribute in reversed(list(enumerate(node.attribute))):
        if attribute.name == name:
            del node.attribute[place]
    value = draw(
        st.one_of(
            st.lists(st.sampled_from(HOSTILE), max_size=5),
            st.sampled_from(HOSTILE),
            st.sampled_from((0.5, 1.5, float("nan"))),
            st.lists(st.sampled_from((0.5, 1.5)), min_size=1, max_size=3),
            st.sampled_from(("SAME", "reverse", "bidirectional", "", "both")),
        )
    )
    if value != []:
        node.attribute.append(helper.make_attribute(name, value))
