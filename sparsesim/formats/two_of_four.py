"""2:4 storage straight from and to a dense matrix: pruning, values and 2-bit places in one pass at memory speed."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparsesim._jit import over_rows
from sparsesim.array_types import FloatArray
from sparsesim.errors import InputError
from sparsesim.formats.two_of_four_kernels import CHUNK, compress_rows, decompress_rows
from sparsesim.units import ceil_div


@dataclass(frozen=True, eq=False)
class TwoOfFour:
    """A matrix `[R, K]` of which two of every four columns are stored, G = ceil(K / 4) groups per row.

    `values [R, 2 G]` holds two values per group in the order of their columns, `places` uint8 [ceil(R G / 2)] a
    2-bit place for each, least significant bits first: the streams of the format "nm-2:4".
    """

    shape: tuple[int, int]
    values: FloatArray
    places: NDArray[np.uint8]

    @classmethod
    def empty(cls, shape: tuple[int, int], dtype: Any = np.float32) -> "TwoOfFour":
        """Storage that `compress_2_4` can write to."""
        groups = ceil_div(shape[1], 4)
        places = np.empty(ceil_div(shape[0] * groups, 2), np.uint8)
        return cls(shape, np.empty((shape[0], 2 * groups), dtype), places)


def compress_2_4(weight: FloatArray, out: TwoOfFour | None = None, threads: int = 1) -> TwoOfFour:
    """Prune a float32 or float64 `weight [R, K]` to 2:4 along K and store it, in `out` if given.

    The two largest magnitudes of every four stay, the lower column of equal ones; a last group of r < 4 keeps
    ceil(r / 2). The same as `pruner_by_name("2:4").mask` and then the format "nm-2:4", which stores -0.0 as 0.
    Per weight 4 bytes are read and 2.125 written (float32). The result does not depend on `threads`.
    Raises InputError on another dtype or number of dimensions, and on NaN or infinity.
    """
    if weight.ndim != 2 or weight.dtype not in (np.dtype(np.float32), np.dtype(np.float64)):
        raise InputError(f"2:4 storage takes float32 or float64 [R, K], not {weight.dtype} {weight.shape}")
    dense = np.ascontiguousarray(weight)
    shape = dense.shape[0], dense.shape[1]
    out = TwoOfFour.empty(shape, dense.dtype) if out is None else out
    if out.shape != shape or out.values.dtype != dense.dtype:
        raise InputError(f"out holds {out.values.dtype} {out.shape}, the weight is {dense.dtype} {shape}")
    codes = out.places.view(np.int8)

    def run(first: int, stop: int) -> bool:
        start = first * (out.values.shape[1] // 2) // 2  # `first` is even: a byte belongs to one slab
        return compress_rows(dense[first:stop], np.empty(CHUNK, np.int8), out.values[first:stop], codes[start:])

    if not all(over_rows(run, shape[0], threads, shape[1], step=2)):
        row, column = np.argwhere(~np.isfinite(dense))[0]
        raise InputError(f"weight {dense[row, column]} at row {row}, column {column} is not finite")
    return out


def decompress_2_4(stored: TwoOfFour, out: FloatArray | None = None, threads: int = 1) -> FloatArray:
    """The dense matrix [R, K] of `compress_2_4`, zeros where nothing was stored; written to `out` if given.

    Per weight 2.125 bytes are read and 4 written (float32). The result does not depend on `threads`.
    Raises InputError when the arrays do not fit the shape.
    """
    rows, groups = stored.shape[0], ceil_div(stored.shape[1], 4)
    if stored.values.shape != (rows, 2 * groups) or stored.places.shape != (ceil_div(rows * groups, 2),):
        raise InputError(f"values {stored.values.shape} and places {stored.places.shape} do not fit {stored.shape}")
    matrix = np.empty(stored.shape, stored.values.dtype) if out is None else out
    if matrix.shape != stored.shape or matrix.dtype != stored.values.dtype or not matrix.flags.c_contiguous:
        raise InputError(f"out is {matrix.dtype} {matrix.shape}, not contiguous {stored.values.dtype} {stored.shape}")
    values, codes = np.ascontiguousarray(stored.values), stored.places.view(np.int8)

    def run(first: int, stop: int) -> None:
        start = first * groups // 2
        decompress_rows(values[first:stop], codes[start:], np.empty(CHUNK, np.int8), matrix[first:stop])

    over_rows(run, rows, threads, stored.shape[1], step=2)
    return matrix
