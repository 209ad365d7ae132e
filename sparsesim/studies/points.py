"""What a point is: the content hash of everything that decides its figures.

In: the code that decides figures, the engine, shapes, weights and masks of every layer, the method with all its
parameters and, where it reads them, its calibration inputs or the network's file, number type and batch, what the
layers read, the format with its parameters, every number of the machine, and the energy table that prices it.

Not in: names of networks, machines, tables and methods, paths, sources, descriptions and notes, which decide nothing,
and what was measured while it ran. Names of layers and kernels are in: the former seed what is drawn, the latter
stand in results. The pruner "none" is another point than a sparsity of 0, since results tell of weights that came
pruned with it alone.

The same point has the same hash in every process and on every machine, so that it can be a key of stored results.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sparsesim.dtypes import dtype_by_name
from sparsesim.errors import InputError
from sparsesim.formats import Format, format_by_name
from sparsesim.hardware import EnergyTable, Machine
from sparsesim.identity import array_hash, canonical, canonical_text, code_hash, content_hash, text_hash
from sparsesim.lowering import Activations, Lowering
from sparsesim.networks import Layer, Network
from sparsesim.results import UNPRUNED
from sparsesim.studies.product import MatrixProduct
from sparsesim.transforms import LayerInputs, Method

SCHEME: Final = 1
"""Counted up when something else goes into a hash."""

_ARRAYS: Final = ("source", "mask")


def network_hash(network: Network) -> str:
    """Of all layers in order: shapes, weights as they are multiplied, masks, published densities."""
    return content_hash([_layer(layer) for layer in network.layers])


def machine_hash(machine: Machine, table: EnergyTable | None) -> str:
    """Of a machine and the table that prices it, None for its own. The first of equally fast kernels runs."""
    return content_hash({"machine": machine, "order": list(machine.library), "table": table})


class Contents(NamedTuple):
    """Hashes of what may be large, so that it is read once for all methods and formats.

    Attributes:
        network: `network_hash`.
        read: of what its layers read on the machines.
        inputs: of what they read for methods that look at it.
    """

    network: str
    read: str
    inputs: str


def contents_of(network: Network, read: Activations, inputs: LayerInputs | None) -> Contents:
    """The hashes of these objects; inputs of layers that the network does not have are left out."""
    names = {layer.name for layer in network.layers}
    seen = None if inputs is None else {name: values for name, values in inputs.items() if name in names}
    return Contents(network_hash(network), read_hash(read), content_hash(seen))


def read_hash(read: Activations) -> str:
    """Of what layers read on the machines."""
    return content_hash(_activations(read))


@dataclass(frozen=True)
class Case:
    """What all points of one network under one method share, whatever format and machine they have.

    Attributes:
        network: `network_hash`.
        method: hash of how it is changed, and of all that the method reads.
        read: hash of what the layers read.
        dtype: number type, by name.
        batch: samples at a time.
        engine: by name.
    """

    network: str
    method: str
    read: str
    dtype: str
    batch: int
    engine: str

    @cached_property
    def hash(self) -> str:
        """Of all of it."""
        return content_hash([SCHEME, code_hash(), self])

    def point(self, format: Format | str, machine: str) -> str:
        """The identity of the point in a format on a machine, given by `machine_hash`."""
        return self.point_in(canonical_text(format_by_name(format)), machine)

    def point_in(self, format: str, machine: str) -> str:
        """The same for a format given by its `canonical_text`: many points have it."""
        return text_hash(f'["{self.hash}",{format},"{machine}"]')


def case_of(
    network: Network | MatrixProduct,
    method: Method,
    contents: Contents,
    lowering: Lowering,
    engine: str,
    *,
    changed: str | None = None,
) -> Case:
    """The case of a network, whose contents were hashed, under a method; `changed` is `method_hash`, if known."""
    dtype = dtype_by_name(lowering.dtype_of(method.stored_dtype))
    own = changed or method_hash(network, method, contents)
    return Case(contents.network, own, contents.read, dtype.name, lowering.batch, engine)


def method_hash(network: Network | MatrixProduct, method: Method, contents: Contents) -> str:
    """Of a method and all that it reads of a network besides its weights."""
    return content_hash(_method(network, method, contents.inputs))


def _layer(layer: Layer) -> dict[str, Any]:
    told = {each.name: getattr(layer, each.name) for each in fields(layer) if each.name not in _ARRAYS}
    source, mask = layer.source, layer.mask
    if isinstance(source, np.ndarray):
        told["source"] = _weights_hash(source)
    elif source is not None:
        told["source"] = canonical(source)
    return told | ({} if mask is None else {"mask": array_hash(mask)})


def _weights_hash(source: NDArray[Any]) -> str:
    """Of the float32 that is multiplied, in whichever type a file has it."""
    with np.errstate(over="ignore", invalid="ignore"):
        return array_hash(source.astype(np.float32, copy=False))


def _method(network: Network | MatrixProduct, method: Method, inputs: str) -> dict[str, Any]:
    told: dict[str, Any] = {"method": canonical(method), UNPRUNED: method.label == UNPRUNED}
    if method.needs == "inputs":
        told["inputs"] = inputs
    if method.needs in ("graph", "file") and isinstance(network, Network):
        told["file"] = [_file_hash(origin) for origin in (network.graph, network.path)]
    return told


def _file_hash(origin: Any) -> str | None:
    """Of a graph or file that a method follows itself; None where there is none."""
    if isinstance(origin, bytes):
        return array_hash(np.frombuffer(origin, np.uint8))
    if not isinstance(origin, Path) or not origin.is_file():
        return None
    try:
        return array_hash(np.fromfile(origin, np.uint8))
    except OSError as error:
        raise InputError(f"{origin}: {error.strerror}") from error


def _activations(read: Activations) -> dict[str, Any]:
    maps: Mapping[str, Any] = read.maps or {}
    told = {"density": read.density, "format": format_by_name(read.format), "maps": dict(maps)}
    # The seed decides nothing where nothing is drawn.
    return told | ({} if read.density == 1 else {"seed": read.seed})
