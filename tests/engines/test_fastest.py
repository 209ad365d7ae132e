"""The fastest of all plans, found without playing those that cannot win, and once for operations that are alike."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparsesim.accelerators import CondensedOuterProduct
from sparsesim.engines import least_cycles, run_schedule
from sparsesim.formats import format_by_name
from sparsesim.hardware import load_energy_table, load_machine
from sparsesim.hardware.power import seconds_under_cap
from sparsesim.lowering import Lowering, lower, stored_as
from sparsesim.matmul import matmul_op
from sparsesim.networks import Layer, Network
from sparsesim.pruning import pruner_by_name
from sparsesim.results import Labels
from sparsesim.simulation import Simulator, fastest_run, simulate
from sparsesim.studies.networks import simulate_network
from sparsesim.tensors import DenseMatrix, drawn_nm
from sparsesim.tensors.generators import uniform
from sparsesim.transforms import prune_network
from sparsesim.work import Work
from tests.accelerators.made_up import small_card
from tests.machines import alone

DENSE = {name: alone(f"{name}/gemm") for name in ("a100-pcie", "h200", "rtx-4090", "v100")}
SPARSE = alone("h200/gemm-2:4")


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(sorted(DENSE)),
    *[st.integers(0, 2000) | st.sampled_from([1, 128, 4096])] * 3,
    st.sampled_from([None, 1, 10]),
    st.booleans(),
)
def test_no_plan_is_faster_than_the_one_that_is_taken(name, m, n, k, runs, warm):
    machine = DENSE[name]
    machine = machine.model_copy(update={"power": machine.power.model_copy(update={"credit_j": 1e-3})})
    machine = machine.benchmarked(runs, warm)
    op = matmul_op(DenseMatrix((m, k)), DenseMatrix((k, n)), "dense", "fp16")
    plans = list(machine.unit.candidates(op))
    played = [run_schedule(plan, machine) for plan in plans]
    timed = [seconds_under_cap(counts, machine) for counts in played]
    first = min(range(len(plans)), key=lambda plan: timed[plan][0])
    best = fastest_run(op, machine)
    assert (best.seconds, best.capped) == timed[first]
    assert best.counts == played[first]
    for plan, counts in zip(plans, played, strict=True):
        assert least_cycles(plan, machine) <= counts.cycles


def test_slow_memory_makes_larger_tiles_pay_though_they_take_more_cycles():
    """640 x 640 on four SMs: 25 rounds of 64 x 64, or 4 rounds eight times as long that read a third of the bytes."""
    tiles = ((64, 64, 32), (256, 128, 32))
    card = small_card(sms=4, macs_per_cycle={"fp16": 4096}, tiles=tiles, l2={"size_bytes": 1 << 16})
    slow = card.model_copy(update={"dram": card.dram.model_copy(update={"bandwidth_bytes_per_s": 10**10})})
    op = matmul_op(DenseMatrix((640, 3000)), DenseMatrix((3000, 640)), "dense", "fp16")
    first = run_schedule(next(iter(slow.unit.candidates(op))), slow)
    taken, unhindered = fastest_run(op, slow), fastest_run(op, card.model_copy(update={"power": None}))
    assert (first.details["tile_m"], first.details["waves"]) == (unhindered.counts.details["tile_m"], 25) == (64, 25)
    assert (taken.counts.details["tile_m"], taken.counts.details["waves"]) == (256, 4)
    assert taken.counts.cycles < first.cycles
    assert 2 * taken.counts.total_dram_bytes < first.total_dram_bytes


def test_operations_with_equal_plans_are_played_once(monkeypatch):
    card, played = SPARSE, []
    plans = Work.plans
    monkeypatch.setattr(Work, "plans", lambda work, unit, key, op: played.append(op) or plans(work, unit, key, op))
    simulator = Simulator(card, load_energy_table("horowitz-45nm"))
    for seed in (0, 0, 1):
        op = matmul_op(drawn_nm(64, 64, 2, 4, seed), DenseMatrix((64, 8)), "nm-2:4", "fp16")
        assert simulator.result(op).cycles == fastest_run(op, card).counts.cycles
    assert len(played) == 1
    other = matmul_op(drawn_nm(64, 64, 2, 4, 0), DenseMatrix((64, 9)), "nm-2:4", "fp16")
    assert simulator.result(other).cycles == fastest_run(other, card).counts.cycles
    assert len(played) == 2


def test_what_positions_decide_is_worked_out_once_for_all_formats(monkeypatch):
    machine, asked = load_machine("sparch"), []
    whole = CondensedOuterProduct.work
    monkeypatch.setattr(CondensedOuterProduct, "work", lambda unit, op: asked.append(op) or whole(unit, op))
    a, b = uniform(64, 64, 0.1, 0), DenseMatrix((64, 8))
    ops = [matmul_op(a, b, format, "fp64") for format in ("csr", "coo", "dense")]
    results = Simulator(machine, load_energy_table("horowitz-45nm")).results(ops, [Labels()] * 3)
    assert [result.status for result in results] == ["ok"] * 3
    assert len(asked) == 1


def network():
    """Three equal layers and two products of activations, as an encoder has them."""
    random = np.random.default_rng(0)
    fc = [
        Layer(name=f"fc{each}", kind="linear", weight_shape=(48, 64), source=random.normal(size=(48, 64)), positions=8)
        for each in range(3)
    ]
    scores = [Layer(name=f"scores{each}", kind="matmul", m=8, n=8, k=64, batch=3) for each in range(2)]
    return Network(name="small", layers=(*fc, *scores), weights_origin="imported", source="made up")


@pytest.mark.parametrize("pruner", ["none", "2:4"])
def test_a_network_gives_what_its_layers_give_one_by_one(pruner):
    names = ("a100-pcie", "h100-sxm", "sparch", "titan-x", "sparseloop-stc")
    machines, forms = [load_machine(name) for name in names], ("dense", "nm-2:4", "csr")
    table, chosen = machines[0].energy_table, pruner_by_name(pruner)
    results = simulate_network(network(), chosen, forms, machines, table, Lowering("fp16"))
    ops = {op.name: op for op in lower(prune_network(network(), chosen))}
    assert len(results) == len(ops) * len(machines) * len(forms)
    by_name = {machine.name: machine for machine in machines}
    ran = [result for result in results if result.status == "ok"]
    assert len(ran) > len(results) / 2
    weightless = {layer.name for layer in network().layers if not layer.n_weights}
    for result in ran:
        op = ops[result.layer]
        if result.layer not in weightless:
            op = stored_as(op, format_by_name(result.format))
        alone = simulate(op, by_name[result.machine], table).flat()
        told = {"simulation_seconds", "network", "pruner", "sparsity", "weights", "point"}
        told |= {"format"} if result.layer in weightless else set()
        assert {key: value for key, value in result.flat().items() if key not in told} == {
            key: value for key, value in alone.items() if key not in told
        }
