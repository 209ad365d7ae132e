"""Convolutions as matrix products: windows of a map as columns, and columns added up to the map of a transposed one."""

import numpy as np

from sparsesim.array_types import FloatArray
from sparsesim.networks import Layer


def im2col(feature_map: FloatArray, layer: Layer) -> FloatArray:
    """float[c * kh * kw, batch * oh * ow] of a map [batch, c, h, w]: a column for every output pixel.

    Rows run over (group, kh, kw, channel of the group), as the columns of `Layer.weight_matrix` do in each group.
    """
    top, left, bottom, right = layer.padding
    padded = np.pad(feature_map, ((0, 0), (0, 0), (top, bottom), (left, right)))
    (kh, kw), (dy, dx) = layer.weight_shape[2:], layer.dilation
    reach = (dy * (kh - 1) + 1, dx * (kw - 1) + 1)
    windows = np.lib.stride_tricks.sliding_window_view(padded, reach, axis=(2, 3))
    windows = windows[:, :, :: layer.stride[0], :: layer.stride[1], ::dy, ::dx]
    batch, channels, height, width = windows.shape[:4]
    grouped = windows.reshape(batch, layer.groups, channels // layer.groups, height, width, kh, kw)
    ordered = grouped.transpose(1, 5, 6, 2, 0, 3, 4)
    return np.ascontiguousarray(ordered.reshape(kh * kw * channels, -1))


def col2im(product: FloatArray, layer: Layer) -> FloatArray:
    """float[batch, c_out, oh, ow] of a transposed convolution: its product with overlapping windows added up.

    `product` is [groups * kh * kw * c_out / groups, batch * h * w], as `lower_layer` orders it.
    """
    assert layer.input_size is not None
    (kh, kw), (h, w), (dy, dx) = layer.weight_shape[2:], layer.input_size, layer.dilation
    parts = product.reshape(layer.groups, kh, kw, layer.weight_shape[1], -1, h, w).transpose(4, 0, 3, 1, 2, 5, 6)
    batch, channels = parts.shape[0], layer.groups * layer.weight_shape[1]
    parts = parts.reshape(batch, channels, kh, kw, h, w)
    top, left, bottom, right = layer.padding
    height, width = layer.output_size
    whole = np.zeros((batch, channels, height + top + bottom, width + left + right), product.dtype)
    rows, columns = layer.stride[0] * (h - 1) + 1, layer.stride[1] * (w - 1) + 1
    for i, j in np.ndindex(kh, kw):
        down, across = i * dy, j * dx
        target = whole[:, :, down : down + rows : layer.stride[0], across : across + columns : layer.stride[1]]
        target += parts[:, :, i, j]
    return whole[:, :, top : top + height, left : left + width]
