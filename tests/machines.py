"""Every kernel of every shipped machine, and operands that it takes."""

from dataclasses import replace
from functools import cache

import numpy as np

from sparsesim import hardware
from sparsesim.formats import Structured, format_by_name, format_names
from sparsesim.hardware import Machine, machine_names
from sparsesim.matmul import MatmulOp, matmul_op
from sparsesim.tensors import DenseMatrix, SparseMatrix, Tensor

FORMATS = (
    *format_names(),
    "nm-1:2",
    "vnm-2:2:8",
    "bsr-2x1",
    "bsr-4x1",
    "bsr-8x1",
    "bsr-16x16",
    "bsr-32x32",
    "bsr-64x64",
)
"""Storage formats with the parameters that some kernel is made for."""

load_machine = cache(hardware.load_machine)

KERNELS = tuple(f"{name}/{kernel}" for name in machine_names() for kernel in load_machine(name).library)
"""All kernels as MACHINE/KERNEL."""


@cache
def alone(name: str) -> Machine:
    """The machine with the one kernel that MACHINE/KERNEL names."""
    machine, _, kernel = name.partition("/")
    return load_machine(machine).only(kernel)


@cache
def taken(name: str, dtype: str) -> tuple[str, ...]:
    """The formats that a kernel reads with this number type."""
    machine = alone(name)
    (kernel,) = machine.library.values()
    # A single column, because some kernels take no more.
    zeros, column = DenseMatrix((8, 8)), DenseMatrix((8, 1))
    return tuple(form for form in FORMATS if kernel.takes(matmul_op(zeros, column, form, dtype)))


def first_taken(name: str) -> str:
    """The first of those with the machine's first number type, sparse ones before dense ones."""
    formats = taken(name, alone(name).default_dtype)
    return next((form for form in formats if form != "dense"), "dense")


def held(matrix: SparseMatrix, form: str) -> SparseMatrix:
    """What is left of a matrix if non-zeros go, one by one, until the format can hold it."""
    storage = format_by_name(form)
    if not isinstance(storage, Structured):
        return matrix
    dense = matrix.to_array().copy()
    while (found := storage.violation(SparseMatrix.from_dense(dense))) is not None:
        row, column = slice(found.row, found.row + found.rows), slice(found.column, found.column + found.columns)
        dense[row, column][:, np.flatnonzero(dense[row, column].any(axis=0))[-1]] = 0
    return SparseMatrix.from_dense(dense)


def stored(name: str, a: Tensor, b: Tensor, form: str, dtype: str = "") -> MatmulOp:
    """A x B with A in a format, and B compressed where it is sparse and the unit copes with that."""
    machine = alone(name)
    op = matmul_op(a, b, form, dtype or machine.default_dtype)
    if machine.unit.reads(op) or machine.unit.unpacks(op):
        return op
    return replace(op, b=replace(op.b, format=format_by_name("dense")))


def product_of(machine: Machine, op: MatmulOp) -> np.ndarray:
    """What the unit of a machine with one kernel computes, as an array."""
    product = machine.unit.execute(op)
    return product.to_array() if isinstance(product, SparseMatrix) else product


def expected_product(a: Tensor, b: Tensor) -> np.ndarray:
    """A x B by SciPy in float64."""
    return (a.to_sparse().to_scipy().astype(np.float64) @ b.to_sparse().to_scipy()).toarray()


def without_interval(machine: Machine) -> Machine:
    """A machine with one kernel whose launches may follow each other at once."""
    ((name, kernel),) = machine.library.items()
    at_once = kernel.model_copy(update={"launch_interval_ns": 0.0})
    return machine.model_copy(update={"kernels": {name: at_once}, "accelerator": None})
