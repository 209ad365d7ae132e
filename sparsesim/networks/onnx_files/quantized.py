"""Integers that stand for weights: what DequantizeLinear and QuantizeLinear do, and the way back."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sparsesim.errors import InputError

Array = NDArray[Any]


class Quantization(NamedTuple):
    """weight = (stored - zero_point) * scale; scales of one value, per `axis`, or per block along it."""

    scale: Array
    zero_point: Array | None = None
    axis: int = 1
    block_size: int = 0

    def dequantized(self, stored: Array) -> Array:
        """The weights that the integers stand for, in the type of the scale."""
        values = stored.astype(np.float64) - self._zero_points(stored)
        product: Array = (values * self._spread(self.scale, stored)).astype(self.scale.dtype)
        return product

    def quantized(self, weight: Array, stored: Array) -> Array:
        """The integers, in the type of `stored`, that stand for a weight; zero becomes the zero point.

        Raises InputError where a weight lies outside the range of type and scale, and for types other than plain
        integers.
        """
        if stored.dtype.kind not in "iu":
            raise InputError(f"weights stored as {stored.dtype} cannot be written back; write .npz instead")
        scale = np.broadcast_to(self._spread(self.scale, stored), stored.shape)
        steps = np.zeros(stored.shape)
        np.divide(weight, scale, out=steps, where=scale != 0)
        steps = np.rint(steps) + self._zero_points(stored)
        limits = np.iinfo(stored.dtype)
        if steps.size and (steps.min() < limits.min or steps.max() > limits.max):
            raise InputError(f"weights do not fit {stored.dtype} with the scale in the file; write .npz instead")
        return steps.astype(stored.dtype)

    def rounded(self, values: Array) -> Array:
        """What QuantizeLinear makes of a constant: rounded to even and clipped to the type of the zero point."""
        dtype = np.dtype(np.uint8) if self.zero_point is None else self.zero_point.dtype
        if dtype.kind not in "iu":
            raise InputError(f"weights quantised to {dtype} are not read")
        limits = np.iinfo(dtype)
        steps = np.rint(values / self._spread(self.scale, values)) + self._zero_points(values)
        clipped: Array = np.clip(steps, limits.min, limits.max).astype(dtype)
        return clipped

    def _zero_points(self, stored: Array) -> Array:
        zero = np.zeros(1) if self.zero_point is None else self.zero_point.astype(np.float64)
        return self._spread(zero, stored)

    def _spread(self, values: Array, stored: Array) -> Array:
        """One value per axis or block, shaped so that it broadcasts against the stored integers."""
        if values.size == 1:
            return values.reshape([1] * stored.ndim)
        if self.block_size:
            length = stored.shape[self.axis]
            return np.repeat(values, self.block_size, axis=self.axis).take(range(length), axis=self.axis)
        shape = [1] * stored.ndim
        shape[self.axis] = stored.shape[self.axis]
        return values.reshape(shape)
