"""Lottery tickets: small networks that train well from the very weights they started with."""

import copy
from typing import TYPE_CHECKING

from sparsesim.errors import InputError
from sparsesim.pruning.schedules import Schedule
from sparsesim.training.data import Samples
from sparsesim.training.extra import torch_module
from sparsesim.training.layers import Masks, apply_masks
from sparsesim.training.loop import Recipe, train
from sparsesim.training.retraining import Pruners, prune, pruner_at

if TYPE_CHECKING:
    import torch


def find_ticket(
    module: "torch.nn.Module",
    pruners: Pruners,
    schedule: Schedule,
    samples: Samples,
    recipe: Recipe | None = None,
    *,
    rounds: int = 1,
) -> Masks:
    """In rounds 1 to `rounds`: train, prune to schedule(round), rewind what is left to its initial weights.

    Returns the masks of the ticket. The module, untrained beforehand, has its initial weights afterwards, zero where
    dropped: `train(module, samples, masks=masks)` is the test of the ticket, and the same after `reinitialise` the
    control. Source: Frankle and Carbin, ICLR 2019.
    """
    if rounds < 1:
        raise InputError(f"rounds={rounds!r} must be at least 1")
    initial = copy.deepcopy(module.state_dict())
    masks: Masks = {}
    for number in range(1, rounds + 1):
        train(module, samples, recipe, masks=masks)
        masks = prune(module, pruner_at(pruners, schedule(number)), masks)
        module.load_state_dict(initial)
        apply_masks(module, masks)
    return masks


def reinitialise(module: "torch.nn.Module", seed: int) -> None:
    """Draw all weights anew, in place, as their modules do by default; PyTorch's random state is put back."""
    torch = torch_module()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for part in module.modules():
            if hasattr(part, "reset_parameters"):
                part.reset_parameters()
