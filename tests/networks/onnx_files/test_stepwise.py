"""A Slice behind a window that is too large: ONNX ends the process, and the graph must be refused before that."""

import re
import subprocess
import sys

import numpy as np
import pytest

from sparsesim.errors import InputError
from sparsesim.networks import load_network
from tests.networks.onnx_models import helper, normal, save

node = helper.make_node
NUMBERS = {"from": np.array([0]), "to": np.array([5]), "axis": np.array([2]), "w": normal(3, 4)}
LAST = (node("GlobalAveragePool", ["s"], ["g"]), node("Flatten", ["g"], ["f"]), node("MatMul", ["f", "w"], ["y"], "fc"))


def pool(entry, output, size, name):
    return node("MaxPool", [entry], [output], name, kernel_shape=[size, size])


def slice_of(entry, output):
    return node("Slice", [entry, "from", "to", "axis"], [output])


def inner(*nodes):
    return helper.make_graph(nodes, "inner", [], [helper.make_tensor_value_info("o", 1, None)])


def branch(*nodes):
    return node("If", ["c"], ["s"], "if", then_branch=inner(*nodes), else_branch=inner(*nodes))


REFUSED = {
    "pool": ([pool("x", "p", 14, "pool"), slice_of("p", "s")], "MaxPool 'pool': output 'p': (1, 3, 0, 0)"),
    "larger pool": ([pool("x", "p", 15, "pool"), slice_of("p", "s")], "MaxPool 'pool': output 'p': (1, 3, -1, -1)"),
    "second pool": (
        [pool("x", "p", 2, "first"), slice_of("p", "t"), pool("t", "q", 9, "second"), slice_of("q", "s")],
        "MaxPool 'second': output 'q': (1, 3, -3, 4)",
    ),
    "two ways": (
        [pool("x", "p", 15, "pool"), node("Relu", ["x"], ["r"]), node("Add", ["p", "r"], ["a"]), slice_of("a", "s")],
        "MaxPool 'pool': output 'p': (1, 3, -1, -1)",
    ),
    "slice in a branch": (
        [pool("x", "p", 15, "pool"), branch(slice_of("p", "o"))],
        "MaxPool 'pool': output 'p': (1, 3, -1",
    ),
}
READ = {
    "pool": [pool("x", "p", 2, "first"), slice_of("p", "s")],
    "two pools": [pool("x", "p", 2, "first"), slice_of("p", "t"), pool("t", "q", 2, "second"), slice_of("q", "s")],
    "both in a branch": [branch(pool("x", "p", 15, "inside"), slice_of("p", "o")), node("Relu", ["x"], ["r"])],
}


def saved(path, nodes):
    hidden = [*LAST] if nodes[-1].op_type != "Relu" else [node("GlobalAveragePool", ["r"], ["g"]), *LAST[1:]]
    return save(path, [*nodes, *hidden], {**NUMBERS, "c": np.array(True)}, {"x": [1, 3, 13, 13]})


@pytest.mark.parametrize("case", REFUSED)
def test_sizes_in_front_of_a_slice_are_checked_first(case, tmp_path):
    nodes, message = REFUSED[case]
    path = saved(tmp_path / "a.onnx", nodes)
    read = (
        f"import sparsesim as ss\ntry:\n    ss.load_network({str(path)!r})\n"
        "except ss.SparsesimError as error:\n    print(error)"
    )
    done = subprocess.run([sys.executable, "-c", read], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{path}: {message}")


@pytest.mark.parametrize("case", READ)
def test_slices_behind_windows_are_read(case, tmp_path):
    assert load_network(saved(tmp_path / "a.onnx", READ[case])).layer("fc").positions == 1


def test_many_windows_and_slices_in_turn_take_too_long(tmp_path):
    nodes = []
    for i in range(1000):
        nodes += [pool(f"t{i}" if i else "x", f"p{i}", 1, f"pool{i}"), slice_of(f"p{i}", f"t{i + 1}")]
    path = saved(tmp_path / "a.onnx", [*nodes, node("Identity", ["t1000"], ["s"])])
    with pytest.raises(InputError, match=re.escape(" windows with a Slice behind each, in turn: they take too long")):
        load_network(path)
