"""Pruning and retraining: at once, in rounds, or while training goes on."""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from sparsesim.errors import InputError
from sparsesim.pruning import Pruner, pruner_by_name
from sparsesim.pruning.schedules import Schedule
from sparsesim.training.data import Samples
from sparsesim.training.layers import Masks, apply_masks, layer_weights
from sparsesim.training.loop import Recipe, train

if TYPE_CHECKING:
    import torch

Pruners: TypeAlias = str | Callable[[float], Pruner]
"""A pruner for every sparsity: a name in PRUNERS that takes one, or a function of it."""


def prune(module: "torch.nn.Module", pruner: Pruner, masks: Masks | None = None) -> Masks:
    """Set the weights that `pruner` drops to zero, in place, and return the masks by layer.

    What `masks` dropped earlier stays dropped. A recurrent layer keeps its weights.
    """
    found = pruner.masks(layer_weights(module), frozen=masks)
    apply_masks(module, found)
    return found


def prune_and_retrain(
    module: "torch.nn.Module",
    pruners: Pruners,
    schedule: Schedule,
    samples: Samples,
    recipe: Recipe | None = None,
    *,
    rounds: int = 1,
) -> Masks:
    """In rounds 1 to `rounds`: prune to schedule(round), then train what is left; returns the last masks.

    One round of `one_shot` is pruning with one retraining; several of `iterative` are pruning and retraining in
    turns (Han et al., NeurIPS 2015). The module, trained beforehand, is changed in place.
    """
    if rounds < 1:
        raise InputError(f"rounds={rounds!r} must be at least 1")
    masks: Masks = {}
    for number in range(1, rounds + 1):
        masks = prune(module, pruner_at(pruners, schedule(number)), masks)
        train(module, samples, recipe, masks=masks)
    return masks


def prune_while_training(
    module: "torch.nn.Module",
    pruners: Pruners,
    schedule: Schedule,
    samples: Samples,
    recipe: Recipe | None = None,
    *,
    every: int = 10,
) -> Masks:
    """Train once, and prune to schedule(step) before every `every`-th step; returns the last masks.

    Steps count from 0 to recipe.steps(samples) - 1. Gradual pruning of Zhu and Gupta, 2017, with the schedule
    `polynomial_decay`; dropped weights stay dropped.
    """
    if every < 1:
        raise InputError(f"every={every!r} must be at least 1")
    masks: Masks = {}

    def due(step: int) -> Masks | None:
        nonlocal masks
        if step % every or not schedule(step):
            return None
        masks = prune(module, pruner_at(pruners, schedule(step)), masks)
        return masks

    train(module, samples, recipe, new_masks=due)
    return masks


def pruner_at(pruners: Pruners, sparsity: float) -> Pruner:
    """The pruner of this sparsity."""
    return pruner_by_name(pruners, sparsity) if isinstance(pruners, str) else pruners(sparsity)
