"""The accuracy that a network keeps after a method, beside the one it had."""

from dataclasses import dataclass
from typing import Any

from numpy.typing import ArrayLike, NDArray

from sparsesim.inference import Evaluation, evaluate
from sparsesim.networks import Network
from sparsesim.transforms import LayerInputs, Method


@dataclass(frozen=True, eq=False)
class PrunedAccuracy:
    """A network after a method, and its answers.

    Attributes:
        network: the network that was run.
        rule: what was done to it, in words; "none" for nothing.
        found: its answers.
        unpruned: those of the network as it was; None where nothing was done or there are no labels.
    """

    network: Network
    rule: str
    found: Evaluation
    unpruned: Evaluation | None = None

    def as_object(self) -> dict[str, Any]:
        """One flat record; shares are in [0, 1]."""
        record = {
            "network": self.network.label,
            "pruner": self.rule,
            "sparsity": self.network.sparsity,
            "samples": self.found.n,
            "correct": self.found.correct,
            "accuracy": self.found.accuracy,
            "standard_error": self.found.standard_error,
        }
        return record | ({} if self.unpruned is None else {"unpruned_accuracy": self.unpruned.accuracy})


def accuracy_after(
    network: Network,
    method: Method | None,
    samples: NDArray[Any],
    labels: ArrayLike | None = None,
    *,
    captured: LayerInputs | None = None,
    layers: str = "*",
    batch_size: int = 64,
) -> PrunedAccuracy:
    """Run a network after a method (None: as it is) on samples [n, ...] with labels int[n], as `evaluate` does.

    `captured` is what layers of the unpruned network read, for methods that need it; `layers` a shell pattern of the
    layers to change. Raises InputError as `Method.applied` and `evaluate` do.
    """
    if method is None:
        return PrunedAccuracy(network, "none", evaluate(network, samples, labels, batch_size=batch_size))
    changed = method.applied(network, captured, layers=layers)
    found = evaluate(changed.runnable, samples, labels, batch_size=batch_size)
    unpruned = None if labels is None else evaluate(network, samples, labels, batch_size=batch_size)
    return PrunedAccuracy(changed.runnable, changed.rule, found, unpruned)
