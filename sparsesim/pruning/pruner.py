"""A pruner: criterion x pattern x selector, from arrays of weights to boolean masks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from numpy.typing import NDArray

from sparsesim.errors import InputError
from sparsesim.pruning.checks import check_layers, checked_mask, checked_weight
from sparsesim.pruning.criteria import CRITERIA, criterion_by_name
from sparsesim.pruning.fixed import FixedPattern
from sparsesim.pruning.layers import RankedLayer
from sparsesim.pruning.selectors import Selector
from sparsesim.pruning.tiles import TilePattern
from sparsesim.pruning.types import BoolArray

Pattern: TypeAlias = TilePattern | FixedPattern


@dataclass(frozen=True)
class Pruner:
    """Which weights stay. Masks are True where a weight is kept; arrays are never modified.

    `pattern` says which weights stand or fall together, `criterion` how important such a group is (see CRITERIA),
    `selector` how many go. An N:M pattern or one of its kin fixes
    the number itself and takes no selector. `name` is a label.
    Raises InputError or UnknownNameError on parts that do not fit together.
    """

    pattern: Pattern
    selector: Selector | None = None
    criterion: str = "magnitude"
    name: str = "custom"

    def __post_init__(self) -> None:
        criterion_by_name(self.criterion)
        fixed, groups = isinstance(self.pattern, FixedPattern), self.pattern.describe()
        if fixed and self.selector is not None:
            raise InputError(f"pruner {self.name!r}: {groups!r} fixes the amount already; leave the selector out")
        if not fixed and self.selector is None:
            raise InputError(f"pruner {self.name!r}: {groups!r} needs a selector that says how many go")

    @property
    def sparsity(self) -> float | None:
        """The requested sparsity, or None when only the weights decide (threshold, sigma)."""
        if isinstance(self.pattern, FixedPattern):
            return self.pattern.sparsity
        return self._selector.sparsity

    @property
    def per_layer(self) -> bool:
        """Whether every layer is pruned for itself; a selector of global scope ranks all layers together."""
        return getattr(self.selector, "scope", "layer") == "layer"

    def describe(self) -> str:
        """The pruner in words."""
        if isinstance(self.pattern, FixedPattern):
            return self.pattern.describe()
        score = CRITERIA[self.criterion].description
        return f"{self.pattern.describe()}, {self._selector.describe()}, score: {score}"

    def mask(
        self,
        weight: NDArray[Any],
        *,
        layer: str = "weight",
        frozen: BoolArray | None = None,
        dense: NDArray[Any] | None = None,
    ) -> BoolArray:
        """Mask of one weight, `[out, in]` or `[c_out, c_in, kh, kw]`, of float16, float32 or float64.

        `frozen` is an earlier mask (True = kept) of the same shape: what it dropped stays dropped, still counts as
        dropped, and the result is a subset of it. `dense` is the weight before any pruning, from which `sigma` is
        taken; by default the weight itself. `layer` is its name in errors.
        Raises InputError on other shapes or dtypes, and on NaN or infinity with the position of the first.
        """
        earlier = None if frozen is None else {layer: frozen}
        unpruned = None if dense is None else {layer: dense}
        return self.masks({layer: weight}, frozen=earlier, dense=unpruned)[layer]

    def masks(
        self,
        weights: Mapping[str, NDArray[Any]],
        *,
        frozen: Mapping[str, BoolArray] | None = None,
        dense: Mapping[str, NDArray[Any]] | None = None,
    ) -> dict[str, BoolArray]:
        """Masks of several layers by name; a selector of global scope ranks them together, in their order.

        `frozen` and `dense` may name some of the layers; see `mask`.
        """
        frozen, dense = frozen or {}, dense or {}
        check_layers("frozen", frozen, weights)
        check_layers("dense", dense, weights)
        arrays = {layer: checked_weight(weight, layer) for layer, weight in weights.items()}
        allowed = {layer: checked_mask(mask, arrays[layer].shape, layer) for layer, mask in frozen.items()}
        if isinstance(self.pattern, FixedPattern):
            return {layer: self.pattern.mask(array, allowed.get(layer)) for layer, array in arrays.items()}
        unpruned = arrays | {layer: checked_weight(weight, layer) for layer, weight in dense.items()}
        ranked = {
            layer: RankedLayer(self.pattern, array, unpruned[layer], allowed.get(layer))
            for layer, array in arrays.items()
        }
        kept = self._selector.keep([layer.candidates(CRITERIA[self.criterion]) for layer in ranked.values()])
        return {layer: ranked[layer].mask(flags) for layer, flags in zip(ranked, kept, strict=True)}

    @property
    def _selector(self) -> Selector:
        assert self.selector is not None  # __post_init__ saw to it
        return self.selector
