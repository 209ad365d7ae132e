"""What is left of weights with a structured pattern still has it, for the format and for the unit."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparsesim.formats import Structured, format_by_name, format_names
from sparsesim.lowering import lower, stored_as
from sparsesim.matmul import matmul_op
from sparsesim.networks import Layer, Network
from sparsesim.tensors import DenseMatrix
from tests.strategies import structured_matrices


def network_of(weight):
    layer = Layer(name="fc", kind="linear", weight_shape=weight.shape, source=weight)
    return Network(name="test", layers=(layer,), weights_origin="imported", source="test")


def whole_of(weight):
    (op,) = lower(network_of(weight))
    return op.whole


CSR, BLOCKS = format_by_name("csr"), format_by_name("bsr-4x4")
PATTERNED = [name for name in (*format_names(), "vnm-2:2:5") if isinstance(format_by_name(name), Structured)]


@pytest.mark.parametrize("name", PATTERNED)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_formats_with_a_pattern_can_still_hold_what_is_left(name, data):
    storage = format_by_name(name)
    matrix = data.draw(structured_matrices(storage, 14).filter(lambda matrix: min(matrix.shape) > 0))
    op = replace(
        matmul_op(matrix, DenseMatrix((matrix.shape[1], 3), seed=1), "dense", "fp32"), channels=matrix.shape[1]
    )
    left = stored_as(op, storage)
    assert storage.violation(left.a.tensor.to_sparse()) is None
    assert left.a.size.stored_values <= storage.size(matrix, left.a.dtype).stored_values


def test_blocks_go_as_a_whole():
    weight = np.zeros((8, 12), np.float32)
    weight[4, 4] = weight[7, 11] = 1
    op = whole_of(weight)
    assert stored_as(op, BLOCKS).a.shape == (4, 8)
    assert stored_as(op, CSR).a.shape == (2, 2)
    assert stored_as(stored_as(op, CSR), BLOCKS).a.shape == (4, 8)


def test_tall_blocks_are_not_mixed():
    """Three rows with four columns between them, one of the rows empty; without it a row of other columns moves up."""
    weight = np.zeros((6, 8), np.float32)
    weight[0, :2] = weight[2, 2:4] = weight[3:, 4:6] = 1
    op, storage = whole_of(weight), format_by_name("vnm-3:2:8")
    assert storage.violation(stored_as(op, CSR).a.tensor) is not None
    assert stored_as(op, storage).a.shape == (6, 8)
    weight[3:] = 0
    assert stored_as(whole_of(weight), storage).a.shape == (3, 8)
