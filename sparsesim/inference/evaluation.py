"""Accuracy of a network as it stands: pruned, corrected or whole."""

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sparsesim.errors import InputError
from sparsesim.inference.batches import run_network
from sparsesim.inference.sample_sets import Samples, with_labels
from sparsesim.inference.session import Inputs
from sparsesim.networks import Network, load_network


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What a network answered, and how often that was right.

    Attributes:
        outputs: the first output of the network, [n, ...].
        n: number of samples.
        correct: samples whose largest output is the labelled one (top-1); None without labels.
    """

    outputs: NDArray[Any] = field(repr=False)
    n: int
    correct: int | None = None

    @property
    def accuracy(self) -> float | None:
        """Share of correct samples, in [0, 1]."""
        return None if self.correct is None else self.correct / self.n

    @property
    def standard_error(self) -> float | None:
        """Of the accuracy as an estimate for all samples there are: sqrt(p (1 - p) / n), the binomial one."""
        p = self.accuracy
        return None if p is None else math.sqrt(p * (1 - p) / self.n)


def evaluate(
    network: str | Path | Network,
    inputs: Inputs | Samples | str,
    labels: ArrayLike | None = None,
    *,
    batch_size: int = 64,
) -> Evaluation:
    """Run a network with its masks and current weights on the CPU, by one thread.

    Args:
        network: a name, a path, or a Network: from ONNX, from a PyTorch module, or from arrays with an architecture.
        inputs: [n, ...] as the network reads them, scaled and normalised; several inputs by name. They are cast
            to the type that an ONNX graph reads. PyTorch modules get floats in the type of their parameters, and
            whole numbers as int64. Or a shipped set of samples, such as "digits", which has labels of its own.
        labels: int[n], the right class of each sample.
        batch_size: samples at a time; graphs with a fixed batch dimension get that many.

    Raises InputError for a network without graph, for inputs or labels that do not fit, and for NaN.

    >>> import sparsesim as ss
    >>> whole = ss.evaluate("digits-cnn", "digits")
    >>> whole.n, round(whole.accuracy, 3), round(whole.standard_error, 3)
    (450, 0.982, 0.006)
    >>> pruned = ss.prune("digits-cnn", "magnitude", 0.9)
    >>> ss.evaluate(pruned, "digits").accuracy < whole.accuracy
    True
    """
    network = load_network(network)
    inputs, labels = with_labels(inputs, labels)
    outputs = run_network(network, inputs, batch_size, "nothing").output
    if labels is None:
        return Evaluation(outputs, len(outputs))
    return Evaluation(outputs, len(outputs), _n_correct(network.name, outputs, np.asarray(labels)))


def _n_correct(name: str, outputs: NDArray[Any], labels: NDArray[Any]) -> int:
    scores = outputs.reshape(len(outputs), -1)
    if labels.shape != (len(scores),) or not np.issubdtype(labels.dtype, np.integer):
        raise InputError(f"labels must be {len(scores)} whole numbers, found {labels.dtype} {labels.shape}")
    if labels.min() < 0 or labels.max() >= scores.shape[1]:
        raise InputError(f"labels run from {labels.min()} to {labels.max()}, {name!r} has {scores.shape[1]} outputs")
    if np.isnan(scores).any():
        raise InputError(f"{name!r} gives NaN")
    return int(np.count_nonzero(scores.argmax(axis=1) == labels))
