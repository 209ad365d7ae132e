"""The matrix whose columns are the windows that a convolution reads."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparsesim.networks import Layer

FloatArray = NDArray[np.floating[Any]]


def im2col(feature_map: FloatArray, layer: Layer) -> FloatArray:
    """float[kh * kw * c, batch * oh * ow]: column = one output pixel, rows in the order (kh, kw, channel)."""
    top, left, bottom, right = layer.padding
    padded = np.pad(feature_map, ((0, 0), (0, 0), (top, bottom), (left, right)))
    (kh, kw), (dy, dx) = layer.weight_shape[2:], layer.dilation
    reach = (dy * (kh - 1) + 1, dx * (kw - 1) + 1)
    windows = np.lib.stride_tricks.sliding_window_view(padded, reach, axis=(2, 3))
    windows = windows[:, :, :: layer.stride[0], :: layer.stride[1], ::dy, ::dx]
    ordered = windows.transpose(4, 5, 1, 0, 2, 3)
    return np.ascontiguousarray(ordered.reshape(kh * kw * feature_map.shape[1], -1))
