"""Ticks of logarithmic axes, and numbers as they are written."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparsesim.report.readable import significant
from sparsesim.report.ticks import log_ticks, plain


@pytest.mark.parametrize(
    ("lowest", "highest", "most", "ticks"),
    [
        (0.4, 12, 6, [0.5, 1, 2, 5, 10]),
        (0.01, 100, 5, [0.01, 0.1, 1, 10, 100]),
        (0.001, 1000, 4, [0.01, 1, 100]),
        (0.9, 1.35, 6, [0.9, 1, 1.1, 1.2, 1.3]),
    ],
)
def test_ticks_are_those_that_people_would_choose(lowest, highest, most, ticks):
    assert log_ticks(lowest, highest, most) == pytest.approx(ticks)


@given(st.floats(1e-6, 1e6), st.floats(1.01, 1e9), st.integers(1, 12))
def test_ticks_lie_within_the_axis_and_are_not_too_many(lowest, reach, most):
    ticks = log_ticks(lowest, lowest * reach, most)
    assert len(ticks) <= most
    assert ticks == sorted(set(ticks))
    assert all(lowest <= tick <= lowest * reach for tick in ticks)
    if reach > 20 and most >= 2:
        assert ticks


@given(st.integers(-6, 8), st.sampled_from((1, 1.5, 2, 5)))
def test_numbers_are_written_without_an_exponent(decade, step):
    value = float(f"{step}e{decade}")
    assert float(plain(value)) == value
    assert set(plain(value)) <= set("0123456789.")


@pytest.mark.parametrize(
    ("value", "words"),
    [(1, "1.00"), (15.64, "15.6"), (1560.4, "1560"), (0.03471, "0.0347"), (0.9996, "1.00"), (99.96, "100"), (0, "0")],
)
def test_three_digits_count_also_when_they_are_zeros(value, words):
    assert significant(value) == words


@given(st.floats(1e-9, 1e9), st.integers(1, 6))
def test_significant_digits_are_as_close_as_they_promise(value, digits):
    assert float(significant(value, digits)) == pytest.approx(value, rel=0.51 * 10 ** (1 - digits))
    assert math.isnan(float(significant(math.nan)))
