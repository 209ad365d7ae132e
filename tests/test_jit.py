"""Kernels where nothing can be written, where files of the cache are broken, and as plain Python."""

import os
import shutil
import subprocess
import sys
import warnings

import numpy as np
import pytest
from numba.core.caching import CacheImpl, FunctionCache

from sparsesim import _jit
from sparsesim._jit import NoCacheWarning, kernel

CALL = [sys.executable, "-c", "from sparsesim.cli import main; main()"]
SWEEP = """name: tiny
networks: [digits-cnn]
pruners: [{name: magnitude, sparsity: [0.5, 0.9]}]
formats: [csr, coo, bitmap]
machines: [core-i7-5930k]
"""
TOLD = "warning: compiled kernels are not kept"


@pytest.fixture(autouse=True)
def _told_anew():
    _jit._warn.cache_clear()
    yield
    _jit._warn.cache_clear()


@pytest.fixture
def unwritable(repository, tmp_path):
    """Environment of processes that read a copy of the package in which nobody, root included, makes a __pycache__."""
    package = tmp_path / "installed" / "sparsesim"
    shutil.copytree(repository / "sparsesim", package, ignore=shutil.ignore_patterns("__pycache__"))
    for shipped in ("models", "workloads"):
        shutil.copytree(repository / shipped, package / "_shipped" / shipped)
    for folder in [package, *(path for path in package.rglob("*") if path.is_dir())]:
        (folder / "__pycache__").touch()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("NUMBA", "XDG"))}
    return kept | {"HOME": "/proc", "PYTHONPATH": str(package.parent), "NUMBA_CACHE_DIR": "/proc/x"}


def test_nothing_can_be_written_and_one_warning_says_so(unwritable, tmp_path):
    def called(*words):
        call, places = [*CALL, *map(str, words)], {"env": unwritable, "cwd": tmp_path}
        return subprocess.run(call, capture_output=True, text=True, timeout=300, check=False, **places)

    process = called("gemm", "8", "8", "8", "--json")
    assert process.returncode == 0, process.stderr
    assert process.stdout.startswith('{"network": "gemm"')
    (line,) = [line for line in process.stderr.splitlines() if "energy" not in line]
    assert line.startswith(TOLD)
    assert line.endswith("set NUMBA_CACHE_DIR to one")
    (tmp_path / "sweep.yaml").write_text(SWEEP)
    process = called("run", tmp_path / "sweep.yaml", "-o", tmp_path / "out", "--no-plots", "-q")
    assert process.returncode == 0, process.stderr
    assert process.stderr.count(TOLD) == 1, process.stderr


def doubled(values):
    for i in range(values.size):
        values[i] *= 2
    return values


def test_a_kernel_without_a_folder_works_and_tells_once(monkeypatch):
    monkeypatch.setattr(CacheImpl, "_locator_classes", [])
    with pytest.warns(NoCacheWarning, match="^compiled kernels are not kept") as told:
        first, second = kernel(doubled), kernel(doubled)
    assert len(told) == 1
    assert (first(np.ones(3)) == second(np.ones(3))).all()


@pytest.mark.parametrize("fault", [OSError(28, "No space left on device"), EOFError(), None])
@pytest.mark.parametrize("step", ["load_overload", "save_overload"])
def test_a_cache_that_fails_is_none(monkeypatch, step, fault):
    def fails(*_):
        if fault:
            raise fault

    monkeypatch.setattr(FunctionCache, step, fails)
    monkeypatch.setattr(FunctionCache, "load_overload" if step == "save_overload" else "save_overload", lambda *_: None)
    compiled = kernel(doubled)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        assert (compiled(np.ones(3)) == 2).all()
    assert [found.category for found in told] == [NoCacheWarning] * (fault is not None)


PLAIN = """
import numpy as np, sparsesim as ss
rng = np.random.default_rng(0)
a, b = (np.where(rng.random((24, 20)) < 0.4, rng.standard_normal((24, 20)), 0).astype(np.float32) for _ in range(2))
for machine in ("sparch", "core-i7-5930k", "titan-x", "a100-pcie"):
    for left, right in ((a, b.T), (a, np.ones((20, 1), np.float32)), (a, np.ones((20, 3), np.float32))):
        for engine in ("fast", "event"):
            (found,) = ss.multiply(left, right, machine, "csr", "fp32", engine=engine)
            print(machine, engine, found.cycles, sorted(found.counts.items()), sorted(found.dram_bytes.items()))
"""


def test_kernels_count_the_same_as_plain_python():
    """Arrays of 32 bits wrap or fail there, where compiled code widens them."""
    told = []
    for plain in ("0", "1"):
        env = dict(os.environ) | {"NUMBA_DISABLE_JIT": plain}
        command = [sys.executable, "-W", "error::RuntimeWarning", "-c", PLAIN]
        process = subprocess.run(command, capture_output=True, text=True, env=env, timeout=300, check=False)
        assert process.returncode == 0, process.stderr
        told.append(process.stdout)
    assert told[0] == told[1]
    assert told[0].count("\n") == 24
