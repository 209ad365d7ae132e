"""Small ONNX graphs, each with one way in which channels depend on each other."""

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")
from onnx import helper  # noqa: E402

from tests.networks.onnx_models import normal, save  # noqa: E402

node = helper.make_node


def conv(entry, result, weight, **attributes):
    return node("Conv", [entry, *([weight] if isinstance(weight, str) else weight)], [result], result, **attributes)


def depthwise(path):
    """1x1, depthwise with two maps per channel, 1x1; activations that are not zero at zero."""
    nodes = [
        conv("x", "a", ["w1", "b1"]),
        node("Sigmoid", ["a"], ["s"]),
        conv("s", "d", ["w2", "b2"], group=12, pads=[1, 1, 1, 1]),
        node("HardSigmoid", ["d"], ["h"]),
        conv("h", "c", ["w3"]),
        node("GlobalAveragePool", ["c"], ["y"]),
    ]
    constants = {"w1": normal(12, 3, 1, 1), "b1": normal(12), "w2": normal(24, 1, 3, 3), "b2": normal(24)}
    return save(path, nodes, constants | {"w3": normal(5, 24, 1, 1)}, {"x": [1, 3, 6, 6]})


def grouped(path):
    """Two convolutions in four groups: channel i of one group goes with channel i of all others."""
    nodes = [
        conv("x", "a", "w1"),
        node("Relu", ["a"], ["r"]),
        conv("r", "g", "w2", group=4),
        node("Relu", ["g"], ["q"]),
        conv("q", "t", "w3", group=4),
        node("Relu", ["t"], ["u"]),
        conv("u", "y", "w4"),
    ]
    constants = {"w1": normal(16, 3, 3, 3), "w2": normal(24, 4, 3, 3), "w3": normal(32, 6, 1, 1)}
    return save(path, nodes, constants | {"w4": normal(7, 32, 1, 1)}, {"x": [1, 3, 9, 9]})


def transposed(path):
    """A convolution, a transposed one, a depthwise transposed one, and a last convolution."""
    nodes = [
        conv("x", "a", "w1"),
        node("ConvTranspose", ["a", "w2", "b2"], ["t"], "t", strides=[2, 2]),
        node("LeakyRelu", ["t"], ["l"]),
        node("ConvTranspose", ["l", "w3"], ["d"], "d", group=8),
        conv("d", "y", "w4"),
    ]
    constants = {"w1": normal(6, 2, 3, 3), "w2": normal(6, 8, 2, 2), "b2": normal(8), "w3": normal(8, 1, 2, 2)}
    return save(path, nodes, constants | {"w4": normal(3, 8, 1, 1)}, {"x": [1, 2, 7, 7]})


def residual(path):
    """A projection around a normalised branch; both add up, and a later block adds to the sum."""
    norm = ["s1", "o1", "m1", "v1"]
    nodes = [
        conv("x", "a", "w1"),
        node("BatchNormalization", ["a", *norm], ["n"]),
        node("Relu", ["n"], ["r"]),
        conv("r", "b", "w2"),
        conv("x", "p", "wp"),
        node("Add", ["b", "p"], ["sum"]),
        node("Relu", ["sum"], ["e"]),
        conv("e", "c", "w3"),
        node("Add", ["c", "e"], ["again"]),
        node("Flatten", ["again"], ["f"]),
        node("Gemm", ["f", "wf", "bf"], ["y"], "head", transB=1),
    ]
    constants = {"w1": normal(10, 3, 1, 1), "w2": normal(12, 10, 1, 1), "wp": normal(12, 3, 1, 1, seed=1)}
    constants |= {"w3": normal(12, 12, 1, 1), "wf": normal(4, 12 * 9), "bf": normal(4)}
    constants |= {"s1": normal(10), "o1": normal(10, seed=2), "m1": normal(10, seed=3), "v1": normal(10) ** 2}
    return save(path, nodes, constants, {"x": [1, 3, 3, 3]})


