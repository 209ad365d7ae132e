"""The scheduler: which leaves and stored partial results each merge round takes, in Huffman or level order."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar

from sparsesim.array_types import IntArray

TieOrder = Literal["introsort", "stable", "right_to_left"]
"""Order in which the Huffman scheduler takes equally long condensed columns."""


class Partial(Protocol):
    """A stored partial result."""

    @property
    def nnz(self) -> int:
        """Its non-zeros after addition."""


P = TypeVar("P", bound=Partial)


@dataclass(frozen=True)
class Round:
    """The inputs of one round.

    Attributes:
        number: 0, 1, ...
        leaves: lowest leaf, and one past the highest.
        leaf_places: inputs of the merge tree that those leaves enter at, ascending; the highest leaf comes first.
        stored_places: inputs for the stored partials, oldest first.
        last: whether the result is C.
    """

    number: int
    leaves: tuple[int, int]
    leaf_places: tuple[int, ...]
    stored_places: tuple[int, ...]
    last: bool


def first_fan_in(leaves: int, ways: int) -> int:
    """Inputs of the first round, chosen so that all later rounds are full (SpArch, HPCA 2020)."""
    return min(leaves, (leaves - 2) % (ways - 1) + 2)


def round_count(leaves: int, ways: int) -> int:
    """Number of merge rounds; each turns up to `ways` inputs into one."""
    return max(1, -(-(leaves - 1) // (ways - 1))) if leaves else 0


def leaf_weights(lengths: IntArray, mean_b_row_nnz: float) -> list[int]:
    """Expected products of every leaf: its non-zeros times the mean length of a row of B, rounded down."""
    return [int(length * mean_b_row_nnz) for length in lengths.tolist()]


def merge_leaves(weights: list[int], ways: int, huffman: bool, merge: Callable[[Round, list[P]], P]) -> P | None:
    """Run all rounds and return the result of the last, or None without leaves.

    `merge` is called with a round and the stored partials that it takes, and returns the round's result. Huffman order
    goes from the last (shortest) leaf to the first, taking the next leaf if it weighs less than the oldest stored
    partial, else the partial: sorted leaves and a first-in first-out queue of partials stand in for a priority queue
    (two-queue Huffman). Level order takes all leaves from the first on, then the partials.
    """
    lowest, beyond, number = 0, len(weights), 0
    stored = deque[P]()
    while lowest < beyond or len(stored) > 1:
        left = beyond - lowest + len(stored)
        fan_in = first_fan_in(left, ways) if number == 0 else ways
        leaf_places: list[int] = []
        stored_places: list[int] = []
        taken: list[P] = []
        for place in range(fan_in):
            leaf = beyond - 1 - len(leaf_places)
            if leaf >= lowest and not (huffman and stored and weights[leaf] >= stored[0].nnz):
                leaf_places.append(place)
            else:
                stored_places.append(place)
                taken.append(stored.popleft())
        middle = beyond - len(leaf_places) if huffman else lowest + len(leaf_places)
        leaves = (middle, beyond) if huffman else (lowest, middle)
        current = Round(number, leaves, tuple(leaf_places), tuple(stored_places), fan_in == left)
        stored.append(merge(current, taken))
        lowest, beyond = (lowest, middle) if huffman else (middle, beyond)
        number += 1
    return stored[0] if stored else None
