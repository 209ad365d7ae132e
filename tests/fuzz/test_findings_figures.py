"""Wrong figures that fuzzing has found: they stay mended."""

import json

import numpy as np
import pytest
import scipy.sparse as sp

from sparsesim.dtypes import dtype_by_name
from sparsesim.formats import format_by_name
from sparsesim.hardware import load_machine
from sparsesim.matmul import MatmulOp, Operand
from sparsesim.networks import load_network
from sparsesim.simulation import Simulator
from sparsesim.tensors import DenseMatrix, SparseMatrix, read_matrix
from tests.fuzz import oracles
from tests.fuzz.refusing import (
    CONTRADICTIONS,
    onnx_file,
    points,
    refused,
    refused_file,
)
from tests.fuzz.strategies.descriptions import SMALL_CPU

pytestmark = [pytest.mark.fuzz, pytest.mark.filterwarnings("ignore:Detected pickle protocol")]


def test_points_with_equal_labels_are_told_apart_or_refused(tmp_path):
    for folder, scale in (("a", 1), ("b", 0)):
        (tmp_path / folder).mkdir()
        weights = np.eye(8, dtype=np.float32) + scale
        np.savez(tmp_path / folder / "net.npz", **{"fc.weight": weights})
    networks = [str(tmp_path / folder / "net.npz") for folder in "ab"]
    found = points(tmp_path, networks=networks)
    if found.code == 0:
        records = [json.loads(line) for line in found.out.splitlines()]
        assert [record["layers"] for record in records] == [1, 1]
        assert [record["a_nnz"] for record in records] == [64, 8]
    else:
        assert "net" in found.error


@pytest.mark.parametrize("option", [{"criterion": ["l1", "random-1"]}, {"round_to": [1, 16]}])
def test_what_tells_two_prunings_apart_is_in_their_labels(tmp_path, option):
    ((name, values),) = option.items()
    pruners = [{"name": "filter", "sparsity": 0.4, name: value} for value in values]
    found = points(tmp_path, pruners=pruners)
    assert found.code == 0, found.error
    records = [json.loads(line) for line in found.out.splitlines()]
    assert [record["layers"] for record in records] == [4, 4]
    assert records[0]["pruner"] != records[1]["pruner"]


@pytest.mark.parametrize("columns", [2, 6, 10])
@pytest.mark.parametrize("dtype", ["fp32", "fp16", "tf32", "int8"])
@pytest.mark.parametrize("container", [np.float32, np.float64])
def test_a_last_group_that_is_cut_off_keeps_both_values(columns, dtype, container):
    dense = np.zeros((2, columns), container)
    dense[:, -2:] = [1, 2]
    storage, matrix = format_by_name("nm-2:4"), SparseMatrix.from_dense(dense)
    decoded = storage.decode(storage.encode(matrix, dtype_by_name(dtype)))
    np.testing.assert_array_equal(decoded.to_array(), dense)


QUANTITIES = [
    ("fp32: 64", "fp32: -1"),
    ("fp32: 64", "fp32: 0"),
    ("fp32: 64", "fp32: yes"),
    ("fp32: 64", "fp32: 9223372036854775808"),
    ("3 GHz", "yes"),
    ("3 GHz", "0"),
    ("3 GHz", "-3 GHz"),
    ("3 GHz", "1e400 GHz"),
    ("3 GHz", ".inf"),
    ("3 GHz", ".nan"),
    ("gemm: 0.8", "gemm: 5"),
    ("gemm: 0.8", "gemm: -0.1"),
    ("gemm: 0.8", "gemm: 0"),
    ("gemm: 0.8", "gemm: .nan"),
    ("gemm: 0.8", "gemm: .inf"),
    ("gemm: 0.8", "gemm: null"),
    ("gemm: 0.8", "gemm: yes"),
    ("gemm: 0.8", "gemm: 1e-320"),
    ("50 GB/s", "0"),
    ("50 GB/s", "1e400 GB/s"),
    ("burst_bytes: 64", "burst_bytes: 0"),
    ("burst_bytes: 64", "burst_bytes: yes"),
    ("channels: 2", "channels: yes"),
    ("latency_ns: 80", "latency_ns: -1"),
    ("latency_ns: 80", "latency_ns: .nan"),
    ("latency_ns: 80", "latency_ns: yes"),
    ("chunks: 64", "chunks: 0"),
    ("chunks: 64", "chunks: 1000000000000"),
    ("size_bytes: 8388608", "size_bytes: yes"),
    ("size_bytes: 8388608", "size_bytes: 18446744073709551616"),
    ("gemm: 90.0", "gemm: -1"),
    ("gemm: 90.0", "gemm: .inf"),
    ("gemm: 90.0", "gemm: yes"),
    ("idle_w: 15", "idle_w: -1"),
    ("idle_w: 15", "idle_w: yes"),
]


