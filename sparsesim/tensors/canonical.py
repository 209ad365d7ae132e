"""Canonical CSR arrays from triplets and CSR arrays that may be unsorted, hold duplicates or zeros, or be wrong."""

from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sparsesim.array_types import FloatArray, IntArray
from sparsesim.errors import InputError
from sparsesim.limits import check_memory
from sparsesim.tensors.conversions import checked_shape, index_array, plain_array, real_values, summed_values
from sparsesim.tensors.kernels import first_canonical_violation

CsrArrays: TypeAlias = tuple[tuple[int, int], IntArray, IntArray, FloatArray | None]
"""(shape, indptr int64[rows + 1], indices int64[nnz], values float32 or float64 [nnz] or None) in canonical form."""

POSITION_BYTES: Final = 8
_LARGEST_SUM: Final = 2.0**62
"""Integers whose magnitudes add up to less have sums that 64 bits hold; the doubt of a float sum is far smaller."""


def check_csr_memory(shape: tuple[int, int], entries: int, entry_bytes: int = 2 * POSITION_BYTES) -> None:
    """Ask for the memory of a CSR matrix before it is made: an offset per row, and `entry_bytes` per entry."""
    size_bytes = POSITION_BYTES * (shape[0] + 1) + entry_bytes * entries
    check_memory(f"a {shape[0]} x {shape[1]} matrix of {entries} entries", size_bytes)


def check_dense_memory(shape: tuple[int, int], value_bytes: int) -> None:
    """Ask for the memory of a dense array before it is made."""
    check_memory(f"a dense {shape[0]} x {shape[1]} array", shape[0] * shape[1] * value_bytes)


def csr_of_triplets(shape: Any, rows: ArrayLike, columns: ArrayLike, values: ArrayLike | None) -> CsrArrays:
    """Triplets in any order; duplicates are added. Without values every entry is 1, however often it is there.

    Raises InputError for positions outside the matrix, lists of different lengths and values that are no real numbers.
    """
    shape = checked_shape(shape)
    row_array, column_array = index_array(rows, "rows"), index_array(columns, "columns")
    data = None if values is None else _value_list(values)
    count = row_array.size if data is None else data.size
    if not row_array.size == column_array.size == count:
        raise InputError(f"{row_array.size} rows, {column_array.size} columns, {count} values")
    for side, name, positions in ((shape[0], "row", row_array), (shape[1], "column", column_array)):
        if positions.size and not 0 <= positions.min() <= positions.max() < side:
            bad = positions[(positions < 0) | (positions >= side)][0]
            raise InputError(f"{name} {bad} lies outside a {shape[0]} x {shape[1]} matrix")
    check_csr_memory(shape, count)
    import scipy.sparse as sp  # a tenth of a second that products of dense and drawn operands do not need

    def summed(numbers: NDArray[Any]) -> Any:
        return sp.coo_array((numbers, (row_array, column_array)), shape=shape).tocsr()

    return _added(shape, data, count, summed)


def csr_of_csr(shape: Any, indptr: ArrayLike, indices: ArrayLike, values: ArrayLike | None) -> CsrArrays:
    """CSR arrays that may be unsorted or hold duplicates or zeros; else as `csr_of_triplets`."""
    shape = checked_shape(shape)
    given, columns = index_array(indptr, "indptr"), index_array(indices, "indices")
    offsets: IntArray = given.astype(np.int64)
    _check_offsets(offsets, shape[0])
    if offsets[-1] != columns.size:
        raise InputError(f"indptr ends at {offsets[-1]}, there are {columns.size} indices")
    data = None if values is None else _value_list(values)
    if data is not None and data.size != columns.size:
        raise InputError(f"{data.size} values for {columns.size} indices")
    numbers = None if data is None else real_values(data)
    positions: IntArray = columns.astype(np.int64)
    if first_canonical_violation(offsets, positions, shape[1]) < 0 and (numbers is None or numbers.all()):
        return shape, offsets, positions, None if numbers is None else np.array(numbers, copy=numbers is data)
    if columns.size and not 0 <= columns.min() <= columns.max() < shape[1]:
        bad = columns[(columns < 0) | (columns >= shape[1])][0]
        raise InputError(f"column {bad} lies outside a {shape[0]} x {shape[1]} matrix")
    import scipy.sparse as sp

    def summed(numbers: NDArray[Any]) -> Any:
        csr = sp.csr_array((numbers, positions, offsets), shape=shape, copy=True)
        csr.sum_duplicates()
        return csr

    return _added(shape, data, columns.size, summed)


