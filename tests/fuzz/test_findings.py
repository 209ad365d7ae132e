"""Every fault that fuzzing has found: it stays mended."""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
import scipy.sparse as sp
from onnx import TensorProto, helper, numpy_helper

import sparsesim as ss
from sparsesim.dtypes import dtype_by_name
from sparsesim.errors import InputError, SparsesimError
from sparsesim.formats import format_by_name
from sparsesim.hardware import load_machine
from sparsesim.matmul import MatmulOp, Operand
from sparsesim.networks import load_network
from sparsesim.simulation import Simulator
from sparsesim.tensors import DenseMatrix, SparseMatrix, read_matrix
from tests.fuzz import oracles
from tests.fuzz.memory import peak_growth
from tests.fuzz.running import ended
from tests.fuzz.strategies.array_files import hdf5_files, torch_files
from tests.fuzz.strategies.descriptions import LAYERS, SMALL_CPU
from tests.fuzz.strategies.matrix_files import archive, bombs, npy

pytestmark = [pytest.mark.fuzz, pytest.mark.filterwarnings("ignore:Detected pickle protocol")]

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


# Wrong figures


def points(tmp_path, **grid):
    sweep = {"name": "tiny", "networks": ["digits-cnn"], "pruners": ["none"], "formats": ["csr"]}
    (tmp_path / "s.yaml").write_text(json.dumps(sweep | {"machines": ["core-i7-5930k"]} | grid))
    return ended(["run", str(tmp_path / "s.yaml"), "-o", str(tmp_path / "out"), "--no-plots", "--json"])


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


# Hangs, crashes, memory


@pytest.mark.parametrize("scale", ["1e999999999", "1/1e999999999", "9" * 5001])
def test_a_scale_of_a_billion_digits(scale):
    found = program("evaluate", "digits-cnn", "-i", "digits", "--scale", scale)
    assert found.returncode == 2
    assert found.stderr.startswith("error: ")
    assert "--scale" in found.stderr
    assert len(found.stderr.splitlines()) == 1


@pytest.mark.parametrize("name", ["an input of 2^40", "a sequence of 10^12 steps"])
def test_sizes_that_would_never_end(tmp_path, name):
    operator, shape, weights, given = CONTRADICTIONS[name]
    path = onnx_file(tmp_path / "net.onnx", operator, shape, weights, **given)
    found = program("compare", path, "-m", "core-i7-5930k", "-f", "dense", "-p", "none")
    assert found.returncode == 2, found
    assert str(path) in found.stderr
    assert len(found.stderr.splitlines()) == 1


ENDLESS = (
    NESTED,
    "{a: " * 1000 + "1" + "}" * 1000,
    "[" * 100_000,
    "- " * 50_000,
    "name: " + "9" * 5001,
    "a: &a [*a]",
)


def test_text_without_end_in_yaml(tmp_path):
    """In a process of its own, which such texts have brought down."""
    for number, text in enumerate(ENDLESS):
        (tmp_path / f"{number}.yaml").write_text(text)
    code = f"""
import sparsesim as ss
for number in range({len(ENDLESS)}):
    for reader in (ss.load_machine, ss.load_sweep, ss.load_network, ss.load_energy_table):
        try:
            reader({str(tmp_path)!r} + f"/{{number}}.yaml")
        except ss.SparsesimError as error:
            assert all(line.startswith({str(tmp_path)!r}) for line in getattr(error, "faults", [str(error)])), error
            print(number)"""
    found = in_a_process(code)
    wanted = [str(number) for number in range(len(ENDLESS)) for _ in range(4)]
    assert found.stdout.split() == wanted, found.stderr[-500:]


@pytest.mark.parametrize(
    ("field", "size"), [("inputs: 16", 2**62), ("c_out: 4, kernel: 3", 2**62), ("positions: 2", 10**30)]
)
def test_layer_tables_beyond_64_bits(tmp_path, field, size):
    text = LAYERS.replace(
        field, f"{field.rpartition(':')[0]}: {size}" if ", kernel" not in field else f"c_out: {size}, kernel: 3", 1
    )
    assert text != LAYERS
    refused_file(tmp_path, "net.yaml", text, load_network)


def test_topologies_beyond_64_bits(tmp_path):
    side = 2**31 - 1
    refused_file(tmp_path, "net.csv", f"Layer,M,N,K,\nfc,{side},{side},{side},\n", load_network, "fc")


def test_an_image_beyond_64_bits(tmp_path):
    config = {
        "model_type": "vit",
        "hidden_size": 8,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 12,
    }
    refused_file(tmp_path, "config.json", json.dumps({**config, "image_size": 2**40, "patch_size": 4}), load_network)


