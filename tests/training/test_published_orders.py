"""Orders that are published of pruning methods, measured on digits: means of three seeds, with a margin."""

import copy

import numpy as np
import pytest

from sparsesim.pruning import pruner_by_name
from sparsesim.pruning.schedules import iterative, one_shot, share_per_round
from sparsesim.training import Recipe, accuracy, apply_masks, prune, prune_and_retrain, reinitialise, train

pytest.importorskip("torch")
pytest.importorskip("sklearn")

from .modules import mlp

SEEDS = (0, 1, 2)
EPOCHS, RETRAINING, ROUNDS = 15, 10, 4


@pytest.fixture(scope="module")
def trained(samples):
    return [fitted(samples[0], seed) for seed in SEEDS]


def fitted(learn, seed, l1=0.0):
    module = mlp(seed)
    train(module, learn, Recipe(EPOCHS, seed=seed, l1=l1))
    return module


def mean(label, modules, samples):
    found = [accuracy(module, samples[1]) for module in modules]
    print(f"{label}: {np.mean(found):.1%} ({', '.join(f'{value:.1%}' for value in found)})")
    return float(np.mean(found))


def pruned(modules, pruner, sparsity):
    copies = copy.deepcopy(modules)
    for module in copies:
        prune(module, pruner_by_name(pruner, sparsity))
    return copies


def retrained(modules, schedule, learn, rounds=1, epochs=RETRAINING):
    copies = copy.deepcopy(modules)
    for seed, module in zip(SEEDS, copies, strict=True):
        recipe = Recipe(epochs, seed=seed)
        prune_and_retrain(module, "magnitude-global", schedule, learn, recipe, rounds=rounds)
    return copies


def in_rounds(modules, sparsity, learn):
    share = share_per_round(sparsity, ROUNDS)
    return retrained(modules, iterative(ROUNDS, share), learn, ROUNDS)


def test_iterative_beats_one_retraining_beats_none(trained, samples):
    """Han et al., NeurIPS 2015: the trade-off curves with and without retraining, and with several rounds."""
    dense = mean("dense", trained, samples)
    without = mean("95 %, no retraining", pruned(trained, "magnitude-global", 0.95), samples)
    once = mean("95 %, one retraining", retrained(trained, one_shot(0.95), samples[0]), samples)
    rounds = mean(f"95 %, {ROUNDS} rounds", in_rounds(trained, 0.95, samples[0]), samples)
    assert dense > 0.95
    assert without + 0.15 < once < rounds - 0.05


def test_rounds_are_more_than_a_longer_training(trained, samples):
    """The same epochs in one go, at a sparsity where it matters; at 95 % it no longer does."""
    long = retrained(trained, one_shot(0.97), samples[0], epochs=RETRAINING * ROUNDS)
    once = mean(f"97 %, one retraining of {RETRAINING * ROUNDS} epochs", long, samples)
    rounds = mean(f"97 %, {ROUNDS} rounds of {RETRAINING}", in_rounds(trained, 0.97, samples[0]), samples)
    assert rounds > once + 0.02


def test_ranking_all_layers_together_beats_ranking_each(trained, samples):
    alone = mean("90 % of every layer", pruned(trained, "magnitude", 0.9), samples)
    together = mean("90 % of all layers", pruned(trained, "magnitude-global", 0.9), samples)
    assert together > alone + 0.1


def test_accuracy_falls_with_sparsity(trained, samples):
    half, most, nearly = (
        mean(f"{sparsity:.0%}", pruned(trained, "magnitude", sparsity), samples) for sparsity in (0.5, 0.8, 0.95)
    )
    assert half > most + 0.05 > nearly + 0.3
    assert mean("2:4", pruned(trained, "2:4", 0.5), samples) > most


def test_training_with_l1_prepares_for_pruning(trained, samples):
    regularised = [fitted(samples[0], seed, l1=3e-4) for seed in SEEDS]
    before = mean("dense, L1", regularised, samples)
    plain = mean("95 %, no L1", pruned(trained, "magnitude-global", 0.95), samples)
    prepared = mean("95 %, L1", pruned(regularised, "magnitude-global", 0.95), samples)
    assert before > 0.93
    assert prepared > plain + 0.15


def test_a_winning_ticket_beats_random_weights_of_the_same_shape(trained, samples):
    """Frankle and Carbin, ICLR 2019, with one round: the same masks, from the initial weights and from other ones."""
    tickets, controls = [], []
    for seed, module in zip(SEEDS, trained, strict=True):
        masks = prune(copy.deepcopy(module), pruner_by_name("magnitude-global", 0.95))
        for start, into in ((mlp(seed), tickets), (mlp(seed), controls)):
            if into is controls:
                reinitialise(start, 100 + seed)
            apply_masks(start, masks)
            train(start, samples[0], Recipe(10, seed=seed), masks=masks)
            into.append(start)
    assert mean("95 %, winning ticket", tickets, samples) > mean("95 %, random weights", controls, samples) + 0.1
