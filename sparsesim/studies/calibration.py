"""Samples for methods that look at what the layers read, apart from those that accuracies are measured on."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from sparsesim.errors import InputError
from sparsesim.inference.session import Array
from sparsesim.transforms import Method

EVERY = 3
"""One of so many samples is set aside."""


class SplitSamples(NamedTuple):
    """Samples in two parts: `calibration` [n, ...] for methods, None where none needs any; the rest to evaluate."""

    calibration: Array | None
    inputs: Array
    labels: Any


def set_aside(inputs: Array, labels: ArrayLike | None, methods: Iterable[Method], every: int = EVERY) -> SplitSamples:
    """Set one of `every` samples aside if a method looks at samples, else none.

    Samples that weights were chosen with say nothing about what that choice costs.
    Raises InputError for samples so few that none would be left.
    """
    known = None if labels is None else np.asarray(labels)
    if all(method.needs != "inputs" for method in methods):
        return SplitSamples(None, inputs, known)
    if every < 2:
        raise InputError(f"every={every} must be at least 2: else no sample is left to evaluate")
    if len(inputs) < 2:
        raise InputError(f"{len(inputs)} samples: at least 2 are needed, for calibration and for evaluation")
    aside = np.arange(len(inputs)) % every == 0
    return SplitSamples(inputs[aside], inputs[~aside], None if known is None else known[~aside])
