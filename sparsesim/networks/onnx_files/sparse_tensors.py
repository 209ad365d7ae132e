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

    place, shape = f"sparse tensor {stored.values.name!r}", tuple(stored.dims)
    places, values = flat_places(place, stored), numpy_helper.to_array(stored.values)
    check_memory(f"{place} of {shape}", prod(shape) * values.dtype.itemsize)
    dense = np.zeros(shape, dtype=values.dtype)
    dense.reshape(-1)[places] = values
    return dense


def flat_places(place: str, stored: "SparseTensorProto") -> Array:
    """The places of the values in the flat dense tensor, int64[values], ascending and without repetition."""
    from onnx import numpy_helper

    shape, indices = tuple(stored.dims), numpy_helper.to_array(stored.indices)
    if not shape or min(shape) < 0:
        raise InputError(f"{place}: dims: {list(shape)}: sizes from 0 up are needed")
    count = checked_size(f"{place}: dims", *shape)
    fits = indices.ndim == 1 or (indices.ndim == 2 and indices.shape[1] == len(shape))
    if indices.dtype != np.int64 or not fits:
        raise InputError(
            f"{place}: indices: {indices.dtype}{list(indices.shape)}: int64[values] or int64[values, {len(shape)}] "
            "are needed"
        )
    if tuple(stored.values.dims) != indices.shape[:1]:
        dims = list(stored.values.dims)
        raise InputError(f"{place}: values: {dims}: one for each of the {len(indices)} indices is needed")
    wrong = (indices < 0) | (indices >= np.array(shape if indices.ndim == 2 else count))
    if wrong.any():
        raise InputError(f"{place}: indices: {indices[wrong][0]}: it lies outside of {shape}")
    flat: Array = indices if indices.ndim == 1 else np.ravel_multi_index(tuple(indices.T), shape)
    if np.any(np.diff(flat) <= 0):
        raise InputError(f"{place}: indices: they must ascend, without one that comes twice")
    return flat
