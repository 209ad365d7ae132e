"""SparseGPT: prune column by column and let the columns that follow make up for the error.

Frantar and Alistarh, ICML 2023. With inputs X the Hessian of the output error is H = 2 X^T X. Let U be the upper
Cholesky factor of H^-1. A weight costs (w / U_jj)^2; dropping it moves the later weights of its row by
-(w / U_jj) U_j / U_jj.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sparsesim.array_types import BoolArray, Float64Array, FloatArray
from sparsesim.errors import InputError
from sparsesim.pruning.checks import check_amount, check_length, checked_weight
from sparsesim.pruning.matrix_view import from_matrix, to_matrix
from sparsesim.pruning.patterns.n_of_m import n_of_m_mask
from sparsesim.pruning.patterns.nm import NM
from sparsesim.pruning.ranking.largest import keep_largest
from sparsesim.units import ceil_div


class Corrected(NamedTuple):
    """`mask` (True = kept) and the `weight` that goes with it: zero where dropped, adjusted where kept."""

    mask: BoolArray
    weight: NDArray[Any]


def input_hessian(inputs: NDArray[Any]) -> Float64Array:
    """`2 X^T X [K, K]` in float64 of inputs `X [n, K]`; those of several batches may be added.

    Raises InputError unless `inputs` is a finite matrix.
    """
    samples = np.asarray(inputs)
    if samples.ndim != 2 or samples.dtype.kind not in "fiu":
        raise InputError(f"inputs are {samples.dtype} {samples.shape}: expected numbers [samples, K]")
    wide = samples.astype(np.float64)
    return _finite(2 * (wide.T @ wide), "the Hessian of the inputs")


def sparse_gpt(
    weight: NDArray[Any],
    *,
    hessian: NDArray[Any] | None = None,
    inputs: NDArray[Any] | None = None,
    sparsity: float | None = None,
    pattern: NM | None = None,
    block: int = 128,
    damping: float = 0.01,
) -> Corrected:
    """Mask and adjusted weights of `weight [out, K]` (a convolution is lowered to `[c_out, kh kw c_in]`).

    Give either `inputs [n, K]` or their `hessian [K, K]` (see `input_hessian`; its scale is of no effect), and either
    `sparsity` (exactly round(sparsity * size) weights go, chosen in every `block` of columns when it is reached, over
    all rows together) or an N:M `pattern` (chosen in every group when it is reached; `block` then changes nothing).
    `damping` times the mean diagonal is added to the diagonal. Inputs that are always zero cost nothing: their
    weights go first, and keep their value where the number asks for them. Ties go to the lower index. Computed in
    float64, returned in the type of `weight`; the time is that of inverting H plus out * K^2 multiplications.
    Raises InputError on shapes that do not fit, values that are not finite, and a singular Hessian.
    """
    matrix = to_matrix(checked_weight(weight, "weight"))
    check_amount("damping", damping)
    check_length("block", block)
    given = _given_hessian(hessian, inputs, matrix.shape[1])
    dead = np.diag(given) == 0
    factor = _inverse_factor(given, damping, dead)
    if pattern is None:
        work, mask = _unstructured(matrix, factor, dead, _checked_sparsity(sparsity), block)
    elif sparsity is None and isinstance(pattern, NM):
        work, mask = _n_of_m(matrix, factor, dead, pattern, ceil_div(block, pattern.of) * pattern.of)
    else:
        raise InputError("SparseGPT takes either sparsity or an N:M pattern, not both and no other pattern")
    result = np.where(mask, work, 0).astype(np.asarray(weight).dtype)
    return Corrected(from_matrix(mask, weight.shape), from_matrix(result, weight.shape))


def _unstructured(
    matrix: FloatArray, factor: Float64Array, dead: BoolArray, sparsity: float, block: int
) -> tuple[Float64Array, BoolArray]:
    work = np.ascontiguousarray(matrix.T, dtype=np.float64)  # [K, out]: the columns of the weight are rows here
    mask = np.ones(work.shape, dtype=np.bool_)
    dropped = 0
    for start in range(0, len(work), block):
        stop = min(start + block, len(work))
        scores = _scores(work[start:stop], factor, dead, start)
        drop = round(sparsity * matrix.shape[0] * stop) - dropped
        dropped += drop
        mask[start:stop] = keep_largest([scores.reshape(-1)], scores.size - drop)[0].reshape(scores.shape).T
        errors = np.zeros((stop - start, work.shape[1]))
        _correct_within(work[start:stop], mask[start:stop], factor[start:stop, start:stop], 0, stop - start, errors)
        work[stop:] -= factor[start:stop, stop:].T @ errors
    return work.T, mask.T


def _n_of_m(
    matrix: FloatArray, factor: Float64Array, dead: BoolArray, pattern: NM, block: int
) -> tuple[Float64Array, BoolArray]:
    work = np.ascontiguousarray(matrix.T, dtype=np.float64)
    mask = np.ones(work.shape, dtype=np.bool_)
    for start in range(0, len(work), block):
        stop = min(start + block, len(work))
        errors = np.zeros((stop - start, work.shape[1]))
        for first in range(start, stop, pattern.of):
            last = min(first + pattern.of, stop)
            mask[first:last] = n_of_m_mask(_scores(work[first:last], factor, dead, first), pattern.keep, pattern.of).T
            own = factor[start:stop, start:stop]
            _correct_within(work[start:stop], mask[start:stop], own, first - start, last - start, errors)
        work[stop:] -= factor[start:stop, stop:].T @ errors
    return work.T, mask.T


def _correct_within(
    work: Float64Array, mask: BoolArray, factor: Float64Array, first: int, last: int, errors: Float64Array
) -> None:
    """Drop columns first to last of a block, and spread the error over what follows in it; fills `errors`."""
    for column in range(first, last):
        errors[column] = np.where(mask[column], 0, work[column] / factor[column, column])
        later = factor[column, column + 1 :]
        work[column + 1 :] -= later[:, np.newaxis] * errors[column]


def _scores(work: Float64Array, factor: Float64Array, dead: BoolArray, start: int) -> Float64Array:
    """What dropping each weight costs, [out, columns]; never below 0."""
    columns = slice(start, start + len(work))
    scores = (work / np.diag(factor)[columns, np.newaxis]) ** 2
    scores[dead[columns]] = 0
    return np.ascontiguousarray(scores.T)


def _inverse_factor(hessian: Float64Array, damping: float, dead: BoolArray) -> Float64Array:
    """Upper U with U^T U = inverse of the damped Hessian; inputs that are always zero stand alone."""
    import scipy.linalg  # for which commands that prune otherwise need not wait

    if not hessian.size:
        return hessian
    damped = hessian + np.diag(np.where(dead, 1.0, damping * np.mean(np.diag(hessian))))
    try:
        lower_factor = scipy.linalg.cholesky(damped, lower=True)
        # `potri` fills the lower triangle of the inverse, which is all that the second factorisation reads.
        inverse, _ = scipy.linalg.lapack.dpotri(lower_factor, lower=1)
        return np.asarray(scipy.linalg.cholesky(inverse, lower=True).T)
    except np.linalg.LinAlgError:
        raise InputError(f"the Hessian with damping={damping:g} is singular: use more inputs or damping > 0") from None


def _given_hessian(hessian: NDArray[Any] | None, inputs: NDArray[Any] | None, width: int) -> Float64Array:
    if (hessian is None) == (inputs is None):
        raise InputError("SparseGPT needs either inputs [n, K] or their hessian [K, K]")
    given = input_hessian(inputs) if inputs is not None else np.asarray(hessian, dtype=np.float64)
    if given.shape != (width, width):
        raise InputError(f"the weights have {width} columns, the Hessian is {given.shape}")
    return _finite(given, "the Hessian")


def _finite(array: Float64Array, name: str) -> Float64Array:
    if not np.isfinite(array).all():
        raise InputError(f"{name} contains NaN or infinity")
    return array


def _checked_sparsity(sparsity: float | None) -> float:
    check_amount("sparsity", sparsity, below=1)
    assert sparsity is not None
    return float(sparsity)
