"""Networks whose weights have structure that pruning removed, and networks that come pruned."""

from dataclasses import replace

import numpy as np
import pytest

from sparsesim.hardware import load_energy_table, load_machine, machine_names
from sparsesim.lowering import Activations, Lowering
from sparsesim.networks import Layer, Network, load_network
from sparsesim.pruning import pruner_by_name
from sparsesim.results import result_table, totals
from sparsesim.simulation import Simulator
from sparsesim.studies import compare, simulate_network
from sparsesim.transforms import method_by_name, prune_network

TABLE = load_energy_table("horowitz-45nm")
NONE = pruner_by_name("none")
FIRST = {name: next(iter(load_machine(name).library.values())).unit for name in reversed(machine_names())}
ALL = list({unit.kind: name for name, unit in FIRST.items()}.values())
"""One machine for every kind of unit that comes first in its library."""


def network_of(*layers, **fields):
    return Network(**{"name": "test", "layers": layers, "weights_origin": "imported", "source": "test"} | fields)


def figures(results):
    """What machines did, without what tells the layers and runs apart."""
    told = ("network", "layer", "pruner", "sparsity", "m", "k", "groups", "a_density", "b_density")
    told += ("empty_rows", "empty_columns", "simulation_seconds", "point")
    return [{key: value for key, value in result.flat().items() if key not in told} for result in results]


def cut(layer, kept, axis):
    """A layer that really has only these outputs (axis 0) or inputs (1)."""
    weight = np.take(layer.weight(), kept, axis=axis)
    return replace(layer, source=weight, weight_shape=weight.shape, mask=None)


@pytest.fixture(scope="module")
def resnet(data_dir):
    return load_network(
        data_dir / "nets" / "resnet20_cifar10.npz", architecture="resnet-cifar", input_shape=(3, 32, 32)
    )


@pytest.mark.parametrize(("pruner", "axis"), [("filter", 0), ("channel", 1)])
@pytest.mark.parametrize(("which", "dtype"), [("digits-cnn", "int8"), ("digits-cnn", "fp16"), ("resnet20", "fp16")])
def test_a_pruned_network_runs_as_one_whose_layers_have_half_the_size(which, dtype, pruner, axis, request):
    """On every kind of unit, in every format: the same bytes, cycles, seconds and energy."""
    whole = load_network("digits-cnn") if which == "digits-cnn" else request.getfixturevalue("resnet")
    pruned = prune_network(whole, pruner, 0.5)
    small = []
    for layer in pruned.layers:
        others = tuple(other for other in range(layer.mask.ndim) if other != axis)
        kept = np.flatnonzero(layer.mask.any(axis=others))
        assert abs(len(kept) - layer.mask.shape[axis] / 2) <= 0.5
        small.append(cut(layer, kept, axis))
    machines = [load_machine(name) for name in ALL]
    formats, lowering = ("dense", "csr", "bitmap"), Lowering(dtype, batch=16)
    found = simulate_network(whole, method_by_name(pruner, 0.5), formats, machines, TABLE, lowering)
    expected = simulate_network(network_of(*small, name=whole.name), NONE, formats, machines, TABLE, lowering)
    ran = {result.machine for result in expected if result.status == "ok"}
    assert ran >= {"a100-pcie", "sparch", "sparseloop-stc" if dtype == "int8" else "core-i7-5930k"}
    expected = [replace(result, weights=whole.weights_origin) for result in expected]
    assert figures(found) == figures(expected)


@pytest.mark.parametrize("machine", ["a100-pcie", "titan-x"])
def test_half_the_filters_are_half_the_multiplications_of_a_dense_unit(resnet, machine):
    found = {}
    for name, method in {"none": NONE, "filter": method_by_name("filter", 0.5)}.items():
        found[name] = simulate_network(resnet, method, ["dense"], [load_machine(machine)], TABLE)
    for whole, half in zip(found["none"], found["filter"], strict=True):
        # Tensor cores pad rows to tiles of 16 and processors do not; all of them write half of C.
        assert half.macs == whole.macs / 2
        assert half.dram_bytes["C"] == whole.dram_bytes["C"] / 2
        assert (half.m, half.n, half.k) == (whole.m, whole.n, whole.k)
        assert (half.empty_rows, half.empty_columns) == (whole.m / 2, 0)
        assert (half.a_nnz, half.a_density) == (whole.a_nnz / 2, 0.5)
        assert half.counts["mult_fp16"] <= whole.counts["mult_fp16"]
        if whole.m >= 64 or machine == "titan-x":
            assert half.counts["mult_fp16"] == whole.counts["mult_fp16"] / 2


