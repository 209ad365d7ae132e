"""The networks of a sweep, each loaded once, and what their layers read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from numpy.typing import NDArray

from sparsesim.errors import InputError
from sparsesim.lowering import Activations
from sparsesim.networks import Network, load_network, read_arrays
from sparsesim.studies.labels import Named, distinct_labels
from sparsesim.studies.sweeps.axis import listed
from sparsesim.studies.sweeps.entries import NetworkEntry
from sparsesim.studies.sweeps.sweep import Sweep
from sparsesim.studies.sweeps.zips import Steps
from sparsesim.transforms import LayerInputs

Arrays = dict[str, NDArray[Any]]


class SweptNetwork(NamedTuple):
    """One network of a sweep, with what its layers read.

    Attributes:
        number: of its entry.
        given: the entry, with one choice of layers and one number of tokens.
        network: those layers.
        maps: real inputs of layers on the machines, None without any.
        inputs: the same for methods that look at them.
        axes: values of what the entry varies.
        steps: where it is on its axes.
    """

    number: int
    given: NetworkEntry
    network: Network
    maps: Arrays | None
    inputs: LayerInputs | None
    axes: Mapping[str, Any]
    steps: Steps

    def activations(self, density: Any, format: str) -> Activations:
        """What its layers read on the machines, where zeros are of this density and stored so."""
        return Activations(density, maps=self.maps, format=format)


def network_lengths(sweep: Sweep, number: int) -> dict[str, int]:
    """How many values the axes of an entry have."""
    entry = sweep.networks[number]
    tokens = sweep.tokens if entry.tokens is None else entry.tokens
    return {"layers": len(listed(entry.layers)), "tokens": len(listed(tokens)) or 1}


def swept_networks(sweep: Sweep, asked: Sequence[Steps]) -> list[SweptNetwork]:
    """The networks of all steps, of which no two have one name; errors have their place in the sweep."""
    arrays, known, found = cache(read_arrays), dict[tuple[Any, str], Network](), list[SweptNetwork]()
    for steps in asked:
        number = steps["network"]
        with sweep.at("networks", number):
            found.append(_network(sweep, steps, known, arrays))
    parts = [
        Named(each.network.name, str(steps), each.given.model_dump(exclude={"name"}), _text(each.given))
        for steps, each in zip(asked, found, strict=True)
    ]
    return [
        each if label == each.network.name else each._replace(network=replace(each.network, name=label))
        for label, each in zip(distinct_labels(parts), found, strict=True)
    ]


def _network(
    sweep: Sweep, steps: Steps, known: dict[tuple[Any, str], Network], arrays: Callable[[Path], Arrays]
) -> SweptNetwork:
    entry = sweep.networks[steps["network"]]
    given = {"layers": listed(entry.layers), "tokens": listed(sweep.tokens if entry.tokens is None else entry.tokens)}
    chosen = {name: values[steps.get(name, 0)] if values else None for name, values in given.items()}
    axes = {name: chosen[name] for name, values in given.items() if len(values) > 1}
    one = entry.model_copy(update=chosen)
    network = _loaded(one, known)
    maps = _maps(one, one.activations, network, arrays)
    inputs = _maps(one, one.calibration, network, arrays) if one.calibration else maps
    return SweptNetwork(steps["network"], one, network, maps, inputs, axes, steps)


def _loaded(entry: NetworkEntry, known: dict[tuple[Any, str], Network]) -> Network:
    """The network of an entry, cut down to its layers; read anew only where its name or options are others."""
    name = id(entry.name) if isinstance(entry.name, Network) else str(entry.name)
    key = (name, str(entry.options()))
    if key not in known:
        known[key] = load_network(entry.name, **entry.options())
    return known[key].select(str(entry.layers))


def _maps(entry: NetworkEntry, path: str | None, network: Network, arrays: Callable[[Path], Arrays]) -> Arrays | None:
    """Real inputs of the chosen layers; InputError where the file holds none of them."""
    if path is None:
        return None
    names = {layer.name for layer in network.layers}
    found = {name: array for name, array in arrays(Path(path)).items() if name in names}
    if not found:
        raise InputError(f"{path}: it holds the input of no layer of {entry.text}")
    return found


def _text(entry: NetworkEntry) -> str:
    """How the user wrote the name, where that tells it from others."""
    return "" if isinstance(entry.name, Network) else str(entry.name)
