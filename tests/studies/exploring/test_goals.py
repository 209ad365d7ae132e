"""Constraints as text, and by how much they are missed."""

import pytest

from sparsesim.errors import InputError
from sparsesim.studies.exploring.goals import bound

UNPRUNED = {"seconds": 4.0, "accuracy": 0.9}


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("accuracy >= 0.85", 0.85),
        ("accuracy>=unpruned", 0.9),
        ("accuracy >= unpruned - 0.02", 0.88),
        ("accuracy >= unpruned+.02", 0.92),
        ("seconds <= 0.5 x unpruned", 2.0),
        ("seconds <= 1e-3", 1e-3),
    ],
)
def test_a_limit_is_what_the_text_says(text, limit):
    assert bound(text).limit(UNPRUNED) == pytest.approx(limit)


def test_excess_is_positive_on_the_wrong_side_only():
    at_most, at_least = bound("seconds <= 2"), bound("accuracy >= 0.8")
    assert at_most.excess({"seconds": 3.0}, UNPRUNED) == pytest.approx(0.5)
    assert at_most.excess({"seconds": 1.0}, UNPRUNED) < 0
    assert at_least.excess({"accuracy": 0.6}, UNPRUNED) == pytest.approx(0.25)
    assert at_least.excess({"accuracy": 0.9}, UNPRUNED) < 0


def test_a_limit_that_is_just_reached_is_kept():
    """0.91 - 0.02 is not quite 0.89."""
    for correct in range(100):
        share = bound(f"accuracy >= unpruned - {correct / 100}")
        assert share.excess({"accuracy": (100 - correct) / 100}, {"accuracy": 1.0}) <= 0
        assert share.excess({"accuracy": (99 - correct) / 100}, {"accuracy": 1.0}) > 0


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("accuracy > 0.9", "METRIC <= NUMBER"),
        ("accuracy >= best", "METRIC <= NUMBER"),
        ("accuracy >= 0.9 and more", "METRIC <= NUMBER"),
        ("acuracy >= 0.9", "unknown metric 'acuracy': did you mean accuracy"),
        ("accuracy >= " + "9" * 300, "METRIC <= NUMBER"),
    ],
)
def test_anything_else_is_refused(text, reason):
    with pytest.raises(InputError, match=reason):
        bound(text)
