"""Small ONNX files, built node by node."""

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")
from onnx import TensorProto, helper, numpy_helper  # noqa: E402


def save(path, nodes, constants, inputs, outputs=("y",), value_info=(), types=None, domains=()):
    """An opset-17 model; `constants` {name: array}, `inputs` {name: shape}, outputs of unknown shape."""
    types = types or {}
    floats = [
        helper.make_tensor_value_info(name, types.get(name, TensorProto.FLOAT), shape) for name, shape in inputs.items()
    ]
    results = [helper.make_tensor_value_info(name, types.get(name, TensorProto.FLOAT), None) for name in outputs]
    known = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in value_info]
    stored = [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "test", floats, results, stored, value_info=known)
    opsets = [helper.make_opsetid("", 17), *(helper.make_opsetid(domain, 1) for domain in domains)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), path)
    return path


def normal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)
