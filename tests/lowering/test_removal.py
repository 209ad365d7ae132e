"""Rows and columns of weights without a non-zero are left out, and what stays computes the same."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparsesim.formats import Structured, format_by_name
from sparsesim.hardware import load_energy_table, load_machine
from sparsesim.lowering import Activations, lower, lowered_layers, stored_as, without_empty
from sparsesim.matmul import matmul_op
from sparsesim.networks import Layer, Network, SyntheticWeights
from sparsesim.products import multiply
from sparsesim.pruning import pruner_by_name
from sparsesim.simulation import simulate
from sparsesim.tensors import DenseMatrix, SparseMatrix
from tests.machines import KERNELS, alone, first_taken, held

TABLE = load_energy_table("horowitz-45nm")
DENSE, CSR = format_by_name("dense"), format_by_name("csr")
UNITS = list({alone(name).unit.kind: name for name in reversed(KERNELS)}.values())
"""One machine with every kind of unit."""


def network_of(*layers):
    return Network(name="test", layers=layers, weights_origin="imported", source="test")


def linear(weight, name="fc", **fields):
    weight = np.asarray(weight, np.float32)
    return Layer(name=name, kind="linear", weight_shape=weight.shape, source=weight, **fields)


def conv(weight, size=(6, 7), **fields):
    weight = np.asarray(weight, np.float32)
    return Layer(name="conv", kind="conv2d", weight_shape=weight.shape, source=weight, input_size=size, **fields)


def whole_of(layer, **activations):
    """The operation before anything is left out."""
    (op,) = lower(network_of(layer), **activations)
    return op.whole


def stacked(op):
    """Product of NumPy, [groups * M, N]."""
    a, b = op.a.tensor.to_array().astype(np.float64), op.b.tensor.to_array().astype(np.float64)
    return (a.reshape(op.groups, op.m, op.k) @ b.reshape(op.groups, op.k, op.n)).reshape(-1, op.n)


def scattered(op, product):
    """A product in the rows of the whole one, zeros elsewhere."""
    whole = np.zeros((op.whole.groups * op.whole.m, op.n))
    whole[slice(None) if op.kept is None else op.kept.a_rows] = product
    return whole


@st.composite
def layers(draw):
    """(layer, its inputs): any kind and odd sizes, with rows, columns, kernel positions and groups that are empty."""
    random = np.random.default_rng(draw(st.integers(0, 2**16)))
    kind = draw(st.sampled_from(("linear", "conv2d", "conv_transpose2d")))
    groups = 1 if kind == "linear" else draw(st.integers(1, 3))
    per_in, per_out = draw(st.integers(1, 7)), draw(st.integers(1, 7))
    kernel = () if kind == "linear" else draw(st.tuples(*[st.integers(1, 3)] * 2))
    outer, inner = (groups * per_in, per_out) if kind == "conv_transpose2d" else (groups * per_out, per_in)
    weight = random.integers(-3, 4, (outer, inner, *kernel)).astype(np.float32)
    for axis in range(weight.ndim):
        shape = [1] * weight.ndim
        shape[axis] = weight.shape[axis]
        weight *= random.random(shape) < draw(st.sampled_from((0.0, 0.5, 1.0, 1.0)))
    if kind == "linear":
        maps = random.integers(-2, 3, (draw(st.integers(1, 4)), per_in))
        return linear(weight), maps.astype(np.float32)
    padding = (1, 1) if kind == "conv2d" else (0, 0)
    layer = replace(conv(weight, (3, 4), groups=groups, padding=padding), kind=kind)
    return layer, random.integers(-2, 3, (2, groups * per_in, 3, 4)).astype(np.float32)


@settings(max_examples=150, deadline=None)
@given(case=layers(), grain=st.sampled_from([(1, 1), (1, 4), (2, 3), (5, 2)]))
def test_what_is_left_computes_the_whole_product(case, grain):
    layer, maps = case
    whole = whole_of(layer, activations=Activations(maps={layer.name: maps}))
    op = without_empty(whole, grain)
    np.testing.assert_array_equal(scattered(op, stacked(op)), stacked(whole))
    assert op.a.tensor.nnz == whole.a.tensor.nnz
    assert op.effectual_macs == whole.effectual_macs
    assert op.empty_rows == whole.groups * whole.m - op.groups * op.m
    assert op.empty_columns == whole.groups * whole.k - op.groups * op.k


@settings(max_examples=150, deadline=None)
@given(case=layers())
def test_what_is_left_is_what_holds_a_non_zero(case):
    layer, _ = case
    whole = whole_of(layer)
    op = without_empty(whole)
    filled = whole.a.tensor.to_array().reshape(whole.groups, whole.m, whole.k) != 0
    rows, columns = filled.any(axis=2).sum(axis=1), filled.any(axis=1).sum(axis=1)
    if not filled.any():
        assert (op.groups, op.m, op.k) == (1, 1, 1)
    else:
        assert (op.groups, op.m, op.k) == ((rows > 0).sum(), rows.max(), columns.max())
        assert (op is whole) == ((op.groups, op.m, op.k) == (whole.groups, whole.m, whole.k))


@pytest.mark.parametrize("name", UNITS)
@settings(max_examples=20, deadline=None)
@given(case=layers())
def test_every_unit_computes_the_whole_product_from_what_is_left(name, case):
    layer, maps = case
    unit, form = alone(name).unit, first_taken(name)
    storage = format_by_name(form)
    if isinstance(storage, Structured):
        layer = linear(held(SparseMatrix.from_dense(layer.weight_matrix()), form).to_array().astype(np.float32))
        maps = np.arange(1, 1 + 2 * layer.weight_shape[1], dtype=np.float32).reshape(2, -1)
    (lowered,) = lowered_layers(
        network_of(layer), pruner_by_name("none"), unit.default_dtype, activations=Activations(maps={layer.name: maps})
    )
    op = lowered.stored_as(storage)
    product = unit.execute(op)
    product = product.to_array() if isinstance(product, SparseMatrix) else product
    np.testing.assert_allclose(scattered(op, product), stacked(lowered.op), rtol=1e-12, atol=1e-12)


def test_groups_stay_equal_and_keep_as_much_as_the_fullest():
    """Groups of 3 x 4: one with a row and two columns, an empty one, one with two rows and a column."""
    weight = np.zeros((9, 4, 1, 1), np.float32)
    weight[1, [0, 3]] = 1
    weight[6, 2], weight[8, 2] = 2, 3
    op = without_empty(whole_of(conv(weight, groups=3)))
    assert (op.groups, op.m, op.k) == (2, 2, 2)
    assert (op.empty_rows, op.empty_columns) == (9 - 4, 12 - 4)
    assert set(op.kept.a_rows) >= {1, 6, 8}
    assert set(op.kept.b_rows) >= {0, 3, 8 + 2}
    np.testing.assert_array_equal(op.kept.a_rows // 3, [0, 0, 2, 2])


def test_a_depthwise_convolution_loses_the_channels_that_were_pruned():
    weight = np.ones((32, 1, 3, 3), np.float32)
    weight[::2] = 0
    op = without_empty(whole_of(conv(weight, (8, 8), padding=(1, 1), groups=32), batch=2))
    assert (op.groups, op.m, op.k, op.n) == (16, 1, 9, 2 * 64)
    assert op.b.dram_bytes == 2 * 2 * 16 * 64
    assert isinstance(op.a.tensor, DenseMatrix)


def test_other_views_of_what_is_left_are_operations_of_their_own():
    weight = np.ones((6, 4, 1, 1), np.float32)
    weight[::3] = weight[:, 1] = 0
    op = without_empty(whole_of(conv(weight, groups=2)))
    assert (op.groups, op.m, op.k, op.empty_rows, op.empty_columns) == (2, 2, 3, 2, 2)
    for view in (op.block_diagonal(), *op.parts()):
        assert (view.groups, view.whole, view.empty_rows, view.empty_columns) == (1, view, 0, 0)
        assert without_empty(view) is view


def test_a_feature_map_shrinks_with_channels_but_not_with_kernel_positions():
    weight = np.ones((5, 4, 3, 3), np.float32)
    layer = conv(weight)
    assert whole_of(layer).b.distinct == 4 * 42
    one_channel, one_position = weight.copy(), weight.copy()
    one_channel[:, 2], one_position[:, :, 1, 2] = 0, 0
    channels = without_empty(whole_of(conv(one_channel)))
    assert (channels.k, channels.b.distinct) == (27, 3 * 42)
    positions = without_empty(whole_of(conv(one_position)))
    assert (positions.k, positions.b.distinct) == (32, 4 * 42)
    assert positions.c_elements == channels.c_elements == 5 * 20


def test_real_inputs_lose_the_same_rows():
    random = np.random.default_rng(4)
    weight = random.standard_normal((6, 4, 2, 2)).astype(np.float32)
    weight[:, 1] = 0
    maps = np.maximum(random.standard_normal((3, 4, 6, 7)), 0).astype(np.float32)
    (op,) = lower(network_of(conv(weight)), activations=Activations(maps={"conv": maps}, format="csr"))
    (small,) = lower(
        network_of(conv(np.delete(weight, 1, axis=1))),
        activations=Activations(maps={"conv": np.delete(maps, 1, axis=1)}, format="csr"),
    )
    assert op.b.tensor.equals(small.b.tensor)
    np.testing.assert_array_equal(op.a.tensor.to_array(), small.a.tensor.to_array())
    assert (op.b.distinct, op.b.dram_bytes) == (small.b.distinct, small.b.dram_bytes)


@pytest.mark.parametrize("name", UNITS)
@pytest.mark.parametrize("density", [1.0, 0.5])
def test_a_layer_without_any_weight_left_still_is_an_operation(name, density):
    machine, layer = load_machine(name.partition("/")[0]), conv(np.zeros((6, 4, 3, 3)), groups=1)
    (op,) = lower(network_of(layer), machine.default_dtype, 2, Activations(density))
    assert (op.m, op.k, op.n, op.a.tensor.nnz) == (1, 1, 2 * 20, 0)
    result = simulate(op, machine, TABLE)
    assert (result.m, result.k, result.a_density, result.macs) == (6, 36, 0.0, 0)
    assert (result.empty_rows, result.empty_columns) == (5, 35)


def test_nothing_is_done_where_nothing_is_empty():
    weight = np.ones((6, 8), np.float32)
    np.fill_diagonal(weight, 0)
    whole = whole_of(linear(weight))
    assert isinstance(whole.a.tensor, SparseMatrix)
    assert without_empty(whole) is whole
    assert whole.whole is whole
    assert (whole.kept, whole.empty_rows, whole.empty_columns) == (None, 0, 0)


def test_dense_weights_are_not_drawn(monkeypatch):
    monkeypatch.setattr(SyntheticWeights, "draw", lambda *given: pytest.fail("drawn"))
    layer = Layer(name="fc", kind="linear", weight_shape=(5, 7), source=SyntheticWeights())
    network = Network(name="n", layers=(layer,), weights_origin="synthetic", source="made up")
    (op,) = lower(network)
    assert op.a.shape == (5, 7)


def test_matrices_of_the_users_own_keep_their_empty_rows():
    a = np.zeros((6, 6))
    a[2, 3] = a[4, 0] = 1
    matrix = SparseMatrix.from_dense(a)
    for b in (matrix, DenseMatrix((6, 4), seed=1)):
        (result,) = multiply(matrix, b, [load_machine("titan-x")], ["csr"], table=TABLE)
        assert (result.empty_rows, result.empty_columns) == (0, 0)
        op = matmul_op(matrix, b, "csr", "fp32")
        assert without_empty(op) is op
        assert stored_as(op, CSR).a.shape == (6, 6)


def test_products_of_activations_are_left_alone():
    (op,) = lower(network_of(Layer(name="scores", kind="matmul", m=4, k=8, n=4, batch=12)))
    assert op.channels == 0
    assert (op.groups, op.m, op.k) == (12, 4, 8)
