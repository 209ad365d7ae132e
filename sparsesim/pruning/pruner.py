"""A pruner: criterion x pattern x selector, from arrays of weights to boolean masks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sparsesim.array_types import BoolArray, FloatArray
from sparsesim.errors import InputError
from sparsesim.identity import LABEL
from sparsesim.pruning.checks import check_layers, checked_mask, checked_weight
from sparsesim.pruning.criteria import Criterion, Needs, criterion_by_name
from sparsesim.pruning.patterns.filter import Filter
from sparsesim.pruning.patterns.fixed_pattern import FixedPattern
from sparsesim.pruning.patterns.tile_pattern import TilePattern
from sparsesim.pruning.ranked_layer import RankedLayer
from sparsesim.pruning.selectors.base import Candidates, Selector
from sparsesim.pruning.selectors.by_sparsity import BySparsity
from sparsesim.pruning.single_pass import single_pass_masks

Pattern: TypeAlias = TilePattern | FixedPattern
LayerArrays: TypeAlias = Mapping[str, NDArray[Any]]
"""Arrays by the name of their layer."""


@dataclass(frozen=True)
class Pruner:
    """Which weights stay. Masks are True where a weight is kept; arrays are never modified.

    Attributes:
        pattern: which weights stand or fall together.
        selector: how many groups are dropped; None for a `FixedPattern` such as N:M, which says so itself.
        criterion: how important a group is, by name (see `criterion_by_name`).
        name: a label.

    Raises InputError or UnknownNameError on parts that do not fit together.
    """

    pattern: Pattern
    selector: Selector | None = None
    criterion: str = "magnitude"
    name: str = field(default="custom", metadata=LABEL)

    def __post_init__(self) -> None:
        criterion_by_name(self.criterion)
        fixed, groups = isinstance(self.pattern, FixedPattern), self.pattern.describe()
        if fixed and self.selector is not None:
            raise InputError(f"pruner {self.name!r}: {groups!r} fixes the amount already; leave the selector out")
        if not fixed and self.selector is None:
            raise InputError(f"pruner {self.name!r}: {groups!r} needs a selector that says how many go")
        if isinstance(self.selector, BySparsity) and self.selector.scope == "row" and isinstance(self.pattern, Filter):
            raise InputError(f"pruner {self.name!r}: a row holds one filter only; scope='row' needs smaller groups")

    @property
    def sparsity(self) -> float | None:
        """The requested sparsity, or None when only the weights or the layers decide (threshold, sigma, by layer)."""
        if isinstance(self.pattern, FixedPattern):
            return self.pattern.sparsity
        return self._selector.sparsity

    @property
    def per_layer(self) -> bool:
        """Whether every layer is pruned for itself; otherwise all layers must be at hand together."""
        return isinstance(self.pattern, FixedPattern) or self._selector.per_layer

    @property
    def needs(self) -> Needs | None:
        """What `mask` needs as `data`: "input_norm", "gradient" or "importance" of a layer, or nothing."""
        return self._criterion.needs

    def describe(self) -> str:
        """The pruner in words."""
        score = self._criterion.description
        if isinstance(self.pattern, FixedPattern):
            return self.pattern.describe() + ("" if self._criterion.weight_only else f", score: {score}")
        return f"{self.pattern.describe()}, {self._selector.describe()}, score: {score}"

    def mask(
        self,
        weight: NDArray[Any],
        *,
        layer: str = "weight",
        frozen: BoolArray | None = None,
        dense: NDArray[Any] | None = None,
        data: NDArray[Any] | None = None,
        threads: int = 1,
    ) -> BoolArray:
        """Mask of one weight, `[out, in]` or `[c_out, c_in, kh, kw]`, of float16, float32 or float64.

        `frozen` is an earlier mask (True = kept) of the same shape: what it dropped stays dropped, still counts as
        dropped, and the result is a subset of it. `dense` is the weight before any pruning, from which `sigma` is
        taken; by default the weight itself. `data` is the array that the criterion `needs`, finite: "input_norm"
        `[K]` (see `input_norm`), "gradient" or "importance" of the shape of the weight. `layer` is its name in errors.
        `threads` share the work where the pattern allows it; masks do not depend on them.
        Raises InputError on other shapes or dtypes, on NaN or infinity with the position of the first, and on data
        that is missing or not needed.
        """
        named = [None if array is None else {layer: array} for array in (frozen, dense, data)]
        return self.masks({layer: weight}, frozen=named[0], dense=named[1], data=named[2], threads=threads)[layer]

    def masks(
        self,
        weights: LayerArrays,
        *,
        frozen: Mapping[str, BoolArray] | None = None,
        dense: LayerArrays | None = None,
        data: LayerArrays | None = None,
        threads: int = 1,
    ) -> dict[str, BoolArray]:
        """Masks of several layers by name; a selector of global scope ranks them together, in their order.

        `frozen` and `dense` may name some of the layers, `data` has to name all when the criterion needs any;
        see `mask`.
        """
        if not frozen and not dense and not data:
            masks = single_pass_masks(self.pattern, self.selector, self._criterion, weights, threads)
            if masks is not None:
                return masks
        arrays = {layer: checked_weight(weight, layer) for layer, weight in weights.items()}
        check_layers("frozen", frozen or {}, weights)
        allowed = {layer: checked_mask(mask, arrays[layer].shape, layer) for layer, mask in (frozen or {}).items()}
        important = self._importances(arrays, data or {})
        if isinstance(self.pattern, FixedPattern):
            return {layer: self.pattern.mask(array, allowed.get(layer)) for layer, array in important.items()}
        check_layers("dense", dense or {}, weights)
        unpruned = arrays | {layer: checked_weight(weight, layer) for layer, weight in (dense or {}).items()}
        ranked = [
            RankedLayer(layer, self.pattern, array, unpruned[layer], allowed.get(layer))
            for layer, array in important.items()
        ]
        kept = self._selector.keep([layer.candidates(self._criterion) for layer in ranked])
        return {layer.name: layer.mask(flags) for layer, flags in zip(ranked, kept, strict=True)}

    def requested(self, weights: LayerArrays) -> dict[str, float | None]:
        """The sparsity that every layer is asked to have, where that is known before anything is ranked."""
        if isinstance(self.pattern, FixedPattern):
            return dict.fromkeys(weights, self.pattern.sparsity)
        none = np.empty(0)  # amounts are shared out by names and shapes, not by scores
        layers = [
            Candidates(none, self.pattern.group_count(weight.shape), weight, layer) for layer, weight in weights.items()
        ]
        return dict(zip(weights, self._selector.requested(layers), strict=True))

    def _importances(self, weights: Mapping[str, FloatArray], data: LayerArrays) -> dict[str, FloatArray]:
        """The importance of every weight, by layer."""
        criterion = self._criterion
        check_layers("data", data, weights)
        if data and criterion.needs is None:
            raise InputError(f"criterion {self.criterion!r} looks at the weights alone and takes no data")
        for layer in weights if criterion.needs else ():
            if layer not in data:
                raise InputError(
                    f"criterion {self.criterion!r} needs the {criterion.needs} of layer {layer!r}: give it as data"
                )
        return {layer: criterion.importance(weight, data.get(layer), layer) for layer, weight in weights.items()}

    @property
    def _criterion(self) -> Criterion:
        return criterion_by_name(self.criterion)

    @property
    def _selector(self) -> Selector:
        assert self.selector is not None  # __post_init__ saw to it
        return self.selector
