"""Matrices as users of arrays hold them: any number type, any order in memory, triplets with duplicates."""

from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp
from hypothesis import strategies as st

from sparsesim.tensors import SparseMatrix
from tests.fuzz.strategies.operands import NUMBER_TYPES, typed_values

_SIDES = (0, 1, 2, 3, 5, 8, 13)
_WAYS = ("dense", "transposed view", "coo", "csr", "csc", "lil", "triplets", "offsets")


class Given(NamedTuple):
    """What a user gives, how, and what it is: exact values in float64 [rows, columns]."""

    way: str
    number_type: str
    given: Any
    exact: np.ndarray

    def matrix(self) -> SparseMatrix:
        """What the package makes of it."""
        if self.way in ("dense", "transposed view"):
            return SparseMatrix.from_dense(self.given)
        if self.way == "triplets":
            return SparseMatrix.from_coo(*self.given)
        if self.way == "offsets":
            return SparseMatrix.from_csr(*self.given)
        return SparseMatrix.from_scipy(self.given)


@st.composite
def given_matrices(draw: st.DrawFn) -> Given:
    """A matrix in one of the ways, with its exact values: duplicates are added up without rounding or overflow."""
    way, number_type = draw(st.sampled_from(_WAYS)), draw(st.sampled_from(NUMBER_TYPES))
    rows, columns = draw(st.sampled_from(_SIDES)), draw(st.sampled_from(_SIDES))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    if way in ("coo", "triplets", "offsets") and rows and columns:
        return _triplets(random, way, number_type, (rows, columns), draw(st.integers(0, 2 * rows * columns)))
    values = typed_values(random, number_type, (rows, columns))
    exact = values.astype(np.float64)
    if way in ("csr", "csc", "lil") and _scipy_takes(values):
        return Given(way, number_type, getattr(sp, f"{way}_array")(values), exact)
    if way == "transposed view":
        return Given(way, number_type, np.ascontiguousarray(values.T).T, exact)
    return Given("dense", number_type, values, exact)


def _triplets(random: np.random.Generator, way: str, number_type: str, shape: tuple[int, int], entries: int) -> Given:
    rows, columns = (random.integers(0, side, entries) for side in shape)
    if number_type == "bool":  # twice True is True in one place and 2 in another: both can be meant
        rows, columns = np.unique(np.stack([rows, columns]), axis=1)
        entries = len(rows)
    values = typed_values(random, number_type, (entries,))
    exact = np.zeros(shape)
    np.add.at(exact, (rows, columns), values.astype(np.float64))
    if way == "coo" and _scipy_takes(values):
        return Given(way, number_type, sp.coo_array((values, (rows, columns)), shape=shape), exact)
    if way == "offsets":
        order = np.argsort(rows, kind="stable")
        offsets = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=shape[0]))])
        return Given(way, number_type, (shape, offsets, columns[order], values[order]), exact)
    return Given("triplets", number_type, (shape, rows, columns, values), exact)


def _scipy_takes(values: np.ndarray) -> bool:
    return values.dtype.isnative and values.dtype.kind in "iufb" and values.dtype != np.float16
