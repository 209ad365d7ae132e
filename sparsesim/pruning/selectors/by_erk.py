"""Erdős-Rényi-Kernel: layers with many weights per input and output become sparser than small ones."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sparsesim.array_types import BoolArray, IntArray
from sparsesim.pruning.checks import check_amount
from sparsesim.pruning.ranking.largest import keep_largest
from sparsesim.pruning.selectors.base import Candidates
from sparsesim.pruning.selectors.largest_groups import n_kept


@dataclass(frozen=True)
class ByERK:
    """Drop exactly round(sparsity * groups) over all layers, shared out by their shapes alone.

    The density of a layer is proportional to (n_in + n_out + kh + kw) / (n_in n_out kh kw), of a 2-D weight to
    (n_in + n_out) / (n_in n_out), and at most 1 (U. Evci et al., Rigging the Lottery, ICML 2020). What a full layer
    cannot take is shared among the others; fractions of a group go to the largest remainders.
    """

    sparsity: float
    per_layer = False

    def __post_init__(self) -> None:
        check_amount("sparsity", self.sparsity, below=1)

    def keep(self, layers: Sequence[Candidates]) -> list[BoolArray]:
        """One flag per candidate of every layer; True stays."""
        counts = self._counts(layers)
        return [keep_largest([layer.scores], n)[0] for layer, n in zip(layers, counts, strict=True)]

    def requested(self, layers: Sequence[Candidates]) -> list[float | None]:
        """The share of groups that every layer loses."""
        counts = self._counts(layers)
        return [1 - n / layer.groups if layer.groups else 0.0 for layer, n in zip(layers, counts, strict=True)]

    def describe(self) -> str:
        """The choice in words."""
        return f"{100 * self.sparsity:g} % dropped over all layers, shared out by their shapes (ERK)"

    def _counts(self, layers: Sequence[Candidates]) -> list[int]:
        groups = np.array([layer.groups for layer in layers], dtype=np.int64)
        keep = n_kept(int(groups.sum()), self.sparsity)
        ideal = _shared_out(keep, groups, np.array([_erk(layer.dense.shape) for layer in layers]))
        counts = np.floor(ideal + 1e-9).astype(np.int64)
        order = np.argsort(counts - ideal, kind="stable")  # largest remainders first, earlier layers before later ones
        for layer in order[: keep - int(counts.sum())]:
            counts[layer] += 1
        return [int(count) for count in counts]


def _erk(shape: tuple[int, ...]) -> float:
    return sum(shape) / float(np.prod(shape, dtype=np.float64)) if all(shape) else 0.0


def _shared_out(keep: int, groups: IntArray, raw: NDArray[np.float64]) -> NDArray[np.float64]:
    """Groups kept per layer, with densities proportional to `raw` but at most 1, `keep` in total."""
    full = groups == 0
    while True:
        left = keep - int(groups[full].sum())
        mass = float((raw * groups)[~full].sum())
        ideal = np.where(full, groups, raw * groups * (left / mass if mass else 0.0))
        beyond = ~full & (ideal > groups)
        if not beyond.any():
            return ideal
        full |= beyond
