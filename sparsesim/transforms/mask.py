"""Masks: the weights that a pruner keeps; dense weights stay, so that masks can be undone and combined."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from sparsesim.array_types import BoolArray
from sparsesim.errors import InputError
from sparsesim.networks import Layer, Network, SyntheticWeights
from sparsesim.pruning import PRUNERS, ByLayer, Element, Pruner, PrunerFamily, pruner_by_name
from sparsesim.transforms.inputs import input_norms
from sparsesim.transforms.method import ChangedLayer, LayerInputs, Method, Needs, Transformed

PUBLISHED = "published"
"""Name of the pruner that leaves the published density of every layer."""

MOST_TOGETHER = 400_000_000
"""Weights that a pruner may rank together: they take about 2 GB, and all must be at hand at once."""


@dataclass(frozen=True)
class Mask(Method):
    """A mask for every layer with weights.

    Attributes:
        pruner: which weights stay; None for the densities that the network's own description gives ("published").
        options: what its name does not tell, such as "criterion=l2".
    """

    pruner: Pruner | None = None
    options: str = ""

    forms: ClassVar[Mapping[str, str]] = {
        **{family.form: family.describe() for family in PRUNERS.values()},
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
        return _published(network) if self.pruner is None else self.pruner

    def _data(self, network: Network, inputs: LayerInputs | None, *layers: Layer) -> dict[str, NDArray[Any]] | None:
        if self.needs != "inputs" or inputs is None:
            return None
        return dict(input_norms(replace(network, layers=layers or network.layers), inputs))


def prune_network(
    network: Network,
    pruner: Pruner | str,
    sparsity: float | None = None,
    *,
    data: Mapping[str, NDArray[Any]] | None = None,
) -> Network:
    """The network with the pruner's masks; its dense weights stay, so masks can be undone and combined.

    `pruner` is a Pruner, or a name with the `sparsity` it needs (see `pruner_by_name`), or "published". Masks that the
    network has already are respected: what they dropped stays dropped. `data` is what the pruner's criterion needs of
    every layer (see `Pruner.mask`; `input_norms` makes it of captured inputs); layers that the network lacks are
    passed over.
    Raises InputError where a ranking over all layers does not fit in memory.
    """
    chosen = _named(network, pruner, sparsity) if isinstance(pruner, str) else pruner
    pruned = [layer for layer in network.layers if layer.weight_shape]
    known = {layer.name: data[layer.name] for layer in pruned if data and layer.name in data}
    if chosen.per_layer:
        return network.with_masks({layer.name: _mask(layer, chosen, known.get(layer.name)) for layer in pruned})
    _check_size(network, chosen)
    weights = {layer.name: layer.weight() for layer in pruned}
    earlier = {layer.name: layer.mask for layer in pruned if layer.mask is not None}
    return network.with_masks(chosen.masks(weights, frozen=earlier, data=known))


def prune_layer(
    layer: Layer, pruner: Pruner | None, data: Mapping[str, NDArray[Any]] | None = None
) -> tuple[Layer, int]:
    """A layer as it is multiplied once `pruner` (None: its own mask alone) has passed, and the weights that stay.

    The pruner decides per layer. Drawn weights are zeroed in place instead of keeping a mask beside them.
    """
    if not layer.weight_shape or (pruner is None and layer.mask is None):
        return layer, layer.n_weights
    weight = layer.weight()
    mask = layer.mask if pruner is None else _mask(layer, pruner, (data or {}).get(layer.name), weight)
    assert mask is not None
    kept = int(np.count_nonzero(mask))
    if not isinstance(layer.source, SyntheticWeights):
        return layer.with_mask(mask), kept
    weight.flags.writeable = True  # drawn just now: nobody else holds them
    weight *= mask
    weight.flags.writeable = False
    return layer.with_mask(None).with_weight(weight), kept


def _mask(
    layer: Layer, pruner: Pruner, data: NDArray[Any] | None, weight: NDArray[np.float32] | None = None
) -> BoolArray:
    weight = layer.weight() if weight is None else weight
    return pruner.mask(weight, layer=layer.name, frozen=layer.mask, data=data)


def _family(text: str) -> PrunerFamily | None:
    """The family that a name of a pruner belongs to, if there is one."""
    if re.fullmatch(r"\d+:\d+", text):
        return PRUNERS["nm"]
    heads = [head for head, family in PRUNERS.items() if family.size and text.startswith(f"{head}-")]
    return PRUNERS.get(text) or (PRUNERS[max(heads, key=len)] if heads else None)


def _named(network: Network, name: str, sparsity: float | None) -> Pruner:
    return _published(network) if name == PUBLISHED else pruner_by_name(name, sparsity)


def _published(network: Network) -> Pruner:
    """Drops the smallest weights of every layer down to the density that the network's description gives."""
    given = {layer.name: layer.weight_density for layer in network.layers if layer.weight_density is not None}
    if not given:
        raise InputError(f"pruner {PUBLISHED!r}: network {network.name!r} gives no weight density of any layer")
    return Pruner(Element(), ByLayer({layer: 1 - density for layer, density in given.items()}), name=PUBLISHED)


def _check_size(network: Network, pruner: Pruner) -> None:
    together = sum(layer.n_weights for layer in network.layers)
    if together > MOST_TOGETHER:
        raise InputError(
            f"network {network.name!r} has {together:,} weights; pruner {pruner.name!r} ranks all layers together, "
            f"which is possible up to {MOST_TOGETHER:,}: prune per layer, or select fewer layers"
        )
