import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparsesim.errors import InputError
from sparsesim.pruning.schedules import iterative, linear_ramp, one_shot, polynomial_decay, share_per_round


def test_the_published_example_runs_from_50_to_80_per_cent():
    due = polynomial_decay(0.50, 0.80, 2000, 6000)
    assert [due(step) for step in (0, 1999)] == [0.0, 0.0]
    assert due(2000) == pytest.approx(0.50)
    assert due(4000) == pytest.approx(0.80 - 0.30 / 8)
    assert due(5000) == pytest.approx(0.80 - 0.30 / 64)
    assert due(6000) == due(10**9) == pytest.approx(0.80)


def test_the_ramp_rises_by_equal_steps():
    due = linear_ramp(0.9, 100)
    assert [due(step) for step in (0, 1, 50, 100, 101)] == pytest.approx([0, 0.009, 0.45, 0.9, 0.9])


def test_one_shot_waits_for_its_step():
    assert [one_shot(0.7, at=3)(step) for step in (0, 2, 3, 4)] == [0, 0, 0.7, 0.7]


def test_rounds_drop_a_share_of_what_is_left():
    due = iterative(3, 0.5)
    assert [due(step) for step in (0, 1, 2, 3, 4)] == [0, 0.5, 0.75, 0.875, 0.875]


@given(st.floats(0, 0.99), st.integers(1, 20))
def test_rounds_reach_what_they_were_made_for(final, rounds):
    assert iterative(rounds, share_per_round(final, rounds))(rounds) == pytest.approx(final, abs=1e-9)


@settings(max_examples=50)
@given(
    st.floats(0, 0.99),
    st.floats(0, 0.99),
    st.integers(0, 50),
    st.integers(1, 50),
    st.floats(0.5, 5),
    st.integers(0, 120),
)
def test_every_schedule_rises_or_stays_within_its_ends(one, other, begin, steps, power, step):
    initial, final = sorted((one, other))
    for due in (
        polynomial_decay(initial, final, begin, begin + steps, power),
        linear_ramp(final, steps, initial, begin),
        iterative(steps, final),
        one_shot(final, begin),
    ):
        assert 0 <= due(step) <= due(step + 1) + 1e-12
        assert due(step + 1) < 1


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: one_shot(1.0), r"sparsity=1.0 must be a number in \[0, 1\)"),
        (lambda: polynomial_decay(0.8, 0.5, 0, 1), r"initial=0.8 is above final=0.5"),
        (lambda: polynomial_decay(0.5, 0.8, 5, 5), r"begin=5 and end=5"),
        (lambda: polynomial_decay(0.5, 0.8, -1, 5), r"begin=-1"),
        (lambda: polynomial_decay(0.5, 0.8, 0, 5, power=0), r"power=0 must be above 0"),
        (lambda: polynomial_decay(0.5, float("nan"), 0, 5), r"final=nan"),
        (lambda: iterative(0, 0.5), r"rounds=0 must be at least 1"),
        (lambda: iterative(2, -0.1), r"share=-0.1"),
        (lambda: share_per_round(0.5, 0), r"rounds=0"),
    ],
)
def test_faults_are_named(make, reason):
    with pytest.raises(InputError, match=reason):
        make()
