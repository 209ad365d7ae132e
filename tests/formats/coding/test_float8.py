"""The 8-bit floats and tf32 against a list of all their numbers, and against PyTorch."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparsesim.dtypes import dtype_by_name
from sparsesim.errors import InputError
from sparsesim.formats import round_to
from sparsesim.formats.coding.values import encode_values, values_of
from sparsesim.tensors import SparseMatrix

LAYOUTS = {"fp8": (4, 3, 7, 448.0), "fp8-e5m2": (5, 2, 15, 57344.0)}
"""Exponent bits, fraction bits, bias and largest finite number (OCP 8-bit floating point, table 1)."""

every_float8 = pytest.mark.parametrize("name", LAYOUTS)


def row(values) -> SparseMatrix:
    return SparseMatrix.from_dense(np.array([values], dtype=np.float64))


def number(code: int, name: str) -> float:
    """What a code stands for, straight from the definition of the format."""
    _, fraction_bits, bias, _ = LAYOUTS[name]
    exponent, fraction = (code & 0x7F) >> fraction_bits, code & ((1 << fraction_bits) - 1)
    lead, power = (1, exponent - bias) if exponent else (0, 1 - bias)
    return (-1.0) ** (code >> 7) * (lead + fraction / (1 << fraction_bits)) * 2.0**power


def finite_codes(name: str) -> list[int]:
    """All codes of positive finite numbers, ascending."""
    return [code for code in range(1, 128) if number(code, name) <= LAYOUTS[name][3]]


def nearest(value: float, name: str) -> float:
    """The nearest of all finite numbers; of two equally near ones that with the even code."""
    codes = [0, *finite_codes(name)]
    best = min(codes, key=lambda code: (abs(number(code, name) - abs(value)), code & 1))
    return float(np.copysign(number(best, name), value))


@every_float8
def test_every_number_has_its_code_and_comes_back(name: str) -> None:
    codes = finite_codes(name)
    both = np.array(codes + [code | 0x80 for code in codes])
    values = [number(int(code), name) for code in both]
    dtype = dtype_by_name(name)
    assert encode_values(row(values), dtype)[0].tolist() == both.tolist()
    assert values_of(both.astype(np.int64), dtype, {}).tolist() == values
    assert max(values) == LAYOUTS[name][3]


@every_float8
@given(value=st.floats(-1e5, 1e5).filter(bool) | st.floats(-0.1, 0.1).filter(bool) | st.floats(-500, 500).filter(bool))
@settings(deadline=None)
def test_the_nearest_number_is_taken(name: str, value: float) -> None:
    assert round_to(row([value]), dtype_by_name(name)).to_array()[0, 0] == nearest(value, name)


@every_float8
@pytest.mark.parametrize("value", [1e6, 1e300, -1e300])
def test_what_is_too_large_becomes_the_largest(name: str, value: float) -> None:
    assert round_to(row([value]), dtype_by_name(name)).value_array().tolist() == [np.copysign(LAYOUTS[name][3], value)]


@every_float8
def test_pytorch_rounds_alike(name: str) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    kind = torch.float8_e4m3fn if name == "fp8" else torch.float8_e5m2
    random = np.random.default_rng(1)
    values = np.ldexp(random.standard_normal(4000), random.integers(-20, 8, 4000)).astype(np.float32)
    values = values[np.abs(values) < LAYOUTS[name][3]]
    expected = torch.from_numpy(values).to(kind)
    codes, _ = encode_values(row(values), dtype_by_name(name))
    nonzero = expected.float().numpy() != 0
    assert np.array_equal(codes[nonzero], expected.view(torch.uint8).numpy()[nonzero])
    assert not codes[~nonzero].any()


def test_tf32_keeps_ten_fraction_bits_and_takes_four_bytes() -> None:
    tf32 = dtype_by_name("tf32")
    values = [1 + 2**-10, 1 + 2**-11, 1 + 3 * 2**-11, -(1 + 2**-11 + 2**-40), 2.0**-136, 3e38]
    rounded = round_to(row(values), tf32).value_array().tolist()
    assert rounded[:5] == [1 + 2**-10, 1.0, 1 + 2**-9, -(1 + 2**-10), 2.0**-136]
    codes, _ = encode_values(row(values), tf32)
    assert not (codes & 0x1FFF).any()
    assert tf32.bits == 32
    with pytest.raises(InputError, match="too large for tf32"):
        round_to(row([3.4028e38]), tf32)


def test_fp8_is_e4m3() -> None:
    assert dtype_by_name("fp8-e4m3") is dtype_by_name("fp8")
