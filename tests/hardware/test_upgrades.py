"""More of a resource: which fields stand for it, on every unit and machine, and that it makes nothing slower."""

from typing import get_args

import pytest

import sparsesim as ss
from sparsesim.accelerators import AcceleratorSpec
from sparsesim.errors import InputError, UnknownNameError
from sparsesim.hardware import load_machine, machine_names, numeric_fields
from sparsesim.hardware.upgrades import CLOCK, OF_ALL, upgraded, upgrades_of
from sparsesim.matmul import matmul_op
from sparsesim.resources import RESOURCES
from sparsesim.simulation import simulate
from sparsesim.tensors import DenseMatrix
from sparsesim.tensors.generators import nm, uniform

UNITS = get_args(AcceleratorSpec)

NOTHING_RELIEVES = {
    "compute",  # of units that do not tell their resources apart
    "imbalance",  # the work is uneven, whatever the machine has
    "tree fill",  # the depth of the merge tree follows from its width
}
"""Resources of `sparsesim.resources` that no machine could have more of."""


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.__name__)
def test_every_unit_says_what_it_could_have_more_of(unit):
    assert unit.upgrades, (
        f"{unit.__name__} names no resources: give it `upgrades`, see sparsesim/accelerators/upgrades.py"
    )
    for name, upgrade in unit.upgrades.items():
        assert upgrade.fields, name
        for field, exponent in upgrade.fields.items():
            assert field.split(".")[0] in unit.model_fields, f"{name}: {field}"
            assert exponent in (1, -1, 0.5)
        signs = {exponent > 0 for exponent in upgrade.fields.values()}
        assert len(signs) == 1, f"{name}: more of it is more of each field, or less of each"
        assert set(upgrade.relieves) <= RESOURCES.keys()
        assert name not in OF_ALL
        assert name != CLOCK


def test_whatever_time_goes_to_some_resource_relieves_it():
    relieved = {name for unit in UNITS for upgrade in unit.upgrades.values() for name in upgrade.relieves}
    relieved |= {name for upgrade in OF_ALL.values() for name in upgrade.relieves}
    assert RESOURCES.keys() - relieved == NOTHING_RELIEVES


@pytest.mark.parametrize("name", machine_names())
def test_more_of_a_resource_changes_its_fields_and_no_others(name):
    machine = load_machine(name)
    before = numeric_fields(machine)
    for resource, upgrade in upgrades_of(machine).items():
        after = numeric_fields(upgraded(machine, [resource], 4))
        assert after.keys() == before.keys()
        assert {path for path in after if after[path] != before[path]} <= upgrade.fields.keys()
        for path, exponent in upgrade.fields.items():
            assert after[path] == pytest.approx(before[path] * 4.0**exponent, abs=1e-9)
            assert after[path] != before[path] or not before[path]


def test_kernels_get_more_together_and_launches_of_their_own_count():
    fields = upgrades_of(load_machine("a100-pcie"))
    assert {"kernels.gemm.sms", "kernels.spmm.sms", "kernels.gemm-2:4.sms"} <= fields["SMs"].fields.keys()
    assert {"launch_ns", "launch_interval_ns", "kernels.spmm.launch_ns"} <= fields["launch"].fields.keys()
    assert fields["launch"].fields["kernels.spmm.launch_ns"] == -1
    assert set(fields["MACs"].relieves) == {"math", "multipliers"}


def test_a_machine_has_what_its_units_have():
    assert "power cap" not in upgrades_of(load_machine("sparch"))
    assert "merge width" in upgrades_of(load_machine("sparch"))
    assert "atomic updates" in upgrades_of(load_machine("rtx-4090"))
    assert list(upgrades_of(load_machine("titan-x")))[-1] == CLOCK


def test_what_two_resources_share_is_changed_once():
    card = load_machine("v100")
    more = upgraded(card, ["MACs", "SMs"])
    assert more.unit.macs_per_cycle["fp16"] == 2 * card.unit.macs_per_cycle["fp16"]
    assert more.unit.sms == 2 * card.unit.sms
    assert more.sources["kernels.gemm.sms" if more.kernels else "accelerator.sms"] == "swept"


def test_unknown_resources_and_too_much_are_refused():
    with pytest.raises(UnknownNameError, match="unknown resource of sparch 'SMs'"):
        upgraded(load_machine("sparch"), ["SMs"])
    with pytest.raises(InputError, match=r"sparch: accelerator\.merge_ways"):
        upgraded(load_machine("sparch"), ["merge width"], 1e9)


SHAPES = {"one token": (512, 1, 512), "few tokens": (768, 16, 1024), "many tokens": (1024, 512, 512)}
"""M outputs, N tokens and K inputs."""

ALLOWED = {
    "L2 size": 0.15,  # another band of tiles may move the fewest bytes, less evenly; see test_better_cards
    "MACs": 0.15,  # a large tile that becomes as fast as small ones writes later; see test_better_cards
    "SMs": 0.03,  # SpMV by entries takes more of them in a step, of which the first waits longer
    "resident warps": 0.1,  # blocks are handed out all at once, and none is left for schedulers that are done early
    "merge width": 0.03,  # a wider tree takes its leaves in another order
    # Another tiling with as few cycles is walked, of which the first tile takes longer to arrive or the last to leave.
    "shared memory": 0.01,
    "register file": 0.02,
    "look-ahead window": 1e-5,  # requests in another order, two cycles in two milliseconds
}
"""How much slower a run may become with more of a resource, and why; anything else must not."""


def operation(machine, shape, dtype):
    """In every format that some kernel of the machine reads."""
    rows, tokens, columns = SHAPES[shape]
    for format, a in (
        ("dense", DenseMatrix((rows, columns))),
        ("csr", uniform(rows, columns, 0.1, 1)),
        ("nm-2:4", nm(rows, columns, 2, 4, 1)),
    ):
        op = matmul_op(a, DenseMatrix((columns, tokens)), format, dtype)
        if any(kernel.takes(op) for kernel in machine.library.values()):
            yield op


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", machine_names())
def test_more_of_a_resource_makes_nothing_slower(name, shape):
    machine = load_machine(name)
    for op in operation(machine, shape, machine.default_dtype):
        before = ss.simulate(op, machine).seconds
        for resource in upgrades_of(machine):
            after = simulate(op, upgraded(machine, [resource])).seconds
            assert after <= before * (1 + ALLOWED.get(resource, 1e-9)), (resource, op.a.format.name, after / before)
