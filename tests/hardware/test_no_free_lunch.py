"""A format without a kernel gains nothing on a GPU: it is unpacked when the weights are loaded, and runs dense."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sparsesim.hardware import load_energy_table
from sparsesim.matmul import matmul_op
from sparsesim.simulation import Simulator, simulate
from sparsesim.tensors import DenseMatrix, uniform
from tests.machines import FORMATS, KERNELS, alone, held, load_machine

TABLE = load_energy_table("horowitz-45nm")
GPUS = sorted(
    {name.partition("/")[0] for name in KERNELS if alone(name).unit.kind.endswith("tensor_core")} | {"titan-x"}
)
SHAPES = ((64, 64, 1), (256, 300, 7), (1024, 512, 64))
SPARSITIES = (0.5, 0.9, 0.99)


def same(result, dense):
    """Figures that may differ are names and wall clock; what A is made of stays what it is."""
    return all(
        getattr(result, field) == getattr(dense, field)
        for field in ("seconds", "cycles", "dram_bytes", "counts", "energy_pj", "a_bytes", "bottleneck", "kernel")
    )


@pytest.mark.parametrize("name", GPUS)
def test_no_format_without_a_kernel_is_faster_than_dense(name):
    machine = load_machine(name)
    simulator = Simulator(machine, TABLE)
    seen = set()
    for m, k, n in SHAPES:
        b = DenseMatrix((k, n))
        for sparsity in SPARSITIES:
            whole = uniform(m, k, 1 - sparsity, seed=1)
            dense = simulator.result(matmul_op(whole, b, "dense", machine.default_dtype))
            for form in FORMATS:
                op = matmul_op(held(whole, form) if m == 64 else whole, b, form, machine.default_dtype)
                if m > 64 and form.startswith(("nm-", "vnm-")):
                    continue  # their patterns are drawn value by value, which takes too long
                result = simulator.result(op)
                assert result.unpacked in ("", "when loaded")
                seen.add(result.unpacked)
                if result.unpacked:
                    assert same(result, dense), (form, m, k, n, sparsity)
                    assert f"takes {form}: unpacked to dense when loaded" in result.note
                else:
                    assert any(kernel.takes(op) for kernel in machine.library.values())
    assert seen == {"", "when loaded"}


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(GPUS),
    st.sampled_from([form for form in FORMATS if not form.startswith(("nm-", "vnm-"))]),
    st.integers(1, 300),
    st.integers(1, 300),
    st.integers(1, 300),
    st.floats(0, 0.999),
)
@example("a100-pcie", "rle-5", 256, 256, 64, 0.9)
@example("a100-pcie", "bitmap", 256, 256, 64, 0.5)
def test_whatever_the_shape_what_is_unpacked_when_loaded_takes_the_dense_time(name, form, m, k, n, sparsity):
    machine = load_machine(name)
    a, b = uniform(m, k, 1 - sparsity, seed=3), DenseMatrix((k, n))
    result = simulate(matmul_op(a, b, form, machine.default_dtype), machine, TABLE)
    if result.unpacked == "when loaded":
        assert same(result, simulate(matmul_op(a, b, "dense", machine.default_dtype), machine, TABLE))


@pytest.mark.parametrize("name", GPUS)
def test_gpus_have_no_decoder_but_in_a_kernel_of_its_own(name):
    decoding = {
        name
        for name, kernel in load_machine(name).library.items()
        if getattr(kernel.unit, "unpack_values_per_cycle", None) is not None
    }
    assert decoding <= {"macko"}
