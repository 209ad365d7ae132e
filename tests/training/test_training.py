"""What training promises: dropped weights stay zero, the same seed gives the same weights, nothing stays behind."""

import copy
import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest

from sparsesim.errors import InputError, UnknownNameError
from sparsesim.inference import evaluate
from sparsesim.networks import network_from_torch
from sparsesim.pruning import pruner_by_name
from sparsesim.pruning.schedules import iterative, one_shot, polynomial_decay
from sparsesim.training import (
    Recipe,
    Samples,
    accuracy,
    find_ticket,
    gradients,
    layer_weights,
    prune,
    prune_and_retrain,
    prune_while_training,
    reinitialise,
    sparsity,
    train,
)

torch = pytest.importorskip("torch")
pytest.importorskip("sklearn")
from torch import nn  # noqa: E402

from .modules import cnn, few, mlp  # noqa: E402

SHORT = Recipe(epochs=2, batch_size=32)


def same(one, other):
    return all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True))


@pytest.fixture
def few_samples(samples):
    return few(samples[0])


def test_the_same_seed_gives_the_same_weights_and_leaves_the_random_state(few_samples):
    modules = [mlp(), mlp(), mlp()]
    state, threads = torch.random.get_rng_state(), torch.get_num_threads()
    for module, seed in zip(modules, (1, 1, 2), strict=True):
        train(module, few_samples, Recipe(epochs=1, seed=seed))
    assert same(modules[0], modules[1])
    assert not same(modules[0], modules[2])
    assert torch.equal(torch.random.get_rng_state(), state)
    assert torch.get_num_threads() == threads


def test_dropped_weights_stay_zero_and_the_others_move(few_samples):
    module = mlp()
    masks = prune(module, pruner_by_name("magnitude", 0.8))
    before = layer_weights(module)
    train(module, few_samples, SHORT, masks=masks)
    for name, weight in layer_weights(module).items():
        assert not weight[~masks[name]].any()
        assert (weight[masks[name]] != before[name][masks[name]]).mean() > 0.7  # border pixels are always zero
    assert not any(part._forward_hooks for part in module.modules())


def test_a_step_is_that_of_the_optimiser_on_the_masked_gradient(few_samples):
    """One step by hand: AdamW moves every weight with a gradient by the learning rate."""
    module, one = mlp(), Samples(few_samples.inputs[:8], few_samples.labels[:8])
    masks = {"1": np.zeros((300, 64), bool)}
    by_hand = copy.deepcopy(module)
    with torch.no_grad():
        by_hand[1].weight.zero_()
    optimizer = torch.optim.AdamW(by_hand.parameters(), lr=0.01, weight_decay=0.0)
    nn.functional.cross_entropy(by_hand(one.tensors()[0]), one.tensors()[1]).backward()
    by_hand[1].weight.grad.zero_()
    optimizer.step()
    train(module, one, Recipe(epochs=1, batch_size=8, learning_rate=0.01), masks=masks)
    for found, expected in zip(module.parameters(), by_hand.parameters(), strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-5, atol=2e-5)


@pytest.mark.parametrize(
    "pruner", ["magnitude", "filter", "block-2x2", lambda s: pruner_by_name("magnitude-global", s)]
)
def test_rounds_are_nested_and_reach_the_last_ratio(pruner, few_samples):
    module, seen = cnn(), []

    def schedule(step):
        seen.append(step)
        return iterative(3, 0.2)(step)

    masks = prune_and_retrain(module, pruner, schedule, few_samples, SHORT, rounds=3)
    assert seen == [1, 2, 3]
    assert sparsity(masks) == pytest.approx(1 - 0.8**3, abs=0.05)
    assert all(not weight[~masks[name]].any() for name, weight in layer_weights(module).items())


def test_gradual_pruning_follows_its_schedule(few_samples, monkeypatch):
    from sparsesim.training import retraining

    found = []
    original = retraining.prune

    def noted(module, pruner, masks):
        found.append(original(module, pruner, masks))
        return found[-1]

    monkeypatch.setattr(retraining, "prune", noted)
    schedule, recipe = polynomial_decay(0.5, 0.8, 4, 12), Recipe(epochs=4, batch_size=32)
    masks = prune_while_training(mlp(), "magnitude", schedule, few_samples, recipe, every=4)
    assert recipe.steps(few_samples) == 16
    assert [sparsity(each) for each in found] == pytest.approx([0.5, 0.7625, 0.8], abs=1e-4)
    assert all((later["1"] <= earlier["1"]).all() for earlier, later in pairwise(found))
    assert masks is found[-1]


