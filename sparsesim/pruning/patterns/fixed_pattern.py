"""What patterns share that fix the number of weights kept by themselves, such as N:M."""

from abc import ABC, abstractmethod

from sparsesim.array_types import BoolArray, FloatArray
from sparsesim.pruning.matrix_view import from_matrix, to_matrix


class FixedPattern(ABC):
    """A pattern whose masks keep the same number of weights in every group of the same size."""

    @property
    @abstractmethod
    def sparsity(self) -> float:
        """Sparsity of whole groups, those without a tail."""

    @abstractmethod
    def describe(self) -> str:
        """The pattern in words."""

    @abstractmethod
    def tail_note(self, shape: tuple[int, ...]) -> str:
        """A sentence on the last, shorter group of every row, or an empty text."""

    @abstractmethod
    def mask(self, weight: FloatArray, allowed: BoolArray | None = None) -> BoolArray:
        """Mask of the weights that stay; ties go to the lower index.

        `weight` holds the importance of every weight (its absolute value counts), contiguous and finite. Weights
        outside `allowed` (same shape) are never kept.
        """


class MatrixPattern(FixedPattern):
    """A pattern of the lowered matrix [c_out, K] whose rows all keep the same number of weights in every group."""

    @abstractmethod
    def _matrix_mask(self, matrix: FloatArray, allowed: BoolArray | None) -> BoolArray:
        """The mask of the lowered matrix.

        Weights outside `allowed` must rank last. They may still be marked to fill a group: `mask` clears them.
        """

    def mask(self, weight: FloatArray, allowed: BoolArray | None = None) -> BoolArray:
        """Mask of the weights that stay; ties go to the lower index along K."""
        if allowed is None:
            return from_matrix(self._matrix_mask(to_matrix(weight), None), weight.shape)
        return from_matrix(self._matrix_mask(to_matrix(weight), to_matrix(allowed)), weight.shape) & allowed
