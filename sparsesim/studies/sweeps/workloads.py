"""What a task is about: a network of a sweep, or a product of matrices; each knows its hashes and what fits it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from sparsesim.errors import InputError
from sparsesim.lowering import Activations, Lowering
from sparsesim.networks import Network
from sparsesim.studies.checks import check_run
from sparsesim.studies.points import Contents, contents_of, method_hash, read_hash
from sparsesim.studies.product import MatrixProduct
from sparsesim.studies.sweeps.networks_axis import SweptNetwork
from sparsesim.studies.sweeps.settings import Setting
from sparsesim.studies.sweeps.sweep import Sweep
from sparsesim.studies.sweeps.zips import Steps
from sparsesim.transforms import LayerInputs, Method


class Workload(Protocol):
    """A network or product with what the sweep varies of it."""

    @property
    def network(self) -> Network | MatrixProduct:
        """What is run."""

    @property
    def place(self) -> tuple[str, int, str]:
        """Of its entry in the sweep, and how the user named it."""

    @property
    def axes(self) -> Mapping[str, Any]:
        """Values of what its entry varies."""

    @property
    def steps(self) -> Steps:
        """Where it is on its axes."""

    def lowering(self, setting: Setting) -> Lowering:
        """Number type, batch and what layers read."""

    def inputs(self, method: Method) -> LayerInputs | None:
        """What the layers read, for a method that needs it."""

    def check(self, method: Method, setting: Setting) -> None:
        """InputError for what does not fit it."""

    def contents(self, setting: Setting) -> Contents:
        """Its hashes; what is large is read once."""

    def changed(self, method: Method, contents: Contents) -> str:
        """The hash of the method and what it reads, found once."""


@dataclass
class NetworkWorkload:
    """A network; see `Workload`. `seen` are the inputs that some method of the sweep looks at."""

    swept: SweptNetwork
    format: str
    seen: LayerInputs | None
    _base: list[Contents] = field(default_factory=list)
    _read: dict[Any, str] = field(default_factory=dict)
    _changed: dict[int, str] = field(default_factory=dict)

    @property
    def network(self) -> Network:
        """What is run."""
        return self.swept.network

    @property
    def place(self) -> tuple[str, int, str]:
        """Of its entry, and how the user named it."""
        return "networks", self.swept.number, self.swept.given.text

    @property
    def axes(self) -> Mapping[str, Any]:
        """Layers and tokens, where its entry has several."""
        return self.swept.axes

    @property
    def steps(self) -> Steps:
        """On these axes."""
        return self.swept.steps

    def lowering(self, setting: Setting) -> Lowering:
        """With the real inputs of its layers, if it has any."""
        return Lowering(setting.dtype, setting.batch, self._activations(setting))

    def inputs(self, method: Method) -> LayerInputs | None:
        """What the layers read, for a method that needs it."""
        return self.swept.inputs if method.needs == "inputs" else None

    def check(self, method: Method, setting: Setting) -> None:
        """InputError where the method or the setting does not fit."""
        given = self.swept.given
        if method.needs == "inputs" and self.swept.inputs is None:
            raise InputError(
                f"{given.text}: {method.subject} needs what the layers read; name a file of that as "
                "calibration: FILE.npz (`sparsesim evaluate --activations` writes one)"
            )
        method.check_selection(str(given.layers))
        check_run(self.network, method, self.swept.inputs, self.lowering(setting), setting.engine)

    def contents(self, setting: Setting) -> Contents:
        """Of its weights, what its layers read on machines, and what methods look at."""
        read = self._activations(setting)
        if not self._base:
            self._base.append(contents_of(self.network, read, self.seen))
            self._read[setting.density] = self._base[0].read
        if setting.density not in self._read:
            self._read[setting.density] = read_hash(read)
        return self._base[0]._replace(read=self._read[setting.density])

    def changed(self, method: Method, contents: Contents) -> str:
        """The hash of the method and what it reads, found once."""
        if id(method) not in self._changed:
            self._changed[id(method)] = method_hash(self.network, method, contents)
        return self._changed[id(method)]

    def _activations(self, setting: Setting) -> Activations:
        return Activations(setting.density, maps=self.swept.maps, format=self.format)


@dataclass
class ProductWorkload:
    """A product of matrices; see `Workload`. `number` is the place of its entry."""

    network: MatrixProduct
    number: int
    axes: Mapping[str, Any]
    steps: Steps

    @property
    def place(self) -> tuple[str, int, str]:
        """Of its entry, and what it is called."""
        return "matrices", self.number, self.network.name

    def lowering(self, setting: Setting) -> Lowering:
        """The number type alone: columns are what batches are to networks."""
        return Lowering(setting.dtype)

    def inputs(self, method: Method) -> LayerInputs | None:
        """No layer reads anything."""
        return None

    def check(self, method: Method, setting: Setting) -> None:
        """Everything fits that could be read."""

    def contents(self, setting: Setting) -> Contents:
        """Of the matrix and the columns."""
        nothing = read_hash(Activations())
        return Contents(self.network.content, nothing, nothing)

    def changed(self, method: Method, contents: Contents) -> str:
        """Of the method that changes nothing."""
        return method_hash(self.network, method, contents)


def network_workloads(sweep: Sweep, found: list[SweptNetwork], methods: list[Method]) -> list[Workload]:
    """The networks of a sweep, of which inputs are hashed only where a method looks at them."""
    asked = any(method.needs == "inputs" for method in methods)
    return [NetworkWorkload(each, sweep.activation_format, each.inputs if asked else None) for each in found]
