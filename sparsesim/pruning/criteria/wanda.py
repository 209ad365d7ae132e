"""Wanda: weights by the activations that they are multiplied with."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparsesim.array_types import FloatArray
from sparsesim.errors import InputError
from sparsesim.pruning.criteria.criterion import Criterion, Data
from sparsesim.pruning.criteria.data_checks import check_not_negative, checked_numbers
from sparsesim.pruning.matrix_view import from_matrix, matrix_shape, to_matrix


def wanda(weight: FloatArray, data: Data, layer: str) -> FloatArray:
    """|w_ij| * n_j, n_j the root mean square of input j (M. Sun et al., Wanda, ICLR 2024), in float64.

    `data` is `[groups * K]`, one number per row of the im2col matrix, ordered (group, kh, kw, c_in): what
    `input_norm` makes of captured inputs. The c_out rows fall into `groups` equal parts, each with its own K inputs.
    """
    rows, columns = matrix_shape(weight.shape)
    norms = checked_numbers("input_norm", data, layer)
    groups = norms.size // columns if columns else 1
    if norms.ndim != 1 or norms.size != groups * columns or (columns and (not groups or rows % groups)):
        raise InputError(f"input_norm of {layer!r} has shape {norms.shape}: expected ({columns},), one per input")
    check_not_negative("input_norm", norms, layer)
    per_row = np.repeat(norms.reshape(groups, columns), rows // groups, axis=0)
    return from_matrix(np.abs(to_matrix(weight), dtype=np.float64) * per_row, weight.shape)


def input_norm(vectors: NDArray[Any]) -> NDArray[np.float64]:
    """Root mean square `[K]` of every input over `vectors [n, K]`: samples of a linear layer, or windows of a map.

    For a convolution the vectors are its im2col windows, each ordered (group, kh, kw, c_in).
    """
    if vectors.ndim != 2 or not len(vectors):
        raise InputError(f"inputs must be [n, K] with at least one sample, found shape {vectors.shape}")
    norms: NDArray[np.float64] = np.sqrt(np.mean(np.square(vectors, dtype=np.float64), axis=0))
    return norms


WANDA = Criterion("wanda", "sum of |w| x root mean square of its input", needs="input_norm", importance=wanda)
