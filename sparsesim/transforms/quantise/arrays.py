"""Weights in fewer bits: integers with a scale per tensor or output channel, and narrow floats."""

from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from sparsesim.array_types import FloatArray, IntArray
from sparsesim.dtypes import DTYPES, round_float
from sparsesim.errors import InputError, UnknownNameError
from sparsesim.transforms.checks import finite_weight
from sparsesim.transforms.loss import loss_of
from sparsesim.units import bits_to_bytes

Floats = NDArray[np.float32]
Per = Literal["tensor", "channel"]
SCALE_BYTES, ZERO_POINT_BYTES = 4, 1
INTEGERS: Final = {"int8": 8, "int4": 4}
FLOATS: Final = ("fp16", "bf16")
QUANTISED_TYPES: Final = (*INTEGERS, *FLOATS)


@dataclass(frozen=True, eq=False)
class Quantised:
    """A weight in a narrow number type, and how far it is from the original.

    Attributes:
        dtype: "int8", "int4", "fp16" or "bf16"; a network is lowered with it.
        values: int8 for integers, float16 for fp16, float32 (already rounded) for bf16; shape of the weight.
        scale: float32, one value or one per channel, broadcast against `values`; empty for floats.
        zero_point: int64 like `scale`, the integer that stands for 0; empty for floats and symmetric integers.
        max_error: largest |w - dequantised w|.
        sqnr_db: signal to quantisation noise, 10 log10(sum w**2 / sum error**2); inf where nothing was lost.
    """

    dtype: str
    values: NDArray[Any]
    scale: Floats
    zero_point: IntArray
    max_error: float
    sqnr_db: float

    @property
    def bits(self) -> int:
        """Bits of one value."""
        return INTEGERS.get(self.dtype, 16)

    @property
    def size_bytes(self) -> int:
        """All values, pruned ones too, with scales in fp32 and zero points of one byte."""
        extras = SCALE_BYTES * self.scale.size + ZERO_POINT_BYTES * self.zero_point.size
        return bits_to_bytes(self.values.size * self.bits) + extras

    def dequantised(self) -> Floats:
        """float32: (value - zero point) x scale for integers; zeros of the weight are exactly zero."""
        return _dequantised(self.values, self.scale, self.zero_point)


def quantise(
    weight: FloatArray,
    dtype: str = "int8",
    per: Per = "tensor",
    symmetric: bool = True,
    axis: int = 0,
) -> Quantised:
    """The weight, any shape, in `dtype`; zeros stay zero.

    Integers are rounded to nearest even. Symmetric: scale = max |w| / (2**(bits - 1) - 1). Asymmetric: the range
    from min(w, 0) to max(w, 0) over all 2**bits integers, moved so that 0 falls on one of them (B. Jacob et al.,
    CVPR 2018, 2.1 and 3). `per` and `axis` choose one scale, or one for each slice along `axis` (the output
    channels); they and `symmetric` mean nothing for floats. Raises InputError for NaN, infinity and a value that
    overflows the type.
    """
    single = finite_weight(weight, "weight")
    if dtype not in QUANTISED_TYPES:
        raise UnknownNameError("quantisation", dtype, QUANTISED_TYPES)
    if dtype in FLOATS:
        values = round_float(single, DTYPES[dtype])
        return _measured(single, dtype, values, np.zeros(0, np.float32), np.zeros(0, np.int64))
    if per not in get_args(Per):
        raise UnknownNameError("per", per, get_args(Per))
    low, high = _range(single, per, axis)
    build = _symmetric if symmetric else _asymmetric
    return _measured(single, dtype, *build(single, low, high, INTEGERS[dtype]))


def _range(weight: Floats, per: Per, axis: int) -> tuple[Floats, Floats]:
    """(lowest, highest) weight, 0 included, of the tensor or of every slice along `axis`."""
    if per == "channel" and not -weight.ndim <= axis < weight.ndim:
        raise InputError(f"axis is {axis}, the weight has {weight.ndim} dimensions")
    others = tuple(a for a in range(weight.ndim) if per == "tensor" or a != axis % weight.ndim)
    low = weight.min(axis=others, keepdims=True, initial=0)
    return low, weight.max(axis=others, keepdims=True, initial=0)


def _symmetric(weight: Floats, low: Floats, high: Floats, bits: int) -> tuple[NDArray[Any], Floats, IntArray]:
    largest = (1 << (bits - 1)) - 1
    scale = _scale(np.maximum(-low, high), largest)
    values = np.clip(np.rint(weight / scale), -largest, largest).astype(np.int8)
    return values, scale, np.zeros(0, np.int64)


def _asymmetric(weight: Floats, low: Floats, high: Floats, bits: int) -> tuple[NDArray[Any], Floats, IntArray]:
    half = 1 << (bits - 1)
    scale = _scale(high.astype(np.float64) - low, 2 * half - 1)
    zero_point = np.clip(np.rint(-half - low / scale), -half, half - 1).astype(np.int64)
    values = np.clip(np.rint(weight / scale) + zero_point, -half, half - 1).astype(np.int8)
    return values, scale, zero_point


def _scale(span: NDArray[Any], steps: int) -> Floats:
    """What one step means; 1 where there is nothing but zeros, and never below the normal numbers of fp32."""
    tiny = float(np.finfo(np.float32).tiny)
    scale: Floats = np.where(span > 0, np.maximum(span / steps, tiny), 1).astype(np.float32)
    return scale


def _measured(weight: Floats, dtype: str, values: NDArray[Any], scale: Floats, zero_point: IntArray) -> Quantised:
    back = _dequantised(values, scale, zero_point)
    if back.size and not (np.isfinite(back.min()) and np.isfinite(back.max())):
        raise InputError(f"a weight of {np.abs(weight).max()} is too large for {dtype}")
    return Quantised(dtype, values, scale, zero_point, *loss_of(weight, back))


def _dequantised(values: NDArray[Any], scale: Floats, zero_point: IntArray) -> Floats:
    if not scale.size:
        return values.astype(np.float32)
    steps = values.astype(np.float32)
    if zero_point.size:
        steps -= zero_point.astype(np.float32)
    back: Floats = steps * scale
    return back
