"""Low-rank factorisation: W[out, in] ~ U[out, r] V[r, in] with the least squared error (Eckart and Young, 1936)."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sparsesim.array_types import FloatArray
from sparsesim.errors import InputError
from sparsesim.transforms.checks import finite_weight

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class LowRank:
    """The factors of a weight.

    Attributes:
        u: float32 (out, r) with orthonormal columns, or (out, r, 1, 1) of a convolution.
        v: float32 (r, in), or (r, c_in, kh, kw): one channel per row of V.
        energy: share of the sum of squared singular values that is kept, in [0, 1].
    """

    u: Floats
    v: Floats
    energy: float

    @property
    def rank(self) -> int:
        """Columns of U and rows of V."""
        return len(self.v)

    @property
    def n_weights(self) -> int:
        """Weights of both factors: r (out + in)."""
        return self.u.size + self.v.size

    def product(self) -> Floats:
        """U V in the shape of the weight."""
        matrix = self.u.reshape(len(self.u), -1) @ self.v.reshape(self.rank, -1)
        return matrix.reshape(len(self.u), *self.v.shape[1:])


def low_rank(weight: FloatArray, rank: int | None = None, energy: float | None = None) -> LowRank:
    """The best factors of a weight (out, in) or (c_out, c_in, kh, kw), the latter as c_out x (c_in kh kw).

    Either `rank` (at most the smaller side is used), or the share of `energy` that the smallest sufficient rank
    keeps. One side of the singular vectors comes from the Gram matrix of the smaller side in float64, the other
    factor is the weight projected on it. Raises InputError for anything but exactly one of the two, for values out
    of range and for other shapes.
    """
    matrix = finite_weight(weight, "weight")
    if matrix.ndim not in (2, 4) or not matrix.size:
        raise InputError(f"weight has shape {matrix.shape}: expected (out, in) or (c_out, c_in, kh, kw)")
    check_rank(rank, energy)
    flat = matrix.reshape(len(matrix), -1).astype(np.float64)
    squares, vectors = _principal(flat)
    kept = min(rank, len(squares)) if rank is not None else _sufficient(squares, energy or 0.0)
    basis = vectors[:, :kept]
    u, v = (basis, basis.T @ flat) if flat.shape[0] <= flat.shape[1] else _orthonormal(flat @ basis, basis.T)
    share = float(squares[:kept].sum() / squares.sum()) if squares.sum() else 1.0
    ones = (1,) * (matrix.ndim - 2)
    return LowRank(_single(u, (len(u), kept, *ones)), _single(v, (kept, *matrix.shape[1:])), share)


def saving_rank(outputs: int, inputs: int) -> int:
    """The largest rank at which r (out + in) < out x in; 0 where no rank saves anything."""
    return max((outputs * inputs - 1) // (outputs + inputs), 0)


def _principal(flat: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(squared singular values, singular vectors of the smaller side), the largest first."""
    gram = flat @ flat.T if flat.shape[0] <= flat.shape[1] else flat.T @ flat
    squares, vectors = np.linalg.eigh(gram)
    return np.maximum(squares[::-1], 0), vectors[:, ::-1]


def _sufficient(squares: NDArray[np.float64], energy: float) -> int:
    """The smallest rank that keeps the share; 1e-12 is forgiven, so that all energy does not ask for rounding noise."""
    kept = np.cumsum(squares)
    return min(int(np.searchsorted(kept, energy * kept[-1] * (1 - 1e-12))) + 1, len(squares))


def _orthonormal(u: NDArray[np.float64], v: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The same product with orthonormal columns on the left."""
    q, r = np.linalg.qr(u)
    return q, r @ v


def _single(array: NDArray[np.float64], shape: tuple[int, ...]) -> Floats:
    return np.ascontiguousarray(array, np.float32).reshape(shape)


def check_rank(rank: int | None, energy: float | None) -> None:
    """Raise InputError unless there is either a rank from 1 up or an energy in (0, 1]."""
    if (rank is None) == (energy is None):
        raise InputError("low rank takes either rank or energy, and one of them")
    if rank is not None and rank < 1:
        raise InputError(f"rank is {rank}, it must be at least 1")
    if energy is not None and not (0 < energy <= 1 and math.isfinite(energy)):
        raise InputError(f"energy is {energy}, it must lie in (0, 1]")
