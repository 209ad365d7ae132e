"""Tasks arrive as they were sent, and large arrays are files that all workers map."""

import pickle
from pathlib import Path

import numpy as np
import pytest

from sparsesim.errors import InputError
from sparsesim.limits import budget_bytes
from sparsesim.studies import run_task
from sparsesim.studies.execution.pieces import Share
from sparsesim.studies.execution.shipping import LEAST_MAPPED_BYTES, Here, Packed, on_disk, packed, run_piece
from sparsesim.studies.execution.work import Bench
from sparsesim.transforms import METHODS
from tests.studies.execution.made_up import small, timeless

PRUNERS = [
    *("none", "2:4", "int8", "low-rank-16", "deep-compression", "permute-2:4"),
    {"name": "magnitude", "sparsity": 0.9},
    {"name": "magnitude-global", "sparsity": 0.9},
    {"name": "shrink", "sparsity": 0.5},
]


def of_all_points(bench, task):
    (done,) = bench.work((Share(0, tuple(range(len(task.points)))),), timeless, failing=False)
    return done.found


@pytest.mark.parametrize("pruner", PRUNERS, ids=str)
def test_every_method_takes_weights_that_are_mapped(pruner):
    """They cannot be written to, so a method that works in place would be told here."""
    (task,) = small(pruners=[pruner], formats=["csr"], machines=["titan-x"])
    with on_disk([task]) as shipment:
        bench = pickle.loads(pickle.dumps(shipment)).bench()
        sent = [layer.source for layer in bench._tasks[0].network.layers]
        assert any(isinstance(source.base, np.memmap) for source in sent if source.nbytes > LEAST_MAPPED_BYTES)
        found = of_all_points(bench, task)
    assert found == [timeless(run_task(task))]


def test_no_family_of_methods_is_forgotten():
    """These two need inputs, and layers that follow each other."""
    labels = {small(pruners=[pruner])[0].method.__class__ for pruner in PRUNERS}
    missing = {name for name, kind in METHODS.items() if kind not in labels}
    assert missing == {"sparse-gpt", "merge"}


def test_equal_arrays_are_one_file_and_the_folder_goes(tmp_path):
    tasks = small()
    with on_disk(tasks) as shipment:
        folder = Path(shipment._folder)
        arrays = list(folder.glob("*.npy"))
        large = {layer.name for layer in tasks[0].network.layers if layer.source.nbytes >= LEAST_MAPPED_BYTES}
        assert len(arrays) == len(large) > 0
        assert folder.stat().st_mode & 0o077 == 0
    assert not folder.exists()


def test_bytes_have_everything_and_are_known_by_their_name():
    tasks = small()
    sent = pickle.loads(pickle.dumps(packed(tasks)))
    assert of_all_points(sent.bench(), tasks[0]) == of_all_points(Here(tasks).bench(), tasks[0])
    assert sent.bench() is sent.bench()
    assert Packed(b"") != Packed(b"")


def test_a_piece_keeps_to_a_budget_and_keeps_what_was_prepared(monkeypatch):
    tasks, budgets, prepared = small(), [], []
    monkeypatch.setattr(
        "sparsesim.studies.execution.work.prepared_layers", lambda task, among=None: prepared.append(task) or iter([])
    )
    shares = [Share(number, (0,), keep=True) for number in (0, 0, 1, 0, 2, 1)]
    bench = Bench(tasks)
    for share in shares:
        bench._layers(share, tasks[share.task])
    assert [tasks.index(task) for task in prepared] == [0, 1, 2, 1]

    class Budget:
        def bench(self):
            budgets.append(budget_bytes())
            raise InputError("enough")

    with pytest.raises(InputError):
        run_piece(Budget(), (), list, False, 10**7)
    assert budgets == [10**7]
