"""Plans: what is done to every layer, as a YAML file that can be edited and applied again."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import field_validator

from sparsesim.array_types import BoolArray
from sparsesim.errors import InputError, UnknownNameError
from sparsesim.networks import Network
from sparsesim.pruning import Pruner, pruner_by_name
from sparsesim.studies.sensitivity import SensitivityTable
from sparsesim.yaml_file import Description, load_description, naming


class LayerChoice(Description):
    """What is done to one layer.

    Attributes:
        pruner: its name; `2:4` has to be quoted.
        sparsity: share of groups to drop, for pruners that take one.
        threshold: for the pruner `threshold`.
        s: for the pruner `sigma`.
        criterion: how groups are scored, where not by the pruner's own.
    """

    pruner: str = "magnitude"
    sparsity: float | None = None
    threshold: float | None = None
    s: float | None = None
    criterion: str | None = None

    @field_validator("pruner", mode="before")
    @classmethod
    def _is_no_time_of_day(cls, value: Any) -> Any:
        # YAML 1.1 reads 2:4 as a number in base 60.
        if isinstance(value, int):
            raise ValueError("a name is needed; write N:M in quotes, such as '2:4'")
        return value

    def build(self) -> Pruner:
        """The pruner; InputError or UnknownNameError where there is no such one."""
        return pruner_by_name(self.pruner, self.sparsity, threshold=self.threshold, s=self.s, criterion=self.criterion)


class Plan(Description):
    """What is done to the layers of a network; those that are not named stay as they are.

    Attributes:
        network: name of the network that it was made for; a remark.
        notes: where the choices come from.
        layers: choices by name of layer.
    """

    network: str = ""
    notes: str = ""
    layers: Mapping[str, LayerChoice]


def plan_from_ratios(table: SensitivityTable, ratios: Mapping[str, float], notes: str = "") -> Plan:
    """The plan that prunes each layer to its ratio, by the pruner of the table."""
    layers = {
        layer: LayerChoice(pruner=table.pruner, sparsity=ratio, criterion=table.criterion)
        for layer, ratio in ratios.items()
    }
    return Plan(network=table.network, notes=notes, layers=layers)


def save_plan(plan: Plan, path: Path | str) -> Path:
    """Write a plan as YAML; fields that are not set are left out. Raises InputError where that is not possible."""
    path = Path(path)
    content = {name: value for name, value in plan.model_dump(exclude_none=True).items() if value != ""}
    try:
        path.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
    return path


def load_plan(path: Path | str) -> Plan:
    """Read a plan. Raises InputError that names file, line or layer, field and value."""
    path = Path(path)
    plan = load_description(path, Plan)
    with naming(path):
        for layer, choice in plan.layers.items():
            _built(layer, choice)
    return plan


def apply_plan(network: Network, plan: Plan | Path | str) -> Network:
    """The network with the masks of a plan, or of the plan in a file; masks that it has already are respected.

    Raises InputError for a layer that the network does not have or that has no weights, and for choices that do not
    fit a layer; it names the file where there is one.
    """
    if isinstance(plan, Plan):
        return network.with_masks(_masks(network, plan))
    loaded = load_plan(plan)
    with naming(Path(plan)):
        return network.with_masks(_masks(network, loaded))


def _masks(network: Network, plan: Plan) -> dict[str, BoolArray]:
    masks = {}
    for name, choice in plan.layers.items():
        try:
            layer = network.layer(name)
        except UnknownNameError as error:
            raise InputError(f"layers.{name}: not in {network.name!r}: {error}") from error
        masks[name] = _built(name, choice).mask(layer.weight(), layer=name, frozen=layer.mask)
    return masks


def _built(layer: str, choice: LayerChoice) -> Pruner:
    try:
        return choice.build()
    except InputError as error:
        raise InputError(f"layers.{layer}: {error}") from error
