"""Weights drawn from a seeded distribution, for networks of which only the shapes are published."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sparsesim.errors import InputError, UnknownNameError

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
        if self.seed < 0:
            raise InputError(f"seed of synthetic weights must not be negative, found {self.seed}")
        if self.std is not None and not 0 < self.std < np.inf:
            raise InputError(f"std of synthetic weights must be positive and finite, found {self.std}")

    def draw(self, layer: str, shape: tuple[int, ...]) -> Floats:
        """The weights float32[shape] of the layer with this name; none of them is exactly zero."""
        # Not hash(): it differs from one process to the next.
        generator = np.random.Generator(np.random.SFC64([self.seed, zlib.crc32(layer.encode())]))
        weight = DISTRIBUTIONS[self.distribution](generator, shape)
        weight *= np.float32(self.std or np.sqrt(2.0 * shape[0] / weight.size))
        # A draw of exactly zero (one in ten million) would make an unpruned layer count as sparse.
        if np.count_nonzero(weight) < weight.size:
            np.copyto(weight, np.finfo(np.float32).tiny, where=weight == 0)
        return weight
