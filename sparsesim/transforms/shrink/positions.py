"""Which positions of which axes stand or fall together: a union of positions, with a class of frozen ones."""

import numpy as np

from sparsesim.array_types import IntArray
from sparsesim.errors import InputError

Ids = IntArray
Labels = tuple[Ids, ...]
"""One array of ids per axis of a tensor, one id per position."""

FROZEN = 0
"""The id of positions that must stay; whatever is joined with it is frozen, too."""


class Units:
    """A disjoint-set forest over ids; the smallest id of a class is its root, so that FROZEN always wins."""

    def __init__(self) -> None:
        self._parents = [FROZEN]

    def fresh(self, size: int) -> Ids:
        """`size` new ids, each a class of its own; an axis of one position is frozen at once."""
        if size == 1:
            return frozen(1)
        first = len(self._parents)
        self._parents.extend(range(first, first + size))
        return np.arange(first, first + size, dtype=np.int64)

    def root(self, unit: int) -> int:
        """The smallest id of the class."""
        parents, root = self._parents, unit
        while parents[root] != root:
            root = parents[root]
        while parents[unit] != root:
            parents[unit], unit = root, parents[unit]
        return root

    def roots(self, ids: Ids) -> Ids:
        """The root of every id."""
        return np.fromiter((self.root(unit) for unit in ids.tolist()), np.int64, len(ids))

    def join(self, left: Ids, right: Ids) -> None:
        """Let position i of `left` and position i of `right` stand or fall together."""
        if len(left) != len(right):
            raise InputError(f"the ONNX graph is not valid: axes of {len(left)} and {len(right)} positions meet")
        for a, b in zip(left.tolist(), right.tolist(), strict=True):
            low, high = sorted((self.root(a), self.root(b)))
            self._parents[high] = low

    def freeze(self, ids: Ids) -> None:
        """Let all these positions stay."""
        for unit in ids.tolist():
            self._parents[self.root(unit)] = FROZEN

    def any_free(self, ids: Ids) -> bool:
        """Whether some of these positions could go."""
        return any(self.root(unit) != FROZEN for unit in ids.tolist())


def frozen(size: int) -> Ids:
    """Ids of an axis that stays as it is."""
    return np.full(size, FROZEN, dtype=np.int64)
