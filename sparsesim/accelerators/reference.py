"""Reference implementations of `kernels.py`: a different, obvious algorithm each; slow, for tests."""

import numpy as np

from sparsesim.tensors import SparseMatrix


def product_nnz(a: SparseMatrix, b: SparseMatrix) -> int:
    """Non-zeros of the product of the two 0/1 patterns."""
    left, right = a.pattern().to_scipy().astype(np.int64), b.pattern().to_scipy().astype(np.int64)
    return int((left @ right).nnz)
