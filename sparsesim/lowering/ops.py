"""Operations from tensors, and the same operations with weights stored otherwise."""

from dataclasses import replace

from sparsesim.dtypes import value_type_by_name
from sparsesim.formats import Format, format_by_name
from sparsesim.matmul import MatmulOp, Operand
from sparsesim.tensors import DenseMatrix, Tensor


def stored_as(op: MatmulOp, storage: Format) -> MatmulOp:
    """The same multiplication with A stored in another format."""
    return replace(op, a=replace(op.a, format=storage))


def matmul_op(a: Tensor, b: Tensor, storage: str, value_type: str, name: str = "matmul") -> MatmulOp:
    """A @ B with A in `storage`; B is stored alike if it is sparse, else dense."""
    types, form = value_type_by_name(value_type), format_by_name(storage)
    b_form = format_by_name("dense") if isinstance(b, DenseMatrix) else form
    return MatmulOp(name, Operand(a, form, types), Operand(b, b_form, types), types)