def csr_of_scipy(matrix: Any) -> CsrArrays:
    """Any SciPy sparse matrix or array, also one whose arrays were made by hand; duplicates are added."""
    if matrix.ndim != 2:
        raise InputError(f"a matrix has 2 dimensions, this array has {matrix.ndim}")
    if matrix.format == "csr":
        stored = slice(int(matrix.indptr[-1]) if len(matrix.indptr) else 0)  # SciPy may leave room at the end
        return csr_of_csr(matrix.shape, matrix.indptr, matrix.indices[stored], matrix.data[stored])
    if matrix.format == "csc":  # its own conversion believes indices that lie outside
        offsets = matrix.indptr
        _check_offsets(offsets, matrix.shape[1])
        columns = np.repeat(np.arange(matrix.shape[1], dtype=offsets.dtype), np.diff(offsets))
        stored = slice(int(offsets[-1]))
        return csr_of_triplets(matrix.shape, matrix.indices[stored], columns, matrix.data[stored])
    try:
        triplets = matrix.tocoo(copy=False)
    except (ValueError, IndexError, TypeError) as error:
        raise InputError(f"not a {matrix.format} matrix of SciPy ({' '.join(str(error).split())})") from error
    return csr_of_triplets(triplets.shape, triplets.row, triplets.col, triplets.data)


def _added(shape: tuple[int, int], data: NDArray[Any] | None, count: int, summed: Any) -> CsrArrays:
    """What `summed` makes of the values, with sums of duplicates in a type that holds them."""
    numbers = np.ones(count, np.float32) if data is None else real_values(data)
    csr = summed(numbers)
    if data is None or data.dtype.kind == "b":
        csr.data = (csr.data != 0).astype(np.float32)  # said twice is said
    elif csr.nnz != count:
        csr = summed(_wide(data, numbers))
        csr.data = summed_values(csr.data, data.dtype)
    csr.eliminate_zeros()
    indptr, indices = (array.astype(np.int64, copy=False) for array in (csr.indptr, csr.indices))
    return shape, indptr, indices, None if data is None else csr.data


def _check_offsets(offsets: NDArray[Any], lines: int) -> None:
    needed = f"indptr must hold {lines + 1} ascending offsets that start at 0"
    if len(offsets) != lines + 1:
        raise InputError(f"{needed}; it holds {len(offsets)}")
    if offsets[0] != 0:
        raise InputError(f"{needed}; it starts at {offsets[0]}")
    falling = np.flatnonzero(offsets[1:] < offsets[:-1])
    if falling.size:
        place = int(falling[0]) + 1
        raise InputError(f"{needed}; offset {place} is {offsets[place]} after {offsets[place - 1]}")


def _wide(data: NDArray[Any], numbers: FloatArray) -> NDArray[Any]:
    """The numbers in a type that can sum them."""
    if data.dtype.kind == "f":
        return numbers.astype(np.float64)
    if np.abs(numbers).sum(dtype=np.float64) >= _LARGEST_SUM:
        raise InputError(f"duplicates of type {data.dtype} whose sums may need more than 64 bits; give floats")
    return data.astype(np.int64)


def _value_list(values: ArrayLike) -> NDArray[Any]:
    array = plain_array(values)
    if array.ndim != 1:
        raise InputError(f"values have {array.ndim} dimensions, a list has one")
    return array
