"""Refuses batches: multiply-accumulates are counted per sample, and a batch of two would double them."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from sparsesim.errors import InputError

if TYPE_CHECKING:
    import torch

Arguments = tuple[tuple[Any, ...], Mapping[str, Any]]
"""Arguments of a call, by position and by name."""


def check_one_sample(call: Callable[..., Any], arguments: Arguments, *, convolves: bool, exported: bool) -> None:
    """Raise InputError if the inputs are a batch of several samples.

    No shape tells a batch from a sequence. But samples do not depend on each other: where the last slice of an axis
    gives the same result alone, that axis is a batch. It is tried on random inputs, since equal elements of a sequence
    hide that they are compared. A module that takes no single slice has no batch there; an exported program takes none
    at all, so that its sequences must have an axis of 1.
    """
    given = _tensors(arguments)
    if not given or given[0].ndim < 2:
        return
    shape = tuple(given[0].shape)
    axes = [axis for axis, size in enumerate(shape[: 1 if convolves else 2]) if size > 1 and shape[0] > 1]
    for axis in axes:
        if _is_batch(call, arguments, axis, shape[axis]):
            raise InputError(f"the sample is a batch of {shape[axis]} (axis {axis} of {shape}): give one of 1")
    if exported and len(axes) == 2 and _is_sequence(given[0]):
        raise InputError(f"the sample {shape} is a batch: export the program with one of 1")


def batch_sizes(arguments: Arguments) -> set[int]:
    """Sizes, other than 1, that a batch of the first input can have: its first axis; of a sequence also the second."""
    given = _tensors(arguments)
    if not given or given[0].ndim < 2:
        return set()
    return {int(size) for size in given[0].shape[: 2 if _is_sequence(given[0]) else 1]} - {1}


def _is_sequence(tensor: "torch.Tensor") -> bool:
    """Whether a tensor with a batch has the shape of sequences: of vectors, or of whole numbers."""
    return bool(tensor.ndim == (3 if tensor.is_floating_point() else 2))


def _is_batch(call: Callable[..., Any], arguments: Arguments, axis: int, size: int) -> bool:
    import torch

    first = _tensors(arguments)[0]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        drawn = _changed(arguments, lambda tensor: _random(tensor, tensor is first))
    alone = _changed(drawn, lambda tensor: _last(tensor, axis) if _has(tensor, axis, size) else tensor)
    try:
        whole, part = _outputs(call, drawn), _outputs(call, alone)
    except Exception:  # modules raise many kinds
        return False
    return len(whole) == len(part) > 0 and _agrees(whole[0], part[0], size)


def _random(tensor: "torch.Tensor", is_first: bool) -> "torch.Tensor":
    """Noise added to real numbers; for whole numbers, if they are the `first` input, others of their range."""
    import torch

    if _is_real(tensor):
        return tensor + torch.randn_like(tensor)
    if not is_first or tensor.dtype == torch.bool or not tensor.numel():
        return tensor
    return torch.randint_like(tensor, 0, max(int(tensor.max()), 1) + 1)


def _agrees(whole: "torch.Tensor", part: "torch.Tensor", size: int) -> bool:
    """Whether `part` is the last slice of `whole`, and `whole` not the same throughout."""
    if whole.ndim != part.ndim:
        return False
    axes = [i for i in range(whole.ndim) if whole.shape[i] != part.shape[i]]
    if len(axes) != 1 or (whole.shape[axes[0]], part.shape[axes[0]]) != (size, 1):
        return False
    tolerance = max(1e-4, 4 * _epsilon(whole)) * float(whole.abs().max())
    first, last = whole.narrow(axes[0], 0, 1), _last(whole, axes[0])
    return bool((last - part).abs().max() <= tolerance < (first - part).abs().max())


def _outputs(call: Callable[..., Any], arguments: Arguments) -> list["torch.Tensor"]:
    from torch.utils._pytree import tree_leaves

    return [found for found in tree_leaves(call(*arguments[0], **arguments[1])) if _is_real(found)]


def _tensors(arguments: Arguments) -> list["torch.Tensor"]:
    return [value for value in (*arguments[0], *arguments[1].values()) if hasattr(value, "is_floating_point")]


def _changed(arguments: Arguments, change: Callable[["torch.Tensor"], "torch.Tensor"]) -> Arguments:
    def new(value: Any) -> Any:
        return change(value) if hasattr(value, "is_floating_point") else value

    return tuple(map(new, arguments[0])), {name: new(value) for name, value in arguments[1].items()}


def _is_real(value: Any) -> bool:
    return hasattr(value, "is_floating_point") and bool(value.is_floating_point()) and value.numel() > 0


def _epsilon(tensor: "torch.Tensor") -> float:
    import torch

    return float(torch.finfo(tensor.dtype).eps)


def _has(tensor: "torch.Tensor", axis: int, size: int) -> bool:
    return bool(tensor.ndim > axis and tensor.shape[axis] == size)


def _last(tensor: "torch.Tensor", axis: int) -> "torch.Tensor":
    return tensor.narrow(axis, tensor.shape[axis] - 1, 1)
