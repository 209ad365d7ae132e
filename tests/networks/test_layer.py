import math
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import correlate

from sparsesim.errors import InputError
from sparsesim.networks import Gemm, Layer, SyntheticWeights

W = SyntheticWeights(0)


def linear(**changes):
    return Layer(**{"name": "fc", "kind": "linear", "weight_shape": (4, 6), "source": W, "n_bias": 4} | changes)


def conv(**changes):
    fields = {"name": "conv", "kind": "conv2d", "weight_shape": (8, 3, 3, 3), "source": W, "input_size": (10, 12)}
    return Layer(**fields | changes)


def test_a_linear_layer_counts_its_positions():
    layer = linear(positions=7)
    assert layer.gemm == Gemm(M=4, N=7, K=6, repeat=1)
    assert (layer.n_weights, layer.n_params, layer.macs) == (24, 28, 168)


def test_a_grouped_strided_convolution():
    layer = conv(weight_shape=(8, 2, 3, 5), groups=2, stride=(2, 1), padding=(1, 2))
    assert layer.padding == (1, 2, 1, 2)
    assert layer.output_size == (5, 12)
    assert layer.gemm == Gemm(M=4, N=60, K=30, repeat=2)
    assert layer.macs == 4 * 60 * 30 * 2


def test_recurrent_layers_repeat_their_steps():
    lstm = Layer(name="rnn", kind="lstm", weight_shape=(32, 20), source=W, n_bias=64, steps=5)
    assert lstm.gemm == Gemm(M=32, N=1, K=20, repeat=5)
    assert lstm.n_params == 704


def test_a_product_of_activations_has_no_weights():
    scores = Layer(name="scores", kind="matmul", m=16, k=8, n=12, batch=4)
    assert (scores.n_params, scores.macs, scores.gemm) == (0, 16 * 8 * 12 * 4, Gemm(16, 12, 8, 4))
    for read in (scores.weight, scores.weight_matrix):
        with pytest.raises(InputError, match=r"'scores' \(matmul\) has no weights"):
            read()
    with pytest.raises(InputError, match="no output map"):
        _ = scores.output_size


@given(
    size=st.integers(1, 30),
    kernel=st.integers(1, 5),
    stride=st.integers(1, 4),
    dilation=st.integers(1, 3),
    before=st.integers(0, 3),
    after=st.integers(0, 3),
)
def test_output_size_is_the_number_of_places_where_the_kernel_fits(size, kernel, stride, dilation, before, after):
    reach = dilation * (kernel - 1) + 1
    places = len(range(0, size + before + after - reach + 1, stride))
    fields = {
        "weight_shape": (1, 1, kernel, kernel),
        "input_size": (size, size),
        "stride": (stride, stride),
        "dilation": (dilation, dilation),
        "padding": (before, after, after, before),
    }
    if places < 1:
        with pytest.raises(InputError, match="kernel is larger"):
            conv(**fields)
    else:
        assert conv(**fields).output_size == (places, places)


def test_the_weight_matrix_times_patches_is_the_convolution():
    layer = conv(input_size=(5, 6))
    image = np.random.default_rng(1).standard_normal((3, 5, 6)).astype(np.float32)
    patches = [
        image[:, y : y + 3, x : x + 3].transpose(1, 2, 0).ravel()  # kh, kw, c_in
        for y in range(3)
        for x in range(4)
    ]
    product = layer.weight_matrix() @ np.stack(patches, axis=1)
    expected = [sum(correlate(image[c], kernel[c], "valid") for c in range(3)) for kernel in layer.weight()]
    assert product.shape == (layer.gemm.M, layer.gemm.N)
    np.testing.assert_allclose(product.reshape(8, 3, 4), expected, rtol=1e-4, atol=1e-5)


def test_a_mask_zeroes_weights_and_comes_off_again():
    mask = np.random.default_rng(0).random((8, 3, 3, 3)) < 0.4
    pruned = conv().with_mask(mask)
    assert np.array_equal(pruned.masked_weight() != 0, mask)
    assert np.array_equal(pruned.weight(), conv().weight())
    assert np.count_nonzero(pruned.weight_matrix()) == mask.sum()
    assert pruned.n_weights == conv().n_weights
    assert np.array_equal(pruned.with_mask(None).masked_weight(), conv().weight())


def test_masked_infinitesimals_leave_no_negative_zero():
    layer = linear(source=-np.ones((4, 6), np.float32)).with_mask(np.zeros((4, 6), bool))
    assert not np.signbit(layer.masked_weight()).any()


def test_weights_are_float32_read_only_and_never_the_callers_to_change():
    stored = np.ones((4, 6), np.float64)
    layer = linear().with_weight(stored)
    stored[0, 0] = 9
    assert layer.weight().dtype == np.float32
    assert layer.weight()[0, 0] == 1
    with pytest.raises(ValueError, match="read-only"):
        layer.weight()[0, 0] = 2
    with pytest.raises(FrozenInstanceError):
        layer.name = "other"


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e300])
def test_nan_and_infinity_are_refused_with_the_layers_name(bad):
    weight = np.ones((4, 6))
    weight[2, 3] = bad
    with pytest.raises(InputError, match="layer 'fc': weights hold NaN or infinity"):
        linear(source=weight).weight()


@pytest.mark.parametrize(
    ("make", "changes", "message"),
    [
        (linear, {"kind": "dense"}, "kind: 'dense': must be one of"),
        (linear, {"weight_shape": (4, 6, 1)}, "is not the shape of linear weights"),
        (linear, {"weight_shape": (0, 6)}, "weight_shape: .*: must be positive"),
        (linear, {"positions": 0}, "positions: 0: must be positive"),
        (linear, {"source": None}, "linear layers have weights"),
        (linear, {"source": np.ones((6, 4))}, r"weights are \(6, 4\), not \(4, 6\)"),
        (linear, {"source": np.ones((4, 6), int)}, "int64, not floating point"),
        (linear, {"mask": np.ones((6, 4), bool)}, r"mask is \(6, 4\), weights are \(4, 6\)"),
        (linear, {"mask": np.ones((4, 6))}, "mask is float64, not bool"),
        (conv, {"input_size": None}, "needs input_size"),
        (conv, {"groups": 3}, "3 groups do not divide 8 output channels"),
        (conv, {"padding": (1, 1, 1)}, r"padding: \(.*\): must be"),
        (conv, {"padding": (-1, 0)}, r"padding: \(.*\): must be"),
        (conv, {"stride": (0, 1)}, "stride: .*: must be positive"),
        (linear, {"kind": "lstm", "weight_shape": (30, 20)}, r"not \(4 \* hidden, input \+ hidden\) of lstm"),
        (linear, {"kind": "gru", "weight_shape": (30, 10)}, r"not \(3 \* hidden, input \+ hidden\) of gru"),
        (linear, {"kind": "matmul", "weight_shape": (), "source": None}, "m: 0: must be positive"),
        (linear, {"kind": "matmul", "weight_shape": ()}, "matmul layers have no weights"),
    ],
)
def test_impossible_layers_are_refused_by_name(make, changes, message):
    with pytest.raises(InputError, match=message) as caught:
        make(**changes)
    assert repr(make().name) in str(caught.value)


def test_macs_are_the_product_of_the_gemm():
    for layer in (linear(positions=3), conv(), conv(weight_shape=(8, 1, 3, 3), groups=4)):
        assert layer.macs == math.prod(layer.gemm)
