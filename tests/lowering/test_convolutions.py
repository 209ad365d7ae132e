"""Grouped, depthwise, dilated, 1-D and transposed convolutions: as a product they give what their definition says."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparsesim.errors import InputError
from sparsesim.lowering import Activations, lower
from sparsesim.networks import Layer, Network
from sparsesim.networks.im2col import col2im, im2col


@st.composite
def convolutions(draw, kind):
    """(layer, feature map) of small odd sizes."""
    groups, per_in, per_out = (draw(st.integers(1, 3)) for _ in range(3))
    kernel, stride, dilation = (draw(st.tuples(st.integers(1, 3), st.integers(1, 3))) for _ in range(3))
    padding = draw(st.tuples(*[st.integers(0, min(kernel) - 1)] * 4))
    size = tuple(draw(st.integers(d * (k - 1) + 1, d * (k - 1) + 4)) for k, d in zip(kernel, dilation, strict=True))
    random = np.random.default_rng(draw(st.integers(0, 99)))
    channels = (groups * per_out, per_in) if kind == "conv2d" else (groups * per_in, per_out)
    weight = random.integers(-3, 4, (*channels, *kernel)).astype(np.float32)
    layer = Layer(
        name="conv",
        kind=kind,
        weight_shape=weight.shape,
        source=weight,
        input_size=size,
        stride=stride,
        dilation=dilation,
        padding=padding,
        groups=groups,
    )
    return layer, random.integers(-3, 4, (draw(st.integers(1, 2)), groups * per_in, *size)).astype(np.float32)


def product_of(layer, maps):
    network = Network(name="test", layers=(layer,), weights_origin="imported", source="test")
    (op,) = lower(network, batch=len(maps), activations=Activations(maps={layer.name: maps}))
    a, b = op.a.tensor.to_array(), op.b.tensor.to_array()
    product = a.reshape(op.groups, op.m, op.k) @ b.reshape(op.groups, op.k, op.n)
    assert op.whole.dense_macs == layer.macs * len(maps)
    whole = np.zeros((op.whole.groups * op.whole.m, op.n), np.float32)
    whole[slice(None) if op.kept is None else op.kept.a_rows] = product.reshape(-1, op.n)
    return whole


def convolved(layer, maps):
    """The definition, one output pixel and one weight at a time."""
    top, left, bottom, right = layer.padding
    padded = np.pad(maps, ((0, 0), (0, 0), (top, bottom), (left, right)))
    outputs, per_in = layer.weight_shape[:2]
    result = np.zeros((len(maps), outputs, *layer.output_size), np.float32)
    for n, o, y, x in np.ndindex(result.shape):
        first = o // (outputs // layer.groups) * per_in
        for c, i, j in np.ndindex(layer.weight_shape[1:]):
            row, column = y * layer.stride[0] + i * layer.dilation[0], x * layer.stride[1] + j * layer.dilation[1]
            result[n, o, y, x] += layer.weight()[o, c, i, j] * padded[n, first + c, row, column]
    return result


def scattered(layer, maps):
    """The definition of a transposed convolution: every input pixel adds its window to the output."""
    (height, width), (top, left, _, _) = layer.output_size, layer.padding
    inputs, per_out = layer.weight_shape[:2]
    result = np.zeros((len(maps), per_out * layer.groups, height, width), np.float32)
    for n, c, y, x in np.ndindex(maps.shape):
        first = c // (inputs // layer.groups) * per_out
        for o, i, j in np.ndindex(layer.weight_shape[1:]):
            row = y * layer.stride[0] + i * layer.dilation[0] - top
            column = x * layer.stride[1] + j * layer.dilation[1] - left
            if 0 <= row < height and 0 <= column < width:
                result[n, first + o, row, column] += layer.weight()[c, o, i, j] * maps[n, c, y, x]
    return result


@settings(max_examples=60, deadline=None)
@given(case=convolutions("conv2d"))
def test_a_convolution_is_its_product(case):
    layer, maps = case
    product = product_of(layer, maps).reshape(layer.weight_shape[0], len(maps), *layer.output_size)
    np.testing.assert_array_equal(product.transpose(1, 0, 2, 3), convolved(layer, maps))


@st.composite
def transposed_convolutions(draw):
    layer, maps = draw(convolutions("conv_transpose2d").filter(lambda case: min(case[0].output_size) > 0))
    return layer, maps


@settings(max_examples=60, deadline=None)
@given(case=transposed_convolutions())
def test_a_transposed_convolution_is_its_product_added_up(case):
    layer, maps = case
    np.testing.assert_array_equal(col2im(product_of(layer, maps), layer), scattered(layer, maps))


def test_output_padding_adds_rows_and_columns_at_the_end():
    weight = np.ones((1, 1, 2, 2), np.float32)
    layer = Layer(
        name="up",
        kind="conv_transpose2d",
        weight_shape=weight.shape,
        source=weight,
        input_size=(2, 3),
        stride=(3, 3),
        output_padding=(1, 2),
    )
    assert layer.output_size == (3 + 2 + 1, 6 + 2 + 2)
    whole = col2im(product_of(layer, np.ones((1, 1, 2, 3), np.float32)), layer)
    assert whole.shape[2:] == layer.output_size
    assert whole.sum() == 2 * 3 * 4


def test_a_depthwise_convolution_has_a_group_per_channel():
    weight = np.ones((32, 1, 3, 3), np.float32)
    layer = Layer(
        name="dw",
        kind="conv2d",
        weight_shape=weight.shape,
        source=weight,
        input_size=(8, 8),
        padding=(1, 1),
        groups=32,
    )
    network = Network(name="test", layers=(layer,), weights_origin="imported", source="test")
    (op,) = lower(network, batch=2)
    assert (op.groups, op.m, op.k, op.n) == (32, 1, 9, 2 * 64)
    assert op.dense_macs == 2 * 32 * 9 * 64
    assert op.b.dram_bytes == 2 * 2 * 32 * 64


def test_windows_are_ordered_group_by_group():
    weight = np.ones((2, 1, 1, 2), np.float32)
    layer = Layer(name="c", kind="conv2d", weight_shape=weight.shape, source=weight, input_size=(1, 3), groups=2)
    maps = np.arange(6, dtype=np.float32).reshape(1, 2, 1, 3)
    np.testing.assert_array_equal(im2col(maps, layer), [[0, 1], [1, 2], [3, 4], [4, 5]])


def test_a_transposed_convolution_without_output_is_refused():
    weight = np.ones((1, 1, 1, 1), np.float32)
    with pytest.raises(InputError, match="larger than its padded input"):
        Layer(
            name="up",
            kind="conv_transpose2d",
            weight_shape=weight.shape,
            source=weight,
            input_size=(1, 1),
            padding=(1, 1),
        )
