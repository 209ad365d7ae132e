"""Formats hold what they are given, exactly and in as many bits as they say; so do matrices."""

from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import strategies as st

from sparsesim.dtypes import DTYPES, DType
from sparsesim.errors import InputError, SparsesimError
from sparsesim.formats import FORMATS, Relative, Structured, format_by_name, format_names, round_to, share_values
from sparsesim.tensors import DenseMatrix, SparseMatrix
from tests.fuzz import oracles
from tests.fuzz.hunting import Outcome
from tests.fuzz.strategies.arrays_given import Given, given_matrices
from tests.fuzz.strategies.formats import format_texts
from tests.fuzz.strategies.operands import operands
from tests.machines import FORMATS as OF_KERNELS

pytestmark = pytest.mark.fuzz

CASES = 20_000
CODED, NAMED, CONVERTED = 12_000, 3_000, 5_000
FAMILIES = tuple(sorted(FORMATS))


class Stored(NamedTuple):
    """A matrix to be stored in a format, in a number type."""

    format: str
    dtype: DType
    matrix: SparseMatrix


@st.composite
def stored(draw: st.DrawFn, family: str) -> Stored:
    """A matrix in a format of one family, with any parameters that make sense."""
    usual = [name for name in (*format_names(), *OF_KERNELS) if type(format_by_name(name)) is FORMATS[family][0]]
    names = format_texts().filter(lambda name: _is_of(family, name)) if draw(st.booleans()) else st.sampled_from(usual)
    storage = format_by_name(draw(names))
    matrix = draw(operands(storage))
    if isinstance(storage, Relative) and storage.code_bits is not None:
        matrix = share_values(matrix, storage.code_bits)
    return Stored(storage.name, draw(st.sampled_from(list(DTYPES.values()))), matrix)


def _is_of(family: str, name: str) -> bool:
    try:
        return type(format_by_name(name)) is FORMATS[family][0]
    except InputError:
        return False


def check_stored(case: Stored) -> Outcome:
    """Refused in a line, or read back as it was, rounded to the number type, from as many bits as were announced."""
    storage = format_by_name(case.format)
    try:
        encoded = storage.encode(case.matrix, case.dtype)
    except SparsesimError as error:
        oracles.one_line(error, case.format)
        with pytest.raises(type(error)):
            storage.size(case.matrix, case.dtype)
        oracles.expect(
            isinstance(storage, Structured) or "bits" in str(error), f"{case.format} takes any pattern: {error}"
        )
        return "refused"
    decoded, wanted = storage.decode(encoded), round_to(case.matrix, case.dtype)
    oracles.expect(decoded.shape == case.matrix.shape, f"shape {decoded.shape}")
    oracles.expect(np.array_equal(oracles.dense(decoded), oracles.dense(wanted)), "decoded values differ")
    size = storage.size(case.matrix, case.dtype)
    bits = sum(stream.bits for stream in encoded.streams)
    held = sum(8 * len(stream.payload) for stream in encoded.streams)
    oracles.expect(size.size_bits == bits, f"{size.size_bits} bits announced, {bits} written")
    oracles.expect(bits <= held < bits + 8 * max(1, len(encoded.streams)), f"{bits} bits in {held // 8} bytes")
    oracles.expect(size.stored_values >= wanted.nnz, f"{size.stored_values} values for {wanted.nnz} non-zeros")
    if 0 < case.matrix.nnz == case.matrix.shape[0] * case.matrix.shape[1]:
        full = storage.size(DenseMatrix(case.matrix.shape, case.matrix.to_array()), case.dtype)
        oracles.expect(full == size, f"{full} where no entry is zero, {size} in CSR")
    return "simulated"


def check_name(name: str) -> Outcome:
    """A format that reads its own name back, or a refusal that repeats it."""
    try:
        storage = format_by_name(name)
    except SparsesimError as error:
        oracles.one_line(error)
        return "refused"
    oracles.expect(format_by_name(storage.name) == storage, f"{storage.name} is another format")
    return "simulated"


def check_given(case: Given) -> Outcome:
    """Values are those that were given, whatever their type; what is not exact in float64 is not drawn."""
    try:
        matrix = case.matrix()
    except SparsesimError as error:
        oracles.one_line(error)
        return "refused"
    oracles.expect(matrix.values is None or matrix.values.all(), "a zero is stored")
    oracles.expect(np.array_equal(oracles.dense(matrix), case.exact), "values differ from those given")
    oracles.expect(matrix.nnz == np.count_nonzero(case.exact), f"{matrix.nnz} non-zeros")
    oracles.expect(matrix.transposed.transposed.equals(matrix), "transposed twice it is another matrix")
    return "simulated"


@pytest.mark.parametrize("family", FAMILIES)
def test_what_is_stored_is_read_back(fuzz, family):
    fuzz("formats", -(-CODED // len(FAMILIES)), stored(family), check_stored)


def test_names(fuzz):
    hostile = st.text(st.sampled_from("nmbsrcvox-:0123456789i p\n²"), max_size=12)
    fuzz("formats", NAMED, st.one_of(format_texts(), format_texts(hostile=True), hostile), check_name)


def test_arrays_of_every_number_type(fuzz):
    fuzz("formats", CONVERTED, given_matrices(), check_given)
