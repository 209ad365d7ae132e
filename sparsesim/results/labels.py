"""What a Result says about the origin of its operation."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Labels:
    """Where an operation came from, copied into its Result.

    Attributes:
        network, pruner: names; the defaults stand for a matrix on its own.
        sparsity: target of the pruner, 0 to 1.
        weights: where the weights came from.
        format: format of the network's weights, for operations that have no weights (attention) and are stored
            differently; empty to report the format of operand A.
        point: identity of the point that it belongs to; empty for a product on its own.
        axes: the values of what is swept, by the name of the axis.
    """

    network: str = "matrix"
    pruner: str = "none"
    sparsity: float = 0.0
    weights: str = "given"
    format: str = ""
    point: str = ""
    axes: Mapping[str, Any] = field(default_factory=dict)
