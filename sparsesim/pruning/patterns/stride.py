"""Intra-kernel strided sparsity: kernels that keep every S-th position."""

from dataclasses import dataclass

import numpy as np

from sparsesim.array_types import BoolArray, FloatArray
from sparsesim.errors import InputError
from sparsesim.pruning.checks import check_length
from sparsesim.pruning.matrix_view import kernel_area, within
from sparsesim.pruning.patterns.fixed_pattern import FixedPattern


@dataclass(frozen=True)
class Stride(FixedPattern):
    """Every `stride`-th of the kh * kw positions of a kernel stays, from an offset chosen per input channel.

    All kernels that read one input channel share the offset, so that whole rows of its im2col matrix vanish (S. Anwar,
    K. Hwang, W. Sung, Structured Pruning of Deep Convolutional Neural Networks, ACM JETC 13(3), 2017). The offset
    with the largest sum of importances over all filters is taken, the lower one of two equals. Positions are numbered
    row by row; a kernel with fewer than `stride` positions keeps one, so 2-D weights and 1 x 1 kernels stay whole.
    """

    stride: int

    def __post_init__(self) -> None:
        check_length("stride", self.stride)

    @classmethod
    def parse(cls, text: str) -> "Stride":
        """Read the stride, for instance '2'. Raises InputError."""
        if not text.isdecimal():
            raise InputError(f"{text!r} is not a stride (example: stride-2)")
        return cls(int(text))

    @property
    def sparsity(self) -> float:
        """Sparsity of kernels whose number of positions is a multiple of the stride."""
        return 1 - 1 / self.stride

    def describe(self) -> str:
        """The pattern in words."""
        return f"one in {self.stride} positions kept in a kernel, at an offset common to an input channel"

    def tail_note(self, shape: tuple[int, ...]) -> str:
        """A sentence on kernels that the stride does not divide, or an empty text."""
        area = kernel_area(shape)
        return f"kernels have {area} positions, no multiple of {self.stride}" if area % self.stride else ""

    def mask(self, weight: FloatArray, allowed: BoolArray | None = None) -> BoolArray:
        """Mask of the weights that stay; ties go to the lower offset."""
        area = kernel_area(weight.shape)
        step = max(1, min(self.stride, area))
        left = within(weight, allowed).reshape(*weight.shape[:2], area)
        sizes = np.abs(left).sum(axis=0, dtype=np.float64)
        offsets = np.stack([sizes[:, offset::step].sum(axis=1) for offset in range(step)]).argmax(axis=0)
        kept = np.arange(area) % step == offsets[:, None]
        shared = kept.reshape(1, weight.shape[1], *weight.shape[2:])
        mask = np.array(np.broadcast_to(shared, weight.shape))
        return mask if allowed is None else mask & allowed
