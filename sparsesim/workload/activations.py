"""What the layers of a network read: real feature maps, seeded patterns, or dense operands."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparsesim.errors import InputError

FloatArray = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Activations:
    """What the layers read.

    `maps` holds real inputs by layer name: conv2d float[batch, c_in, h, w], linear float[vectors, in]; zeros in
    them are real zeros. Layers without a map get a seeded pattern of `density` (uniform over the feature map), or
    a dense operand where `density` is 1.
    """

    density: float = 1.0
    seed: int = 0
    maps: Mapping[str, FloatArray] | None = None

    def __post_init__(self) -> None:
        if not 0 < self.density <= 1:
            raise InputError(f"activations.density is {self.density}; it must lie in (0, 1]")


def seeded_map(shape: tuple[int, ...], name: str, inputs: Activations) -> FloatArray:
    """Non-negative values, as after a ReLU, of which exactly round(density x size) are not zero."""
    random = np.random.default_rng([inputs.seed, *name.encode()])
    size = int(np.prod(shape))
    values = np.zeros(size, np.float32)
    kept = random.choice(size, round(inputs.density * size), replace=False, shuffle=False)
    values[kept] = np.abs(random.standard_normal(len(kept), dtype=np.float32)) + np.float32(1e-6)
    return values.reshape(shape)
