"""Matrices of odd shapes and densities, in every number type that NumPy has."""

from typing import Any

import numpy as np
from hypothesis import strategies as st

from sparsesim.formats import Structured
from sparsesim.tensors import DenseMatrix, SparseMatrix, Tensor
from tests.machines import held

SIDES = (0, 1, 1, 2, 3, 4, 5, 7, 8, 9, 12, 16, 17, 31, 32, 33, 40)
DENSITIES = (0.0, 0.03, 0.1, 0.3, 0.5, 0.8, 1.0)
SHAPES = ("any", "any", "any", "one row", "one column", "diagonal", "band", "gaps", "last row", "blocks")
NUMBER_TYPES = (
    "bool",
    "int8",
    "uint8",
    "int16",
    "uint16",
    "int32",
    "uint32",
    "int64",
    "uint64",
    "float16",
    "float32",
    "float64",
    "longdouble",
    ">f4",
    ">f8",
    ">i4",
)
"""Every real number type of NumPy, and those of the other byte order."""

_STRUCTURED_SIDE = 12


def mask(random: np.random.Generator, rows: int, columns: int, shape: str, density: float) -> np.ndarray:
    """A boolean matrix of this kind and density."""
    found = random.random((rows, columns)) < density
    if shape in ("diagonal", "band"):
        away = np.abs(np.arange(rows)[:, None] - np.arange(columns))
        return found & (away <= 2) if shape == "band" else away == 0
    if shape == "gaps":
        return found & (random.random((rows, 1)) < 0.5) & (random.random((1, columns)) < 0.5)
    if shape == "last row":
        return found & (np.arange(rows)[:, None] == rows - 1)
    if shape == "blocks":
        return np.kron(random.random((-(-rows // 4), -(-columns // 4))) < density, np.ones((4, 4), bool))[
            :rows, :columns
        ]
    return found


@st.composite
def arrays(draw: st.DrawFn, rows: int = -1, columns: int = -1, largest: int = 40, whole: bool = False) -> np.ndarray:
    """A dense array [rows, columns], float32 or float64; a side of -1 is drawn; `whole`: small whole numbers."""
    sides = st.sampled_from([side for side in SIDES if side <= largest])
    shape = draw(st.sampled_from(SHAPES))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rows = rows if rows >= 0 else 1 if shape == "one row" else draw(sides)
    columns = columns if columns >= 0 else 1 if shape == "one column" else draw(sides)
    nonzero = mask(random, rows, columns, shape, draw(st.sampled_from(DENSITIES)))
    values = random.integers(1, 8, nonzero.shape) * random.choice([-1.0, 1.0], nonzero.shape)
    if not whole:
        values = values * random.choice([1.0, 0.1, 1e-3, 1e3], nonzero.shape)
    return np.where(nonzero, values, 0.0).astype(draw(st.sampled_from((np.float32, np.float64))))


@st.composite
def operands(draw: st.DrawFn, storage: Any, rows: int = -1, columns: int = -1) -> SparseMatrix:
    """A SparseMatrix that a format can hold, in nine cases of ten; in the tenth it may break the pattern."""
    structured = isinstance(storage, Structured)
    dense = draw(arrays(rows, columns, _STRUCTURED_SIDE if structured else 40))
    matrix = SparseMatrix.from_dense(dense)
    return held(matrix, storage.name) if structured and draw(st.integers(0, 9)) else matrix


@st.composite
def right_factors(draw: st.DrawFn, rows: int) -> Tensor:
    """B of a product: dense without values, dense with values, or sparse."""
    kind = draw(st.sampled_from(("sizes", "sizes", "dense", "sparse", "one column")))
    columns = 1 if kind == "one column" else draw(st.sampled_from(SIDES))
    if kind == "sparse":
        return SparseMatrix.from_dense(draw(arrays(rows, columns)))
    if kind == "dense":
        random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
        return DenseMatrix((rows, columns), 1.0 + random.random((rows, columns)))
    return DenseMatrix((rows, columns), seed=draw(st.integers(0, 99)))


def typed_values(random: np.random.Generator, number_type: str, shape: tuple[int, ...]) -> np.ndarray:
    """Numbers over the range of a type, as far as float64 holds sums of them exactly; half of them are zero."""
    dtype = np.dtype(number_type)
    if dtype.kind == "b":
        values = np.ones(shape, np.bool_)
    elif dtype.kind in "iu":
        limits = np.iinfo(dtype)
        low, high = max(int(limits.min), -(2**40)), min(int(limits.max), 2**40)
        values = random.integers(low, high, shape, endpoint=True).astype(dtype)
    else:
        values = (random.integers(-2000, 2001, shape) / random.choice([1, 4, 8], shape)).astype(dtype)
    return np.where(random.random(shape) < 0.5, values, np.zeros(1, dtype)).astype(dtype)
