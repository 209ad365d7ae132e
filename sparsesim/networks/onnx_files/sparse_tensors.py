"""Sparse tensors of ONNX files: values, and their places in a dense tensor."""

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sparsesim.errors import InputError
from sparsesim.limits import check_memory, checked_size

if TYPE_CHECKING:
    from onnx import SparseTensorProto

Array = NDArray[Any]


def dense_values(stored: "SparseTensorProto") -> Array:
    """The dense tensor [dims] of the type of the values; InputError for places that it does not have."""
    from onnx import numpy_helper

    place = f"sparse tensor {stored.values.name!r}"
    shape = tuple(stored.dims)
    if not shape or min(shape) < 0:
        raise InputError(f"{place}: dims: {list(shape)}: sizes from 0 up are needed")
    values, indices = numpy_helper.to_array(stored.values), numpy_helper.to_array(stored.indices)
    places = _places(place, indices, shape)
    if values.shape != places.shape:
        raise InputError(f"{place}: values: {values.shape}: one value for each of the {places.size} indices is needed")
    check_memory(f"{place} of {shape}", checked_size(place, *shape) * values.dtype.itemsize)
    dense = np.zeros(shape, dtype=values.dtype)
    dense.reshape(-1)[places] = values
    return dense


def _places(place: str, indices: Array, shape: tuple[int, ...]) -> Array:
    """Places in the flat dense tensor, int64[values], ascending and without repetition."""
    if (
        indices.dtype != np.int64
        or indices.ndim not in (1, 2)
        or (indices.ndim == 2 and indices.shape[1] != len(shape))
    ):
        raise InputError(
            f"{place}: indices: {indices.dtype}{list(indices.shape)}: int64[values] or int64[values, {len(shape)}] "
            "are needed"
        )
    limits = np.array(shape if indices.ndim == 2 else prod(shape))
    wrong = (indices < 0) | (indices >= limits)
    if wrong.any():
        raise InputError(f"{place}: indices: {indices[wrong][0]}: it lies outside of {shape}")
    flat: Array = indices if indices.ndim == 1 else np.ravel_multi_index(tuple(indices.T), shape)
    if np.any(np.diff(flat) <= 0):
        raise InputError(f"{place}: indices: they must ascend, without one that comes twice")
    return flat