def test_a_batch_beyond_64_bits():
    misused("compare", "digits-cnn", "-f", "dense", "-m", "core-i7-5930k", "-b", 10**30)


def test_a_product_beyond_what_can_be_counted_takes_no_memory():
    with peak_growth() as peak:
        misused("gemm", 2**31, 2**31, 2**31)
    assert peak.bytes < 10**8


@pytest.mark.parametrize("name", ["bomb.mtx.gz", "bomb.npz", "promise.npy", "rows.mtx", "rows.smtx"])
def test_files_that_unpack_to_more_than_the_budget(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(bombs()[name])
    with ss.memory_budget(64 * 2**20), peak_growth() as peak:
        refused(lambda: read_matrix(path), path)
    assert peak.bytes <= 96 * 2**20


def test_archives_of_arrays_that_unpack_to_more_than_the_budget(tmp_path):
    path = tmp_path / "net.npz"
    header = npy("{'descr': '<f4', 'fortran_order': False, 'shape': (8388608, 8), }", b"")
    path.write_bytes(archive({"fc.weight.npy": header + bytes(2**28)}))
    with ss.memory_budget(64 * 2**20), peak_growth() as peak:
        refused(lambda: load_network(path), path)
    assert peak.bytes <= 96 * 2**20


def test_keras_files_that_unpack_to_more_than_the_budget(tmp_path):
    pytest.importorskip("h5py")
    huge, packed = hdf5_files()[1], hdf5_files()[4]
    for name, content in (
        ("net.h5", huge),
        ("packed.h5", packed),
        ("net.keras", archive({"model.weights.h5": packed})),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        with ss.memory_budget(64 * 2**20), peak_growth() as peak:
            refused(lambda path=path: load_network(path), path)
        assert peak.bytes <= 96 * 2**20


TORCH = {2: "integer keys", 3: "quantised", 4: "stride 0", 5: "meta", 6: "huge and sparse"}


@pytest.mark.parametrize("number", TORCH, ids=TORCH.values())
def test_tensors_that_are_no_plain_weights(tmp_path, number):
    pytest.importorskip("torch")
    path = tmp_path / "net.pt"
    path.write_bytes(torch_files()[number])
    with ss.memory_budget(64 * 2**20), peak_growth() as peak:
        if number == 3:  # may be read as what its integers stand for
            try:
                np.testing.assert_allclose(load_network(path).layers[0].weight(), 1, rtol=1e-6)
            except InputError as error:
                oracles.one_line(error, str(path))
        else:
            refused(lambda: load_network(path), path)
    assert peak.bytes <= 128 * 2**20


# Tracebacks


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("gemm", 8, 8, 8, "--seed", -1), ("--seed", "-1")),
        (("compare", "digits-cnn", "--baseline", "sparsity=abc"), ("baseline", "abc")),
        (("compare", "digits-cnn", "--baseline", "format=nowhere", "-f", "csr"), ("nowhere",)),
        (("compare", "digits-cnn", "--size", "8x²"), ("--size", "8x²")),
        (("gemm", "a", 8, 8), ("a",)),
        (("gemm", 8, 8, 8, "--runs", "x"), ("--runs", "x")),
        (("gemm", 8, 8, 8, "--runs", -1), ("--runs", "-1")),
    ],
)
def test_values_that_an_option_does_not_take(words, named):
    misused(*words, named=named)


def test_layouts_that_are_none(tmp_path):
    np.savez(
        tmp_path / "net.npz", **{"ip1.weight": np.ones((4, 6), np.float32), "ip2.weight": np.ones((3, 4), np.float32)}
    )
    options = ("--keep", "ip1=2", "-o", tmp_path / "out.npz", "--layout", "0")
    misused("merge", tmp_path / "net.npz", *options, named=("layout", "0"))


def test_pictures_of_unknown_kinds_are_refused_before_any_work(tmp_path):
    misused("prune", "digits-cnn", "-p", "2:4", "--spy", tmp_path / "x.exe", "-o", tmp_path / "p.npz", named=("x.exe",))
    assert not (tmp_path / "p.npz").exists()


def test_outputs_that_cannot_be_written_are_named(tmp_path):
    found = program("prune", "digits-cnn", "-p", "2:4", "-o", tmp_path / "no" / "such" / "p.npz")
    assert found.returncode in (1, 2)
    assert len(found.stderr.splitlines()) == 1
    assert str(tmp_path / "no") in found.stderr


