"""Removing channels as a method: it needs the graph, and the whole of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Self

from sparsesim.errors import InputError
from sparsesim.networks import Network, write_network
from sparsesim.networks.onnx_files.input_sizes import InputShape
from sparsesim.transforms.method import LayerInputs, Method, Needs
from sparsesim.transforms.shrink.channels import Shrunk, remove_channels
from sparsesim.transforms.transformed import Row, Transformed

SHRINK = "shrink"


@dataclass(frozen=True)
class Shrink(Method):
    """Fewer channels, neurons and heads; the options are those of `remove_channels`.

    `groups` is a shell pattern of the groups to make smaller; all without it. `sparsity` is the share of their
    channels that goes, in [0, 1).
    """

    sparsity: float
    importance: str = "l1"
    aggregation: str = "sum"
    scope: str = "layer"
    round_to: int = 8
    minimum: int = 1
    groups: str = ""
    input_shape: InputShape | None = None

    forms: ClassVar[Mapping[str, str]] = {
        SHRINK: "remove channels, neurons and heads with all that depends on them (needs an ONNX graph)"
    }
    examples: ClassVar[tuple[str, ...]] = (SHRINK,)
    keeps_shapes: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if not 0 <= self.sparsity < 1:
            raise InputError(f"sparsity must be from 0 up to, but without, 1; found {self.sparsity}")

    @classmethod
    def takes_sparsity(cls, text: str) -> bool:
        """Always."""
        return True

    @classmethod
    def named(cls, text: str, amounts: Mapping[str, Any]) -> Self:
        """It has one name, and needs a sparsity."""
        if "sparsity" not in amounts:
            raise InputError(f"pruner {text!r} needs sparsity= (a number)")
        return cls._of(text, amounts)

    @property
    def name(self) -> str:
        """The only one."""
        return SHRINK

    @property
    def asked_sparsity(self) -> float | None:
        """The share of channels."""
        return self.sparsity

    @property
    def needs(self) -> Needs:
        """The graph says which channels depend on each other."""
        return "graph"

    @property
    def per_layer(self) -> bool:
        """No: channels go from all layers that share them."""
        return False

    def describe(self) -> str:
        """The rule in words."""
        return f"{self.sparsity:.0%} of the channels of {self.groups or 'all groups'} removed"

    def _applied(self, network: Network, inputs: LayerInputs | None) -> Transformed:
        found = remove_channels(
            network,
            {self.groups: self.sparsity} if self.groups else self.sparsity,
            importance=self.importance,
            aggregation=self.aggregation,
            scope=self.scope,
            round_to=self.round_to,
            minimum=self.minimum,
            input_shape=self.input_shape,
        )
        if [layer.name for layer in found.network.layers] != [layer.name for layer in network.layers]:
            raise InputError(f"{self.subject} changes whole networks: {network.name!r} is a part of one")
        write = partial(_write, found.network, network.path)
        return Transformed(found.network, self.describe(), rows=_rows(found), totals=_totals(found), writer=write)


def _write(smaller: Network, source: Path | None, path: Path) -> Path:
    """Raises InputError for the file of the whole network: the smaller one no longer knows where it came from."""
    if source is not None and source.exists() and path.exists() and path.samefile(source):
        raise InputError(f"{path}: the network was read from this file; write to another one")
    return write_network(smaller, path)


def _rows(found: Shrunk) -> tuple[Row, ...]:
    return tuple(
        {
            "group": removal.group.name,
            "before": removal.before,
            "after": removal.after,
            "layers": len({member.layer for member in removal.group.members if member.role != "vector"}),
        }
        for removal in found.removed
    )


def _totals(found: Shrunk) -> Row:
    return {
        "not_followed": dict(found.unknown),
        "params_before": found.params_before,
        "params_after": found.params_after,
        "macs_before": found.macs_before,
        "macs_after": found.macs_after,
    }
