"""The unit's product, value for value, on every matrix at hand; and inputs of every awkward kind."""

import numpy as np
import pytest
import scipy.sparse as sp

from sparsesim.accelerators import CondensedOuterProduct
from sparsesim.tensors import SparseMatrix, matrix_members, read_matrix
from tests.accelerators.condensed_outer_product.operations import operation

UNIT = CondensedOuterProduct()


def assert_equals_scipy(a, b):
    product = UNIT.execute(operation(a, b))
    expected = (a.to_scipy().astype(np.float64) @ b.to_scipy().astype(np.float64)).tocsr()
    difference = abs(product.to_scipy() - expected)
    scale = max(1.0, abs(expected).max()) if expected.nnz else 1.0
    assert product.shape == expected.shape
    assert difference.nnz == 0 or difference.max() <= 1e-9 * scale


def partner(a):
    """A itself where A x A is defined, else its transpose."""
    return a if a.shape[0] == a.shape[1] else a.transposed


def names(data_dir):
    return sorted(path.name for path in (data_dir / "matrices").glob("*.mtx.gz"))


def test_products_of_every_matrix_equal_scipy(data_dir):
    files = names(data_dir)
    assert len(files) >= 40
    for name in files:
        a = read_matrix(data_dir / "matrices" / name)
        assert_equals_scipy(a, partner(a))


def test_products_of_really_pruned_weights_equal_scipy(data_dir):
    for archive in ("alexnet_pruned_top1_0.5421", "lenet_pruned_top1_0.9846", "dlmc_transformer_magnitude_pruning_0.9"):
        path = data_dir / "pruned" / f"{archive}.zip"
        for member in matrix_members(path)[:5]:
            a = read_matrix(path, member=member)
            assert_equals_scipy(a, a.transposed)


def test_sparse_activations_times_sparse_weights_equal_scipy(data_dir):
    path = data_dir / "matrices" / "graphchallenge_dnn_n1024.zip"
    matrices = [read_matrix(path, member=member) for member in matrix_members(path)]
    layers = [matrix for matrix in matrices if matrix.shape == (1024, 1024)]
    images = next(matrix for matrix in matrices if matrix.shape[0] != 1024)
    assert_equals_scipy(images, layers[0])


@pytest.mark.parametrize("shape", [(0, 0), (0, 5), (5, 0), (1, 7), (7, 1), (1, 1), (3, 200), (200, 3)])
@pytest.mark.parametrize("density", [0.0, 0.3, 1.0])
def test_awkward_shapes(shape, density):
    random = np.random.default_rng(1)
    a = SparseMatrix.from_dense(random.standard_normal(shape) * (random.random(shape) < density))
    assert_equals_scipy(a, a.transposed)
    schedule = UNIT.plan(operation(a, a.transposed))
    assert schedule.details["nnz_c"] == (abs(a.to_scipy()) @ abs(a.to_scipy()).T).nnz


def test_one_dense_row_and_one_dense_column():
    dense = np.zeros((60, 60))
    dense[7], dense[:, 9] = 1.5, -2.0
    a = SparseMatrix.from_dense(dense)
    assert_equals_scipy(a, a)
    assert UNIT.plan(operation(a, a)).details["condensed_columns"] == 60


def test_unsorted_and_duplicate_input_is_the_matrix_it_stands_for():
    sorted_once = sp.random_array((40, 40), density=0.2, rng=np.random.default_rng(3), format="csr")
    order = np.argsort(np.random.default_rng(4).random(sorted_once.nnz))
    rows = np.repeat(np.arange(40), np.diff(sorted_once.indptr))[order]
    columns, halves = sorted_once.indices[order], sorted_once.data[order] / 2
    twice = SparseMatrix.from_coo((40, 40), np.tile(rows, 2), np.tile(columns, 2), np.tile(halves, 2))
    once = SparseMatrix.from_scipy(sorted_once)
    assert twice.equals(once)
    assert UNIT.plan(operation(twice, twice)).dram_bytes == UNIT.plan(operation(once, once)).dram_bytes
