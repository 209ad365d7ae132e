"""N:M in pairs: adjacent weights along K stay or go together, as sparse tensor cores require of 4-bit integers."""

from dataclasses import dataclass

import numpy as np

from sparsesim.array_types import BoolArray, FloatArray
from sparsesim.errors import InputError
from sparsesim.pruning.checks import check_length
from sparsesim.pruning.criteria import L1
from sparsesim.pruning.matrix_view import matrix_shape
from sparsesim.pruning.patterns.fixed_pattern import MatrixPattern
from sparsesim.pruning.patterns.n_of_m import n_of_m_mask
from sparsesim.pruning.patterns.nm import NM
from sparsesim.units import ceil_div


@dataclass(frozen=True)
class NMPairs(MatrixPattern):
    """`keep` / 2 pairs of adjacent weights stay of every `of` weights along K: those with the largest |a| + |b|."""

    keep: int
    of: int

    def __post_init__(self) -> None:
        check_length("M of the N:M pattern in pairs", self.of)
        if not 2 <= self.keep <= self.of or self.keep % 2 or self.of % 2:
            raise InputError(f"N:M pattern {self.keep}:{self.of} in pairs: both must be even and N between 2 and M")

    @classmethod
    def parse(cls, text: str) -> "NMPairs":
        """Read 'keep:of', for instance '4:8'. Raises InputError."""
        given = NM.parse(text)
        return cls(given.keep, given.of)

    @property
    def sparsity(self) -> float:
        """Sparsity of a row without a tail."""
        return 1 - self.keep / self.of

    def describe(self) -> str:
        """The pattern in words."""
        return f"{self.keep // 2} pairs kept of every {self.of // 2} along K"

    def tail_note(self, shape: tuple[int, ...]) -> str:
        """A sentence on the last, shorter group of every row, or an empty text."""
        tail = matrix_shape(shape)[1] % self.of
        pairs = ceil_div(tail, 2)
        kept = ceil_div(pairs * self.keep, self.of)
        return f"the last group of every row has {pairs} pairs, of which {kept} kept" if tail else ""

    def _matrix_mask(self, matrix: FloatArray, allowed: BoolArray | None) -> BoolArray:
        alive = None
        if allowed is not None:
            matrix = np.where(allowed, matrix, 0)
            alive = L1.scores(allowed.astype(np.float32), 1, 2) > 0
        pairs = n_of_m_mask(L1.scores(matrix, 1, 2), self.keep // 2, self.of // 2, alive)
        return np.ascontiguousarray(np.repeat(pairs, 2, axis=1)[:, : matrix.shape[1]])
