"""Number types as bits: float formats rounded to nearest even, integers with one symmetric scale per matrix."""

from typing import Any

import numpy as np

from sparsesim.array_types import FloatArray, IntArray
from sparsesim.dtypes import DTYPES, DType, round_float
from sparsesim.errors import InputError
from sparsesim.formats.base import Encoded
from sparsesim.formats.coding.bit_stream import read_stream, signed
from sparsesim.tensors import SparseMatrix

_E4M3_SCALE = 2.0**-8
"""E4M3 times this has the exponent bits of fp16, whose bias is larger by 8 (15 against 7)."""


def encode_values(matrix: SparseMatrix, dtype: DType) -> tuple[IntArray, dict[str, Any]]:
    """(codes, header): the bits of every non-zero as int64[nnz], and what a reader must be told.

    Zero has the code 0 in every type. A pattern is stored as ones. The header of an integer type holds
    "scale"; a value is code x scale. Raises InputError for a value that overflows a float type; fp8 saturates.
    """
    values = matrix.value_array()
    if dtype.kind == "int":
        scale = integer_scale(values, dtype.bits)
        integers = np.rint(values.astype(np.float64) / scale).astype(np.int64)
        return integers & ((1 << dtype.bits) - 1), {"scale": scale}
    rounded = round_float(values, dtype) + 0  # -0.0 becomes 0.0, whose code is 0
    _refuse_overflow(matrix, rounded, dtype)
    return _float_codes(rounded, dtype), {}


def decode_values(encoded: Encoded) -> FloatArray:
    """The numbers in the stream "values": float64 for fp64 and integer types, else float32."""
    return values_of(read_stream(encoded.stream("values")), encoded.dtype, encoded.header)


def values_of(codes: IntArray, dtype: DType, header: dict[str, Any]) -> FloatArray:
    """The numbers behind the codes of `encode_values`."""
    if dtype.kind == "int":
        return signed(codes, dtype.bits) * float(header["scale"])
    if dtype.name == "fp8":
        halves = ((codes & 0x80) << 8 | (codes & 0x7F) << 7).astype(np.int16).view(np.float16)
        return halves.astype(np.float32) / np.float32(_E4M3_SCALE)
    container = np.dtype(dtype.container)
    shift = 8 * container.itemsize - dtype.bits
    floats = (codes << shift).astype(f"i{container.itemsize}").view(container)
    return floats if dtype.name == "fp64" else floats.astype(np.float32)


def integer_scale(values: FloatArray, bits: int) -> float:
    """What a code counts: max |value| / (2**(bits-1) - 1).

    It is 1 if all values are integers that fit `bits` bits, so that they come back exactly.
    """
    if not values.size:
        return 1.0
    lowest, highest = float(values.min()), float(values.max())
    half = 1 << (bits - 1)
    if -half <= lowest and highest < half and np.array_equal(values, np.rint(values)):
        return 1.0
    return max(max(-lowest, highest) / (half - 1), float(np.finfo(np.float64).tiny))


def round_to(matrix: SparseMatrix, dtype: DType) -> SparseMatrix:
    """The matrix as `dtype` can hold it, which is what every format decodes to.

    Values that round to zero vanish, because a canonical matrix stores none; encoded they keep their place
    with the code 0. A pattern becomes ones. Raises InputError for a value that overflows a float type (fp8 saturates).
    """
    codes, header = encode_values(matrix, dtype)
    return SparseMatrix.from_csr(matrix.shape, matrix.indptr, matrix.indices, values_of(codes, dtype, header))


def _refuse_overflow(matrix: SparseMatrix, rounded: FloatArray, dtype: DType) -> None:
    if np.isfinite(rounded).all():
        return
    position = int(np.flatnonzero(~np.isfinite(rounded))[0])
    raise InputError(
        f"value {matrix.value_array()[position]} at row {matrix.row_of(position)}, column {matrix.indices[position]} "
        f"is too large for {dtype}"
    )


def _float_codes(rounded: FloatArray, dtype: DType) -> IntArray:
    if dtype.name == "fp8":
        bits = _float_codes((rounded * _E4M3_SCALE).astype(np.float16), DTYPES["fp16"])
        return (bits >> 8 & 0x80) | (bits >> 7 & 0x7F)
    width = 8 * rounded.dtype.itemsize
    bits = rounded.view(f"i{rounded.dtype.itemsize}").astype(np.int64) >> (width - dtype.bits)
    return bits if dtype.bits == 64 else bits & ((1 << dtype.bits) - 1)