def test_time_follows(resnet):
    """Where no launch decides it: 64 images of ResNet-20 on a CPU."""
    cpu = compare(
        resnet, ["core-i7-5930k"], ["dense"], ["none", pruner_by_name("filter", 0.5)], lowering=Lowering(batch=64)
    )
    assert cpu["speedup"].iloc[1] > 1.5
    assert cpu["energy_ratio"].iloc[1] > 1.5


@pytest.mark.parametrize("pruner", ["shrink"])
def test_a_shrunk_network_has_nothing_more_to_leave_out(pruner):
    results = simulate_network(
        load_network("digits-cnn"), method_by_name(pruner, 0.5), ["dense"], [load_machine("titan-x")], TABLE
    )
    assert {(result.empty_rows, result.empty_columns, result.a_density) for result in results} == {(0, 0, 1.0)}


def test_formats_may_leave_out_different_rows_and_keep_their_order(monkeypatch):
    """2:4 goes by groups of four columns, CSR by single ones; only equal positions are planned together."""
    together, simulated = [], Simulator.results

    def recorded(self, ops, labels, work):
        together.append((len({id(op.a.tensor) for op in ops}), len(ops)))
        return simulated(self, ops, labels, work)

    monkeypatch.setattr(Simulator, "results", recorded)
    weight = np.zeros((8, 16), np.float32)
    weight[::2, [0, 9, 13]] = 1
    layer = Layer(name="fc", kind="linear", weight_shape=(8, 16), source=weight)
    formats = ("nm-2:4", "csr", "bsr-4x4", "dense", "nm-1:4", "condensed-csr")
    results = simulate_network(
        network_of(layer), NONE, formats, [load_machine("sparch"), load_machine("titan-x")], TABLE
    )
    assert [result.format for result in results] == [*formats, *formats]
    assert together == 2 * [(1, 2), (1, 3), (1, 1)]
    left_out = {"nm-2:4": (4, 4), "nm-1:4": (4, 4), "bsr-4x4": (0, 4)}
    for result in results:
        assert (result.empty_rows, result.empty_columns) == left_out.get(result.format, (4, 13))
        assert (result.m, result.k, result.a_nnz) == (8, 16, 12)


def test_groups_that_are_gone_count_in_the_layer_and_its_density():
    """32 depthwise channels, every second one pruned, and a layer of two weights."""
    weight = np.ones((32, 1, 3, 3), np.float32)
    weight[::2] = 0
    layer = Layer(name="one", kind="conv2d", weight_shape=weight.shape, source=weight, input_size=(8, 8), groups=32)
    last = Layer(name="fc", kind="linear", weight_shape=(1, 2), source=np.ones((1, 2), np.float32))
    network = network_of(layer, last)
    found, other = simulate_network(network, NONE, ["dense"], [load_machine("titan-x")], TABLE)
    assert (found.groups, found.m, found.k, found.a_density) == (32, 1, 9, 0.5)
    assert (found.empty_rows, found.empty_columns) == (16, 16 * 9)
    assert found.counts["mult_fp16"] == found.macs == 16 * 9 * 36
    (total,) = totals(result_table([found, other]))["density"]
    assert total == (144 + 2) / (288 + 2)


def test_a_dense_kernel_leaves_out_what_the_pattern_of_another_would_keep():
    """Every third column alone is 2:4 by chance; the dense kernel of a card multiplies no others all the same."""
    weight = np.zeros((16, 48), np.float32)
    weight[:, ::3] = 1
    layer = Layer(name="fc", kind="linear", weight_shape=(16, 48), source=weight)
    results = simulate_network(network_of(layer), NONE, ["dense", "nm-2:4"], [load_machine("a100-pcie")], TABLE)
    assert [(result.kernel, result.empty_columns) for result in results] == [("gemm", 32), ("gemm-2:4", 0)]


def test_the_density_of_inputs_is_that_of_all_of_them():
    weight = np.ones((2, 4), np.float32)
    weight[:, :2] = 0
    inputs = np.zeros((1, 4), np.float32)
    inputs[0, :1] = 1
    layer = Layer(name="fc", kind="linear", weight_shape=(2, 4), source=weight)
    lowering = Lowering(activations=Activations(maps={"fc": inputs}))
    (result,) = simulate_network(network_of(layer), NONE, ["csr"], [load_machine("titan-x")], TABLE, lowering)
    assert (result.b_density, result.a_density, result.macs) == (0.25, 0.5, 0)
