"""Budgets of memory and sizes that can be counted."""

import pytest

from sparsesim import limits
from sparsesim.errors import InputError
from sparsesim.limits import MAX_INT64, budget_bytes, check_memory, checked_size, in_words, memory_budget


@pytest.fixture
def a_machine(monkeypatch, tmp_path):
    """Pretends to be a machine with so many pages of memory, and limits of its container."""

    def pretend(pages, *container):
        files = [tmp_path / f"limit{i}" for i in range(len(container))]
        for file, text in zip(files, container, strict=True):
            file.write_text(text)
        monkeypatch.setattr(limits, "_CGROUP_LIMITS", (*files, tmp_path / "absent"))
        monkeypatch.setattr(limits.os, "sysconf", {"SC_PHYS_PAGES": pages, "SC_PAGE_SIZE": 4096}.__getitem__)

    return pretend


def test_the_budget_is_a_quarter_of_the_memory(a_machine):
    a_machine(1000)
    assert budget_bytes() == 1_024_000


def test_a_container_has_its_own_memory(a_machine):
    a_machine(1000, "max\n", "2000000\n")
    assert budget_bytes() == 500_000
    a_machine(1000, "9223372036854771712")
    assert budget_bytes() == 1_024_000


def test_a_system_that_does_not_tell_has_an_assumed_size(monkeypatch):
    monkeypatch.delattr(limits.os, "sysconf")
    assert budget_bytes() == 2**30


def test_a_budget_holds_within_its_block():
    before = budget_bytes()
    with memory_budget(100), memory_budget(None):
        assert budget_bytes() == 100
        check_memory("x", 100)
        with pytest.raises(InputError, match=r"^x\.npz: 'w' needs 101 B of memory, more than the 100 B that"):
            check_memory("x.npz: 'w'", 101)
        with memory_budget(200):
            check_memory("x", 101)
        with pytest.raises(InputError, match="needs 101 B"):
            check_memory("x", 101)
    assert budget_bytes() == before


@pytest.mark.parametrize("size", [0, -1])
def test_a_budget_of_nothing_is_refused(size):
    with pytest.raises(InputError, match=f"of {size} bytes"), memory_budget(size):
        pass


def test_sizes_are_multiplied_as_long_as_they_can_be_counted():
    assert checked_size("x") == 1
    assert checked_size("x", 2**31, 2**31) == 2**62
    assert checked_size("x", MAX_INT64) == MAX_INT64
    assert checked_size("x", 0, 10**30) == 0
    with pytest.raises(InputError, match=r"^conv1: 3 x 4 is more than the 11 that can be counted$"):
        checked_size("conv1", 3, 4, limit=11)
    with pytest.raises(InputError, match=r"1 x 9\.22e\+18 is more than the 9\.22e\+18 that"):
        checked_size("x", 1, MAX_INT64 + 1)


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (1_048_576, "1.05 MB"),
        (7_200_000_000, "7.2 GB"),
        (25 * 10**12, "25 TB"),
        (10**15, "1e+15 B"),
        (999 * 10**28, "9.99e+30 B"),
    ],
)
def test_bytes_in_words(size, words):
    assert in_words(size) == words


@pytest.mark.parametrize("exponent", [15, 16, 400, 4299, 4300, 6000, 100_000])
def test_sizes_beyond_all_bounds_are_told_in_short(exponent):
    assert in_words(10**exponent) == f"1e+{exponent} B"
    assert in_words(12345 * 10**exponent) == f"1.23e+{exponent + 4} B"
    assert in_words(10**exponent - 1) == (f"9.99e+{exponent - 1} B" if exponent > 15 else "1e+03 TB")
