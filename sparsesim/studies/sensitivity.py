"""Sensitivity analysis: one layer is pruned at a time, and the accuracy measured."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from sparsesim.errors import InputError, UnknownNameError
from sparsesim.inference import Samples, evaluate, with_labels
from sparsesim.inference.session import Inputs
from sparsesim.networks import Layer, Network, load_network
from sparsesim.transforms import LayerInputs, Method, method_by_name

RATIOS: Final = tuple(round(0.1 * tenth, 1) for tenth in range(10))
"""The ratios of the lectures: 0, 0.1 ... 0.9."""


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
    network: str | Path | Network,
    inputs: Inputs | Samples | str,
    labels: ArrayLike | None = None,
    pruner: str = "magnitude",
    ratios: Sequence[float] = RATIOS,
    *,
    layers: str | Sequence[str] = "*",
    criterion: str | None = None,
    captured: LayerInputs | None = None,
    batch_size: int = 64,
    progress: Callable[[str], None] = lambda words: None,
) -> SensitivityTable:
    """Prune one layer at a time at each of the ratios, and measure the accuracy.

    Args:
        network: one that can be run, by name, path or itself; masks that it has already stay.
        inputs: [n, ...], as `evaluate` takes them.
        labels: int[n]; by default those of a shipped set.
        pruner: name of a pruner or other method that takes a sparsity, such as magnitude, filter or sparse-gpt.
        ratios: sparsities in [0, 1), rising.
        layers: shell pattern or names of the layers that are tried.
        criterion: how groups are scored, where not by the pruner's own.
        captured: what the layers read (see `capture`), for methods that need it; of other samples than `inputs`.
        batch_size: samples at a time.
        progress: called with a few words before every run.

    Raises InputError for a pruner that takes no sparsity, other ratios, no labels, and layers that are not there.

    >>> import sparsesim as ss
    >>> table = ss.sensitivity("digits-cnn", "digits", ratios=[0, 0.9], layers="fc*")
    >>> [(row["layer"], row["ratio"], row["drop"] >= 0) for row in table.rows()]
    [('fc1', 0.0, True), ('fc1', 0.9, True), ('fc2', 0.0, True), ('fc2', 0.9, True)]
    """
    network, (inputs, labels) = load_network(network), with_labels(inputs, labels)
    if labels is None:
        raise InputError("labels: accuracies need them")
    chosen, tried = _checked(pruner, ratios, criterion), _chosen(network, layers)
    for ratio, method in chosen.items():
        if ratio:
            method.check(replace(network, layers=tuple(tried)), captured)
    progress("unpruned")
    whole = evaluate(network, inputs, labels, batch_size=batch_size)
    assert whole.accuracy is not None
    found: dict[str, tuple[float, ...]] = {}
    for layer in tried:
        accuracies = []
        for ratio, method in chosen.items():
            progress(f"{layer.name} at {ratio:.0%}")
            if ratio == 0:
                accuracies.append(whole.accuracy)
                continue
            pruned = _with_one_pruned(network, layer, method, captured)
            accuracy = evaluate(pruned, inputs, labels, batch_size=batch_size).accuracy
            assert accuracy is not None
            accuracies.append(accuracy)
        found[layer.name] = tuple(accuracies)
    return SensitivityTable(network.name, pruner, criterion, whole.n, whole.accuracy, tuple(chosen), found)


def _checked(pruner: str, ratios: Sequence[float], criterion: str | None) -> dict[float, Method]:
    """The method at every ratio."""
    chosen = tuple(float(ratio) for ratio in ratios)
    if not chosen or list(chosen) != sorted(set(chosen)):
        raise InputError(f"ratios {list(ratios)} must rise, and be at least one")
    methods = {ratio: method_by_name(pruner, ratio, criterion=criterion) for ratio in chosen}
    if not methods[chosen[0]].keeps_shapes:
        raise InputError(f"pruner {pruner!r} changes the shapes of layers, and not of one alone")
    return methods


def _with_one_pruned(network: Network, layer: Layer, method: Method, captured: LayerInputs | None) -> Network:
    """The network with one layer changed, in all calls of its module."""
    (changed,) = method.applied(replace(network, layers=(layer,)), captured).network.layers
    calls = _calls(network, layer)
    pruned = network.with_masks(dict.fromkeys(calls, changed.mask))
    if changed.source is layer.source:
        return pruned
    return pruned.with_weights(dict.fromkeys(calls, changed.weight()))


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
