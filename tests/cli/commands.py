"""Every command with arguments that work in a moment, and files for them."""

import subprocess
import sys

import numpy as np
from typer.testing import CliRunner

from sparsesim.cli.app import app
from tests.store.made import points, write

# {samples}, {chain}, {sweep}, {search}, {matrix}, {store} and {out} are paths in a temporary folder, see `files`.
EXAMPLES = {
    "run": ["{sweep}", "-o", "{out}/results", "--no-plots"],
    "results": ["{store}"],
    "price": ["{store}", "--energy", "horowitz-45nm"],
    "compare": ["digits-cnn", "-m", "core-i7-5930k", "-f", "csr", "-p", "magnitude"],
    "matmul": ["{matrix}", "-m", "core-i7-5930k", "-f", "csr", "-f", "coo"],
    "gemm": ["8", "16", "32", "-m", "a100-pcie"],
    "prune": ["digits-cnn", "-p", "2:4", "-o", "{out}/pruned.npz"],
    "shrink": ["digits-cnn", "-s", "0.5", "-o", "{out}/small.onnx"],
    "merge": ["{chain}", "--keep", "ip1=5", "-o", "{out}/merged.npz"],
    "evaluate": ["digits-cnn", "-i", "{samples}"],
    "sensitivity": ["digits-cnn", "-i", "{samples}", "--ratios", "0,0.5", "--layers", "fc2"],
    "compress": ["digits-cnn", "--method", "int8"],
    "imbalance": ["digits-cnn", "-m", "core-i7-5930k", "--layers", "fc2"],
    "tradeoff": ["digits-cnn", "-i", "{samples}", "-p", "2:4", "-m", "a100-pcie", "-o", "{out}/tradeoff.png"],
    "explain": ["digits-cnn", "-m", "core-i7-5930k", "--no-endless"],
    "crossover": ["csr@a100-pcie", "dense@a100-pcie", "--network", "digits-cnn", "--points", "2"],
    "explore": ["{search}", "--trials", "3", "-o", "{out}"],
    "validate": ["sparseloop"],
    "list": ["formats"],
    "show": ["machine", "sparch"],
}

SWEEP = """name: tiny
networks: [digits-cnn]
pruners: [none]
formats: [dense, csr]
machines: [core-i7-5930k]
"""

SEARCH = """name: tiny
matrices: karate
formats: csr
machine: sparch
search: {machine: {accelerator.merge_ways: [2, 4, 8]}}
objectives: [seconds, area_mm2]
"""

MATRIX = """%%MatrixMarket matrix coordinate real general
3 3 3
1 1 1.0
2 3 2.0
3 1 3.0
"""


def files(folder):
    """Write what the examples read; their placeholders and the paths that they stand for."""
    random = np.random.default_rng(0)
    images, labels = random.random((12, 1, 8, 8), np.float32), random.integers(0, 10, 12)
    np.savez(folder / "samples.npz", images=images, labels=labels)
    shapes = {"ip1.weight": (12, 6), "ip2.weight": (8, 12), "ip3.weight": (4, 8)}
    np.savez(folder / "chain.npz", **{name: random.random(shape, np.float32) for name, shape in shapes.items()})
    (folder / "sweep.yaml").write_text(SWEEP)
    (folder / "search.yaml").write_text(SEARCH)
    (folder / "matrix.mtx").write_text(MATRIX)
    write(folder / "store.db", points(3))
    (folder / "written").mkdir()
    names = {
        "samples": "samples.npz",
        "chain": "chain.npz",
        "sweep": "sweep.yaml",
        "search": "search.yaml",
        "matrix": "matrix.mtx",
        "store": "store.db",
        "out": "written",
    }
    return {name: folder / file for name, file in names.items()}


def output_of(command, *arguments):
    """What a command that succeeds prints; its own errors are raised."""
    result = CliRunner().invoke(app, [command, *map(str, arguments)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


def modules_after(code):
    """Top-level packages and modules of sparsesim that a fresh interpreter has loaded after the code."""
    report = "import sys; sys.stderr.write('\\n' + ' '.join(sys.modules))"
    guarded = f"try:\n    {code}\nexcept SystemExit as end:\n    assert not end.code, end.code\n{report}"
    process = subprocess.run([sys.executable, "-c", guarded], capture_output=True, text=True, timeout=300, check=False)
    assert process.returncode == 0, process.stderr
    return set(process.stderr.splitlines()[-1].split())
