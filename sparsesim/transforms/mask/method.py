"""Masks as a method: any pruner, or the densities that a network's description gives."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Self

from numpy.typing import NDArray

from sparsesim.errors import InputError
from sparsesim.identity import LABEL
from sparsesim.networks import Layer, Network
from sparsesim.pruning import PRUNERS, Pruner, PrunerFamily, pruner_by_name
from sparsesim.transforms.inputs import input_norms
from sparsesim.transforms.mask.network import PUBLISHED, prune_layer, prune_network, published
from sparsesim.transforms.method import ChangedLayer, LayerInputs, Method, Needs
from sparsesim.transforms.transformed import Transformed


@dataclass(frozen=True)
class Mask(Method):
    """A mask for every layer with weights.

    Attributes:
        pruner: which weights stay; None for the densities that the network's own description gives ("published").
        options: what its name does not tell, such as "criterion=l2".
    """

    pruner: Pruner | None = None
    options: str = field(default="", metadata=LABEL)

    forms: ClassVar[Mapping[str, str]] = {
        **{family.syntax: family.description for family in PRUNERS.values()},
        PUBLISHED: "drop the smallest weights of every layer down to the density that its description gives",
    }
    examples: ClassVar[tuple[str, ...]] = (*(family.example for family in PRUNERS.values()), PUBLISHED)

    @classmethod
    def is_named(cls, text: str) -> bool:
        """Whether this is the name of a pruner."""
        return text == PUBLISHED or _family(text) is not None

    @classmethod
    def takes_sparsity(cls, text: str) -> bool:
        """Whether the pruner cannot do without a sparsity."""
        family = _family(text)
        return family is not None and family.amount == "sparsity"

    @classmethod
    def named(cls, text: str, amounts: Mapping[str, Any]) -> Self:
        """The pruner of that name; see `pruner_by_name`."""
        if text == PUBLISHED:
            return cls._of(text, amounts, pruner=None, options="")
        options = " ".join(f"{option}={value}" for option, value in amounts.items() if option != "sparsity")
        for option in amounts:
            if option not in ("sparsity", "threshold", "s", "criterion", "round_to"):
                raise InputError(f"pruner {text!r} takes no {option} (got {option}={amounts[option]!r})")
        return cls(pruner_by_name(text, **amounts), options)

    @property
    def name(self) -> str:
        """That of the pruner."""
        return PUBLISHED if self.pruner is None else self.pruner.name

    @property
    def label(self) -> str:
        """The pruner's name, and what it does not tell."""
        return f"{self.name} {self.options}".rstrip()

    @property
    def asked_sparsity(self) -> float | None:
        """The sparsity that the pruner is asked for."""
        return None if self.pruner is None else self.pruner.sparsity

    @property
    def needs(self) -> Needs:
        """Inputs or gradients, for criteria that look at them."""
        wanted = None if self.pruner is None else self.pruner.needs
        return "nothing" if wanted is None else "inputs" if wanted == "input_norm" else "gradients"

    @property
    def per_layer(self) -> bool:
        """Unless layers are ranked together, or looked up by name."""
        return self.pruner is not None and (self.pruner.per_layer or self.pruner.sparsity == 0)

    @property
    def subject(self) -> str:
        """The criterion is what needs inputs, or takes none."""
        return super().subject if self.pruner is None else f"criterion {self.pruner.criterion!r}"

    def describe(self) -> str:
        """The pruner in words."""
        return self.forms[PUBLISHED] if self.pruner is None else self.pruner.describe()

    def check(self, network: Network, inputs: LayerInputs | None = None) -> None:
        """InputError also for criteria that need more than inputs, and networks without published densities."""
        chosen = self._chosen(network)
        if self.needs == "gradients":
            raise InputError(
                f"{self.subject} needs the {chosen.needs} of every weight, which no option gives: "
                "call Pruner.masks(data=...) from Python"
            )
        super().check(network, inputs)

    def changed_layer(self, network: Network, layer: Layer, inputs: LayerInputs | None = None) -> ChangedLayer:
        """Drawn weights are zeroed in place instead of keeping a mask beside them."""
        unpruned = self.pruner is None or self.pruner.sparsity == 0
        return ChangedLayer(*prune_layer(layer, None if unpruned else self.pruner, self._data(network, inputs, layer)))

    def _applied(self, network: Network, inputs: LayerInputs | None) -> Transformed:
        chosen = self._chosen(network)
        pruned = prune_network(network, chosen, data=self._data(network, inputs))
        masks = {layer.name: layer.mask for layer in pruned.layers if layer.mask is not None}
        return Transformed(pruned, chosen.describe(), masks, chosen)

    def _chosen(self, network: Network) -> Pruner:
        return published(network) if self.pruner is None else self.pruner

    def _data(self, network: Network, inputs: LayerInputs | None, *layers: Layer) -> dict[str, NDArray[Any]] | None:
        if self.needs != "inputs" or inputs is None:
            return None
        return dict(input_norms(replace(network, layers=layers or network.layers), inputs))


def _family(text: str) -> PrunerFamily | None:
    """The family that a name of a pruner belongs to, if there is one."""
    if re.fullmatch(r"\d+:\d+", text):
        return PRUNERS["nm"]
    heads = [head for head, family in PRUNERS.items() if family.size and text.startswith(f"{head}-")]
    return PRUNERS.get(text) or (PRUNERS[max(heads, key=len)] if heads else None)
