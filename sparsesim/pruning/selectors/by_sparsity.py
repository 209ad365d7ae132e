"""A sparsity for every output row, for every layer, or for all layers together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from sparsesim.array_types import BoolArray
from sparsesim.errors import InputError
from sparsesim.pruning.checks import check_amount
from sparsesim.pruning.selectors.base import Candidates
from sparsesim.pruning.selectors.largest_groups import keep_in_layer, keep_in_rows, keep_together, n_kept

Scope: TypeAlias = Literal["row", "layer", "global"]
SCOPES: dict[str, str] = {"row": "in every output row", "layer": "per layer", "global": "over all layers"}


@dataclass(frozen=True)
class BySparsity:
    """Drop exactly round(sparsity * groups): of every output row, of every layer, or in one ranking over all layers.

    Ties go to the earlier layer, then to the lower index. `round` is Python's: halves go to the even number. In
    global scope no layer loses more than round(max_layer_sparsity * groups) of its groups, and one always stays;
    1 sets no limit, and whole layers may vanish.
    """

    sparsity: float
    scope: Scope = "layer"
    max_layer_sparsity: float = 1.0

    def __post_init__(self) -> None:
        check_amount("sparsity", self.sparsity, below=1)
        if self.scope not in SCOPES:
            raise InputError(f"scope={self.scope!r} must be 'row', 'layer' or 'global'")
        if not self.sparsity <= self.max_layer_sparsity <= 1:
            raise InputError(f"max_layer_sparsity={self.max_layer_sparsity!r} must lie between the sparsity and 1")
        if self.max_layer_sparsity < 1 and self.scope != "global":
            raise InputError(f"max_layer_sparsity={self.max_layer_sparsity!r} means nothing in scope {self.scope!r}")

    @property
    def per_layer(self) -> bool:
        """Whether every layer is ranked for itself."""
        return self.scope != "global"

    def keep(self, layers: Sequence[Candidates]) -> list[BoolArray]:
        """One flag per candidate of every layer; True stays."""
        if self.scope == "global":
            keep = n_kept(sum(layer.groups for layer in layers), self.sparsity)
            return keep_together(layers, [layer.scores for layer in layers], keep, self.max_layer_sparsity)
        chosen = keep_in_rows if self.scope == "row" else keep_in_layer
        return [chosen(layer, self.sparsity) for layer in layers]

    def requested(self, layers: Sequence[Candidates]) -> list[float | None]:
        """The sparsity, unless several layers share it."""
        return [None if self.scope == "global" and len(layers) > 1 else self.sparsity] * len(layers)

    def describe(self) -> str:
        """The choice in words."""
        if self.sparsity == 0:
            return "all kept"
        limit = f", at most {100 * self.max_layer_sparsity:g} % of a layer" if self.max_layer_sparsity < 1 else ""
        return f"{100 * self.sparsity:g} % dropped {SCOPES[self.scope]}{limit}"
