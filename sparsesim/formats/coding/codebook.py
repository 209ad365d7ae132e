"""Weight sharing: few distinct values, stored once in a codebook (S. Han et al., Deep Compression, ICLR 2016)."""

import numpy as np

from sparsesim.array_types import IntArray
from sparsesim.errors import InputError
from sparsesim.formats.coding.kmeans import kmeans
from sparsesim.tensors import SparseMatrix

MAX_CODE_BITS = 16


def codebook_of(codes: IntArray, code_bits: int) -> tuple[IntArray, IntArray]:
    """(codebook int64[2**code_bits], entry of each code). Entry 0 is the zero; unused entries are zero too.

    Raises InputError if there are more distinct non-zero codes than the codebook holds.
    """
    distinct = np.unique(codes[codes != 0])
    capacity = (1 << code_bits) - 1
    if len(distinct) > capacity:
        raise InputError(
            f"{len(distinct)} distinct values, a codebook of {code_bits} bits holds {capacity} besides zero; "
            f"share_values(matrix, {code_bits}) clusters them first"
        )
    codebook = np.zeros(capacity + 1, np.int64)
    codebook[1 : len(distinct) + 1] = distinct
    return codebook, np.where(codes == 0, 0, np.searchsorted(distinct, codes) + 1)


def share_values(matrix: SparseMatrix, code_bits: int, max_rounds: int = 100) -> SparseMatrix:
    """The matrix with its values clustered to at most 2**code_bits - 1 shared ones (zero takes the last code).

    See `kmeans`; at most `max_rounds` rounds. Positions stay: a cluster whose mean is exactly 0 is represented by its
    smallest member. A pattern, or a matrix with few enough distinct values, is returned as it is. Raises InputError
    for `code_bits` outside 1..16.
    """
    if not 1 <= code_bits <= MAX_CODE_BITS:
        raise InputError(f"code_bits is {code_bits}, it must lie in 1..{MAX_CODE_BITS}")
    capacity = (1 << code_bits) - 1
    values = matrix.value_array()
    if len(np.unique(values)) <= capacity:
        return matrix
    centroids, nearest = kmeans(values, capacity, max_rounds)
    # A centroid of exactly 0 would turn its weights into pruned ones.
    for zero in np.flatnonzero((centroids == 0) & (np.bincount(nearest, minlength=capacity) > 0)):
        centroids[zero] = values[nearest == zero].min()
    return matrix.with_values(centroids[nearest])
