"""What must be refused, and programs that must end in a line: for the faults that fuzzing has found."""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import sparsesim as ss
from sparsesim.errors import SparsesimError
from tests.fuzz import oracles
from tests.fuzz.running import ended

SECONDS = 30
NESTED = "{a: " * 100_000


def refused(read, *named):
    """The error of what must be refused, in lines that hold these words."""
    with pytest.raises(SparsesimError) as caught:
        read()
    oracles.one_line(caught.value, *map(str, named))
    return str(caught.value)


def refused_file(tmp_path, name, content, read, *named):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return refused(lambda: read(path), path, *named)


def misused(*words, named=()):
    """The one line on stderr of a command line that must be refused."""
    found = ended([str(word) for word in words])
    assert (found.code, found.out) == (2, ""), found
    (line,) = found.error.splitlines()
    assert line.startswith("error: ")
    for name in named:
        assert str(name) in line
    return line


def in_a_process(code, seconds=SECONDS, memory_bytes=12 * 10**9, **environment):
    """A fresh interpreter runs the code; what it printed, and how it ended."""
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(ss.__file__).parent.parent), **environment},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes)),
    )


def program(*words, **environment):
    """`sparsesim WORDS` in a process of its own."""
    words = ["sparsesim", *map(str, words)]
    return in_a_process(f"import sys; sys.argv = {words!r}; from sparsesim.cli import main; main()", **environment)


def points(tmp_path, **grid):
    sweep = {"name": "tiny", "networks": ["digits-cnn"], "pruners": ["none"], "formats": ["csr"]}
    (tmp_path / "s.yaml").write_text(json.dumps(sweep | {"machines": ["core-i7-5930k"]} | grid))
    return ended(["run", str(tmp_path / "s.yaml"), "-o", str(tmp_path / "out"), "--no-plots", "--json"])


def onnx_file(path, operator, shape, weights, **given):
    """One node that reads x and constants w and r."""
    names = ("w", "r")[: len(weights)]
    node = helper.make_node(operator, ["x", *names], ["y"], "layer", **given)
    constants = [
        numpy_helper.from_array(np.ones(size, np.float32), name) for name, size in zip(names, weights, strict=True)
    ]
    read = [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)]
    rank = 4 if operator in ("LSTM", "GRU") else len(shape)
    written = [helper.make_tensor_value_info("y", TensorProto.FLOAT, [f"n{place}" for place in range(rank)])]
    graph = helper.make_graph([node], "net", read, written, constants)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


CONTRADICTIONS = {
    "weights of 3 channels on 5": ("Conv", [1, 5, 8, 8], [(4, 3, 3, 3)], {}),
    "groups that do not divide": ("Conv", [1, 4, 8, 8], [(4, 2, 3, 3)], {"group": 3}),
    "a product 1x5 by 9x4": ("MatMul", [1, 5], [(9, 4)], {}),
    "a Gemm of another width": ("Gemm", [1, 5], [(9, 4)], {}),
    "an LSTM of another width": ("LSTM", [3, 1, 5], [(1, 16, 7), (1, 16, 4)], {"hidden_size": 4}),
    "an LSTM of 3 directions": ("LSTM", [3, 1, 5], [(3, 16, 5), (3, 16, 4)], {"hidden_size": 4}),
    "an LSTM of another hidden size": ("LSTM", [3, 1, 5], [(1, 16, 5), (1, 16, 4)], {"hidden_size": 7}),
    "pads of 3 entries": ("Conv", [1, 3, 8, 8], [(4, 3, 3, 3)], {"pads": [1, 1, 1]}),
    "negative pads": ("Conv", [1, 3, 8, 8], [(4, 3, 3, 3)], {"pads": [-9, -9, -9, -9]}),
    "strides in 3 directions": ("Conv", [1, 3, 8, 8], [(4, 3, 3, 3)], {"strides": [1, 1, 1]}),
    "fractional strides": ("Conv", [1, 3, 8, 8], [(4, 3, 3, 3)], {"strides": [1.5, 1.5]}),
    "strides of zero": ("Conv", [1, 3, 8, 8], [(4, 3, 3, 3)], {"strides": [0, 0]}),
    "an unknown auto_pad": ("Conv", [1, 3, 8, 8], [(4, 3, 3, 3)], {"auto_pad": "SAME"}),
    "another kernel_shape": ("Conv", [1, 3, 8, 8], [(4, 3, 3, 3)], {"kernel_shape": [5, 5]}),
    "a kernel larger than the map": ("Conv", [1, 3, 2, 2], [(4, 3, 3, 3)], {}),
    "an input of 2^40": ("Conv", [1, 3, 2**40, 2**40], [(4, 3, 3, 3)], {}),
    "a sequence of 10^12 steps": ("LSTM", [10**12, 1, 5], [(1, 16, 5), (1, 16, 4)], {"hidden_size": 4}),
}
