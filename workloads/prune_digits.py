"""The ladder of pruning methods, climbed on the digits of scikit-learn.

Lectures on pruning give what AlexNet can be reduced by without loss: 1.5x without data, 4x when it was trained with
L1, 6.7x with one retraining, 10x with pruning and retraining in turns. This script measures the same methods on a
small network, over three seeds, and prints for each the largest reductions that cost at most one and two points of the
accuracy of the plain network (training with L1 costs about one by itself):

    python workloads/prune_digits.py [mlp | cnn] [FOLDER]

It writes `prune-digits-NETWORK.csv` and `.png` into FOLDER (by default where it is called) and takes one to several
minutes on one thread. The row `one long retraining` gets as many epochs as `iterative` has in all its rounds: what
remains between the two is due to the rounds. It needs PyTorch and scikit-learn: pip install 'sparsesim[torch]'.
"""

import copy
import csv
import sys
from pathlib import Path

from train_digits_cnn import digits, new_model

from sparsesim.pruning import pruner_by_name
from sparsesim.pruning.schedules import iterative, one_shot, share_per_round
from sparsesim.report.ladder import plot_ladder
from sparsesim.training import Recipe, Samples, accuracy, prune, prune_and_retrain, train

SEEDS = (0, 1, 2)
REDUCTIONS = (1.5, 2, 3, 4, 5, 7, 10, 15, 20, 30)
EPOCHS, RETRAINING, ROUNDS = 20, 10, 5
L1 = 3e-4
ALLOWED_DROPS = (0.01, 0.02)
PUBLISHED = {"data-free": 1.5, "L1 while training": 4, "one retraining": 6.7, "iterative": 10}
"""AlexNet, lectures on pruning; there the data-free method merges similar neurons, here it drops small weights."""


def mlp():
    from torch import nn

    layers = [nn.Flatten(), nn.Linear(64, 300), nn.ReLU(), nn.Linear(300, 100), nn.ReLU(), nn.Linear(100, 10)]
    return nn.Sequential(*layers)


NETWORKS = {"mlp": mlp, "cnn": new_model}


def trained(network, seed, samples, l1=0.0):
    """A network whose initial weights and order of samples follow from the seed."""
    import torch

    torch.manual_seed(seed)
    module = NETWORKS[network]()
    train(module, samples, Recipe(EPOCHS, seed=seed, l1=l1))
    return module


def retrained(module, schedule, samples, recipe, rounds=1):
    prune_and_retrain(module, "magnitude-global", schedule, samples, recipe, rounds=rounds)


def methods(sparsity, seed, samples):
    """What each method does to a trained module."""
    short, long = Recipe(RETRAINING, seed=seed), Recipe(RETRAINING * ROUNDS, seed=seed)
    at_once, in_rounds = one_shot(sparsity), iterative(ROUNDS, share_per_round(sparsity, ROUNDS))

    def dropped(module):
        prune(module, pruner_by_name("magnitude-global", sparsity))

    return {
        "data-free": dropped,
        "L1 while training": dropped,
        "one retraining": lambda module: retrained(module, at_once, samples, short),
        "one long retraining": lambda module: retrained(module, at_once, samples, long),
        "iterative": lambda module: retrained(module, in_rounds, samples, short, ROUNDS),
    }


def measured(network, learn, judge):
    """Accuracies of the unpruned networks, and one row per method and reduction."""
    plain = [trained(network, seed, learn) for seed in SEEDS]
    regularised = [trained(network, seed, learn, L1) for seed in SEEDS]
    rows = []
    for reduction in REDUCTIONS:
        found = {}
        for seed in SEEDS:
            for method, change in methods(1 - 1 / reduction, seed, learn).items():
                module = copy.deepcopy((regularised if method.startswith("L1") else plain)[seed])
                change(module)
                found.setdefault(method, []).append(accuracy(module, judge))
        for method, values in found.items():
            mean = sum(values) / len(values)
            limits = {"lowest": min(values), "highest": max(values)}
            rows.append({"method": method, "reduction": reduction, "accuracy": mean, **limits})
        print(f"{reduction:g}x: " + ", ".join(f"{row['method']} {row['accuracy']:.1%}" for row in rows[-len(found) :]))
    return sum(accuracy(module, judge) for module in plain) / len(plain), rows


def reachable(rows, method, least):
    """The largest reduction up to which the method keeps the accuracy."""
    reached = 1.0
    for row in rows:
        if row["method"] == method:
            if row["accuracy"] < least:
                break
            reached = row["reduction"]
    return reached


def main(network, folder):
    folder.mkdir(parents=True, exist_ok=True)  # before minutes of training
    train_x, train_y, test_x, test_y = digits()
    learn, judge = Samples(train_x, train_y), Samples(test_x, test_y)
    unpruned, rows = measured(network, learn, judge)
    table = folder / f"prune-digits-{network}.csv"
    with table.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    picture = plot_ladder(rows, table.with_suffix(".png"), unpruned, ALLOWED_DROPS[-1])
    print(f"unpruned: {unpruned:.2%} of {len(judge)} held-out images, mean of {len(SEEDS)} seeds")
    allowed = "  ".join(f"{100 * drop:>6g} pt" for drop in ALLOWED_DROPS)
    print(f"{'method':<20} {allowed}  AlexNet, published")
    for method in dict.fromkeys(row["method"] for row in rows):
        reached = [f"{reachable(rows, method, unpruned - drop):>8g}x" for drop in ALLOWED_DROPS]
        print(f"{method:<20} {'  '.join(reached)}  {PUBLISHED.get(method, '')}")
    print(f"written: {table}, {picture}")


if __name__ == "__main__":
    name, *rest = sys.argv[1:] or ["mlp"]
    if name not in NETWORKS:
        sys.exit(f"unknown network {name!r}: choose from {', '.join(NETWORKS)}")
    main(name, Path(rest[0]) if rest else Path())
