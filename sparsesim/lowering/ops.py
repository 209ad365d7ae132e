"""Operations from tensors, and the same operations with weights stored otherwise."""

from dataclasses import replace

from sparsesim.dtypes import dtype_by_name
from sparsesim.formats import Format, format_by_name
from sparsesim.matmul import MatmulOp, Operand
from sparsesim.tensors import DenseMatrix, Tensor


def stored_as(op: MatmulOp, format: Format) -> MatmulOp:
    """The same multiplication with A stored in another format."""
    return replace(op, a=replace(op.a, format=format))


def matmul_op(a: Tensor, b: Tensor, format: str, dtype: str, name: str = "matmul") -> MatmulOp:
    """A @ B with A in `format`; B is stored alike if it is sparse, else dense."""
    types, stored = dtype_by_name(dtype), format_by_name(format)
    b_format = format_by_name("dense") if isinstance(b, DenseMatrix) else stored
    return MatmulOp(name, Operand(a, stored, types), Operand(b, b_format, types), types)
