"""Entries of DEVIATIONS.md on machines at equal resources, with the effect that each states."""

import pytest

from sparsesim.hardware import load_machine, scaled_to
from sparsesim.matmul import matmul_op
from sparsesim.simulation import simulate
from sparsesim.tensors import DenseMatrix
from sparsesim.tensors.generators import uniform

SPARCH = load_machine("sparch")
WIDE = scaled_to(SPARCH, "macs_per_cycle", load_machine("sparseloop-tc"))


def test_a_scaled_unit_may_be_one_that_nobody_could_build():
    assert WIDE.unit.macs_per_cycle["fp64"] == 1024
    assert WIDE.area_by_part_mm2["merge tree"] == pytest.approx(9945, abs=1)
    assert WIDE.area_by_part_mm2["multipliers"] == pytest.approx(28.8)


def test_a_scaled_unit_pays_the_prices_of_the_published_one():
    op = matmul_op(uniform(512, 512, 0.1, seed=0), uniform(512, 512, 0.1, seed=1), "csr", "fp64")
    narrow, wide = simulate(op, SPARCH), simulate(op, WIDE)
    assert wide.energy_pj == pytest.approx(narrow.energy_pj)
    assert narrow.cycles / wide.cycles == pytest.approx(3.09, abs=0.01)


def test_a_scaled_card_keeps_its_power_cap():
    card = load_machine("a100-pcie")
    op = matmul_op(DenseMatrix((8192, 4096)), DenseMatrix((4096, 4096)), "dense", "fp16")
    own, twice = simulate(op, card), simulate(op, scaled_to(card, "macs_per_cycle", 2 * 110592))
    assert (own.bottleneck, twice.bottleneck) == ("power", "power")
    assert own.seconds / twice.seconds == pytest.approx(1.019, abs=0.002)
