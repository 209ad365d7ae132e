"""The interface of every way to change a network."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, ClassVar, Literal, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from sparsesim.array_types import IntArray
from sparsesim.errors import InputError
from sparsesim.networks import Layer, Network
from sparsesim.transforms.transformed import Transformed

LayerInputs = Mapping[str, NDArray[Any]]
"""What layers read, by layer name, as `capture` gives it: float[n, c_in, h, w] of a conv2d, float[vectors, in]."""

Needs = Literal["nothing", "inputs", "gradients", "graph", "file"]


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

    def check_selection(self, layers: str) -> None:
        """InputError for a shell pattern of some layers where the method follows the whole graph or file."""
        if layers != "*" and self.needs in ("graph", "file"):
            raise InputError(f"{self.subject} changes whole networks: it cannot be kept to the layers {layers!r}")

    def applied(self, network: Network, inputs: LayerInputs | None = None, *, layers: str = "*") -> Transformed:
        """The network after the method, on layers that match the shell pattern; the given network is not altered.

        `inputs` are what the layers of the unpruned network read, for methods that need them.
        Raises InputError as `check` does, and for layers that do not fit.
        """
        self.check_selection(layers)
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
