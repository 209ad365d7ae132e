"""Number types of operands: how wide they are, what they can hold, and in which type their products are summed."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from sparsesim.array_types import Float64Array, FloatArray
from sparsesim.errors import UnknownNameError


@dataclass(frozen=True)
class DType:
    """A number type.

    Attributes:
        name: as users write it.
        bits: width of a stored number.
        kind: "float" or "int".
        accumulator: the type in which products of this one are summed, a key of `ACCUMULATOR_BITS`.
        fraction_bits: stored fraction bits of a float.
        container: the NumPy type that holds every number of a float type exactly.
        smallest_exponent: a float type that NumPy lacks has 2**smallest_exponent as its smallest positive number.
        largest: values beyond it become it instead of infinity, where a type saturates.
    """

    name: str
    bits: int
    kind: Literal["float", "int"]
    accumulator: str
    fraction_bits: int = 0
    container: str = ""
    smallest_exponent: int | None = None
    largest: float | None = None

    def __str__(self) -> str:
        return self.name


# The 8-bit floats saturate as conversions on GPUs do (OCP 8-bit floating point, 2023; PTX ISA, cvt.satfinite).
DTYPES = {
    dtype.name: dtype
    for dtype in (
        DType("fp64", 64, "float", "fp64", 52, "float64"),
        DType("fp32", 32, "float", "fp32", 23, "float32"),
        DType("tf32", 32, "float", "fp32", 10, "float32", smallest_exponent=-126 - 10),
        DType("fp16", 16, "float", "fp32", 10, "float16"),
        DType("bf16", 16, "float", "fp32", 7, "float32", smallest_exponent=-126 - 7),
        DType("fp8", 8, "float", "fp32", 3, "float16", smallest_exponent=-6 - 3, largest=448.0),
        DType("fp8-e5m2", 8, "float", "fp32", 2, "float16", smallest_exponent=-14 - 2, largest=57344.0),
        DType("int8", 8, "int", "int32"),
        DType("int4", 4, "int", "int32"),
        DType("int32", 32, "int", "int32"),
    )
}

ACCUMULATORS = {dtype.name: dtype.accumulator for dtype in DTYPES.values()}
"""The type in which products of each number type are summed."""

ACCUMULATOR_BITS = {"fp64": 64, "fp32": 32, "int32": 32}

_OTHER_NAMES = {"fp8-e4m3": "fp8"}


def dtype_by_name(name: str) -> DType:
    """The number type called `name` ("fp8-e4m3" is "fp8"); UnknownNameError lists the known ones."""
    name = _OTHER_NAMES.get(name, name)
    if name not in DTYPES:
        raise UnknownNameError("number type", name, DTYPES)
    return DTYPES[name]


def round_float(values: FloatArray, dtype: DType) -> FloatArray:
    """The nearest numbers of the float type `dtype`, in its container; halves go to the even number.

    Zeros keep their sign. Values that are too large become infinity, or the largest number where the type saturates.
    """
    with np.errstate(over="ignore"):
        if dtype.smallest_exponent is not None:
            values = _round_fraction(values.astype(np.float64), dtype.fraction_bits, dtype.smallest_exponent)
        if dtype.largest is not None:
            values = np.clip(values, -dtype.largest, dtype.largest)
        rounded: FloatArray = values.astype(dtype.container)
    return rounded


def _round_fraction(values: Float64Array, fraction_bits: int, smallest_exponent: int) -> Float64Array:
    """To whole multiples of the last fraction bit, in one step from float64: going through float32 rounds twice."""
    # frexp has a mantissa in [0.5, 1), so that the leading bit weighs 2**(exponent - 1). Below the normal numbers
    # the spacing no longer shrinks.
    spacing = np.maximum(np.frexp(values)[1] - 1 - fraction_bits, smallest_exponent)
    rounded: Float64Array = np.ldexp(np.rint(np.ldexp(values, -spacing)), spacing)
    return rounded
