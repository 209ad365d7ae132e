"""N:M after a permutation of input channels, as a method."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from sparsesim.errors import InputError
from sparsesim.networks import Network
from sparsesim.pruning import NM, Pruner, pruner_by_name
from sparsesim.transforms.method import LayerInputs, Method
from sparsesim.transforms.permute.channels import WORK
from sparsesim.transforms.permute.network import permute_network
from sparsesim.transforms.transformed import Transformed

PERMUTE = "permute"


@dataclass(frozen=True)
class Permute(Method):
    """N:M masks by magnitude once the input channels of every layer are in a better order.

    Attributes:
        pattern: N of every M weights along K stay.
        seed: of the orders that the search starts from.
        restarts: such orders at most, per layer.
        work: weights that the search reads at most, per layer.
    """

    pattern: NM
    seed: int = 0
    restarts: int = 32
    work: float = WORK

    forms: ClassVar[Mapping[str, str]] = {
        f"{PERMUTE}-N:M": "keep N of every M weights along K, input channels put in a better order first"
    }
    examples: ClassVar[tuple[str, ...]] = (f"{PERMUTE}-2:4",)
    stem: ClassVar[str] = PERMUTE
    told_by_name: ClassVar[frozenset[str]] = frozenset({"pattern"})

    @classmethod
    def named(cls, text: str, amounts: Mapping[str, Any]) -> Self:
        """`permute-2:4`; a sparsity may be given if it is that of the pattern."""
        rest = dict(amounts)
        pattern = text.removeprefix(f"{PERMUTE}-").removeprefix("nm-")
        chosen = NM.parse(pattern)
        pruner_by_name(pattern, rest.pop("sparsity", None))
        return cls._of(text, rest, pattern=chosen)

    def __post_init__(self) -> None:
        for option in ("seed", "restarts", "work"):
            if getattr(self, option) < 0:
                raise InputError(f"{option}={getattr(self, option)} must not be negative")

    @property
    def name(self) -> str:
        """With the pattern."""
        return f"{PERMUTE}-{self.pattern.keep}:{self.pattern.of}"

    @property
    def asked_sparsity(self) -> float | None:
        """That of the pattern."""
        return self.pattern.sparsity

    def describe(self) -> str:
        """The rule in words."""
        return f"{self._pruner.describe()}, input channels permuted"

    @property
    def _pruner(self) -> Pruner:
        return Pruner(self.pattern, name=self.name)

    def _applied(self, network: Network, inputs: LayerInputs | None) -> Transformed:
        found = permute_network(network, self.pattern, seed=self.seed, restarts=self.restarts, work=self.work)
        return Transformed(
            found.masked,
            self.describe(),
            {layer.name: layer.mask for layer in found.masked.layers if layer.mask is not None},
            self._pruner,
            tuple(
                {"layer": name, "kept_without_permutation": before, "kept": found.kept_after[name]}
                for name, before in found.kept_before.items()
            ),
            on_machine=found.reordered,
            orders=found.orders,
        )
