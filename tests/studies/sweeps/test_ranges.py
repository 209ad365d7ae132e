"""Ranges: what few words stand for, exactly, and what is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparsesim.errors import InputError
from sparsesim.studies.sweeps.ranges import MOST_VALUES, is_range, values_of


@pytest.mark.parametrize(
    ("given", "values"),
    [
        ([1, 4], (1, 4)),
        (["64 GB/s", "128 GB/s"], ("64 GB/s", "128 GB/s")),
        ([4, 1, 4], (4, 1, 4)),
        (np.array([1, 2]), (1, 2)),
        (range(3), (0, 1, 2)),
        ("fp16", ("fp16",)),
        (7, (7,)),
        ({"linear": [1, 9, 5]}, (1, 3, 5, 7, 9)),
        ({"linear": [1, 2, 3]}, (1.0, 1.5, 2.0)),
        ({"linear": [0.5, 0.95, 10]}, (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)),
        ({"linear": [-1, 1, 3]}, (-1, 0, 1)),
        ({"linear": ["64 GB/s", "128 GB/s", 4]}, (64_000_000_000, 85_333_333_333, 106_666_666_667, 128_000_000_000)),
        ({"linear": ["1 GHz", "2 GHz", 2]}, (10**9, 2 * 10**9)),
        ({"log2": [1, 16]}, (1, 2, 4, 8, 16)),
        ({"log2": (3, 12)}, (3, 6, 12)),
        ({"log2": [0.125, 1]}, (0.125, 0.25, 0.5, 1.0)),
        ({"log2": ["16 GB/s", "64 GB/s"]}, (16 * 10**9, 32 * 10**9, 64 * 10**9)),
        ({"log2": ["1 MiB", "4 MiB"]}, (2**20, 2**21, 2**22)),
        ({"log2": ["1e9", "4e9"]}, (1e9, 2e9, 4e9)),
    ],
)
def test_values_in_order(given, values):
    found = values_of(given)
    assert found == values
    assert [type(value) for value in found] == [type(value) for value in values] or isinstance(given, np.ndarray)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([], "at least one value is needed"),
        ({}, "{}: a range is {linear: [from, to, count]} or {log2: [from, to]}"),
        ({"log10": [1, 10]}, "{'log10': [1, 10]}: a range is {linear: [from, to, count]} or {log2: [from, to]}"),
        ({"log2": [1, 2], "linear": [1, 2, 2]}, "{'log2': [1, 2], 'linear': [1, 2, 2]}: a range is "),
        ({"linear": [1, 9]}, "linear: [1, 9]: must be [from, to, count]"),
        ({"linear": 5}, "linear: 5: must be [from, to, count]"),
        ({"log2": "16"}, "log2: '16': must be [from, to]"),
        ({"log2": [1, 2, 3]}, "log2: [1, 2, 3]: must be [from, to]"),
        ({"linear": [9, 1, 5]}, "linear: [9, 1, 5]: the first value must be less than the last"),
        ({"log2": [4, 4]}, "log2: [4, 4]: the first value must be less than the last"),
        ({"linear": [1, 9, 1]}, "linear: count: 1: must be a whole number, at least 2"),
        ({"linear": [1, 9, 2.5]}, "linear: count: 2.5: must be a whole number, at least 2"),
        ({"linear": [1, 9, True]}, "linear: count: True: must be a whole number, at least 2"),
        ({"linear": [1, 9, 10**9]}, "1000000000 values are more than the 10000 that an axis may have"),
        ({"linear": ["few", 9, 3]}, "linear: 'few': must be a number, or one with a unit such as 64 GB/s"),
        ({"linear": [True, 9, 3]}, "linear: True: must be a number, or one with a unit such as 64 GB/s"),
        ({"linear": [1, float("inf"), 3]}, "linear: inf: must be at most 1e+18, and finite"),
        ({"linear": [1, float("nan"), 3]}, "linear: nan: must be at most 1e+18, and finite"),
        ({"linear": [None, 4, 3]}, "linear: None: must be a number, or one with a unit such as 64 GB/s"),
        ({"log2": ["16 GB/s", "1 GHz"]}, "log2: ['16 GB/s', '1 GHz']: both ends need the same unit, or none"),
        ({"log2": [16, "32 GB/s"]}, "log2: [16, '32 GB/s']: both ends need the same unit, or none"),
        ({"log2": ["x GB/s", "1 GB/s"]}, "'x GB/s': a whole number of B/s is needed, or one with a unit such as"),
        ({"log2": [0, 8]}, "log2: [0, 8]: the first value must be more than 0"),
        ({"log2": [-8, 8]}, "log2: [-8, 8]: the first value must be more than 0"),
        ({"log2": [16, 100]}, "log2: [16, 100]: 100 is not 16 times a power of two; 64 and 128 are"),
        (
            {"log2": ["1 GB/s", "3 GB/s"]},
            "log2: ['1 GB/s', '3 GB/s']: 3 GB/s is not 1 GB/s times a power of two; 2e+09",
        ),
        ({"log2": [1, 1 << 20_000]}, "log2: a number of 6021 digits: must be at most 1e+18, and finite"),
        (list(range(MOST_VALUES + 1)), "10001 values are more than the 10000 that an axis may have"),
    ],
)
def test_faults_take_one_line(given, message):
    with pytest.raises(InputError) as caught:
        values_of(given)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


@given(st.integers(-1000, 1000), st.integers(1, 1000), st.integers(2, 50))
def test_a_linear_range_has_equal_steps_and_both_ends(first, length, count):
    found = values_of({"linear": [first, first + length, count]})
    assert (len(found), found[0], found[-1]) == (count, first, first + length)
    np.testing.assert_allclose(np.diff(np.array(found, float)), length / (count - 1), atol=1e-12)


@given(st.integers(1, 1000), st.integers(1, 40))
def test_a_range_by_powers_of_two_doubles_from_end_to_end(first, doublings):
    found = values_of({"log2": [first, first << doublings]})
    assert found == tuple(first << number for number in range(doublings + 1))


def test_most_values_are_allowed():
    assert len(values_of({"linear": [0, MOST_VALUES - 1, MOST_VALUES]})) == MOST_VALUES


def test_what_is_a_range():
    assert is_range({"log2": [1, 2]})
    assert not any(map(is_range, ([1, 2], {"set": 1}, {}, "log2", {"log2": [1, 2], "set": {}})))
