"""Training with pruning, on PyTorch modules (`pip install 'sparsesim[torch]'`).

Plain functions on modules that are held as they are: masks are arrays by layer name, applied to the parameters after
every step of the optimiser; no module is wrapped and no hook stays behind.
"""

from sparsesim.training.activations import activation_sparsity, with_fatrelu
from sparsesim.training.data import Samples
from sparsesim.training.gradients import gradients
from sparsesim.training.layers import Masks, apply_masks, layer_parameters, layer_weights, sparsity
from sparsesim.training.loop import Recipe, accuracy, train
from sparsesim.training.lottery import find_ticket, reinitialise
from sparsesim.training.regularisers import hoyer, l1, l2
from sparsesim.training.retraining import prune, prune_and_retrain, prune_while_training

__all__ = [
    "Masks",
    "Recipe",
    "Samples",
    "accuracy",
    "activation_sparsity",
    "apply_masks",
    "find_ticket",
    "gradients",
    "hoyer",
    "l1",
    "l2",
    "layer_parameters",
    "layer_weights",
    "prune",
    "prune_and_retrain",
    "prune_while_training",
    "reinitialise",
    "sparsity",
    "train",
    "with_fatrelu",
]
