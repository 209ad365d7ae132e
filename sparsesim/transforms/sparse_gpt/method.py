"""SparseGPT as a method: needs what the layers read, goes layer by layer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from sparsesim.errors import InputError
from sparsesim.networks import Layer, Network
from sparsesim.pruning import NM, BySparsity, Element, Pruner
from sparsesim.pruning.checks import check_amount
from sparsesim.transforms.method import LayerInputs, Method, Needs
from sparsesim.transforms.sparse_gpt.network import KINDS_WITH_INPUTS, repair_network
from sparsesim.transforms.transformed import Transformed

SPARSE_GPT = "sparse-gpt"


@dataclass(frozen=True)
class SparseGPT(Method):
    """Masks, and new values of the weights that stay; other layers than conv2d and linear are left alone.

    Attributes:
        sparsity: share of the weights of every layer that go, in [0, 1); or
        pattern: N of every M weights along K stay.
        damping: added to the diagonal of the Hessian, in parts of its mean.
    """

    sparsity: float | None = None
    pattern: NM | None = None
    damping: float = 0.01

    forms: ClassVar[Mapping[str, str]] = {
        SPARSE_GPT: "drop by SparseGPT and correct what stays (needs samples, or captured inputs of layers)",
        f"{SPARSE_GPT}-N:M": "the same, keeping N of every M weights along K",
    }
    examples: ClassVar[tuple[str, ...]] = (SPARSE_GPT, f"{SPARSE_GPT}-2:4")
    stem: ClassVar[str] = SPARSE_GPT
    told_by_name: ClassVar[frozenset[str]] = frozenset({"sparsity", "pattern"})

    def __post_init__(self) -> None:
        if (self.sparsity is None) == (self.pattern is None):
            raise InputError("SparseGPT takes either a sparsity or an N:M pattern")
        check_amount("damping", self.damping)
        if self.sparsity is not None:
            check_amount("sparsity", self.sparsity, below=1)

    @classmethod
    def takes_sparsity(cls, text: str) -> bool:
        """Without a pattern in its name."""
        return text == SPARSE_GPT

    @classmethod
    def named(cls, text: str, amounts: Mapping[str, Any]) -> Self:
        """`sparse-gpt` with a sparsity, or `sparse-gpt-2:4`."""
        sparsity = amounts.get("sparsity")
        if text == SPARSE_GPT:
            if sparsity is None:
                raise InputError(f"pruner {text!r} needs sparsity= (a number), or a pattern: {SPARSE_GPT}-2:4")
            return cls._of(text, amounts, pattern=None)
        if sparsity is not None:
            raise InputError(f"pruner {text!r} fixes the sparsity already; leave {sparsity:g} out")
        return cls._of(text, amounts, sparsity=None, pattern=NM.parse(text.removeprefix(f"{SPARSE_GPT}-")))

    @property
    def name(self) -> str:
        """With the pattern, if there is one."""
        return SPARSE_GPT if self.pattern is None else f"{SPARSE_GPT}-{self.pattern.keep}:{self.pattern.of}"

    @property
    def asked_sparsity(self) -> float | None:
        """That of the pattern, if there is one."""
        return self.sparsity if self.pattern is None else self.pattern.sparsity

    @property
    def needs(self) -> Needs:
        """What the layers read."""
        return "inputs"

    def describe(self) -> str:
        """The rule in words."""
        amount = self.pattern.describe() if self.pattern else f"{self.sparsity:.0%} of every layer dropped"
        return f"SparseGPT: {amount}, the rest adjusted"

    def changes(self, layer: Layer) -> bool:
        """Whether inputs of such a layer can be captured."""
        return layer.kind in KINDS_WITH_INPUTS

    def _applied(self, network: Network, inputs: LayerInputs | None) -> Transformed:
        found = repair_network(
            network, inputs or {}, sparsity=self.sparsity, pattern=self.pattern, damping=self.damping
        )
        masks = {layer.name: layer.mask for layer in found.layers if layer.mask is not None}
        asked = (
            Pruner(self.pattern, name=self.name)
            if self.pattern
            else Pruner(Element(), BySparsity(self.sparsity or 0.0), name=self.name)
        )
        return Transformed(found, self.describe(), masks, asked)
