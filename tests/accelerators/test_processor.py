"""The library roofline: which kernel a format calls, what it counts, and EIE's Table IV."""

import numpy as np
import pytest

from sparsesim.errors import InputError
from sparsesim.formats import format_by_name
from sparsesim.hardware import load_energy_table, load_machine
from sparsesim.matmul import matmul_op
from sparsesim.simulation import simulate
from sparsesim.tensors import DenseMatrix, SparseMatrix
from sparsesim.tensors.generators import uniform

CPU = load_machine("core-i7-5930k")


def op_of(a, b, form):
    return matmul_op(a, b, form, "fp32")


@pytest.mark.parametrize(
    ("form", "columns", "kernel"),
    [("dense", 1, "gemv"), ("dense", 2, "gemm"), ("csr", 1, "spmv"), ("coo", 64, "spmm"), ("dia", 1, "spmv")],
)
def test_the_format_chooses_the_kernel(form, columns, kernel):
    assert CPU.unit.kernel_of(op_of(uniform(8, 8, 0.5, 0), DenseMatrix((8, columns)), form)) == kernel


def test_two_compressed_operands_run_spgemm_over_pairs_of_non_zeros():
    a = SparseMatrix.from_dense(np.array([[1.0, 0, 2], [0, 0, 3], [4, 0, 0]]))
    schedule = CPU.unit.plan(op_of(a, a, "csr"))
    # Row 0 meets rows 0 and 2 (2 + 1 products), row 1 meets row 2 (1), row 2 meets row 0 (2).
    assert schedule.actions["mult_fp32"] == 6
    # Non-zeros of A @ A: (0,0), (0,2), (1,0), (2,0), (2,2): 5 x 8 B and 4 pointers of 4 B.
    assert schedule.dram_bytes["C"] == 5 * 8 + 4 * 4


def test_padding_zeros_of_a_format_are_multiplied_too():
    a = SparseMatrix.from_dense(np.array([[1.0, 0, 0, 0], [1, 1, 1, 1]]))
    padded = CPU.unit.plan(op_of(a, DenseMatrix((4, 1)), "bsr-2x2"))
    exact = CPU.unit.plan(op_of(a, DenseMatrix((4, 1)), "csr"))
    assert (exact.actions["mult_fp32"], padded.actions["mult_fp32"]) == (5, 8)


ALEX = {"Alex6": (9216, 4096, 0.09), "Alex7": (4096, 4096, 0.09), "Alex8": (4096, 1000, 0.25)}
HELD_OUT = {"NT-We": (4096, 600, 0.10), "NT-Wd": (600, 8791, 0.11), "NT-LSTM": (1201, 2400, 0.10)}
# EIE, ISCA 2016, Table IV, microseconds per sample: batch 1 dense, 1 sparse, 64 dense, 64 sparse.
TABLE_IV = {
    "core-i7-5930k": {
        "Alex6": (7516.2, 3066.5, 318.4, 1417.6),
        "Alex7": (6187.1, 1282.1, 188.9, 682.1),
        "Alex8": (1134.9, 890.5, 45.8, 407.7),
        "NT-We": (605.0, 261.2, 28.7, 117.7),
        "NT-Wd": (1361.4, 437.4, 69.0, 176.4),
        "NT-LSTM": (470.5, 260.0, 28.8, 107.4),
    },
    "titan-x": {
        "Alex6": (541.5, 134.8, 19.8, 94.6),
        "Alex7": (243.0, 65.8, 8.9, 51.5),
        "Alex8": (80.5, 54.6, 5.9, 23.2),
        "NT-We": (65, 17.7, 3.2, 10.9),
        "NT-Wd": (90.1, 41.1, 2.3, 11.0),
        "NT-LSTM": (51.9, 18.5, 2.5, 9.0),
    },
}


def simulated_us(machine, shape, batch, sparse):
    inputs, outputs, density = shape
    weights = uniform(outputs, inputs, density, 1) if sparse else DenseMatrix((outputs, inputs))
    op = matmul_op(weights, DenseMatrix((inputs, batch)), "csr" if sparse else "dense", "fp32")
    return simulate(op, machine, load_energy_table("horowitz-45nm")).seconds * 1e6 / batch


def errors(name, layers):
    machine = load_machine(name)
    columns = [(1, False), (1, True), (64, False), (64, True)]
    return [
        abs(np.log(simulated_us(machine, shape, *column) / published))
        for layer, shape in layers.items()
        for column, published in zip(columns, TABLE_IV[name][layer], strict=True)
    ]


