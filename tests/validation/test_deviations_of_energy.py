"""Entries of DEVIATIONS.md on energy, with the effect that each states."""

import numpy as np
import pytest

from sparsesim.hardware import load_machine
from sparsesim.matmul import matmul_op
from sparsesim.simulation import simulate
from sparsesim.tensors import DenseMatrix
from sparsesim.tensors.generators import uniform


def product(dtype, side):
    return matmul_op(DenseMatrix((side, side)), DenseMatrix((side, 1)), "dense", dtype)


@pytest.mark.parametrize(
    ("name", "watts"),
    [("a100-pcie", 66.5), ("v100", 66.5), ("h100-pcie", 66.5), ("rtx-3090", 66.5), ("sparch", 0), ("sparseloop-tc", 0)],
)
def test_static_energy_is_idle_power(name, watts):
    machine = load_machine(name)
    for side in (64, 512):
        result = simulate(product(machine.default_dtype, side), machine)
        assert result.energy_pj["static"] == pytest.approx(watts * 1e12 * result.seconds)


def test_a_measured_power_holds_for_a_routine():
    machine = load_machine("titan-x")
    results = [simulate(product(dtype, side), machine) for dtype in ("fp32", "fp16") for side in (64, 1024)]
    assert {round(result.power_w, 6) for result in results} == {158.33}
    powers = ((83.5, 72.8, 77.6), (42.3, 37.4, 36.5), (85.4, 84.7, 101.6), (37.2, 37.1, 38))
    powers += ((157, 159, 159), (181, 183, 162), (168, 173, 166), (156, 158, 163))
    assert 0.11 < max(abs(power / np.mean(layers) - 1) for layers in powers for power in layers) < 0.125
    spgemm = simulate(matmul_op(uniform(64, 64, 0.5, 0), uniform(64, 64, 0.5, 1), "csr", "fp32"), machine)
    assert (spgemm.energy_table, spgemm.energy_pj["measured"]) == ("horowitz-45nm", 0)