def joined(path):
    """Concatenated twice in different order, cut apart again by Split and Slice, and padded with channels."""
    nodes = [
        conv("x", "a", "w1"),
        conv("x", "b", "w2"),
        node("Concat", ["a", "b"], ["ab"], axis=1),
        node("Concat", ["b", "ab"], ["bab"], axis=-3),
        conv("bab", "c", "w3"),
        node("Split", ["c", "parts"], ["c1", "c2"], axis=1),
        node("Mul", ["c1", "c2"], ["m"]),
        node("Slice", ["ab", "starts", "ends", "axes"], ["cut"]),
        node("Pad", ["cut", "pads"], ["padded"]),
        node("Add", ["padded", "m"], ["z"]),
        conv("z", "y", "w4"),
    ]
    integers = {"parts": [8, 8], "starts": [3], "ends": [-1], "axes": [1], "pads": [0, 2, 0, 0, 0, 1, 0, 0]}
    constants = {"w1": normal(4, 2, 1, 1), "w2": normal(5, 2, 1, 1), "w3": normal(16, 14, 1, 1)}
    constants |= {name: np.array(value, np.int64) for name, value in integers.items()}
    return save(path, nodes, constants | {"w4": normal(3, 8, 1, 1)}, {"x": [1, 2, 4, 4]})


HEADS, WIDTH, TOKENS, MODEL, HIDDEN = 4, 8, 5, 32, 24


def transformer(path):
    """A block as exporters write it: heads by Reshape and Transpose, two residual additions, normalisation, an MLP."""
    nodes = []
    for name in "qkv":
        nodes += [node("MatMul", ["x", f"w{name}"], [f"{name}0"], name), node("Add", [f"{name}0", f"b{name}"], [name])]
        nodes.append(node("Reshape", [name, "heads"], [f"{name}h"]))
        order = [0, 2, 3, 1] if name == "k" else [0, 2, 1, 3]
        nodes.append(node("Transpose", [f"{name}h"], [f"{name}t"], perm=order))
    nodes += [
        node("MatMul", ["qt", "kt"], ["products"], "scores"),
        node("Div", ["products", "scale"], ["scaled"]),
        node("Softmax", ["scaled"], ["shares"], axis=-1),
        node("MatMul", ["shares", "vt"], ["mixed"], "context"),
        node("Transpose", ["mixed"], ["back"], perm=[0, 2, 1, 3]),
        node("Reshape", ["back", "whole"], ["flat"]),
        node("MatMul", ["flat", "wo"], ["o"], "o"),
        node("Add", ["o", "x"], ["r1"]),
        node("LayerNormalization", ["r1", "gain", "shift"], ["n"], axis=-1),
        node("MatMul", ["n", "wg"], ["g0"], "gate"),
        node("Sigmoid", ["g0"], ["g1"]),
        node("MatMul", ["n", "wu"], ["u0"], "up"),
        node("Mul", ["g1", "u0"], ["h"]),
        node("MatMul", ["h", "wd"], ["d"], "down"),
        node("Add", ["d", "r1"], ["y"]),
    ]
    constants = {f"w{name}": normal(MODEL, MODEL, seed=i) / 5 for i, name in enumerate("qkvo")}
    constants |= {f"b{name}": normal(MODEL, seed=i) for i, name in enumerate("qkv")}
    constants |= {"wg": normal(MODEL, HIDDEN), "wu": normal(MODEL, HIDDEN, seed=9), "wd": normal(HIDDEN, MODEL)}
    constants |= {"gain": normal(MODEL), "shift": normal(MODEL), "scale": np.float32(np.sqrt(WIDTH))}
    constants |= {"heads": np.array([0, TOKENS, HEADS, -1]), "whole": np.array([0, TOKENS, MODEL])}
    return save(path, nodes, constants, {"x": [1, TOKENS, MODEL]})


