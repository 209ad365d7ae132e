"""Worker processes: what is told of one that is lost, and errors that come from one."""

import pickle
from concurrent.futures import BrokenExecutor

import pytest

from sparsesim.errors import FaultsError, InputError, PatternError, UnknownNameError
from sparsesim.studies.workers import lost


@pytest.mark.parametrize(
    ("codes", "cause"),
    [
        ("The exit codes of the workers are {SIGKILL(-9)}", "probably as memory ran out"),
        ("The exit codes of the workers are {SIGSEGV(-11)}", "by SIGSEGV"),
        ("", "probably as memory ran out"),
    ],
)
def test_the_cause_is_told(codes, cause):
    error = lost(BrokenExecutor(f"A worker process ended.\n{codes}"), ["one", "two"])
    assert str(error) == f"a worker process was killed, {cause}, while it computed one or two"


@pytest.mark.parametrize(
    ("among", "told"),
    [("a", "a"), ("abc", "a or b or c"), ("abcd", "a or b or c or 1 more"), ("abcdef", "a or b or c or 3 more")],
)
def test_no_more_than_a_few_suspects_are_named(among, told):
    assert str(lost(BrokenExecutor(), list(among))).endswith(f" while it computed {told}")


def test_a_result_that_cannot_be_handed_over_is_not_called_a_lost_worker():
    error = BrokenExecutor("A result has failed to un-serialize")
    error.__cause__ = ValueError("why")
    assert lost(error, ["one"]) is error


@pytest.mark.parametrize(
    "error", [InputError("a"), PatternError("b"), FaultsError(["c", "d"]), UnknownNameError("unit", "e", ["ee"])]
)
def test_errors_come_from_a_worker_as_they_are(error):
    back = pickle.loads(pickle.dumps(error))
    assert (type(back), str(back), vars(back)) == (type(error), str(error), vars(error))
