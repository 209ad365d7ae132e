"""A sparsity of its own for every layer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from sparsesim.array_types import BoolArray
from sparsesim.errors import UnknownNameError
from sparsesim.pruning.checks import check_amount
from sparsesim.pruning.selectors.base import Candidates
from sparsesim.pruning.selectors.largest_groups import keep_in_layer


@dataclass(frozen=True)
class ByLayer:
    """Drop round(sparsity * groups) of every layer, with the sparsity of the first name or shell pattern that fits.

    `sparsities` maps layer names or shell patterns ("fc*") to sparsities in [0, 1); an exact name takes precedence
    over patterns, and `default` is for the rest. A name or pattern that fits no layer is refused when masks are made.
    """

    sparsities: Mapping[str, float] | tuple[tuple[str, float], ...]
    default: float = 0.0
    sparsity = None
    per_layer = False  # all layers have to be seen to tell which names belong to none

    def __post_init__(self) -> None:
        pairs = tuple(dict(self.sparsities).items())
        object.__setattr__(self, "sparsities", pairs)  # a tuple, so that selectors stay hashable
        check_amount("default sparsity", self.default, below=1)
        for name, value in pairs:
            check_amount(f"sparsity of {name!r}", value, below=1)

    def keep(self, layers: Sequence[Candidates]) -> list[BoolArray]:
        """One flag per candidate of every layer; True stays."""
        names = [layer.name for layer in layers]
        for pattern in dict(self.sparsities):
            if layers and not any(fnmatchcase(name, pattern) for name in names):
                raise UnknownNameError("layer in ByLayer", pattern, names)
        return [keep_in_layer(layer, self.sparsity_of(layer.name)) for layer in layers]

    def sparsity_of(self, layer: str) -> float:
        """The sparsity of one layer."""
        pairs = dict(self.sparsities)
        fitting = (value for pattern, value in pairs.items() if fnmatchcase(layer, pattern))
        return pairs[layer] if layer in pairs else next(fitting, self.default)

    def requested(self, layers: Sequence[Candidates]) -> list[float | None]:
        """The sparsity of every layer."""
        return [self.sparsity_of(layer.name) for layer in layers]

    def describe(self) -> str:
        """The choice in words."""
        named = [f"{100 * value:g} % of {pattern}" for pattern, value in dict(self.sparsities).items()]
        return ", ".join([*named, f"{100 * self.default:g} % of other layers"]) + " dropped"
