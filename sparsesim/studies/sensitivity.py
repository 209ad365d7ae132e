"""Sensitivity analysis: one layer is pruned at a time, and the accuracy measured."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sparsesim.errors import InputError, UnknownNameError
from sparsesim.inference import evaluate
from sparsesim.networks import Layer, Network
from sparsesim.pruning import pruner_by_name

RATIOS: Final = tuple(round(0.1 * tenth, 1) for tenth in range(10))
"""The ratios of the lectures: 0, 0.1 ... 0.9."""

Watch = Callable[[str], None]


@dataclass(frozen=True)
class SensitivityTable:
    """Accuracy over the ratio at which a single layer is pruned; everything else stays whole.

    Attributes:
        network: its name.
        pruner: name of the pruner.
        criterion: the score of groups where it is not the pruner's own.
        samples: number of samples that were run.
        baseline: accuracy before pruning, in [0, 1].
        ratios: sparsities that were asked for, rising.
        accuracies: by layer, one for every ratio.
    """

    network: str
    pruner: str
    criterion: str | None
    samples: int
    baseline: float
    ratios: tuple[float, ...]
    accuracies: Mapping[str, tuple[float, ...]]

    @property
    def standard_error(self) -> float:
        """Of the accuracy before pruning: smaller drops than about this one may be chance."""
        return float(np.sqrt(self.baseline * (1 - self.baseline) / self.samples))

    def rows(self) -> list[dict[str, Any]]:
        """One mapping per layer and ratio: layer, ratio, accuracy and drop against the baseline."""
        return [
            {"layer": layer, "ratio": ratio, "accuracy": accuracy, "drop": self.baseline - accuracy}
            for layer, accuracies in self.accuracies.items()
            for ratio, accuracy in zip(self.ratios, accuracies, strict=True)
        ]


def sensitivity(
    network: Network,
    inputs: NDArray[Any],
    labels: ArrayLike,
    pruner: str = "magnitude",
    ratios: Sequence[float] = RATIOS,
    *,
    layers: str | Sequence[str] = "*",
    criterion: str | None = None,
    batch_size: int = 64,
    watch: Watch = lambda words: None,
) -> SensitivityTable:
    """Prune one layer at a time at each of the ratios, and measure the accuracy.

    Args:
        network: one that can be run; masks that it has already stay.
        inputs: [n, ...], as `evaluate` takes them.
        labels: int[n].
        pruner: name of a pruner that takes a sparsity, such as magnitude, filter or block-4x4.
        ratios: sparsities in [0, 1), rising.
        layers: shell pattern or names of the layers that are tried.
        criterion: how groups are scored, where not by the pruner's own.
        batch_size: samples at a time.
        watch: called with a few words before every run.

    Raises InputError for a pruner that takes no sparsity, other ratios, and layers that are not there.
    """
    chosen, tried = _checked(pruner, ratios, criterion), _chosen(network, layers)
    watch("unpruned")
    whole = evaluate(network, inputs, labels, batch_size=batch_size)
    assert whole.accuracy is not None
    found: dict[str, tuple[float, ...]] = {}
    for layer in tried:
        weight, accuracies = layer.weight(), []
        for ratio in chosen:
            watch(f"{layer.name} at {ratio:.0%}")
            if ratio == 0:
                accuracies.append(whole.accuracy)
                continue
            rule = pruner_by_name(pruner, ratio, criterion=criterion)
            masks = dict.fromkeys(_calls(network, layer), rule.mask(weight, layer=layer.name, frozen=layer.mask))
            accuracy = evaluate(network.with_masks(masks), inputs, labels, batch_size=batch_size).accuracy
            assert accuracy is not None
            accuracies.append(accuracy)
        found[layer.name] = tuple(accuracies)
    return SensitivityTable(network.name, pruner, criterion, whole.n, whole.accuracy, chosen, found)


def _checked(pruner: str, ratios: Sequence[float], criterion: str | None) -> tuple[float, ...]:
    chosen = tuple(float(ratio) for ratio in ratios)
    if not chosen or list(chosen) != sorted(set(chosen)):
        raise InputError(f"ratios {list(ratios)} must rise, and be at least one")
    for ratio in chosen:
        pruner_by_name(pruner, ratio, criterion=criterion)
    return chosen


def _chosen(network: Network, layers: str | Sequence[str]) -> list[Layer]:
    """Layers with weights; a module that is called again is pruned with its first call."""
    known = [layer for layer in network.layers if layer.n_weights and "#" not in layer.name]
    if not isinstance(layers, str):
        return [network.layer(name) for name in layers]
    chosen = [layer for layer in known if fnmatchcase(layer.name, layers)]
    if not chosen:
        raise UnknownNameError("layer pattern", layers, [layer.name for layer in known])
    return chosen


def _calls(network: Network, layer: Layer) -> list[str]:
    """The layer and all others that are later calls of the same module."""
    again = f"{layer.name}#"
    return [other.name for other in network.layers if other.name == layer.name or other.name.startswith(again)]
