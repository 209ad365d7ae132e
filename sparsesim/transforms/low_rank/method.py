"""Low rank as a method: layers become two, so it takes the whole network."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from sparsesim.errors import InputError
from sparsesim.networks import Network
from sparsesim.transforms.low_rank.arrays import check_rank
from sparsesim.transforms.low_rank.network import factorised
from sparsesim.transforms.method import LayerInputs, Method
from sparsesim.transforms.transformed import Transformed

LOW_RANK = "low-rank"


@dataclass(frozen=True)
class LowRankFactors(Method):
    """Layers as two of lower rank where that makes them smaller; the options are those of `factorise_network`."""

    rank: int | None = None
    energy: float | None = None
    only_if_smaller: bool = True

    forms: ClassVar[Mapping[str, str]] = {
        LOW_RANK: "split layers in two that keep a share of the energy, or of a given rank",
        f"{LOW_RANK}-R": "split layers in two of rank R",
    }
    examples: ClassVar[tuple[str, ...]] = (LOW_RANK, f"{LOW_RANK}-16")
    stem: ClassVar[str] = LOW_RANK
    told_by_name: ClassVar[frozenset[str]] = frozenset({"rank"})
    keeps_shapes: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check_rank(self.rank, self.energy)

    @classmethod
    def named(cls, text: str, amounts: Mapping[str, Any]) -> Self:
        """`low-rank` with a rank or an energy, or `low-rank-16`."""
        if text == LOW_RANK:
            return cls._of(text, amounts)
        rank = text.removeprefix(f"{LOW_RANK}-")
        if not rank.isdecimal():
            raise InputError(f"pruner {text!r}: {rank!r} is no rank; write {LOW_RANK}-16")
        return cls._of(text, amounts, rank=int(rank))

    @property
    def name(self) -> str:
        """With the rank, if that is given."""
        return LOW_RANK if self.rank is None else f"{LOW_RANK}-{self.rank}"

    @property
    def per_layer(self) -> bool:
        """No: the new layers need names that no other layer has."""
        return False

    def describe(self) -> str:
        """The rule in words."""
        amount = f"{self.energy:.1%} of the energy" if self.rank is None else f"rank {self.rank}"
        return f"layers as two of low rank: {amount}" + (", where smaller" if self.only_if_smaller else "")

    def applied(self, network: Network, inputs: LayerInputs | None = None, *, layers: str = "*") -> Transformed:
        """To evaluate, layers keep their place and hold the product of their factors; see `factorise_network`."""
        split, products = factorised(network, self.rank, self.energy, self.only_if_smaller, layers)
        return Transformed(
            split.network, self.describe(), rows=split.rows, totals=split.totals, on_graph=products.network
        )

    def _applied(self, network: Network, inputs: LayerInputs | None) -> Transformed:
        return self.applied(network, inputs)
