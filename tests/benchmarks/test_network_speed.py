"""Whole networks, pruned to 2:4, on every shipped machine: all layers, all plans, fast engine, prices.

    pytest tests/benchmarks/test_network_speed.py --benchmark-only --benchmark-group-by=group

"all machines" simulates operations that have been lowered already, fp16 where a machine has it, stored as its unit
stores them; "simulate_network" also draws, prunes and lowers the weights (fp16 machines, dense and 2:4). SpArch and the
SpMM kernels walk over real non-zeros of every layer, which no memory of layers that are alike can save.
"""

from functools import cache, partial

import pytest

from sparsesim.formats import format_by_name
from sparsesim.hardware import load_energy_table, load_machine, machine_names
from sparsesim.lowering import Lowering, lower, stored_as
from sparsesim.networks import load_network
from sparsesim.pruning import pruner_by_name
from sparsesim.simulation import Simulator
from sparsesim.studies.networks import simulate_network
from sparsesim.transforms import prune_network

NETWORKS = ("resnet50", "bert-base")
TABLE = load_energy_table("gpu-7nm")


def dtype(machine):
    first = next(iter(machine.library.values())).unit
    return "fp16" if "fp16" in first.macs_per_cycle else first.default_dtype


def storage(machine, op):
    """2:4 where there is a kernel and the weights have the pattern (products of activations do not)."""
    return "nm-2:4" if "gemm-2:4" in machine.library and op.a.tensor.density < 1 else "dense"


@cache
def lowered(name, kind):
    return lower(prune_network(load_network(name), pruner_by_name("2:4")), kind)


def play(machine, ops, table):
    """Picojoules of all layers; a new Simulator each time, so that nothing is left from the call before."""
    simulator = Simulator(machine, table)
    stored = (stored_as(op, format_by_name(storage(machine, op))) for op in ops)
    return sum(simulator.result(op).energy_pj["total"] for op in stored)


@pytest.mark.parametrize("network", NETWORKS)
def test_all_machines(benchmark, network):
    machines = [load_machine(name) for name in machine_names()]
    work = [(machine, lowered(network, dtype(machine)), machine.energy_table) for machine in machines]

    def everything():
        return [play(*each) for each in work]

    benchmark.group = network
    everything()
    assert min(benchmark.pedantic(everything, rounds=3)) > 0
    assert benchmark.stats is None or benchmark.stats["min"] < 3.0


@pytest.mark.parametrize("name", machine_names())
@pytest.mark.parametrize("network", NETWORKS)
def test_one_machine(benchmark, network, name):
    machine = load_machine(name)
    ops = lowered(network, dtype(machine))
    benchmark.group = f"{network}, single machines"
    play(machine, ops, machine.energy_table)
    assert benchmark.pedantic(play, args=(machine, ops, machine.energy_table), rounds=3) > 0


@pytest.mark.parametrize("network", NETWORKS)
def test_simulate_network(benchmark, network):
    machines = [load_machine(name) for name in machine_names()]
    machines = [machine for machine in machines if dtype(machine) == "fp16"]
    whole, pruner = load_network(network), pruner_by_name("2:4")
    run = partial(simulate_network, whole, pruner, ["dense", "nm-2:4"], machines, TABLE, Lowering("fp16"))
    benchmark.group = f"{network}, drawn, pruned and lowered"
    run()
    results = benchmark.pedantic(run, rounds=2)
    assert {result.machine for result in results if result.status == "ok"} == {machine.name for machine in machines}
