"""A card with more of something is never slower; the choice of cuts and bands is good, but not perfect."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparsesim.matmul import matmul_op
from sparsesim.simulation import fastest_run
from sparsesim.tensors import DenseMatrix, drawn_nm
from tests.machines import alone

CARDS = {
    name: alone(name) for name in ("a100-pcie/gemm", "h100-sxm/gemm", "v100/gemm", "h200/gemm-2:4", "rtx-3090/gemm-2:4")
}


def more_rate(machine, factor):
    rates = {kind: round(rate * factor) for kind, rate in machine.unit.macs_per_cycle.items()}
    return machine.with_accelerator(macs_per_cycle=rates)


def more_bandwidth(machine, factor):
    faster = {"bandwidth_bytes_per_s": round(machine.dram.bandwidth_bytes_per_s * factor)}
    return machine.model_copy(update={"dram": machine.dram.model_copy(update=faster)})


def larger_l2(machine, factor):
    return machine.with_accelerator(l2={"size_bytes": round(machine.unit.l2.size_bytes * factor)})


def higher_cap(machine, factor):
    return machine.model_copy(
        update={"power": machine.power.model_copy(update={"cap_w": machine.power.cap_w * factor})}
    )


def seconds(machine, m, n, k):
    compressed = "gemm-2:4" in machine.library
    a = drawn_nm(m, k, 2, 4) if compressed else DenseMatrix((m, k))
    return fastest_run(matmul_op(a, DenseMatrix((k, n)), "nm-2:4" if compressed else "dense", "fp16"), machine).seconds


SIDE = st.integers(1, 200) | st.integers(1, 4000)
FACTOR = st.sampled_from([1.1, 1.5, 2.0, 4.0])

# Superfluous cuts are found by cycles, whatever the DRAM does meanwhile: when K is short, a large tile that has become
# as fast as small ones writes C later than those, in one go (12 % seen). An L2 that keeps more may make another band
# of tiles move the fewest bytes, less evenly, and its replacement is random (11 % seen).
UPGRADES = {more_rate: 0.15, more_bandwidth: 1e-9, larger_l2: 0.15, higher_cap: 1e-9}


@pytest.mark.parametrize("upgrade", UPGRADES, ids=lambda upgrade: upgrade.__name__)
@settings(max_examples=40, deadline=None)
@given(st.sampled_from(sorted(CARDS)), SIDE, SIDE, SIDE, FACTOR, st.booleans())
def test_an_upgrade_makes_no_product_slower(upgrade, name, m, n, k, factor, small_l2):
    machine = CARDS[name].with_accelerator(l2={"size_bytes": 1 << 20}) if small_l2 else CARDS[name]
    assert seconds(upgrade(machine, factor), m, n, k) <= seconds(machine, m, n, k) * (1 + UPGRADES[upgrade])


@pytest.mark.parametrize("name", CARDS)
def test_upgrades_pay_where_they_are_what_is_missing(name):
    machine = CARDS[name].model_copy(update={"power": None})
    large, thin = (4096, 4096, 4096), (4096, 1, 4096)
    assert seconds(more_rate(machine, 1.5), *large) < 0.95 * seconds(machine, *large)
    slow = more_bandwidth(machine, 0.1)
    assert seconds(more_bandwidth(slow, 2), *thin) < 0.7 * seconds(slow, *thin)
    power = CARDS[name].power
    tight = power.model_copy(update={"cap_w": power.idle_w + 0.1 * (power.cap_w - power.idle_w)})
    capped = CARDS[name].model_copy(update={"power": tight})
    assert seconds(higher_cap(capped, 1.5), *large) < 0.95 * seconds(capped, *large)
    tiny = slow.with_accelerator(l2={"size_bytes": 1 << 18})
    assert seconds(larger_l2(tiny, 1000), *large) < 0.95 * seconds(tiny, *large)
