"""Units that skip the zeros of one fixed pattern only."""

from abc import abstractmethod
from typing import Final, Literal

from sparsesim.accelerators.interface import Accelerator

OnViolation = Literal["refuse", "dense"]

RAN_DENSE: Final = "ran dense: A breaks the pattern"
"""Note of a schedule that fell back."""


class Patterned(Accelerator):
    """What such a unit does with a matrix that breaks its pattern: refuse it, or multiply it densely."""

    on_violation: OnViolation = "refuse"

    @property
    @abstractmethod
    def pattern(self) -> tuple[int, int]:
        """(kept, of): how many of every `of` positions along K may hold non-zeros."""
