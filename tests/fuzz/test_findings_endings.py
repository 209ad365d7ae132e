"""Tracebacks, environments without this or that, and late refusals that fuzzing has found: they stay mended."""

from pathlib import Path

import numpy as np
import pytest

import sparsesim as ss
from sparsesim.hardware import load_machine
from sparsesim.networks import load_network
from sparsesim.simulation import Simulator
from sparsesim.tensors import DenseMatrix, SparseMatrix, read_matrix
from tests.fuzz import oracles
from tests.fuzz.refusing import (
    in_a_process,
    misused,
    points,
    program,
    refused_file,
)
from tests.fuzz.strategies.matrix_files import archive, npy

pytestmark = [pytest.mark.fuzz, pytest.mark.filterwarnings("ignore:Detected pickle protocol")]


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
    assert not list(tmp_path.glob("out/*"))


@pytest.mark.parametrize("baseline", [{"format": "dense"}, {"sparsity": 0.5}, {"machine": "sparch"}])
def test_a_baseline_that_is_no_point_is_refused_before_any_work(tmp_path, baseline):
    found = points(tmp_path, baseline=baseline)
    if found.code == 0:  # the reference is simulated besides, which is as good
        assert baseline == {"format": "dense"}
    else:
        assert "baseline" in found.error
        assert not list(tmp_path.glob("out/*"))
