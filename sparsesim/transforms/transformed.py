"""What a change of a network leaves behind."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sparsesim.array_types import BoolArray, IntArray
from sparsesim.networks import Network, write_network
from sparsesim.pruning import Pruner

Row = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Transformed:
    """A network after a method.

    Attributes:
        network: the network afterwards, to write and to go on with.
        rule: what was done, in words.
        masks: bool[weight_shape] of the layers that the method gave one, True where a weight is kept.
        pruner: what was asked of the masks, as `mask_statistics` takes it; None where every layer has its own.
        rows: figures, one mapping per layer or group of layers.
        totals: figures of the whole network.
        on_graph: what to evaluate where that is not `network`: the same function on the original graph.
        on_machine: what machines multiply where that is not `network`: other shapes, or another order of channels.
        orders: int64[c_in] by layer of `on_machine`: input channel `order[i]` arrives as channel i.
        stored_dtype: the number type that the method stores weights in; None where it does not say.
        writer: writes what `network` alone does not hold.
    """

    network: Network
    rule: str
    masks: Mapping[str, BoolArray] = field(default_factory=dict)
    pruner: Pruner | None = None
    rows: tuple[Row, ...] = ()
    totals: Row = field(default_factory=dict)
    on_graph: Network | None = None
    on_machine: Network | None = None
    orders: Mapping[str, IntArray] = field(default_factory=dict)
    stored_dtype: str | None = None
    writer: Callable[[Path], Path] | None = None

    @property
    def runnable(self) -> Network:
        """What to evaluate."""
        return self.network if self.on_graph is None else self.on_graph

    @property
    def multiplied(self) -> Network:
        """What to lower and simulate."""
        return self.network if self.on_machine is None else self.on_machine

    def write(self, path: Path) -> Path:
        """Write the network as `write_network` does, and return the path."""
        return self.writer(path) if self.writer else write_network(self.network, path)

    def within(self, whole: Network) -> "Transformed":
        """The change of some layers as one of the network that they were selected from."""
        return replace(
            self,
            network=_within(whole, self.network),
            on_graph=None if self.on_graph is None else _within(whole, self.on_graph),
            on_machine=None if self.on_machine is None else _within(whole, self.on_machine),
        )


def _within(whole: Network, part: Network) -> Network:
    changed = {layer.name: layer for layer in part.layers}
    layers = tuple(changed.get(layer.name, layer) for layer in whole.layers)
    return replace(whole, layers=layers, path=part.path, graph=part.graph)
