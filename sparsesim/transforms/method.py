"""The interface of every way to change a network, and what a change leaves behind."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, ClassVar, Literal, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from sparsesim.array_types import BoolArray, IntArray
from sparsesim.errors import InputError
from sparsesim.networks import Layer, Network, write_network
from sparsesim.pruning import Pruner

Row = dict[str, Any]
LayerInputs = Mapping[str, NDArray[Any]]
"""What layers read, by layer name, as `capture` gives it: float[n, c_in, h, w] of a conv2d, float[vectors, in]."""

Needs = Literal["nothing", "inputs", "gradients", "graph", "file"]


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


class ChangedLayer(NamedTuple):
    """A layer as it is multiplied, how many of its weights stay, and the order of its input channels if changed."""

    layer: Layer
    kept: int
    order: IntArray | None = None


@dataclass(frozen=True)
class Method(ABC):
    """A way to change a network; its fields are its options.

    Class attributes:
        forms: how its names are written, each with one line on what it does.
        examples: names that work.
        stem: what its names with a size behind a hyphen begin with; empty if there are none.
        told_by_name: fields that the name or the column `sparsity` of results tells already.
        keeps_shapes: layers keep their names and shapes.
    """

    forms: ClassVar[Mapping[str, str]]
    examples: ClassVar[tuple[str, ...]]
    stem: ClassVar[str] = ""
    told_by_name: ClassVar[frozenset[str]] = frozenset({"sparsity"})
    keeps_shapes: ClassVar[bool] = True

    @classmethod
    def is_named(cls, text: str) -> bool:
        """Whether this is one of its names."""
        return text in cls.examples or (bool(cls.stem) and text.startswith(f"{cls.stem}-"))

    @classmethod
    def takes_sparsity(cls, text: str) -> bool:
        """Whether the name means nothing without a sparsity."""
        return False

    @classmethod
    @abstractmethod
    def named(cls, text: str, amounts: Mapping[str, Any]) -> Self:
        """The method that a name and further options stand for. Raises InputError."""

    @property
    @abstractmethod
    def name(self) -> str:
        """How a user writes it."""

    @property
    def label(self) -> str:
        """The name with all options that are not the usual ones, for results."""
        own = [entry for entry in fields(self) if entry.name not in self.told_by_name]
        told = [f"{e.name}={getattr(self, e.name)}" for e in own if getattr(self, e.name) != e.default]
        return " ".join([self.name, *told])

    @property
    def asked_sparsity(self) -> float | None:
        """The share of weights or channels that is asked to go; None where it follows from the weights."""
        return None

    @property
    def stored_dtype(self) -> str | None:
        """The number type that the weights are stored in afterwards; None where the method does not say."""
        return None

    @property
    def needs(self) -> Needs:
        """What it has to know besides weights: what layers read, gradients, an ONNX graph, the network's file."""
        return "nothing"

    @property
    def per_layer(self) -> bool:
        """Whether it may see one layer at a time; the result is the same."""
        return True

    @property
    def subject(self) -> str:
        """What to call it in errors."""
        return f"pruner {self.name!r}"

    @abstractmethod
    def describe(self) -> str:
        """The rule in words."""

    def changes(self, layer: Layer) -> bool:
        """Whether it looks at this layer at all."""
        return bool(layer.weight_shape)

    def check(self, network: Network, inputs: LayerInputs | None = None) -> None:
        """InputError where the network lacks what the method needs, or the inputs of a layer that it changes."""
        if self.needs == "inputs":
            if inputs is None:
                raise InputError(f"{self.subject} needs samples of the network's input, as captured inputs of layers")
            for layer in network.layers:
                if self.changes(layer) and layer.name not in inputs:
                    raise InputError(
                        f"layer {layer.name!r} has no captured inputs: capture them, or select other layers"
                    )
        if self.needs == "graph" and not isinstance(network.graph, Path | bytes):
            raise InputError(f"{self.subject} needs an ONNX graph: {network.name!r} has no ONNX graph")
        if self.needs == "file" and network.path is None:
            raise InputError(f"{self.subject} needs the file that the network was read from; {network.name!r} has none")

    def applied(self, network: Network, inputs: LayerInputs | None = None, *, layers: str = "*") -> Transformed:
        """The network after the method, on layers that match the shell pattern; the given network is not altered.

        `inputs` are what the layers of the unpruned network read, for methods that need them.
        Raises InputError as `check` does, and for layers that do not fit.
        """
        chosen = network.select(layers)
        self.check(chosen, inputs)
        found = self._applied(chosen, inputs)
        return found if chosen is network else found.within(network)

    def changed_layer(self, network: Network, layer: Layer, inputs: LayerInputs | None = None) -> ChangedLayer:
        """One layer of the network as it is multiplied afterwards, for methods that go layer by layer."""
        if not self.changes(layer):
            return ChangedLayer(layer, layer.n_weights if layer.mask is None else int(np.count_nonzero(layer.mask)))
        found = self.applied(replace(network, layers=(layer,)), inputs)
        (changed,) = found.multiplied.layers
        return ChangedLayer(changed, int(np.count_nonzero(changed.masked_weight())), found.orders.get(layer.name))

    @abstractmethod
    def _applied(self, network: Network, inputs: LayerInputs | None) -> Transformed:
        """`applied` to all layers of a network that was checked."""

    @classmethod
    def _of(cls, text: str, amounts: Mapping[str, Any], **by_name: Any) -> Self:
        """Built from the options given; InputError for one that it does not have."""
        known = {entry.name for entry in fields(cls)} - set(by_name)
        for option, value in amounts.items():
            if option not in known:
                raise InputError(f"pruner {text!r} takes no {option} (got {option}={value!r})")
        return cls(**by_name, **amounts)


def _within(whole: Network, part: Network) -> Network:
    changed = {layer.name: layer for layer in part.layers}
    layers = tuple(changed.get(layer.name, layer) for layer in whole.layers)
    return replace(whole, layers=layers, path=part.path, graph=part.graph)
