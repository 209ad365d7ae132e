"""Candidates that a search begins with, so that it ends no worse than they are."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final, NamedTuple

from sparsesim.hardware import numeric_fields
from sparsesim.studies.exploring.evaluating import Evaluator
from sparsesim.studies.exploring.prepared import Prepared
from sparsesim.studies.exploring.space import Candidate, Choice

UNIFORM: Final = "uniform"
AS_GIVEN: Final = "as given"
BY_SENSITIVITY: Final = "sensitivity"
SHARE: Final = 4
"""One of so many trials may begin from sensitivities."""

Divergences = Mapping[tuple[str, float], float]
"""By layer and sparsity: how far the answers are from those of the unpruned network if this layer alone is pruned."""


class Seed(NamedTuple):
    """A candidate, and whose idea it was."""

    origin: str
    choice: Choice


def alone(prepared: Prepared) -> dict[tuple[str, float], Candidate]:
    """Every layer pruned alone at every sparsity: what sensitivities are measured on; none without a plan."""
    sparsities = _sparsities(prepared)
    return {
        (layer, sparsity): Candidate(sparsity={layer: sparsity})
        for layer in prepared.layers
        for sparsity in sparsities
        if sparsity
    }


def seeds(evaluator: Evaluator, divergences: Divergences) -> list[Seed]:
    """The machine as given, every uniform sparsity, and plans by sensitivity; each once.

    The latter give up those weights first that cost most time for what they change of the answers: from one plan to
    the next, the layer and sparsity that save the most time for each bit of divergence, which are taken to add up.
    """
    prepared = evaluator.prepared
    space, machine = prepared.space, _as_given(prepared)
    if prepared.exploration.search.plan is None:
        return [Seed(AS_GIVEN, space.choice(machine))]
    found: dict[Choice, str] = {}
    for sparsity in _sparsities(prepared):
        plan = dict.fromkeys(prepared.layers, sparsity)
        found.setdefault(space.choice(machine | _named(evaluator, plan)), f"{UNIFORM} {sparsity:g}")
    saving = list(_one_by_one(evaluator, divergences))
    for plan in _spread(evaluator, saving, prepared.exploration.trials // SHARE):
        found.setdefault(space.choice(machine | _named(evaluator, plan)), BY_SENSITIVITY)
    return [Seed(origin, choice) for choice, origin in found.items()]


def _sparsities(prepared: Prepared) -> Sequence[float]:
    return next((axis.values for axis in prepared.space.axes if axis.kind == "sparsity"), ())


def _as_given(prepared: Prepared) -> dict[str, Any]:
    if not prepared.exploration.search.machine:
        return {}
    fields = numeric_fields(prepared.machine)
    return {path: fields[path] for path in prepared.exploration.search.machine if path in fields}


def _named(evaluator: Evaluator, plan: Mapping[str, float]) -> dict[str, Any]:
    """By name of axis; of formats the one that the layer is fastest in."""
    found: dict[str, Any] = {f"sparsity {layer}": sparsity for layer, sparsity in plan.items()}
    searched = {axis.subject for axis in evaluator.prepared.space.axes if axis.kind == "format"}
    return found | {f"format {layer}": evaluator.layer_cost(layer, plan[layer]).format for layer in searched}


def _one_by_one(evaluator: Evaluator, divergences: Divergences) -> Iterator[dict[str, float]]:
    """Plans from the least to the most pruned, each with one more step of one layer."""
    if not divergences:
        return
    layers, sparsities = evaluator.prepared.layers, _sparsities(evaluator.prepared)
    plan = dict.fromkeys(layers, sparsities[0])
    yield dict(plan)
    while True:
        steps = [
            (_worth(evaluator, divergences, layer, here, to), layer, to)
            for layer, here in plan.items()
            for to in sparsities
            if to > here
        ]
        if not steps:
            return
        _, layer, to = max(steps)
        plan[layer] = to
        yield dict(plan)


def _worth(evaluator: Evaluator, divergences: Divergences, layer: str, here: float, to: float) -> float:
    """Seconds saved for each bit of divergence; what costs none is worth most."""
    saved = evaluator.layer_cost(layer, here).seconds - evaluator.layer_cost(layer, to).seconds
    harm = divergences.get((layer, to), 0.0) - divergences.get((layer, here), 0.0)
    if saved <= 0:
        return saved
    return saved / harm if harm > 0 else float("inf")


def _spread(evaluator: Evaluator, plans: list[dict[str, float]], most: int) -> Iterator[dict[str, float]]:
    """So many of the plans, at equal distances in time."""
    times = [sum(evaluator.layer_cost(layer, at).seconds for layer, at in plan.items()) for plan in plans]
    if not plans or most < 1:
        return
    step = (times[0] - times[-1]) / most
    wanted = times[0] - step
    for (_, plan), (later, _) in pairwise([*zip(times, plans, strict=True), (float("-inf"), {})]):
        if later < wanted:
            yield plan
            wanted -= step
