"""Operations and strategies for the tests of this unit."""

import numpy as np
from hypothesis import strategies as st

from sparsesim.dtypes import dtype_by_name
from sparsesim.formats import format_by_name
from sparsesim.matmul import MatmulOp, Operand
from sparsesim.tensors import SparseMatrix, Tensor
from tests.strategies import masks


def operation(a: Tensor, b: Tensor, dtype: str = "fp64", form: str = "csr", repeat: int = 1) -> MatmulOp:
    number = dtype_by_name(dtype)
    storage = format_by_name(form)
    return MatmulOp("test", Operand(a, storage, number), Operand(b, format_by_name("csr"), number), number, repeat)


@st.composite
def factors(draw: st.DrawFn, max_side: int = 10) -> tuple[SparseMatrix, SparseMatrix]:
    """A and B that can be multiplied, of any odd shape and density."""
    a = draw(masks(max_side))
    seed, columns = draw(st.integers(0, 2**16)), draw(st.integers(0, max_side))
    random = np.random.default_rng(seed)
    b = random.random((a.shape[1], columns)) < draw(st.sampled_from((0.0, 0.2, 0.6, 1.0)))
    # Small whole numbers make sums cancel now and then.
    return tuple(SparseMatrix.from_dense(mask * random.choice((-1.0, 1.0, 2.0), mask.shape)) for mask in (a, b))
