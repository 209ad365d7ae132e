"""V:N:M (VENOM): four columns of every tall block, and N:4 within them: sparsities above 50 % on 2:4 hardware."""

import re
from dataclasses import dataclass

import numpy as np

from sparsesim.array_types import BoolArray, FloatArray
from sparsesim.errors import InputError
from sparsesim.pruning.checks import check_length
from sparsesim.pruning.criteria import L1
from sparsesim.pruning.matrix_view import matrix_shape
from sparsesim.pruning.patterns.fixed_pattern import MatrixPattern
from sparsesim.pruning.patterns.n_of_m import n_of_m_mask
from sparsesim.tensors.patterns import LOCATED
from sparsesim.units import ceil_div


@dataclass(frozen=True)
class VNM(MatrixPattern):
    """Of every block of `rows` x `of` weights four columns stay, and `keep` weights of every row within them.

    The columns with the largest summed magnitude stay, then the largest magnitudes of each row (R. L. Castro et
    al., VENOM, SC 2023, magnitude pruning). A last block of r < `of` columns keeps ceil(4 r / of) of them and
    ceil(r keep / of) weights per row.
    """

    rows: int
    keep: int
    of: int

    def __post_init__(self) -> None:
        check_length("V of the V:N:M pattern", self.rows)
        check_length("M of the V:N:M pattern", self.of)
        if not 1 <= self.keep <= LOCATED <= self.of:
            raise InputError(
                f"V:N:M pattern {self.rows}:{self.keep}:{self.of}: N must be between 1 and 4, M at least 4"
            )

    @classmethod
    def parse(cls, text: str) -> "VNM":
        """Read 'V:N:M', for instance '64:2:8'. Raises InputError."""
        match = re.fullmatch(r"(\d+):(\d+):(\d+)", text)
        if match is None:
            raise InputError(f"{text!r} is not a V:N:M pattern (example: 64:2:8, two of every eight in blocks of 64)")
        return cls(*map(int, match.groups()))

    @property
    def sparsity(self) -> float:
        """Sparsity of a row without a tail."""
        return 1 - self.keep / self.of

    def describe(self) -> str:
        """The pattern in words."""
        return f"{self.keep} kept of every {self.of} along K, within 4 columns common to {self.rows} rows"

    def tail_note(self, shape: tuple[int, ...]) -> str:
        """A sentence on the last, shorter group of every row, or an empty text."""
        tail = matrix_shape(shape)[1] % self.of
        kept = ceil_div(tail * self.keep, self.of)
        return f"the last group of every row has {tail} weights, of which {kept} kept" if tail else ""

    def _matrix_mask(self, matrix: FloatArray, allowed: BoolArray | None) -> BoolArray:
        alive = None
        if allowed is not None:
            matrix = np.where(allowed, matrix, 0)
            alive = L1.scores(allowed.astype(np.float32), self.rows, 1) > 0
        columns = n_of_m_mask(L1.scores(matrix, self.rows, 1), LOCATED, self.of, alive)
        located = np.repeat(columns, self.rows, axis=0)[: matrix.shape[0]]
        return n_of_m_mask(matrix, self.keep, self.of, located if allowed is None else located & allowed) & located
