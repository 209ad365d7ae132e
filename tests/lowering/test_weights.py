"""Weights as operand A: the matrix of the layer, drawn only where it must be."""

import numpy as np
import pytest

from sparsesim.lowering.weights import weight_tensor
from sparsesim.networks import Layer, SyntheticWeights
from sparsesim.tensors import DenseMatrix, SparseMatrix

LAYERS = [
    Layer(name="fc", kind="linear", weight_shape=(5, 7), source=SyntheticWeights()),
    Layer(name="lstm", kind="lstm", weight_shape=(8, 5), source=SyntheticWeights(), steps=3),
    Layer(
        name="conv", kind="conv2d", weight_shape=(6, 2, 3, 3), source=SyntheticWeights(), input_size=(9, 9), groups=2
    ),
    Layer(
        name="up",
        kind="conv_transpose2d",
        weight_shape=(6, 4, 3, 2),
        source=SyntheticWeights(),
        input_size=(9, 9),
        groups=3,
    ),
]


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.kind)
def test_unpruned_synthetic_weights_are_drawn_when_asked_for(layer, monkeypatch):
    expected, drawn, draw = layer.weight_matrix(), [], SyntheticWeights.draw
    monkeypatch.setattr(SyntheticWeights, "draw", lambda *given: drawn.append(1) or draw(*given))
    tensor = weight_tensor(layer)
    assert isinstance(tensor, DenseMatrix)
    assert (tensor.shape, tensor.nnz, drawn) == (expected.shape, expected.size, [])
    np.testing.assert_array_equal(tensor.to_array(), expected)
    assert len(drawn) == 1


def test_masks_and_given_weights_are_looked_at():
    layer = LAYERS[0]
    mask = layer.weight() > 0
    pruned = weight_tensor(layer.with_mask(mask))
    assert isinstance(pruned, SparseMatrix)
    assert pruned.nnz == mask.sum()
    given = weight_tensor(layer.with_weight(np.where(mask, layer.weight(), np.float32(0))))
    assert isinstance(given, SparseMatrix)
    assert given.equals(pruned)
