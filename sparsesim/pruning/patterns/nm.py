"""N:M: a fixed number of weights kept in every run of consecutive weights along K."""

from dataclasses import dataclass

from sparsesim.array_types import BoolArray, FloatArray
from sparsesim.errors import InputError
from sparsesim.pruning.checks import check_length
from sparsesim.pruning.matrix_view import matrix_shape
from sparsesim.pruning.patterns.fixed_pattern import MatrixPattern
from sparsesim.pruning.patterns.n_of_m import n_of_m_mask
from sparsesim.units import ceil_div


@dataclass(frozen=True)
class NM(MatrixPattern):
    """`keep` weights stay of every `of` consecutive ones along K of the lowered matrix (NVIDIA's meaning of N:M).

    The largest magnitudes of every group stay. Other tools call the number of *zeroed* weights N; the two agree at
    2:4 and differ at 1:4.
    """

    keep: int
    of: int

    def __post_init__(self) -> None:
        check_length("M of the N:M pattern", self.of)
        if not 1 <= self.keep <= self.of:
            raise InputError(f"N:M pattern {self.keep}:{self.of}: N must be between 1 and {self.of}")

    @classmethod
    def parse(cls, text: str) -> "NM":
        """Read 'keep:of', for instance '2:4'. Raises InputError."""
        keep, colon, of = text.partition(":")
        if not (colon and keep.isdecimal() and of.isdecimal()):
            raise InputError(f"{text!r} is not an N:M pattern (example: 2:4, two kept of every four)")
        return cls(int(keep), int(of))

    @property
    def sparsity(self) -> float:
        """Sparsity of a row without a tail."""
        return 1 - self.keep / self.of

    def describe(self) -> str:
        """The pattern in words, because N:M alone is ambiguous."""
        return f"{self.keep} kept of every {self.of} along K"

    def tail_note(self, shape: tuple[int, ...]) -> str:
        """A sentence on the last, shorter group of every row, or an empty text."""
        tail = matrix_shape(shape)[1] % self.of
        kept = ceil_div(tail * self.keep, self.of)
        return f"the last group of every row has {tail} weights, of which {kept} kept" if tail else ""

    def _matrix_mask(self, matrix: FloatArray, allowed: BoolArray | None) -> BoolArray:
        return n_of_m_mask(matrix, self.keep, self.of, allowed)
