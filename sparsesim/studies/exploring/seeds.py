"""Candidates that a search begins with, so that it ends no worse than they are."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

import numpy as np

from sparsesim.errors import SparsesimError
from sparsesim.studies.exploring.prepared import Prepared
from sparsesim.studies.exploring.space import Choice
from sparsesim.transforms import method_by_name

ALLOCATIONS: Final = ("magnitude-global", "magnitude-lamp", "magnitude-erk")
"""Pruners that share a sparsity of the whole out among layers; LAMP: Lee et al., ICLR 2021; ERK: Evci et al., 2020."""
UNIFORM: Final = "uniform"
AS_GIVEN: Final = "as given"


class Seed(NamedTuple):
    """A candidate, and whose idea it was."""

    origin: str
    choice: Choice


def seeds(prepared: Prepared) -> list[Seed]:
    """The machine as given, every uniform sparsity, and what allocations of magnitude pruning would do; each once.

    The latter only as far as they fit into half of the trials.
    """
    given, space = prepared.exploration, prepared.space
    machine = _as_given(prepared)
    if given.search.plan is None:
        return [Seed(AS_GIVEN, space.choice(machine))]
    found: dict[Choice, str] = {}
    sparsities = next(axis.values for axis in space.axes if axis.kind == "sparsity")
    for sparsity in sparsities:
        values = {f"sparsity {layer}": sparsity for layer in prepared.layers}
        found.setdefault(space.choice(machine | values), f"{UNIFORM} {sparsity:g}")
    most = max(given.trials // 2, len(found))
    if given.search.plan.pruner == "magnitude" and given.search.plan.criterion is None:
        for origin, ratios in _allocated(prepared, [sparsity for sparsity in sparsities if sparsity]):
            if len(found) >= most:
                break
            found.setdefault(space.choice(machine | ratios), origin)
    return [Seed(origin, choice) for choice, origin in found.items()]


def _as_given(prepared: Prepared) -> dict[str, Any]:
    if not prepared.exploration.search.machine:
        return {}
    from sparsesim.hardware.variants import numeric_fields

    fields: Mapping[str, Any] = numeric_fields(prepared.machine)
    return {path: fields[path] for path in prepared.exploration.search.machine if path in fields}


def _allocated(prepared: Prepared, sparsities: list[float]) -> Iterator[tuple[str, dict[str, float]]]:
    (network,) = prepared.networks
    pattern = prepared.exploration.search.plan.layers if prepared.exploration.search.plan else "*"
    for sparsity in sparsities:
        for name in ALLOCATIONS:
            try:
                pruned = method_by_name(name, sparsity).applied(network, layers=pattern).network
            except SparsesimError:  # an allocation that this network has no room for
                continue
            masks = {layer: pruned.layer(layer).mask for layer in prepared.layers}
            yield (
                f"{name} {sparsity:g}",
                {f"sparsity {layer}": 0.0 if mask is None else 1 - float(np.mean(mask)) for layer, mask in masks.items()},
            )