def test_a_full_disk_is_named():
    found = in_a_process(
        "import os, sys; os.dup2(os.open('/dev/full', os.O_WRONLY), 1)\n"
        "sys.argv = ['sparsesim', 'gemm', '8', '8', '8', '--json']\nfrom sparsesim.cli import main; main()"
    )
    assert "Traceback" not in found.stderr
    assert "None:" not in found.stderr
    assert found.returncode in (1, 2)


def test_a_closed_stdout_ends_the_program_quietly():
    found = in_a_process(
        "import os, sys; read, write = os.pipe(); os.close(read); os.dup2(write, 1)\n"
        "sys.argv = ['sparsesim', 'list', 'machines']\nfrom sparsesim.cli import main; main()"
    )
    assert "Traceback" not in found.stderr
    assert "Exception ignored" not in found.stderr


def test_an_archive_with_a_broken_header_of_an_array(tmp_path):
    broken = archive({"fc.weight.npy": b"\x93NUMPY\x01\x00\xff\xff" + b"{'descr'"})
    refused_file(tmp_path, "net.npz", broken, load_network)
    refused_file(tmp_path, "m.npz", archive({"a.npy": npy("{'descr': '<f4'}", b"")}), read_matrix)


@pytest.mark.parametrize("form", ["dense", "csr"])
@pytest.mark.parametrize("name", ["core-i7-5930k", "titan-x"])
def test_a_product_without_columns_on_a_processor(name, form):
    machine = load_machine(name)
    op = ss.matmul_op(SparseMatrix.from_dense(np.eye(4)), DenseMatrix((4, 0)), form, machine.default_dtype)
    oracles.figures(Simulator(machine).result(op), op, machine)


# Environment

PRODUCT = "import sparsesim as ss; print(ss.multiply('karate', None, 'sparch')[0].macs)"


def test_kernels_run_without_a_cache(tmp_path):
    """The package cannot be written to, and there is no home."""
    from shutil import copytree, ignore_patterns

    copytree(Path(ss.__file__).parent, tmp_path / "sparsesim", ignore=ignore_patterns("__pycache__", "_shipped"))
    for module in (tmp_path / "sparsesim").rglob("*.py"):
        (module.parent / "__pycache__").write_text("")  # a file in its place stops root, too
    code = "import sys; sys.dont_write_bytecode = True; import sparsesim as ss; print(ss.read_matrix('eye.mtx').nnz)"
    (tmp_path / "eye.mtx").write_text("%%MatrixMarket matrix coordinate real general\n1 1 1\n1 1 2.0\n")
    code = code.replace("eye.mtx", str(tmp_path / "eye.mtx"))
    nowhere = dict.fromkeys(("HOME", "XDG_CACHE_HOME", "IPYTHONDIR"), "/proc")
    found = in_a_process(code, seconds=120, PYTHONPATH=str(tmp_path), **nowhere)
    assert found.stdout.split() == ["1"], found.stderr[-500:]
    assert len(found.stderr.splitlines()) <= 2


def test_ascii_terminals_get_other_signs():
    found = program("list", "machines", PYTHONIOENCODING="ascii", LC_ALL="C", PYTHONUTF8="0")
    assert (found.returncode, found.stderr) == (0, "")
    shown = program("gemm", "8", "16", "32", PYTHONIOENCODING="ascii", LC_ALL="C", PYTHONUTF8="0")
    assert shown.returncode == 0, shown.stderr
    assert "Traceback" not in shown.stderr


def test_sparch_without_compiled_kernels():
    code = "import sparsesim as ss, warnings; warnings.simplefilter('error'); " + PRODUCT
    found = in_a_process(code, seconds=300, NUMBA_DISABLE_JIT="1")
    assert found.stdout.split() == ["1212"], found.stderr[-500:]


# What decides late is checked first


def test_data_that_a_pruner_needs_is_asked_for_before_any_work(tmp_path):
    found = points(tmp_path, pruners=["none", "wanda"])
    assert found.code == 2
    assert "wanda" in found.error
    assert not list(tmp_path.glob("out/*.jsonl")) or not any(path.read_text() for path in tmp_path.glob("out/*.jsonl"))


@pytest.mark.parametrize("baseline", [{"format": "dense"}, {"sparsity": 0.5}, {"machine": "sparch"}])
def test_a_baseline_that_is_no_point_is_refused_before_any_work(tmp_path, baseline):
    found = points(tmp_path, baseline=baseline)
    if found.code == 0:  # the reference is simulated besides, which is as good
        assert baseline == {"format": "dense"}
    else:
        assert "baseline" in found.error
        assert not any(path.read_text() for path in tmp_path.glob("out/*.jsonl"))
