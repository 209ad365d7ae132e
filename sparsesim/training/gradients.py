"""Gradients of the loss, which tell how much a weight matters."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sparsesim.training.data import Samples
from sparsesim.training.extra import one_thread, torch_module
from sparsesim.training.layers import Weights, as_array, layer_parameters

if TYPE_CHECKING:
    import torch


def gradients(module: "torch.nn.Module", samples: Samples, loss: Callable[[Any, Any], Any] | None = None) -> Weights:
    """D loss / d weight by layer, float32 in the shape of the weights, of all samples together.

    `loss` takes outputs and labels as tensors; by default the mean cross-entropy. (w g)**2 is the first-order Taylor
    estimate of how much the squared loss changes without w (Molchanov et al., CVPR 2019). The module is run in
    evaluation mode and left as it was. Layers that do not influence the loss have gradients of zero.
    """
    torch = torch_module()
    parameters = layer_parameters(module)
    inputs, labels = samples.tensors()
    training = module.training
    module.eval()
    with one_thread():
        value = (loss or torch.nn.functional.cross_entropy)(module(inputs), labels)
        found = torch.autograd.grad(value, list(parameters.values()), allow_unused=True, materialize_grads=True)
    module.train(training)
    return {name: as_array(gradient) for name, gradient in zip(parameters, found, strict=True)}