@pytest.mark.parametrize("name", TABLE_IV)
def test_eie_table_iv_on_the_fitted_layers_and_on_the_others(name):
    """Four efficiencies per machine: within 1.35x on average where fitted (Alex), 1.7x where not (NeuralTalk)."""
    assert np.exp(np.mean(errors(name, ALEX))) < 1.35
    assert np.exp(np.mean(errors(name, HELD_OUT))) < 1.7


@pytest.mark.parametrize("name", TABLE_IV)
def test_pruning_pays_at_batch_1_and_costs_at_batch_64(name):
    """The sign change that EIE reports for unstructured sparsity on libraries."""
    machine, shape = load_machine(name), ALEX["Alex6"]
    assert simulated_us(machine, shape, 1, True) < simulated_us(machine, shape, 1, False)
    assert simulated_us(machine, shape, 64, True) > simulated_us(machine, shape, 64, False)


def test_every_format_of_the_library_is_read_as_it_is_stored():
    a = uniform(64, 64, 0.1, 2)
    for form in ("coo", "csc", "bsr-4x4", "dia"):
        schedule = CPU.unit.plan(op_of(a, DenseMatrix((64, 1)), form))
        assert schedule.dram_bytes["A"] == format_by_name(form).size(a, op_of(a, a, "csr").a.dtype).size_bytes


# Deep Compression (ICLR 2016), Table 9, W for Alex6, Alex7 and Alex8: batch 1 dense, 1 sparse, 64 dense, 64 sparse.
TABLE_9 = {
    "core-i7-5930k": ((83.5, 72.8, 77.6), (42.3, 37.4, 36.5), (85.4, 84.7, 101.6), (37.2, 37.1, 38)),
    "titan-x": ((157, 159, 159), (181, 183, 162), (168, 173, 166), (156, 158, 163)),
}


@pytest.mark.parametrize("name", TABLE_9)
@pytest.mark.parametrize(
    ("number", "form", "columns"), [(0, "dense", 1), (1, "csr", 1), (2, "dense", 64), (3, "csr", 64)]
)
def test_the_power_of_a_routine_is_the_mean_of_what_was_measured(name, number, form, columns):
    op = op_of(uniform(8, 8, 0.5, 0), DenseMatrix((8, columns)), form)
    assert load_machine(name).unit.measured_power(op) == pytest.approx(np.mean(TABLE_9[name][number]), abs=0.006)


def energy_pj(machine, shape, sparse):
    inputs, outputs, density = shape
    weights = uniform(outputs, inputs, density, 1) if sparse else DenseMatrix((outputs, inputs))
    op = matmul_op(weights, DenseMatrix((inputs, 1)), "csr" if sparse else "dense", "fp32")
    result = simulate(op, machine)
    assert result.energy_table == "measured power"
    assert result.power_w == pytest.approx(machine.unit.measured_power(op))
    return result.energy_pj["total"]


# Gains of all three layers together: the source documents name 6x and 3.2x for nine FC layers.
@pytest.mark.parametrize(("name", "stated", "gain"), [("core-i7-5930k", 6, 6.2), ("titan-x", 3.2, 3.0)])
def test_pruned_fc_layers_take_as_much_less_energy_as_libraries_were_measured_to(name, stated, gain):
    machine = load_machine(name)
    dense, sparse = (sum(energy_pj(machine, shape, kind) for shape in ALEX.values()) for kind in (False, True))
    assert dense / sparse == pytest.approx(gain, rel=0.02)
    assert dense / sparse == pytest.approx(stated, rel=0.1)
    joules = [np.dot(TABLE_9[name][kind], [TABLE_IV[name][layer][kind] for layer in ALEX]) for kind in (0, 1)]
    assert dense / sparse == pytest.approx(joules[0] / joules[1], rel=0.15)


def test_counted_actions_give_both_processors_the_same_gain():
    """Why a measured power is worth having: bytes and MACs are those of the format, whatever runs it."""
    table, gains = load_energy_table("horowitz-45nm"), []
    for name in TABLE_9:
        op = [op_of(uniform(1000, 4096, 0.25, 1), DenseMatrix((4096, 1)), form) for form in ("dense", "csr")]
        dense, sparse = (simulate(one, load_machine(name), table) for one in op)
        assert dense.energy_pj["measured"] == 0
        gains.append(dense.energy_pj["dynamic"] / sparse.energy_pj["dynamic"])
    assert gains[0] == pytest.approx(gains[1])


@pytest.mark.parametrize("watts", [0, -1, 1e7])
def test_a_measured_power_is_a_power(watts):
    with pytest.raises(InputError, match=r"accelerator\.measured_power_w\.gemv"):
        CPU.with_accelerator(measured_power_w={"gemv": watts})


def test_only_routines_of_a_library_have_a_power():
    with pytest.raises(InputError, match="measured_power_w"):
        CPU.with_accelerator(measured_power_w={"gem": 10})