@pytest.mark.parametrize(("old", "new"), QUANTITIES)
def test_quantities_that_no_machine_has(tmp_path, old, new):
    assert SMALL_CPU.count(old) == 1
    field = new.partition(":")[0] if ":" in new else {"3 GHz": "clock_hz"}.get(old, "bandwidth_bytes_per_s")
    refused_file(tmp_path, "m.yaml", SMALL_CPU.replace(old, new), load_machine, field)


@pytest.mark.parametrize("name", [name for name in CONTRADICTIONS if not name.startswith(("an input", "a sequence"))])
def test_graphs_that_contradict_themselves(tmp_path, name):
    operator, shape, weights, given = CONTRADICTIONS[name]
    path = onnx_file(tmp_path / "net.onnx", operator, shape, weights, **given)
    refused(lambda: load_network(path), path, "layer")


@pytest.mark.parametrize("number_type", [">f8", "longdouble", ">f4", ">i4", "uint64"])
def test_no_digit_is_lost_on_the_way_in(number_type):
    exact = np.array([[0, 1 + 2**-40 if number_type in (">f8", "longdouble") else 3]])
    np.testing.assert_array_equal(SparseMatrix.from_dense(exact.astype(number_type)).to_array(), exact)
    triplets = SparseMatrix.from_coo((1, 2), [0], [1], exact[0, 1:].astype(number_type))
    np.testing.assert_array_equal(triplets.to_array(), exact)


@pytest.mark.parametrize(
    ("number_type", "values", "total"),
    [
        ("int8", [100, 100], 200),
        ("uint8", [200, 56], 256),
        ("int16", [2**15 - 1, 1], 2**15),
        ("int32", [2**31 - 1, 1], 2**31),
    ],
)
def test_duplicates_add_up_beyond_their_type(number_type, values, total):
    given = sp.coo_array((np.array(values, number_type), ([0, 0], [0, 0])), shape=(1, 1))
    assert SparseMatrix.from_scipy(given).to_array().tolist() == [[total]]


def test_an_array_of_multipliers_reads_all_groups():
    """ELL of 4 x 4 in 4 groups: the longest row pads all others."""
    a = SparseMatrix.from_dense(np.array([[1, 1, 1, 1], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]], float))
    fp = dtype_by_name("int8")
    left = Operand(a, format_by_name("ell"), fp)
    op = MatmulOp("x", left, Operand(DenseMatrix((16, 2)), format_by_name("dense"), fp), fp, groups=4)
    machine = load_machine("sparseloop-tc")
    result = Simulator(machine).result(op)
    assert result.dram_bytes["A"] >= result.a_bytes == left.size.size_bytes
    oracles.figures(result, op, machine)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (SMALL_CPU.replace("clock_hz: 3 GHz", "clock_hz: 1 GHz\nclock_hz: 3 GHz"), "clock_hz"),
        (f"{SMALL_CPU}name: again\n", "name"),
    ],
)
def test_a_key_that_stands_twice(tmp_path, text, key):
    refused_file(tmp_path, "m.yaml", text, load_machine, key)


@pytest.mark.parametrize(
    ("header", "entries"),
    [
        ("pattern general", ["1 1 5.0"]),
        ("integer general", ["1 1 1.5"]),
        ("real symmetric", ["1 2 3.0"]),
        ("real skew-symmetric", ["1 1 3.0"]),
        ("real skew-symmetric", ["1 2 3.0"]),
    ],
)
def test_entries_that_break_their_header(tmp_path, header, entries):
    lines = [f"%%MatrixMarket matrix coordinate {header}", f"2 2 {len(entries)}", *entries]
    refused_file(tmp_path, "m.mtx", "\n".join(lines) + "\n", read_matrix)


def tensors(**entries):
    header = json.dumps(entries).encode()
    return len(header).to_bytes(8, "little") + header


@pytest.mark.parametrize(
    ("entries", "data_bytes"),
    [
        ({"a": ((2, 2), (0, 16)), "b": ((2, 2), (8, 24))}, 24),
        ({"a": ((2, 2), (0, 16)), "b": ((2, 2), (20, 36))}, 36),
        ({"a": ((2, 2), (0, 16))}, 20),
        ({"a": ((2.9, 2.9), (0, 16))}, 16),
        ({"a": ((True, 4), (0, 16))}, 16),
        ({"a": (("2", "2"), (0, 16))}, 16),
    ],
)
def test_ranges_of_safetensors_neither_overlap_nor_leave_holes(tmp_path, entries, data_bytes):
    described = {
        f"{name}.weight": {"dtype": "F32", "shape": shape, "data_offsets": ends}
        for name, (shape, ends) in entries.items()
    }
    refused_file(tmp_path, "net.safetensors", tensors(**described) + bytes(data_bytes), load_network)
