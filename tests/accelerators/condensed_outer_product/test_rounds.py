from dataclasses import dataclass

import pytest

from sparsesim.accelerators.condensed_outer_product.rounds import first_fan_in, merge_leaves, round_count


@dataclass
class Sum:
    nnz: int


def schedule(weights, ways, huffman=True):
    """Inputs of every round, leaves by number; a result holds the sum of its inputs' weights."""
    rounds = []

    def merge(current, taken):
        lowest, beyond = current.leaves
        rounds.append((list(range(lowest, beyond)), [partial.nnz for partial in taken], current.last))
        return Sum(sum(weights[lowest:beyond]) + sum(partial.nnz for partial in taken))

    return rounds, merge_leaves(weights, ways, huffman, merge)


@pytest.mark.parametrize(("leaves", "fan_in", "rounds"), [(893, 11, 15), (78, 15, 2), (280, 28, 5)])
def test_first_round_of_the_paper_s_matrices(leaves, fan_in, rounds):
    assert first_fan_in(leaves, 64) == fan_in
    assert round_count(leaves, 64) == rounds


@pytest.mark.parametrize("ways", [2, 3, 8, 64])
def test_only_the_first_round_may_be_short(ways):
    for leaves in range(200):
        sizes = [len(chosen) + len(stored) for chosen, stored, _ in schedule([1] * leaves, ways)[0]]
        assert len(sizes) == round_count(leaves, ways)
        assert all(size == ways for size in sizes[1:])
        assert sizes[:1] == ([first_fan_in(leaves, ways)] if leaves else [])


def test_nothing_to_merge_gives_nothing():
    assert schedule([], 64) == ([], None)


def test_one_leaf_is_one_round():
    assert schedule([5], 64) == ([([0], [], True)], Sum(5))


def test_huffman_order_takes_short_leaves_first_and_the_partial_on_a_tie():
    rounds, result = schedule([5, 2, 2, 1, 1], 2)
    assert rounds == [
        ([3, 4], [], False),
        ([2], [2], False),
        ([1], [4], False),
        ([0], [6], True),
    ]
    assert result == Sum(11)


def test_a_heavy_partial_waits():
    rounds, _ = schedule([6, 5, 4, 4], 2)
    assert rounds == [([2, 3], [], False), ([0, 1], [], False), ([], [8, 11], True)]


def test_level_order_takes_all_leaves_first():
    rounds, _ = schedule([9, 4, 2, 1, 1], 2, huffman=False)
    assert rounds == [
        ([0, 1], [], False),
        ([2, 3], [], False),
        ([4], [13], False),
        ([], [3, 14], True),
    ]
