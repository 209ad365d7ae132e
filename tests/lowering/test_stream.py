"""Networks go through the pipeline layer by layer: few weights are in memory at a time, and nothing else changes."""

import gc
import weakref

import numpy as np
import pytest

from sparsesim.errors import InputError
from sparsesim.formats import format_by_name
from sparsesim.hardware import load_machine
from sparsesim.limits import memory_budget
from sparsesim.lowering import Activations, Lowering, lower, lowered_layers, stream
from sparsesim.networks import Layer, Network, SyntheticWeights, load_network
from sparsesim.pruning import pruner_by_name
from sparsesim.studies import compare, simulate_network
from sparsesim.transforms import method_by_name, prune_network
from sparsesim.transforms.mask import method as masking
from sparsesim.transforms.mask import network as pruned

PRUNERS = [
    ("none", {}),
    ("2:4", {}),
    ("magnitude", {"sparsity": 0.7}),
    ("magnitude-global", {"sparsity": 0.7}),
    ("threshold", {"threshold": 0.1}),
    ("sigma", {"s": 1.0}),
]


def linear(name, source=SyntheticWeights(1), **fields):  # noqa: B008 - a frozen description
    return Layer(name=name, kind="linear", weight_shape=(48, 64), source=source, **fields)


def network(count=6, **fields):
    conv = Layer(
        name="conv", kind="conv2d", weight_shape=(8, 4, 3, 3), source=SyntheticWeights(2), input_size=(9, 9), groups=2
    )
    scores = Layer(name="scores", kind="matmul", m=8, n=8, k=64, batch=3)
    layers = (conv, scores, *(linear(f"fc{each}", positions=8) for each in range(count)))
    return Network(name="made up", layers=layers, weights_origin="synthetic", source="made up", **fields)


def alike(op, other):
    left, right = op.a.tensor.to_sparse(), other.a.tensor.to_sparse()
    np.testing.assert_array_equal(left.indptr, right.indptr)
    np.testing.assert_array_equal(left.indices, right.indices)
    np.testing.assert_array_equal(op.a.tensor.to_array(), other.a.tensor.to_array())
    np.testing.assert_array_equal(op.b.tensor.to_array(), other.b.tensor.to_array())
    assert (op.name, op.repeat, op.a.dtype, op.b.distinct) == (
        other.name,
        other.repeat,
        other.a.dtype,
        other.b.distinct,
    )


@pytest.mark.parametrize(("name", "amount"), PRUNERS)
@pytest.mark.parametrize("origin", ["synthetic", "imported"])
def test_layers_one_by_one_are_those_lowered_together(name, amount, origin):
    whole = network()
    if origin == "imported":
        arrays = {layer.name: layer.weight() for layer in whole.layers if layer.weight_shape}
        layers = whole.with_weights(arrays).layers
        whole = Network(name="read", layers=layers, weights_origin="imported", source="made up")
    whole = prune_network(whole, "magnitude", 0.1) if name == "sigma" else whole
    chosen = pruner_by_name(name, **amount)
    inputs = Activations(0.5, maps={"fc2": np.ones((3, 64), np.float32)})
    together = prune_network(whole, chosen)
    streamed = list(lowered_layers(whole, chosen, "int8", 2, inputs))
    ops = [layer.stored_as(format_by_name("dense")) for layer in streamed]
    expected = lower(together, "int8", 2, inputs)
    assert len(ops) == len(expected)
    for op, other in zip(ops, expected, strict=True):
        alike(op, other)
    kept = [int(layer.mask.sum()) for layer in together.layers if layer.mask is not None]
    assert [layer.kept for layer in streamed if layer.weights] == kept


def test_the_weights_that_a_network_has_are_not_written_to():
    weight = SyntheticWeights(0).draw("fc", (48, 64))
    alone = Network(name="one", layers=(linear("fc", weight),), weights_origin="imported", source="made up")
    before = weight.copy()
    list(lowered_layers(alone, pruner_by_name("2:4")))
    np.testing.assert_array_equal(weight, before)


@pytest.fixture
def alive(monkeypatch):
    """Drawn weights that are alive at the time of each draw, the new ones included."""
    drawn, counts, draw = [], [], SyntheticWeights.draw

    def counted(self, layer, shape):
        weight = draw(self, layer, shape)
        drawn.append(weakref.ref(weight))
        counts.append(sum(each() is not None for each in drawn))
        return weight

    monkeypatch.setattr(SyntheticWeights, "draw", counted)
    gc.collect()
    return counts


@pytest.mark.parametrize("name", ["2:4", "magnitude"])
def test_at_most_two_layers_weights_are_in_memory(alive, name):
    chosen = pruner_by_name(name) if name == "2:4" else pruner_by_name(name, 0.5)
    machines = [load_machine("a100-pcie"), load_machine("titan-x")]
    simulate_network(network(20), chosen, ["dense", "csr"], machines, machines[0].energy_table, Lowering("fp32"))
    assert len(alive) == 21  # each layer is drawn once
    assert max(alive) <= 2


@pytest.mark.parametrize("name", ["int8", "deep-compression", "permute-2:4"])
def test_methods_with_new_weights_go_layer_by_layer_too(alive, name):
    machine = load_machine("titan-x")
    simulate_network(network(20), method_by_name(name), ["dense"], [machine], machine.energy_table, Lowering("fp32"))
    assert len(alive) >= 21
    assert max(alive) <= 6  # of two layers under way, some read more than once


