"""Quantities with and without their unit."""

import math

import pytest

from sparsesim.errors import InputError
from sparsesim.units import parse_quantity


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("1.41 GHz", "Hz", 1_410_000_000),
        ("1935 GB/s", "B/s", 1935 * 10**9),
        ("40 MiB", "B", 40 * 2**20),
        ("4KB", "B", 4000),
        (1_410_000_000, "Hz", 1_410_000_000),
        (1.41e9, "Hz", 1_410_000_000),
        ("1.41e9", "Hz", 1_410_000_000),
        ("128e9", "B/s", 128 * 10**9),  # YAML 1.1 reads that as text
        ("128.e9", "B/s", 128 * 10**9),
        (" 7 ", "B", 7),
    ],
)
def test_a_quantity_in_its_unit(text, unit, value):
    found = parse_quantity(text, unit)
    assert (found, type(found)) == (value, int)


@pytest.mark.parametrize(
    ("text", "unit", "example"),
    [
        ("1.41", "Hz", "1.41 GHz"),  # not a hertz: a unit was forgotten
        (1.41, "Hz", "1.41 GHz"),
        ("fast", "Hz", "1.41 GHz"),
        ("128 GHz", "B/s", "1935 GB/s"),
        ("1 s", "B", "40 MiB"),
        (True, "Hz", "1.41 GHz"),
        (float("nan"), "B/s", "1935 GB/s"),
        (float("inf"), "B/s", "1935 GB/s"),
        ("1e400", "B/s", "1935 GB/s"),
        ([1], "B", "40 MiB"),
        ("128 G", "B/s", "1935 GB/s"),
        ("", "B", "40 MiB"),
    ],
)
def test_what_is_no_quantity_is_told_with_the_unit_and_an_example_of_it(text, unit, example):
    with pytest.raises(InputError) as caught:
        parse_quantity(text, unit)
    allowed = f"a whole number of {unit} is needed, or one with a unit such as {example}"
    assert str(caught.value) == f"{text!r}: {allowed}"


@pytest.mark.parametrize("digits", [400, 5000])
def test_whole_numbers_of_any_length_are_read(digits):
    """Whether they are too large is for bounds to say."""
    assert parse_quantity(10**digits, "Hz") == 10**digits
    assert parse_quantity(-(10**digits), "Hz") == -(10**digits)


@pytest.mark.parametrize("text", ["1e400 GHz", "1e400", math.inf, math.nan, True, None, [], "1:30"])
def test_what_is_no_finite_number_is_refused(text):
    with pytest.raises(InputError, match="a whole number of Hz is needed"):
        parse_quantity(text, "Hz")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("1" * 65, f"'{'1' * 65}': a whole"),
        ("1" * 1_000_000 + " Hx", f"'{'1' * 199}..."),  # within a moment, though the pattern tries every length
        ({"a": 10**6} | {str(key): key for key in range(1000)}, "{'a': 1000000, '0': 0, '1': 1, "),
    ],
)
def test_long_values_are_refused_at_once_and_cut(text, shown):
    with pytest.raises(InputError) as caught:
        parse_quantity(text, "Hz")
    assert str(caught.value).startswith(shown)
    assert len(str(caught.value)) < 300
