"""The baseline of a grid: a point that is there, and whose labels may be left short."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sparsesim.errors import InputError
from sparsesim.networks import Network
from sparsesim.results import GIVEN, UNPRUNED
from sparsesim.studies.checks import check_baseline
from sparsesim.studies.product import MatrixProduct
from sparsesim.studies.sweeps.machine_axis import SweptMachine
from sparsesim.studies.sweeps.sweep import Sweep
from sparsesim.studies.task import Task
from sparsesim.transforms import Method


def grid_baseline(
    sweep: Sweep,
    tasks: Sequence[Task],
    methods: Sequence[Method],
    formats: Iterable[str],
    cards: Sequence[SweptMachine],
) -> dict[str, str | float]:
    """The baseline of a sweep with labels in full; a name that several points have in brackets must be told.

    Raises InputError with the place in the sweep where no point, or more than one, is meant.
    """
    networks = {task.network.label: task.network for task in tasks}
    labels = {point.network: task.network.label for task in tasks for point in task.points}
    machines = {card.machine.name: card.base for card in cards}
    meant: dict[str, Any] = dict(sweep.baseline)
    with sweep.at("baseline"):
        for field, known in (("network", labels), ("machine", machines)):
            if field in meant:
                meant[field] = _in_full(field, meant[field], known)
        read = [network for network in networks.values() if isinstance(network, Network)]
        shares = [network.sparsity for network in networks.values() if isinstance(network, MatrixProduct)]
        found = check_baseline(meant, read, methods, [*formats], [*machines], labels=[*labels], shares=shares)
        if found and not any(_has(task, found) for task in tasks):
            raise InputError(f"no point has {found}: it is among those that are left out")
    return found


def _in_full(field: str, value: Any, known: Mapping[str, str]) -> Any:
    """The only label of a thing that is known by a shorter name."""
    if value in known:
        return value
    meant = [label for label, short in known.items() if short == value]
    if len(meant) > 1:
        raise InputError(f"{field}: {value!r} stands for several, name one: {', '.join(meant)}")
    return meant[0] if meant else value


def _has(task: Task, baseline: Mapping[str, Any]) -> bool:
    """Whether a task has a point with these labels; a sparsity that only the weights decide may be any."""
    pruner = baseline.get("pruner", task.method.label)
    if task.method.label not in ((UNPRUNED, GIVEN) if pruner in (UNPRUNED, GIVEN) else (pruner,)):
        return False
    machines = [machine.name for machine in task.machines]
    return any(
        baseline.get("network", point.network) == point.network
        and baseline.get("format", point.format) == point.format
        and baseline.get("machine", machines[point.machine]) == machines[point.machine]
        for point in task.points
    )