def test_unpruned_synthetic_weights_are_not_drawn_where_shapes_suffice(alive):
    machines = [load_machine("a100-pcie"), load_machine("titan-x")]
    results = simulate_network(
        network(), pruner_by_name("none"), ["dense", "coo"], machines, machines[0].energy_table, Lowering("fp32")
    )
    assert {result.status for result in results} == {"ok"}
    assert alive == []


def test_nothing_keeps_a_layer_that_the_caller_let_go_of():
    """The positions of non-zeros take more memory than the weights."""
    tensors, counts = [], []

    def look(layer):
        tensors.append([weakref.ref(layer.op.a.tensor)])
        counts.append(sum(any(each() is not None for each in layer) for layer in tensors))

    list(map(look, lowered_layers(network(20), pruner_by_name("2:4"))))
    assert len(counts) == 22
    assert max(counts) == 1


def test_no_more_layers_are_begun_than_fit(monkeypatch):
    begun, limit = [], 3 * 48 * 64
    monkeypatch.setattr(stream, "MOST_WEIGHTS", limit)
    unpruned = lambda layer, *_: begun.append(layer.name) or (layer, layer.n_weights)  # noqa: E731
    monkeypatch.setattr(masking, "prune_layer", unpruned)
    small = [linear(f"fc{each}") for each in range(3)]
    large = Layer(name="head", kind="linear", weight_shape=(1000, 64), source=SyntheticWeights(0))
    whole = Network(name="one", layers=(*small, large, linear("last")), weights_origin="synthetic", source="made up")
    layers = lowered_layers(whole, pruner_by_name("2:4"))
    next(layers)
    assert set(begun) <= {"fc0", "fc1"}
    next(layers)
    next(layers)
    assert "head" not in begun
    next(layers)
    assert "last" not in begun
    assert [layer.op.name for layer in layers] == ["last"]


def test_a_ranking_over_all_layers_that_does_not_fit_is_refused_in_words(monkeypatch):
    monkeypatch.setattr(pruned, "MOST_TOGETHER", 10_000)
    message = r"network 'made up' has 18,720 weights; pruner 'magnitude-global' ranks all .* up to 10,000"
    with pytest.raises(InputError, match=message):
        lowered_layers(network(), pruner_by_name("magnitude-global", 0.5))
    assert pruner_by_name("magnitude", 0.5).per_layer
    assert not pruner_by_name("magnitude-global", 0.5).per_layer
    assert prune_network(network(), "magnitude", 0.5).layer("fc1").mask.mean() == 0.5


def test_errors_of_a_layer_reach_the_caller():
    weight = np.ones((48, 64), np.float32)
    weight[3, 4] = np.nan
    broken = Network(
        name="b", layers=(linear("fc"), linear("bad", weight)), weights_origin="synthetic", source="made up"
    )
    with pytest.raises(InputError, match="'bad'"):
        list(lowered_layers(broken, pruner_by_name("2:4")))
    with pytest.raises(InputError, match="network made up has no layer 'fc99'"):
        lowered_layers(network(), pruner_by_name("none"), activations=Activations(maps={"fc99": np.ones((1, 64))}))


def test_the_sparsity_that_was_reached_is_told_of_every_layer():
    machine = load_machine("titan-x")
    results = simulate_network(
        network(), pruner_by_name("sigma", s=1.0), ["csr"], [machine], machine.energy_table, Lowering("fp32")
    )
    (sparsity,) = {result.sparsity for result in results}
    assert sparsity == pytest.approx(0.68, abs=0.02)
    table = compare(network(), ["titan-x"], ["csr"], [pruner_by_name("2:4")], lowering=Lowering("fp32"))
    assert list(table["sparsity"]) == [0.5]


def test_products_of_activations_run_dense_beside_compressed_weights():
    layers = (linear("fc"), Layer(name="scores", kind="matmul", m=16, k=64, n=16, batch=4))
    whole = Network(name="one", layers=layers, weights_origin="synthetic", source="made up")
    machine = load_machine("a100-pcie")
    results = simulate_network(whole, pruner_by_name("2:4"), ["nm-2:4"], [machine], machine.energy_table)
    assert [(result.layer, result.format, result.status) for result in results] == [
        ("fc", "nm-2:4", "ok"),
        ("scores", "nm-2:4", "ok"),
    ]
    assert results[0].details["kept"] == 2
    assert results[1].details["kept"] == 1
    assert results[1].a_bytes == 4 * 16 * 64 * 2


def test_published_densities_are_what_a_pruner_leaves():
    network = load_network("lenet-300-100@pruned")
    pruned = prune_network(network, "published")
    assert [round(float(layer.mask.mean()), 2) for layer in pruned.layers] == [0.08, 0.09, 0.26]
    with pytest.raises(InputError, match="gives no weight density"):
        prune_network(load_network("lenet-300-100"), "published")


def test_threads_know_the_budget_of_memory():
    layers = [
        Layer(name=f"fc{i}", kind="linear", weight_shape=(100, 100), source=SyntheticWeights(0)) for i in range(4)
    ]
    network = Network(name="made up", layers=tuple(layers), weights_origin="synthetic", source="test")
    message = r"^network made up: layer 'fc\d': drawing its weights needs 40 kB"
    with memory_budget(39_999), pytest.raises(InputError, match=message):
        list(lowered_layers(network, pruner_by_name("magnitude", 0.5)))
    with memory_budget(40_000):
        assert len(list(lowered_layers(network, pruner_by_name("magnitude", 0.5)))) == 4
