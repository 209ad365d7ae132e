"""Triplets, CSR arrays and SciPy matrices that are unsorted, repeated, or wrong."""

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from sparsesim.errors import InputError
from sparsesim.limits import memory_budget
from sparsesim.tensors import DenseMatrix, SparseMatrix

LAYOUTS = ("csr", "csc", "coo", "bsr", "dia", "lil", "dok")
INTEGERS = ("i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8")


@st.composite
def triplets(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Positions in 3 x 4, often repeated, with integers of any type near its bounds."""
    dtype = np.dtype(draw(st.sampled_from(INTEGERS)))
    count = draw(st.integers(0, 12))
    low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
    edges = st.sampled_from([low, high, high // 2 + 1, 100, 1, 0])
    values = np.array([draw(edges) for _ in range(count)], dtype)
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    return rng.integers(3, size=count), rng.integers(4, size=count), values


@given(triplets(), st.sampled_from(("coo", "csr", "csc", "arrays", "offsets")))
@settings(max_examples=300, deadline=None)
def test_sums_of_integers_are_exact_or_refused(entries: tuple[np.ndarray, ...], way: str) -> None:
    rows, columns, values = entries
    expected = [[0] * 4 for _ in range(3)]
    for row, column, value in zip(rows.tolist(), columns.tolist(), values.tolist(), strict=True):
        expected[row][column] += value
    order = np.argsort(rows, kind="stable")
    offsets = np.searchsorted(rows[order], np.arange(4))
    csr = sp.csr_array((values[order], columns[order], offsets), shape=(3, 4))
    try:
        if way == "arrays":
            matrix = SparseMatrix.from_coo((3, 4), rows, columns, values)
        elif way == "offsets":
            matrix = SparseMatrix.from_csr((3, 4), offsets, columns[order], values[order])
        elif way == "coo":
            matrix = SparseMatrix.from_scipy(sp.coo_array((values, (rows, columns)), shape=(3, 4)))
        else:
            turned = sp.csc_array((values[order], columns[order], offsets), shape=(4, 3))
            matrix = SparseMatrix.from_scipy(csr if way == "csr" else turned)
            matrix = matrix if way == "csr" else matrix.transposed
    except InputError:
        assert values.itemsize == 8  # no sum of twelve narrower integers needs more than float64 has
        return
    assert [[int(value) for value in row] for row in matrix.to_array()] == expected
    assert matrix.nnz == sum(value != 0 for row in expected for value in row)


def test_sums_beyond_the_type_of_the_entries() -> None:
    def added(dtype: str, *values: int) -> float:
        places = np.zeros(len(values), int)
        return float(
            SparseMatrix.from_scipy(sp.coo_array((np.array(values, dtype), (places, places)))).to_array()[0, 0]
        )

    assert added("i1", 100, 100) == 200
    assert added("u1", 200, 56) == 256
    assert added("i2", *[2**14] * 1025, 1) == 1025 * 2**14 + 1  # float32 would lose the one
    assert added("u8", 2**61, 2**60) == 2**61 + 2**60
    with pytest.raises(InputError, match=r"value 9007199254740993 of type int64 is no float64 number"):
        added("i8", 2**53, 1)
    with pytest.raises(InputError, match=r"duplicates of type uint64 whose sums may need more than 64 bits"):
        added("u8", 2**63, 2**63)


def test_floats_are_added_in_float64() -> None:
    values = np.array([1e8, 1, -1e8], np.float32)
    matrix = SparseMatrix.from_coo((1, 1), [0, 0, 0], [0, 0, 0], values)
    assert (matrix.value_array().dtype, matrix.to_array().tolist()) == (np.float32, [[1]])
    with pytest.raises(InputError, match="value inf at row 0, column 0 is not finite"):
        SparseMatrix.from_coo((1, 1), [0, 0], [0, 0], np.array([3e38, 3e38], np.float32))
    halves = SparseMatrix.from_coo((1, 1), [0, 0], [0, 0], np.array([60000, 60000], np.float16))
    assert halves.to_array().tolist() == [[120000]]


def test_what_is_said_twice_is_true_once() -> None:
    said = np.array([True, True, False])
    from_lists = SparseMatrix.from_coo((1, 2), [0, 0, 0], [0, 0, 1], said)
    from_scipy = SparseMatrix.from_scipy(sp.coo_array((said, ([0, 0, 0], [0, 0, 1])), shape=(1, 2)))
    assert from_lists.to_array().tolist() == from_scipy.to_array().tolist() == [[1, 0]]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("kind", ["array", "matrix"])
@pytest.mark.parametrize("code", ["?", "i1", "u8", "f4", ">f8", "f8"])
def test_every_layout_of_scipy(layout: str, kind: str, code: str) -> None:
    dense = np.array([[0, 1, 0, 1], [1, 0, 0, 0], [0, 0, 0, 0], [1, 1, 0, 1]]).astype(code)
    made = getattr(sp, f"{layout}_{kind}")(dense.astype(np.dtype(code).newbyteorder("=")))
    if code == ">f8" and layout in ("csr", "csc", "coo"):  # the others refuse it themselves
        made.data = made.data.astype(">f8")
    assert SparseMatrix.from_scipy(made).to_array().tolist() == dense.astype(float).tolist()


@pytest.mark.parametrize("index", [np.int32, np.int64])
def test_unsorted_repeated_and_stored_zeros(index: type) -> None:
    made = sp.csr_array(
        (np.array([1.0, 2.0, 3.0, 0.0]), np.array([3, 0, 3, 1], index), np.array([0, 4, 4], index)), shape=(2, 4)
    )
    before = [array.copy() for array in (made.indptr, made.indices, made.data)]
    assert SparseMatrix.from_scipy(made).to_array().tolist() == [[2, 0, 0, 4], [0, 0, 0, 0]]
    assert all(map(np.array_equal, before, (made.indptr, made.indices, made.data)))


def broken(layout: str, name: str, position: int, value: int) -> object:
    made = getattr(sp, f"{layout}_array")(np.eye(4))
    array = made.coords[0] if name == "rows" else getattr(made, name)
    array[position] = value
    return made


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (broken("csr", "indices", 2, 4), "column 4 lies outside a 4 x 4 matrix"),
        (broken("csr", "indices", 2, -1), "column -1 lies outside a 4 x 4 matrix"),
        (broken("csr", "indices", 2, 10**9), "column 1000000000 lies outside"),
        (broken("csr", "indptr", 2, 9), "ascending offsets"),
        (broken("csr", "indptr", 0, 1), "ascending offsets"),
        (broken("csr", "indptr", 4, 3), None),
        (broken("csr", "indptr", 4, 5), "indptr ends at 5, there are 4 indices"),
        (broken("csc", "indices", 2, 4), "row 4 lies outside a 4 x 4 matrix"),
        (broken("csc", "indices", 2, -(10**9)), "row -1000000000 lies outside"),
        (broken("csc", "indptr", 2, 9), "ascending offsets"),
        (broken("csc", "indptr", 4, 5), "4 rows, 5 columns, 4 values"),
        (broken("coo", "rows", 2, 4), "row 4 lies outside a 4 x 4 matrix"),
        (broken("coo", "rows", 2, -1), "row -1 lies outside a 4 x 4 matrix"),
        (broken("bsr", "indices", 0, 7), "not a bsr matrix of SciPy .*7"),
        (sp.coo_array(np.ones(3)), "a matrix has 2 dimensions, this array has 1"),
        (sp.csr_array(np.eye(2) * 1j), "complex128 cannot be used"),
        (sp.csr_array(np.eye(2) * np.nan), "value nan at row 0, column 0 is not finite"),
    ],
)
def test_arrays_made_by_hand_are_looked_at_before_they_are_used(made: object, message: str | None) -> None:
    if message is None:  # the last offset ends before the room does
        assert SparseMatrix.from_scipy(made).nnz == 3
        return
    with pytest.raises(InputError, match=message):
        SparseMatrix.from_scipy(made)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: SparseMatrix.from_coo((2, 2), [0.7], [0]), "rows is of type float64"),
        (lambda: SparseMatrix.from_coo((2, 2), [0], [2**70]), "columns is of type object"),
        (lambda: SparseMatrix.from_coo((2, 2), [0, 1], [0]), "2 rows, 1 columns, 2 values"),
        (lambda: SparseMatrix.from_coo((2, 2), [0], [0], [[1.0]]), "values have 2 dimensions"),
        (lambda: SparseMatrix.from_csr((2, 2), [0, 1, 2], [0, 2]), "column 2 lies outside a 2 x 2 matrix"),
        (lambda: SparseMatrix.from_csr((2, 2), [0, 1, 2], [0, 1], [1.0]), "1 values for 2 indices"),
        (lambda: SparseMatrix((1, 2), np.array([0, 1]), np.array([0.5])), "indices is of type float64"),
        (lambda: SparseMatrix((1, 2), np.array([0, 1]), np.array([0]), np.ones((1, 1))), "1 values for 1 indices"),
    ],
)
def test_lists_of_the_wrong_kind_or_length(make, message: str) -> None:
    with pytest.raises(InputError, match=message):
        make()


def test_what_is_canonical_already_is_copied() -> None:
    indptr, indices, values = np.array([0, 1]), np.array([0]), np.array([2.0])
    matrix = SparseMatrix.from_csr((1, 1), indptr, indices, values)
    indptr[:], indices[:], values[:] = 7, 7, 7
    assert matrix.to_array().tolist() == [[2]]


def test_memory_is_asked_for_before_it_is_taken() -> None:
    tall, wide = (2 * 10**15, 3), (3, 2 * 10**15)
    for make in (
        lambda: SparseMatrix.from_coo(tall, [5], [1], [1.0]),
        lambda: SparseMatrix.from_coo(wide, [1], [5], [1.0]).transposed,
    ):
        with pytest.raises(InputError, match=r"a 2000000000000000 x 3 matrix of 1 entries needs 1.6e\+16 B of memory"):
            make()
    with memory_budget(10**6):
        for dense in (DenseMatrix((1000, 1000)).to_array, SparseMatrix.from_coo((1000, 1000), [], []).to_array):
            with pytest.raises(InputError, match="a dense 1000 x 1000 array needs 4 MB of memory, more than the 1 MB"):
                dense()
        with pytest.raises(InputError, match="a 1000 x 1000 matrix of 1000000 entries needs 16 MB"):
            DenseMatrix((1000, 1000)).to_sparse()
        assert DenseMatrix((400, 500)).to_array().nbytes == 800_000
