"""Merging of similar neurons as a method."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self

import numpy as np

from sparsesim.errors import InputError
from sparsesim.networks import Layer, Layout, Network
from sparsesim.transforms.merge.network import MergedNetwork, merge_network
from sparsesim.transforms.method import LayerInputs, Method, Needs
from sparsesim.transforms.transformed import Row, Transformed

MERGE = "merge"


@dataclass(frozen=True)
class Merge(Method):
    """Fewer neurons in a chain of linear layers, read from a file of arrays with the architecture `mlp`.

    Attributes:
        keep: neurons that stay, by layer; every hidden layer stops where two are no more alike than most without it.
        layout: of the matrices in the file.
    """

    keep: Mapping[str, int] | None = None
    layout: Layout | None = None

    forms: ClassVar[Mapping[str, str]] = {
        MERGE: "merge neurons of chains of linear layers until no two are more alike than most"
    }
    examples: ClassVar[tuple[str, ...]] = (MERGE,)
    keeps_shapes: ClassVar[bool] = False

    @classmethod
    def named(cls, text: str, amounts: Mapping[str, Any]) -> Self:
        """It has one name."""
        return cls._of(text, amounts)

    @property
    def name(self) -> str:
        """The only one."""
        return MERGE

    @property
    def needs(self) -> Needs:
        """The file, which holds the biases."""
        return "file"

    @property
    def per_layer(self) -> bool:
        """No: neurons are rows of one layer and columns of the next."""
        return False

    def describe(self) -> str:
        """The rule in words."""
        kept = ", ".join(f"{layer} to {number}" for layer, number in (self.keep or {}).items())
        return f"similar neurons merged: {kept or 'until no two are more alike than most'}"

    def _applied(self, network: Network, inputs: LayerInputs | None) -> Transformed:
        assert network.path is not None
        stop: Literal["mode"] | None = "mode" if self.keep is None else None
        found = merge_network(network.path, self.keep, stop=stop, layout=self.layout)
        if not _same(network.layers, found.before.layers):
            raise InputError(f"{network.name!r} is not as {network.path} has it: merge neurons first, of all layers")
        return Transformed(found.network, self.describe(), rows=_rows(found), totals=_totals(found), writer=found.write)


def _same(given: tuple[Layer, ...], stored: tuple[Layer, ...]) -> bool:
    return len(given) == len(stored) and all(
        one.name == other.name and one.mask is None and np.array_equal(one.weight(), other.weight())
        for one, other in zip(given, stored, strict=True)
    )


def _rows(found: MergedNetwork) -> tuple[Row, ...]:
    return tuple(
        {
            "layer": name,
            "before": found.before.layer(name).weight_shape[0],
            "after": len(step.kept),
            "largest_saliency": float(step.saliency.max()) if step.saliency.size else 0.0,
        }
        for name, step in found.steps.items()
    )


def _totals(found: MergedNetwork) -> Row:
    return {
        "params_before": found.before.n_params,
        "params_after": found.network.n_params,
        "macs_before": found.before.macs,
        "macs_after": found.network.macs,
    }
