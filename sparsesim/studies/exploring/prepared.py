"""`prepared`: from the names in an exploration to loaded objects; all faults are found before any work is done."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sparsesim.dtypes import dtype_by_name
from sparsesim.errors import InputError, UnknownNameError
from sparsesim.formats import format_by_name
from sparsesim.hardware import EnergyTable, Machine, common_table, load_machine
from sparsesim.inference import prepare_samples, sample_file
from sparsesim.limits import check_memory
from sparsesim.lowering import Lowering
from sparsesim.networks import Layer, Network, load_network, read_arrays
from sparsesim.shipped import is_shipped_name
from sparsesim.studies.checks import check_run
from sparsesim.studies.exploring.axes import machine_axes, plan_axes
from sparsesim.studies.exploring.description import Exploration, SamplesEntry
from sparsesim.studies.exploring.goals import ON_SAMPLES
from sparsesim.studies.exploring.space import Space
from sparsesim.studies.plan import LayerChoice
from sparsesim.studies.sweeps.entries import NetworkEntry
from sparsesim.tensors import as_tensor
from sparsesim.transforms import Method, as_method, method_by_name

DATA: Final = "SPARSESIM_DATA"
"""Names the folder in which files are sought that are not where an exploration says."""


@dataclass(frozen=True, eq=False)
class Labelled:
    """Samples float32[n, ...] and their labels int64[n]."""

    images: NDArray[np.float32]
    labels: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Prepared:
    """An exploration with everything that it names, ready to be evaluated; it can be pickled.

    Attributes:
        exploration: the description.
        machine: as given, before anything is changed.
        table: what prices it; None for its own.
        networks: what is evaluated, or
        matrices: by name, each times itself.
        method: what is done to all layers where no plan is searched.
        lowering: number type and batch.
        layers: names of the layers whose sparsity is searched.
        space: what may change.
        searched, held_out: samples that the search sees, and those that only its results are measured on.
    """

    exploration: Exploration
    machine: Machine
    table: EnergyTable | None
    networks: tuple[Network, ...]
    matrices: Mapping[str, Any]
    method: Method
    lowering: Lowering
    layers: tuple[str, ...]
    space: Space
    searched: Labelled | None = None
    held_out: Labelled | None = None

    def layer_choice(self, sparsity: float) -> LayerChoice:
        """What is done to a layer at this sparsity."""
        plan = self.exploration.search.plan
        assert plan is not None
        return LayerChoice(pruner=plan.pruner, sparsity=sparsity, criterion=plan.criterion)

    def calls(self, layer: str) -> list[Layer]:
        """The layer and all others that are later calls of the same module."""
        again = f"{layer}#"
        return [each for each in self.networks[0].layers if each.name == layer or each.name.startswith(again)]


def prepared(given: Exploration) -> Prepared:
    """An exploration with everything loaded and checked.

    Raises InputError, with the place in the description, for what does not exist, cannot be read or does not fit.
    """
    for number, name in enumerate(given.formats):
        with given.at("formats", number):
            format_by_name(name)
    with given.at("machine"):
        machine = load_machine(found_file(given.machine))
    with given.at("energy_table"):
        table = common_table(given.energy_table, [machine.name])
    if given.dtype is not None:
        with given.at("dtype"):
            dtype_by_name(given.dtype)
    with given.at("pruner"):
        method = as_method(given.pruner)
    lowering, networks, matrices = Lowering(given.dtype, given.batch), list[Network](), dict[str, Any]()
    for number, entry in enumerate(given.networks):
        with given.at("networks", number):
            network = _network(entry)
            check_run(network, method, None, lowering, given.engine)
            networks.append(network)
    for number, name in enumerate(given.matrices):
        with given.at("matrices", number):
            matrices[name] = as_tensor(found_file(name))
    layers = _searched_layers(given, networks)
    space = Space((*machine_axes(given, machine), *plan_axes(given, layers)))
    if given.search.plan is not None:
        with given.at("search", "plan"):
            _check_plan(given, networks[0], layers, space)
    with given.at():
        if space.size < 2:
            raise InputError("search: there is only one candidate: give an axis more than one value")
    _check_metrics(given, machine, space)
    searched, held_out = _samples(given)
    return Prepared(
        given, machine, table, tuple(networks), matrices, method, lowering, layers, space, searched, held_out
    )


def found_file(name: str) -> str:
    """A shipped name or a path as it is, or the path in the folder of data where there is none here."""
    if is_shipped_name(name) or Path(name).exists() or Path(name).is_absolute():
        return name
    folder = os.environ.get(DATA, "")
    if folder and ".." not in Path(name).parts and (Path(folder) / name).exists():
        return str(Path(folder) / name)
    where = f"nor is it in {folder}" if folder else f"{DATA} may name the folder that holds it"
    raise InputError(f"{name}: no such file here; {where}")


def _network(entry: NetworkEntry) -> Network:
    """The network of an entry, cut down to its layers; InputError where these or its tokens are several."""
    if isinstance(entry.layers, tuple) or isinstance(entry.tokens, tuple):
        raise InputError(f"{entry.text}: layers and tokens: a search takes one of each")
    if isinstance(entry.name, Network):
        return entry.name.select(entry.layers)
    return load_network(found_file(str(entry.name)), **entry.options()).select(entry.layers)


def _searched_layers(given: Exploration, networks: list[Network]) -> tuple[str, ...]:
    plan = given.search.plan
    if plan is None:
        return ()
    with given.at("search", "plan"):
        if len(networks) != 1:
            raise InputError(f"a plan is for one network, found {len(networks)}")
        if given.pruner != "none":
            raise InputError(f"pruner: {given.pruner!r}: a plan prunes by itself; leave one")
        known = [layer.name for layer in networks[0].layers if layer.n_weights and "#" not in layer.name]
        found = tuple(name for name in known if fnmatchcase(name, plan.layers))
        if not found:
            raise UnknownNameError("layer pattern", plan.layers, known)
        return found


def _check_plan(given: Exploration, network: Network, layers: tuple[str, ...], space: Space) -> None:
    """The pruner on every layer, and the memory that masks of all sparsities take."""
    plan = given.search.plan
    assert plan is not None
    sparsities = next(axis.values for axis in space.axes if axis.kind == "sparsity")
    method = LayerChoice(pruner=plan.pruner, sparsity=max(sparsities), criterion=plan.criterion).method()
    if method.asked_sparsity is None or method_by_name(plan.pruner, min(sparsities)).asked_sparsity != min(sparsities):
        raise InputError(f"pruner: {plan.pruner!r}: a pruner that takes a sparsity is needed")
    if method.needs == "inputs":
        raise InputError(f"pruner: {plan.pruner!r}: it needs what the layers read, which a search does not have")
    chosen = tuple(network.layer(name) for name in layers)
    method.check(replace(network, layers=chosen))
    check_memory("masks of all layers and sparsities", len(sparsities) * sum(layer.n_weights for layer in chosen))


def _check_metrics(given: Exploration, machine: Machine, space: Space) -> None:
    if "area_mm2" in given.asked:
        with given.at():
            if machine.area_mm2 is None:
                raise InputError(f"area_mm2: no area is published for {machine.name}, so that none can be searched for")
            if not any(axis.kind == "machine" for axis in space.axes):
                raise InputError("area_mm2: search.machine is empty: nothing changes the area")
    unpruned = [each.text for each in given.bounds if each.factor]
    with given.at("constraints"):
        if unpruned and not given.networks:
            raise InputError(f"{unpruned[0]!r}: matrices have nothing unpruned to compare with")
    with given.at():
        asked = sorted(ON_SAMPLES & given.asked)
        if asked:
            if given.samples is None:
                raise InputError(f"{asked[0]}: samples are needed to measure it on")
            if given.search.plan is None:
                raise InputError(f"{asked[0]}: nothing that is searched changes it: search.plan is missing")
        elif given.samples is not None:
            raise InputError("samples: no objective and no constraint is an accuracy or a divergence")
        elif given.search.plan is not None:
            raise InputError("search.plan: without an accuracy in objectives or constraints all layers are pruned most")


def _samples(given: Exploration) -> tuple[Labelled | None, Labelled | None]:
    """Those that the search sees, and those that it does not."""
    entry = given.samples
    if entry is None:
        return None, None
    with given.at("samples"):
        images, labels = _read(entry)
        if len(images) != len(labels):
            raise InputError(f"{entry.file}: {len(images)} samples and {len(labels)} labels")
        aside = _within_class(labels) % entry.held_out == entry.first % entry.held_out
        if aside.all() or not aside.any():
            raise InputError(f"{entry.file}: {len(images)} samples are too few to hold out one of {entry.held_out}")
        return Labelled(images[~aside], labels[~aside]), Labelled(images[aside], labels[aside])


def _within_class(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """The number of every sample among those of its class; files often have classes in turn, or one after the other."""
    found = np.empty(len(labels), np.int64)
    for label in np.unique(labels):
        places = np.flatnonzero(labels == label)
        found[places] = np.arange(len(places))
    return found


def _read(entry: SamplesEntry) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    file = sample_file(found_file(entry.file))
    arrays: dict[str, Any] = read_arrays(file)
    for key in (entry.images, entry.labels):
        if key not in arrays:
            raise InputError(f"{file}: no array {key!r}; it holds {', '.join(arrays)}")
    stored = arrays[entry.images]
    images = prepare_samples(stored, layout=entry.layout, scale=entry.scale, mean=entry.mean, std=entry.std)
    labels = arrays[entry.labels]
    if labels.ndim != 1 or labels.dtype.kind not in "iu":
        raise InputError(f"{file}: {entry.labels}: whole numbers [n] are needed, found {labels.dtype} {labels.shape}")
    return images, labels.astype(np.int64)
