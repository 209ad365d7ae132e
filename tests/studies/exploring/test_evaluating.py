"""Figures of one candidate, held against simulations and evaluations of the whole."""

from dataclasses import replace

import numpy as np
import pytest

import sparsesim as ss
from sparsesim.hardware import with_fields
from sparsesim.lowering import Lowering
from sparsesim.studies import simulate_network
from sparsesim.studies.exploring import load_exploration
from sparsesim.studies.exploring.evaluating import Evaluator
from sparsesim.studies.exploring.prepared import prepared
from sparsesim.studies.exploring.seeds import BY_SENSITIVITY, seeds
from sparsesim.studies.exploring.space import Candidate
from sparsesim.transforms import as_method

PLAN = {"conv1": 0.0, "conv2": 0.5, "fc1": 0.8, "fc2": 0.5}


@pytest.fixture
def evaluator(layers):
    return Evaluator(prepared(load_exploration(layers)))


def test_a_plan_takes_what_its_network_takes_in_the_fastest_formats(evaluator):
    found = evaluator.figures(Candidate(sparsity=PLAN))
    network = evaluator.planned(Candidate(sparsity=PLAN))
    machine = ss.load_machine("sparch")
    results = simulate_network(network, as_method("none"), ["csr", "dense"], [machine], None, Lowering("fp16"))
    best = {
        layer: min((result for result in results if result.layer == layer), key=lambda result: result.seconds)
        for layer in PLAN
    }
    assert found["formats"] == {layer: result.format for layer, result in best.items()}
    assert found["seconds"] == pytest.approx(sum(result.seconds for result in best.values()), rel=1e-12)
    energy = sum(result.energy_pj["total"] for result in best.values())
    assert found["energy_total_pj"] == pytest.approx(energy, rel=1e-12)
    dropped = sum(share * network.layer(layer).n_weights for layer, share in PLAN.items())
    weights = sum(layer.n_weights for layer in network.layers)
    assert found["sparsity"] == pytest.approx(dropped / weights, abs=1e-3)


def test_accuracies_are_those_of_each_half(evaluator):
    candidate = Candidate(sparsity=PLAN)
    network, ready = evaluator.planned(candidate), evaluator.prepared
    for layer, share in PLAN.items():
        mask = network.layer(layer).mask
        assert (0 if mask is None else 1 - np.mean(mask)) == pytest.approx(share, abs=0.02)
    seen = ss.evaluate(network, ready.searched.images, ready.searched.labels)
    unseen = ss.evaluate(network, ready.held_out.images, ready.held_out.labels)
    assert seen.accuracy != unseen.accuracy
    assert evaluator.figures(candidate)["accuracy"] == seen.accuracy
    assert evaluator.on_held_out(candidate)["accuracy"] == unseen.accuracy
    assert evaluator.on_held_out(candidate)["standard_error"] == unseen.standard_error


def test_the_divergence_is_that_of_the_probabilities(evaluator):
    images = evaluator.prepared.searched.images

    def probabilities(network):
        outputs = np.exp(ss.evaluate(network, images).outputs.astype(float))
        return outputs / outputs.sum(axis=1, keepdims=True)

    before = probabilities(ss.load_network("digits-cnn"))
    after = probabilities(evaluator.planned(Candidate(sparsity=PLAN)))
    expected = (before * np.log(before / after)).sum(axis=1).mean()
    assert evaluator.divergence(Candidate(sparsity=PLAN)) == pytest.approx(expected, rel=1e-6)
    assert evaluator.divergence(Candidate(sparsity=dict.fromkeys(PLAN, 0.0))) == pytest.approx(0, abs=1e-12)


def test_a_changed_machine_multiplies_as_its_file_would(sizes):
    evaluator = Evaluator(prepared(load_exploration(sizes)))
    fields = {"accelerator.merge_ways": 4, "accelerator.macs_per_cycle.fp64": 2}
    machine = with_fields(ss.load_machine("sparch"), fields)
    (result,) = ss.multiply("karate", None, machine, "csr", "fp64")
    found = evaluator.figures(Candidate(machine=fields))
    assert found["seconds"] == result.seconds
    assert found["energy_total_pj"] == result.energy_pj["total"]
    assert found["area_mm2"] == machine.area_mm2
    assert evaluator.figures(Candidate())["seconds"] < found["seconds"]


def test_seeds_begin_with_every_uniform_sparsity(evaluator):
    ready = evaluator.prepared
    found = seeds(evaluator, {(layer, sparsity): sparsity for layer in PLAN for sparsity in (0.5, 0.8)})
    uniform = {seed.origin: ready.space.candidate(seed.choice).sparsity for seed in found[:3]}
    assert uniform == {f"uniform {share:g}": dict.fromkeys(PLAN, share) for share in (0, 0.5, 0.8)}
    assert {seed.origin for seed in found[3:]} == {BY_SENSITIVITY}
    assert len({seed.choice for seed in found}) == len(found)


def test_layers_that_cost_no_accuracy_are_pruned_first(layers):
    """Whichever they are; and those that save most time where all cost as much."""
    evaluator = Evaluator(prepared(load_exploration(layers | {"trials": 200})))
    ready = evaluator.prepared

    def plans(harm):
        divergences = {(layer, sparsity): harm.get(layer, 5.0) * sparsity for layer in PLAN for sparsity in (0.5, 0.8)}
        found = [seed for seed in seeds(evaluator, divergences) if seed.origin == BY_SENSITIVITY]
        return [ready.space.candidate(seed.choice).sparsity for seed in found]

    for layer in ("fc1", "conv2"):
        first = plans({layer: 0.0})[0]
        assert first == dict.fromkeys(PLAN, 0) | {layer: 0.8}
    slowest = max(PLAN, key=lambda layer: evaluator.layer_cost(layer, 0).seconds)
    assert {layer for layer, share in plans({})[0].items() if share} == {slowest}
    shares = [sum(plan.values()) for plan in plans({"fc1": 0.1})]
    assert shares == sorted(shares)


def test_a_search_with_formats_seeds_the_fastest(layers):
    plan = {"sparsity": [0, 0.8], "choose": "searched"}
    given = load_exploration(layers | {"formats": ["dense", "csr"], "search": {"plan": plan}})
    evaluator = Evaluator(prepared(given))
    (_, pruned) = seeds(evaluator, {})
    chosen = evaluator.prepared.space.candidate(pruned.choice)
    assert chosen.format == {layer: evaluator.layer_cost(layer, 0.8).format for layer in PLAN}
    figures = evaluator.figures(chosen)
    slower = replace(chosen, format=dict.fromkeys(PLAN, "dense") | {"fc1": "csr"})
    assert evaluator.figures(slower)["formats"] == slower.format
    assert evaluator.figures(slower)["seconds"] >= figures["seconds"]