def fused_heads(path):
    """One layer for query, key and value, split apart; a constant behind Transpose."""
    nodes = [
        node("Transpose", ["stored"], ["w"], perm=[1, 0]),
        node("MatMul", ["x", "w"], ["all"], "qkv"),
        node("Split", ["all"], ["q", "k", "v"], axis=-1),
    ]
    for name in "qkv":
        nodes.append(node("Reshape", [name, "heads"], [f"{name}h"]))
        order = [1, 2, 0] if name == "k" else [1, 0, 2]
        nodes.append(node("Transpose", [f"{name}h"], [f"{name}t"], perm=order))
    nodes += [
        node("MatMul", ["qt", "kt"], ["products"], "scores"),
        node("Softmax", ["products"], ["shares"], axis=-1),
        node("MatMul", ["shares", "vt"], ["mixed"], "context"),
        node("Transpose", ["mixed"], ["back"], perm=[1, 0, 2]),
        node("Reshape", ["back", "whole"], ["flat"]),
        node("MatMul", ["flat", "wo"], ["y"], "o"),
    ]
    constants = {"stored": normal(3 * MODEL, MODEL) / 5, "wo": normal(MODEL, 6)}
    constants |= {"heads": np.array([TOKENS, HEADS, WIDTH]), "whole": np.array([TOKENS, -1])}
    return save(path, nodes, constants, {"x": [TOKENS, MODEL]})


def open_batch(path):
    """Flattened to (batch, channels * area) by a shape that is put together from the size of the input."""
    nodes = [
        conv("x", "a", "w1"),
        node("Shape", ["a"], ["size"]),
        node("Gather", ["size", "zero"], ["batch"]),
        node("Concat", ["batch", "area"], ["shape"], axis=0),
        node("Reshape", ["a", "shape"], ["flat"]),
        node("Tanh", ["flat"], ["t"]),
        node("MatMul", ["t", "w2"], ["y"], "head"),
    ]
    constants = {"w1": normal(8, 2, 1, 1), "w2": normal(8 * 9, 4), "zero": np.array([0]), "area": np.array([72])}
    return save(path, nodes, constants, {"x": ["batch", 2, 3, 3]})


def channel_shuffle(path):
    """Halves that cross: reshaped to (2, 6), transposed, reshaped back, and cut in two."""
    nodes = [
        conv("x", "a", "w1"),
        node("Reshape", ["a", "pairs"], ["p"]),
        node("Transpose", ["p"], ["q"], perm=[0, 2, 1, 3, 4]),
        node("Reshape", ["q", "flat"], ["s"]),
        conv("s", "b", "w2"),
        node("Split", ["b", "halves"], ["left", "right"], axis=1),
        node("Softplus", ["left"], ["l"]),
        node("Concat", ["right", "l"], ["z"], axis=1),
        conv("z", "y", "w3"),
    ]
    integers = {"pairs": [1, 2, 6, 4, 4], "flat": [1, 12, 4, 4], "halves": [2, 10]}
    constants = {name: np.array(value) for name, value in integers.items()}
    constants |= {"w1": normal(12, 2, 1, 1), "w2": normal(12, 12, 1, 1), "w3": normal(5, 12, 1, 1)}
    return save(path, nodes, constants, {"x": [1, 2, 4, 4]})


_ALL = (depthwise, grouped, transposed, residual, joined, transformer, fused_heads, open_batch, channel_shuffle)
GRAPHS = {graph.__name__: graph for graph in _ALL}
INPUTS = {"residual": (1, 3, 3, 3), "depthwise": (1, 3, 6, 6), "grouped": (1, 3, 9, 9), "transposed": (1, 2, 7, 7)}
INPUTS |= {"joined": (1, 2, 4, 4), "transformer": (1, TOKENS, MODEL), "fused_heads": (TOKENS, MODEL)}
INPUTS |= {"open_batch": (1, 2, 3, 3), "channel_shuffle": (1, 2, 4, 4)}
