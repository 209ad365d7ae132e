"""Plans: what is done to every layer, as a YAML file that can be edited and applied again."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml
from pydantic import field_validator

from sparsesim.atomic import replacing
from sparsesim.errors import InputError, UnknownNameError
from sparsesim.networks import Layer, Network
from sparsesim.quantities import NotNegative, Sparsity
from sparsesim.studies.sensitivity import SensitivityTable
from sparsesim.transforms import LayerInputs, Method, Transformed, method_by_name
from sparsesim.yaml_file import Description, load_description, naming


class LayerChoice(Description):
    """What is done to one layer.

    Attributes:
        pruner: name of a pruner or another method that keeps shapes, such as sparse-gpt; `2:4` has to be quoted.
        sparsity: share of groups to drop, for pruners that take one.
        threshold: for the pruner `threshold`.
        s: for the pruner `sigma`.
        criterion: how groups are scored, where not by the pruner's own.
    """

    pruner: str = "magnitude"
    sparsity: Sparsity | None = None
    threshold: NotNegative | None = None
    s: NotNegative | None = None
    criterion: str | None = None

    @field_validator("pruner", mode="before")
    @classmethod
    def _is_no_time_of_day(cls, value: Any) -> Any:
        # YAML 1.1 reads 2:4 as a number in base 60.
        if isinstance(value, int):
            raise ValueError("a name is needed; write N:M in quotes, such as '2:4'")
        return value

    def method(self) -> Method:
        """The method; InputError or UnknownNameError where there is no such one, or it needs more than one layer."""
        amounts = {"threshold": self.threshold, "s": self.s, "criterion": self.criterion}
        found = method_by_name(self.pruner, self.sparsity, **amounts)
        if not found.keeps_shapes:
            raise InputError(f"pruner {self.pruner!r} changes the shapes of layers, and not of one alone")
        return found


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

    @property
    def needs_inputs(self) -> bool:
        """Whether a choice looks at what its layer reads. Raises InputError for a choice that is none."""
        return any(_built(layer, choice).needs == "inputs" for layer, choice in self.layers.items())


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
        with replacing(path) as new:
            new.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), encoding="utf-8")
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


def apply_plan(network: Network, plan: Plan | Path | str, *, inputs: LayerInputs | None = None) -> Network:
    """The network after a plan, or after the plan in a file; masks that it has already are respected.

    `inputs` are what the layers of the unpruned network read (see `capture`), for choices such as sparse-gpt.
    Raises InputError for a layer that the network does not have or that has no weights, and for choices that do not
    fit a layer; it names the file where there is one.
    """
    return planned(network, plan, inputs).network


def planned(network: Network, plan: Plan | Path | str, inputs: LayerInputs | None = None) -> Transformed:
    """What `apply_plan` gives, with the masks and the rule in words."""
    if isinstance(plan, Plan):
        return _planned(network, plan, inputs, "the plan")
    loaded = load_plan(plan)
    with naming(Path(plan)):
        return _planned(network, loaded, inputs, f"the plan {plan}")


def _planned(network: Network, plan: Plan, inputs: LayerInputs | None, rule: str) -> Transformed:
    changed = {name: _changed(network, name, choice, inputs) for name, choice in plan.layers.items()}
    after = replace(network, layers=tuple(changed.get(layer.name, layer) for layer in network.layers))
    return Transformed(after, rule, {layer.name: layer.mask for layer in after.layers if layer.mask is not None})


def _changed(network: Network, name: str, choice: LayerChoice, inputs: LayerInputs | None) -> Layer:
    method = _built(name, choice)
    try:
        layer = network.layer(name)
    except UnknownNameError as error:
        raise InputError(f"layers.{name}: not in {network.name!r}: {error}") from error
    if not layer.weight_shape:
        raise InputError(f"layers.{name}: a {layer.kind} layer has no weights")
    try:
        return method.applied(replace(network, layers=(layer,)), inputs).network.layers[0]
    except InputError as error:
        raise InputError(f"layers.{name}: {error}") from error


def _built(layer: str, choice: LayerChoice) -> Method:
    try:
        return choice.method()
    except InputError as error:
        raise InputError(f"layers.{layer}: {error}") from error