def test_a_ticket_is_rewound_to_its_initial_weights(few_samples):
    module = mlp()
    initial = copy.deepcopy(module)
    masks = find_ticket(module, "magnitude-global", iterative(2, 0.5), few_samples, SHORT, rounds=2)
    assert sparsity(masks) == pytest.approx(0.75, abs=1e-4)
    for name, weight in layer_weights(initial).items():
        assert np.array_equal(layer_weights(module)[name], np.where(masks[name], weight, 0))
    assert torch.equal(module[1].bias, initial[1].bias)
    reinitialise(module, 1)
    assert not np.array_equal(layer_weights(module)["1"], layer_weights(initial)["1"])
    other = mlp(seed=5)
    reinitialise(other, 1)
    assert same(module, other)


def test_gradients_match_finite_differences(few_samples):
    module = cnn().double().float()
    found = gradients(module, few_samples)
    assert {name: array.shape for name, array in found.items()} == {"0": (4, 1, 3, 3), "3": (10, 144)}
    inputs, labels = few_samples.tensors()
    wide = copy.deepcopy(module).double()

    def loss_at(delta):
        moved = copy.deepcopy(wide)
        with torch.no_grad():
            moved[0].weight[1, 0, 2, 1] += delta
            return float(nn.functional.cross_entropy(moved(inputs.double()), labels))

    assert found["0"][1, 0, 2, 1] == pytest.approx((loss_at(1e-5) - loss_at(-1e-5)) / 2e-5, rel=1e-3)
    assert all(parameter.grad is None for parameter in module.parameters())
    doubled = gradients(module, few_samples, lambda y, t: 2 * nn.functional.cross_entropy(y, t))
    np.testing.assert_allclose(doubled["3"], 2 * found["3"], rtol=1e-5, atol=1e-8)


def test_masks_and_weights_go_to_a_network_by_name(samples):
    module = cnn()
    whole = network_from_torch(copy.deepcopy(module), torch.zeros(1, 1, 8, 8))
    masks = prune_and_retrain(module, "magnitude", one_shot(0.6), few(samples[0]), SHORT)
    network = whole.with_weights(layer_weights(module)).with_masks(masks)
    assert all(np.array_equal(network.layer(n).masked_weight(), w) for n, w in layer_weights(module).items())
    after = network_from_torch(module, torch.zeros(1, 1, 8, 8)).with_masks(masks)
    assert evaluate(after, samples[1].inputs, samples[1].labels).accuracy == accuracy(module, samples[1])


def test_one_dimensional_convolutions_have_a_height_of_one():
    module = nn.Sequential(nn.Conv1d(3, 4, 5), nn.Flatten())
    assert layer_weights(module)["0"].shape == (4, 3, 1, 5)
    masks = prune(module, pruner_by_name("magnitude", 0.5))
    network = network_from_torch(module, torch.zeros(1, 3, 9)).with_masks(masks)
    assert int((module[0].weight == 0).sum()) == 30
    assert np.array_equal(network.layer("0").masked_weight(), layer_weights(module)["0"])


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        (lambda m, s: train(m, s, masks={"9": np.ones((2, 2), bool)}), "unknown layer '9'"),
        (lambda m, s: train(m, s, masks={"1": np.ones((2, 2), bool)}), r"layer '1': mask is bool \(2, 2\)"),
        (lambda m, s: train(nn.ReLU(), s, masks={"1": np.ones((2, 2), bool)}), "ReLU has no"),
        (lambda m, s: train(m, s, Recipe(epochs=3, learning_rate=1e30)), "the loss is"),
        (lambda m, s: prune_and_retrain(m, "magnitude", one_shot(0.5), s, rounds=0), "rounds=0"),
        (lambda m, s: prune_while_training(m, "magnitude", one_shot(0.5), s, every=0), "every=0"),
        (lambda m, s: find_ticket(m, "magnitude", one_shot(0.5), s, rounds=0), "rounds=0"),
        (lambda m, s: Recipe(epochs=0), "epochs=0 must be at least 1"),
        (lambda m, s: Recipe(learning_rate=float("nan")), "learning_rate=nan"),
        (lambda m, s: Recipe(l1=-1), "l1=-1"),
        (lambda m, s: Samples(s.inputs, s.labels[:5]), "labels are int64"),
        (lambda m, s: Samples(s.inputs * np.nan, s.labels), "NaN or infinity"),
        (lambda m, s: Samples(s.inputs, s.labels - 5), "classes count from 0"),
        (lambda m, s: Samples(s.labels, s.labels), "expected floats"),
    ],
)
def test_faults_are_named(act, reason, few_samples):
    with pytest.raises((InputError, UnknownNameError), match=reason):
        act(mlp(), few_samples)


def test_nothing_heavy_is_loaded_at_import_and_a_missing_extra_is_named():
    code = (
        "import sys; sys.modules['torch'] = None; import numpy as np, sparsesim.training as t\n"
        "try: t.train(None, t.Samples(np.zeros((1, 2)), np.zeros(1, int)))\n"
        "except ValueError as error: print(error)"
    )
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'sparsesim[torch]'" in process.stdout
