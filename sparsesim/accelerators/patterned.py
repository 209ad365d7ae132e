"""Units that can only skip the zeros of one fixed pattern."""

from abc import abstractmethod
from typing import Final, Literal

from sparsesim.accelerators.interface import Accelerator

OnViolation = Literal["refuse", "dense"]

RAN_DENSE: Final = "ran dense: A breaks the pattern"
"""Note on the schedule of an operation that fell back to the dense kernel."""


class Patterned(Accelerator):
    """A unit with one pattern.

    Attributes:
        on_violation: what to do with a matrix that breaks the pattern: "refuse" it or multiply it "dense".
    """

    on_violation: OnViolation = "refuse"

    @property
    @abstractmethod
    def pattern(self) -> tuple[int, int]:
        """(kept, of): how many of every `of` positions along K may hold non-zeros."""
