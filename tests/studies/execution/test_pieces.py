"""Every wanted point is in one piece, or each of its layers is."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparsesim.studies.execution import pieces
from sparsesim.studies.execution.pieces import Share, cost, cut
from tests.studies.execution.made_up import every, small

TASKS = small(formats=["dense", "csr", "bitmap"], machines=["titan-x", "core-i7-5930k", "sparch"])


def covered(tasks, cuts):
    """How often each layer of each point is in a piece."""
    found = Counter()
    for share in (share for piece in cuts for share in piece):
        layers = range(*(share.layers or (0, len(tasks[share.task].network.layers))))
        found.update((share.task, place, layer) for place in share.points for layer in layers)
    return found


@given(
    st.lists(st.sets(st.integers(0, 8)), min_size=3, max_size=3),
    st.integers(1, 9),
    st.sampled_from([1, 10, 1000]),
    st.sampled_from([0, 1 << 25]),
)
@settings(max_examples=100, deadline=None)
def test_every_layer_of_every_wanted_point_is_in_one_piece(chosen, workers, least, most_kept):
    wanted = {number: sorted(places) for number, places in enumerate(chosen)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pieces, "LEAST_COST", least)
        patch.setattr(pieces, "MOST_COST", least)
        patch.setattr(pieces, "MOST_KEPT_WEIGHTS", most_kept)
        found = covered(TASKS, cut(TASKS, wanted, workers))
    layers = range(len(TASKS[0].network.layers))
    assert found == Counter((n, place, layer) for n, places in wanted.items() for place in places for layer in layers)


def test_little_work_is_one_piece_however_many_workers_there_are():
    assert len(cut(TASKS, {0: [0]}, 8)) == 1


def test_small_tasks_go_together_and_one_worker_gets_each_alone():
    together = cut(TASKS, every(TASKS), 2)
    assert len(together) < len(TASKS) or max(map(len, together)) == 1
    assert [len(piece) for piece in cut(TASKS, every(TASKS), 1)] == [1, 1, 1]


def test_a_large_task_is_cut_between_machines_and_kept(monkeypatch):
    monkeypatch.setattr(pieces, "LEAST_COST", 1)
    monkeypatch.setattr(pieces, "MOST_COST", 1)
    cuts = cut(TASKS, {0: range(9)}, 2)
    machines = [{TASKS[0].points[place].machine for place in share.points} for (share,) in cuts]
    assert machines == [{0}, {1}, {2}]
    assert all(share.keep and share.layers is None for (share,) in cuts)


def test_one_huge_network_at_one_point_is_cut_between_layers(monkeypatch):
    monkeypatch.setattr(pieces, "LEAST_COST", 1)
    monkeypatch.setattr(pieces, "MOST_COST", 1)
    cuts = cut(TASKS, {1: [4]}, 2)
    assert cuts == [(Share(1, (4,), (first, first + 1)),) for first in range(4)]


def test_a_method_that_sees_all_layers_prepares_no_more_often_than_there_are_workers(monkeypatch):
    monkeypatch.setattr(pieces, "LEAST_COST", 1)
    monkeypatch.setattr(pieces, "MOST_COST", 1)
    monkeypatch.setattr(pieces, "MOST_KEPT_WEIGHTS", 0)
    tasks = small(pruners=[{"name": "magnitude-global", "sparsity": 0.9}], machines=["titan-x", "sparch", "t4", "l4"])
    cuts = cut(tasks, every(tasks), 2)
    assert not tasks[0].method.per_layer
    assert len(cuts) == 2
    assert all(share.layers is None and not share.keep for (share,) in cuts)


def test_more_points_and_more_weights_cost_more():
    assert cost(TASKS[0], 2) > cost(TASKS[0], 1) > 0
    (larger,) = small(networks=["alexnet"], pruners=["none"])
    assert cost(larger, 1) > cost(TASKS[0], 1)
