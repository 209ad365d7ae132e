"""A small training loop that keeps masked weights at zero."""

import math
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from sparsesim.errors import InputError
from sparsesim.training.data import Samples
from sparsesim.training.extra import one_thread, torch_module
from sparsesim.training.layers import Masks, apply_masks, layer_parameters, mask_tensors
from sparsesim.training.regularisers import Outputs, hoyer, l1, l2, relu_outputs

if TYPE_CHECKING:
    import torch

NewMasks: TypeAlias = Callable[[int], Masks | None]
"""Called before each step with its number: the masks from then on, or None to keep those there are."""


@dataclass(frozen=True)
class Recipe:
    """How a module is trained: AdamW without weight decay at a rate that falls to zero along a cosine.

    Attributes:
        epochs: passes over the samples.
        batch_size: samples in a step.
        learning_rate: rate of the first step.
        seed: of the order of the samples, and of all that the module draws.
        l1: factor of the sum of |w| over all layers in the loss.
        l2: factor of the sum of w**2.
        hoyer: factor of Hoyer's measure of the outputs of all ReLUs, summed over these.
    """

    epochs: int = 20
    batch_size: int = 64
    learning_rate: float = 2e-3
    seed: int = 0
    l1: float = 0.0
    l2: float = 0.0
    hoyer: float = 0.0

    def __post_init__(self) -> None:
        for field in ("epochs", "batch_size"):
            if getattr(self, field) < 1:
                raise InputError(f"{field}={getattr(self, field)!r} must be at least 1")
        if not (self.learning_rate > 0 and math.isfinite(self.learning_rate)):
            raise InputError(f"learning_rate={self.learning_rate!r} must be a number above 0")
        for field in ("l1", "l2", "hoyer"):
            if not (getattr(self, field) >= 0 and math.isfinite(getattr(self, field))):
                raise InputError(f"{field}={getattr(self, field)!r} must be a number from 0 up")

    def steps(self, samples: Samples) -> int:
        """Steps of the optimiser that these samples take."""
        return self.epochs * math.ceil(len(samples) / self.batch_size)


def train(
    module: "torch.nn.Module",
    samples: Samples,
    recipe: Recipe | None = None,
    *,
    masks: Masks | None = None,
    new_masks: NewMasks | None = None,
) -> None:
    """Train in place, by one thread, with cross-entropy as loss; the module is in evaluation mode afterwards.

    `masks` by layer name (True = kept) hold dropped weights at zero: their gradients are masked before, and the
    weights after every step. `new_masks` may replace them as training goes on.
    The same module, samples and recipe give the same weights on the same machine; PyTorch's own random state is
    put back. Raises InputError when the loss is no longer finite.
    """
    recipe = recipe or Recipe()
    torch = torch_module()
    with torch.random.fork_rng(devices=[]), one_thread():
        torch.manual_seed(recipe.seed)
        module.train()
        _train(module, samples, recipe, masks or {}, new_masks)
    module.eval()


def accuracy(module: "torch.nn.Module", samples: Samples) -> float:
    """Share of samples whose largest output is the labelled one, in [0, 1]; the module's mode stays."""
    torch = torch_module()
    inputs, labels = samples.tensors()
    training = module.training
    module.eval()
    with torch.no_grad(), one_thread():
        hits = int((module(inputs).argmax(1) == labels).sum())
    module.train(training)
    return hits / len(samples)


def _train(module: Any, samples: Samples, recipe: Recipe, masks: Masks, new_masks: NewMasks | None) -> None:
    torch = torch_module()
    apply_masks(module, masks)
    pairs = mask_tensors(module, masks)
    optimizer = torch.optim.AdamW(module.parameters(), lr=recipe.learning_rate, weight_decay=0.0, fused=True)
    rate = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, recipe.steps(samples))
    recording: AbstractContextManager[Outputs] = relu_outputs(module) if recipe.hoyer else nullcontext([])
    with recording as outputs:
        for step, (inputs, labels) in enumerate(_batches(samples, recipe)):
            changed = new_masks(step) if new_masks else None
            if changed is not None:
                apply_masks(module, changed)
                pairs = mask_tensors(module, changed)
            optimizer.zero_grad()
            outputs.clear()
            _loss(module, inputs, labels, recipe, outputs).backward()
            _masked_step(optimizer, pairs)
            rate.step()


def _batches(samples: Samples, recipe: Recipe) -> Iterator[tuple[Any, Any]]:
    torch = torch_module()
    inputs, labels = samples.tensors()
    for _ in range(recipe.epochs):
        for chosen in torch.randperm(len(samples)).split(recipe.batch_size):
            yield inputs[chosen], labels[chosen]


def _loss(module: Any, inputs: Any, labels: Any, recipe: Recipe, outputs: Outputs) -> Any:
    loss = torch_module().nn.functional.cross_entropy(module(inputs), labels)
    if recipe.l1:
        loss = loss + recipe.l1 * l1(layer_parameters(module).values())
    if recipe.l2:
        loss = loss + recipe.l2 * l2(layer_parameters(module).values())
    if recipe.hoyer:
        loss = loss + recipe.hoyer * sum(hoyer(output) for _, output in outputs)
    if not bool(loss.isfinite()):
        raise InputError(f"the loss is {loss.item()}: try a smaller learning_rate than {recipe.learning_rate}")
    return loss


def _masked_step(optimizer: Any, pairs: list[tuple[Any, Any]]) -> None:
    """Moments that an optimiser remembers may move a weight without a gradient: hence the second masking."""
    with torch_module().no_grad():
        for parameter, mask in pairs:
            if parameter.grad is not None:
                parameter.grad.mul_(mask)
        optimizer.step()
        for parameter, mask in pairs:
            parameter.mul_(mask)
