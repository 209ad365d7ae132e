"""Weights drawn from a seeded distribution, for networks of which only the shapes are known."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sparsesim.errors import InputError, UnknownNameError

Floats = NDArray[np.float32]

LARGE = 1 << 18
"""Weights from which on a kernel of our own draws them; both ways draw the same."""


def _normal(generator: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    if np.prod(shape) < LARGE:
        return generator.standard_normal(shape, dtype=np.float32)
    from sparsesim.networks.normal import standard_normal

    bits = generator.bit_generator
    assert isinstance(bits, np.random.SFC64)
    return standard_normal(bits, shape)


def _laplace(generator: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    """Unit variance, heavier tails than normal, as trained weights tend to have."""
    magnitude = generator.standard_exponential(shape, dtype=np.float32)
    magnitude *= np.float32(np.sqrt(0.5))
    sign = generator.random(shape, dtype=np.float32) - np.float32(0.5)
    signed: Floats = np.copysign(magnitude, sign)
    return signed


def _uniform(generator: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    centred = generator.random(shape, dtype=np.float32) - np.float32(0.5)
    return centred * np.float32(np.sqrt(12.0))


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
        factor = np.float32(self.std or np.sqrt(2.0 * shape[0] / weight.size))
        # A draw of exactly zero (one in ten million) would make an unpruned layer count as sparse.
        least = np.finfo(np.float32).tiny
        if weight.size < LARGE:
            weight *= factor
            np.copyto(weight, least, where=weight == 0)
        else:
            from sparsesim.networks.normal import scale

            scale(weight.reshape(-1), factor, least)
        return weight
