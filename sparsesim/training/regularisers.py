"""Terms that are added to the loss so that less of a network matters: L1, L2, and Hoyer's measure of activations."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

from sparsesim.errors import InputError
from sparsesim.training.extra import torch_module

if TYPE_CHECKING:
    import torch

Outputs: TypeAlias = list[tuple[str, Any]]
"""Names of modules and the tensors that they gave."""


def l1(tensors: "Iterable[torch.Tensor]") -> "torch.Tensor":
    """Sum of |w|: pulls every weight towards zero by the same force, so that small ones reach it."""
    return sum(tensor.abs().sum() for tensor in tensors)


def l2(tensors: "Iterable[torch.Tensor]") -> "torch.Tensor":
    """Sum of w**2."""
    return sum(tensor.square().sum() for tensor in tensors)


def hoyer(activations: "torch.Tensor") -> "torch.Tensor":
    """(sum |v|)**2 / sum v**2 of each sample, [n, ...], averaged over the samples.

    It lies between 1 (one value is not zero) and the number of values (all are equal), whatever their scale; 0 for
    samples without any. Source: Georgiadis, CVPR 2019, and Kurtz et al., ICML 2020.
    """
    torch = torch_module()
    values = activations.flatten(1)
    squares = values.square().sum(1)
    ratios = values.abs().sum(1).square() / squares.clamp_min(torch.finfo(values.dtype).tiny)
    return ratios.mean()


def rectifiers(module: "torch.nn.Module") -> "dict[str, torch.nn.Module]":
    """Its ReLU and FATReLU modules by name. Raises InputError where there is none."""
    nn = torch_module().nn
    found = {
        name or "itself": part for name, part in module.named_modules() if isinstance(part, nn.ReLU | nn.Threshold)
    }
    if not found:
        raise InputError(f"{type(module).__name__} has no ReLU module: activations computed by functions are not seen")
    return found


@contextmanager
def relu_outputs(module: "torch.nn.Module") -> Iterator[Outputs]:
    """While inside, every output of a ReLU is appended as (name of the module, tensor); the caller empties the list."""
    outputs: Outputs = []
    handles = []
    for name, part in rectifiers(module).items():

        def note(_: Any, __: Any, output: Any, name: str = name) -> None:
            outputs.append((name, output))

        handles.append(part.register_forward_hook(note))
    try:
        yield outputs
    finally:
        for handle in handles:
            handle.remove()
