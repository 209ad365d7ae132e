"""The table of formats and sparsities that `workloads/kernels_on_a100.py` prints, for the FC layers of AlexNet."""

import importlib.util

import pytest

from sparsesim.hardware import load_machine
from sparsesim.networks import load_network

UNPACKED = {"bitmap", "rle-5", "relative-4"}


@pytest.fixture(scope="module")
def script(repository):
    spec = importlib.util.spec_from_file_location("kernels_on_a100", repository / "workloads/kernels_on_a100.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module", params=[1, 64])
def cells(request, script):
    return script.cells(load_network("alexnet").select("fc*"), request.param, [0.5, 0.95])


def test_no_format_without_a_kernel_is_faster_than_dense(cells):
    card = load_machine("a100-pcie")
    without = {format for format, _ in cells if not any(kernel.names(format) for kernel in card.library.values())}
    assert without == UNPACKED
    for (format, sparsity), row in cells.items():
        if format in without:
            assert (row["kernel"], row["unpacked"]) == ("gemm", "when loaded")
            assert row["seconds"] == cells["dense", sparsity]["seconds"]
            assert row["speedup"] == 1


def test_formats_with_a_kernel_run_it(cells):
    kernels = {"dense": "gemm", "csr": "spmm", "bsr-4x1": "vector-spmm", "bsr-64x64": "block-spmm"}
    for (format, sparsity), row in cells.items():
        if format in kernels:
            assert (row["kernel"], row["unpacked"]) == (kernels[format], ""), (format, sparsity)
    assert cells["nm-2:4", "2:4"]["kernel"] == "gemm-2:4"
    assert 1.2 < cells["nm-2:4", "2:4"]["speedup"] < 1.8
    assert cells["csr", "0.5"]["speedup"] < 0.5
    assert cells["csr", "0.95"]["speedup"] > 1


def test_cells_are_printed_with_their_kernel(script, cells):
    lines = script.markdown(cells).splitlines()
    assert lines[0] == "| format | 0 | 0.5 | 0.95 | 2:4 |"
    assert len(lines) == 2 + len(script.FORMATS)
    bitmap = next(line for line in lines if line.startswith("| bitmap"))
    assert bitmap.count("1x, ") == bitmap.count("gemm*") == 4
