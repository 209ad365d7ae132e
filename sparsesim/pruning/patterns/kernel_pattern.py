"""Kernel patterns: every kernel keeps its weights in one of a few shapes."""

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparsesim.array_types import BoolArray, FloatArray, IntArray
from sparsesim.errors import InputError
from sparsesim.pruning.checks import check_length
from sparsesim.pruning.matrix_view import kernel_area
from sparsesim.pruning.patterns.fixed_pattern import FixedPattern


@dataclass(frozen=True)
class KernelPattern(FixedPattern):
    """Every kh x kw kernel keeps `keep` positions, in one of at most `shapes` patterns per layer.

    After W. Niu et al., PatDNN, ASPLOS 2020. The natural pattern of a kernel is its centre (row kh // 2, column
    kw // 2) and its largest other weights; the layer's patterns are the most frequent natural ones (the lower
    positions first among equally frequent ones), and every kernel takes the one that keeps the largest sum of
    importances. Kernels of at most `keep` positions, such as those of 1 x 1 and linear layers, stay whole.
    """

    keep: int
    shapes: int = 8

    def __post_init__(self) -> None:
        check_length("positions kept in a kernel", self.keep)
        check_length("number of kernel patterns", self.shapes)

    @classmethod
    def parse(cls, text: str) -> "KernelPattern":
        """Read 'N', positions kept, or 'NxP' with the number of patterns, for instance '4' or '4x12'."""
        match = re.fullmatch(r"(\d+)(?:x(\d+))?", text)
        if match is None:
            raise InputError(f"{text!r} is not a size of kernel patterns N or NxP (example: kernel-pattern-4)")
        return cls(int(match.group(1)), int(match.group(2) or 8))

    @property
    def sparsity(self) -> float:
        """Sparsity of 3 x 3 kernels."""
        return max(0.0, 1 - self.keep / 9)

    def describe(self) -> str:
        """The pattern in words."""
        return f"{self.keep} positions kept in every kernel, in one of at most {self.shapes} patterns per layer"

    def tail_note(self, shape: tuple[int, ...]) -> str:
        """A sentence on kernels that are not 3 x 3, or an empty text."""
        area = kernel_area(shape)
        return "" if area == 9 else f"kernels have {area} positions, of which {min(area, self.keep)} kept"

    def mask(self, weight: FloatArray, allowed: BoolArray | None = None) -> BoolArray:
        """Mask of the weights that stay; ties go to the more frequent pattern, then to the lower positions."""
        area = kernel_area(weight.shape)
        if area <= self.keep or not weight.size:
            return np.ones(weight.shape, dtype=np.bool_) if allowed is None else allowed.copy()
        sizes = np.abs(weight, dtype=np.float64).reshape(-1, area)
        # What was dropped earlier ranks below a zero that is still there.
        ranks = sizes if allowed is None else np.where(allowed.reshape(-1, area), sizes, -1)
        patterns = self._patterns(ranks, _centre(weight.shape))
        sums = np.maximum(ranks, 0) @ patterns.T
        mask: BoolArray = patterns[sums.argmax(axis=1)].reshape(weight.shape)
        return mask if allowed is None else mask & allowed

    def _patterns(self, ranks: NDArray[np.float64], centre: int) -> BoolArray:
        """The most frequent natural patterns, bool[at most `shapes`, positions]."""
        raised = ranks.copy()
        raised[:, centre] = np.inf
        order = np.argsort(-raised, axis=1, kind="stable")[:, : self.keep]
        natural = np.zeros(ranks.shape, dtype=np.bool_)
        np.put_along_axis(natural, order, values=True, axis=1)
        # np.unique sorts keys ascending; reversed, equally frequent patterns come with the lower positions first.
        _, first, counts = np.unique(_keys(natural), return_index=True, return_counts=True)
        frequent = first[::-1][np.argsort(-counts[::-1], kind="stable")[: self.shapes]]
        return natural[frequent]


def _keys(patterns: BoolArray) -> NDArray[Any]:
    """One key per pattern `[n, positions]`; the larger of two has the lower positions."""
    packed = np.packbits(patterns, axis=1)  # position 0 is the highest bit of the first byte
    if packed.shape[1] > 7:  # eight bytes would reach the sign bit of an int64: compare them as raw bytes
        return packed.view(f"V{packed.shape[1]}")[:, 0]
    weights = np.left_shift(1, 8 * np.arange(packed.shape[1])[::-1])
    keys: IntArray = packed.astype(np.int64) @ weights
    return keys


def _centre(shape: tuple[int, ...]) -> int:
    kh, kw = shape[2:]
    return kh // 2 * kw + kw // 2
