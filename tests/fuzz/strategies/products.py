"""Products on kernels: a machine, operands, and how they are stored."""

from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import strategies as st

from sparsesim.errors import InputError
from sparsesim.formats import Structured, format_by_name
from sparsesim.hardware import Machine
from sparsesim.matmul import MatmulOp, Operand, matmul_op
from sparsesim.tensors import DenseMatrix, SparseMatrix
from tests.fuzz.strategies.formats import format_texts
from tests.fuzz.strategies.machines import machines
from tests.fuzz.strategies.operands import SIDES, arrays, operands, right_factors
from tests.machines import FORMATS


class Product:
    """A question to one kernel; `op` is None where the description of the machine or the format makes no sense."""

    def __init__(self, machine: Machine | None, op: MatmulOp | None) -> None:
        self.machine, self.op = machine, op

    def __repr__(self) -> str:
        if self.machine is None or self.op is None:
            return "no product"
        a, b = self.op.a, self.op.b
        (kernel,) = self.machine.library
        return (
            f"{self.machine.name}/{kernel}: {a.format.name} {a.dtype.name} x {b.format.name}, groups {self.op.groups}, "
            f"repeat {self.op.repeat}, C {self.op.c_dtype.name},\nA = {_shown(a.tensor)}\nB = {_shown(b.tensor)}\n"
            f"{self.machine.library[kernel].unit!r}, {self.machine.dram!r}"
        )


@st.composite
def products(draw: st.DrawFn, name: str) -> Product:
    """A product on one kernel, MACHINE/KERNEL: any format, mostly its own number types, dense and sparse B, groups."""
    machine = draw(machines(name))
    text = draw(st.one_of(st.sampled_from(FORMATS), st.sampled_from(FORMATS), format_texts()))
    if machine is None:
        return Product(None, None)
    try:
        storage = format_by_name(text)
    except InputError:
        return Product(machine, None)
    types = list(machine.unit.macs_per_cycle)
    dtype = draw(st.sampled_from(types))
    groups = draw(st.sampled_from((1, 1, 1, 2, 3)))
    return Product(machine, _op(draw, storage, dtype, types, groups))


def _op(draw: st.DrawFn, storage: Any, dtype: str, types: list[str], groups: int) -> MatmulOp:
    if groups == 1:
        a = draw(operands(storage))
        b = draw(right_factors(a.shape[1]))
    else:
        rows, columns = groups * draw(st.integers(1, 6)), draw(st.integers(1, 9))
        a = draw(operands(storage, rows, columns))
        b = draw(right_factors(groups * columns))
    op = matmul_op(_dense(draw, a, storage), SparseMatrix.from_dense(np.zeros((a.shape[1], 1))), storage, dtype)
    compressed = isinstance(b, SparseMatrix) and not isinstance(storage, Structured) and draw(st.booleans())
    stored = Operand(b, storage if compressed else format_by_name("dense"), op.b.dtype)
    c_dtype = matmul_op([[1.0]], [[1.0]], "dense", draw(st.sampled_from(types))).c_dtype
    return replace(op, b=stored, groups=groups, c_dtype=c_dtype, repeat=draw(st.sampled_from((1, 1, 1, 2, 7))))


def _dense(draw: st.DrawFn, a: SparseMatrix, storage: Any) -> SparseMatrix | DenseMatrix:
    """A without positions where it is stored dense, now and then."""
    if isinstance(storage, Structured) or draw(st.integers(0, 7)):
        return a
    return DenseMatrix(a.shape, seed=3)


def _shown(tensor: Any) -> str:
    if isinstance(tensor, DenseMatrix):
        return f"dense {tensor.shape}, {'sizes alone' if tensor.values is None else 'with values'}"
    return (
        f"{tensor.shape} {tensor.to_array().tolist()}"
        if tensor.nnz <= 64
        else f"{tensor.shape}, {tensor.nnz} non-zeros"
    )


__all__ = ["SIDES", "Product", "arrays", "products"]
