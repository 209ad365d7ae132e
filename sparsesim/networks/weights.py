"""Weights drawn from a seeded distribution, for networks of which only the shapes are published."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from numbers import Integral

import numpy as np
from numpy.typing import NDArray

from sparsesim.errors import InputError, UnknownNameError
from sparsesim.limits import MAX_INT64, check_memory
from sparsesim.places import shown

Floats = NDArray[np.float32]


def _normal(generator: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    return generator.standard_normal(shape, dtype=np.float32)


def _laplace(generator: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    """Unit variance, with heavier tails than a normal distribution, as trained weights tend to have."""
    magnitude = generator.standard_exponential(shape, dtype=np.float32)
    magnitude *= np.float32(np.sqrt(0.5))
    sign = generator.random(shape, dtype=np.float32) - np.float32(0.5)
    signed: Floats = np.copysign(magnitude, sign)
    return signed


def _uniform(generator: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    centred = generator.random(shape, dtype=np.float32)
    centred -= np.float32(0.5)
    centred *= np.float32(np.sqrt(12.0))
    return centred


DISTRIBUTIONS: dict[str, Callable[[np.random.Generator, tuple[int, ...]], Floats]] = {
    "normal": _normal,
    "laplace": _laplace,
    "uniform": _uniform,
}


SMALLEST_STD, LARGEST_STD = 1e-30, 1e30
"""Within these no weight drawn is zero or infinite as float32."""
_HELD_BYTES: dict[str, int] = {"normal": 4, "laplace": 12, "uniform": 4}
"""Memory for a weight while it is drawn."""


@dataclass(frozen=True)
class SyntheticWeights:
    """Zero-mean weights of a stated distribution; the same seed and layer name always give the same values.

    Attributes:
        seed: seed shared by the layers of a network.
        distribution: a name in `DISTRIBUTIONS`.
        std: standard deviation; None means sqrt(2 / K) with K the weights per output (He et al., ICCV 2015).
    """

    seed: int = 0
    distribution: str = "normal"
    std: float | None = None

    def __post_init__(self) -> None:
        if self.distribution not in DISTRIBUTIONS:
            raise UnknownNameError("weight distribution", self.distribution, DISTRIBUTIONS)
        if not isinstance(self.seed, Integral) or isinstance(self.seed, bool) or not 0 <= self.seed <= MAX_INT64:
            raise InputError(f"seed: {shown(self.seed)}: must be a whole number from 0 to {MAX_INT64}, not negative")
        if self.std is not None and not SMALLEST_STD <= self.std <= LARGEST_STD:
            raise InputError(f"std: {self.std}: must be from {SMALLEST_STD} to {LARGEST_STD}, positive and finite")

    def draw(self, layer: str, shape: tuple[int, ...]) -> Floats:
        """The weights float32[shape] of the layer with this name; none of them is exactly zero.

        Raises InputError for more weights than the budget of memory has a place for.
        """
        check_memory(f"layer {layer!r}: drawing its weights", _HELD_BYTES[self.distribution] * prod(shape))
        # Not hash(): it differs from one process to the next.
        generator = np.random.Generator(np.random.SFC64([self.seed, zlib.crc32(layer.encode())]))
        weight = DISTRIBUTIONS[self.distribution](generator, shape)
        weight *= np.float32(self.std or np.sqrt(2.0 * shape[0] / weight.size))
        # A draw of exactly zero (one in ten million) would make an unpruned layer count as sparse.
        if np.count_nonzero(weight) < weight.size:
            np.copyto(weight, np.finfo(np.float32).tiny, where=weight == 0)
        return weight
