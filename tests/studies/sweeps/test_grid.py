"""A sweep is resolved once: everything that it names is loaded once, and travels small."""

import pickle
from collections import Counter

import numpy as np
import pytest

from sparsesim.errors import InputError
from sparsesim.networks import load_network
from sparsesim.studies import Sweep, in_order, load_sweep, resolved, run_sweep
from sparsesim.studies.sweeps import grid, machine_axis, networks_axis

POINT = {"name": "grid", "networks": ["digits-cnn"], "pruners": ["none"], "formats": ["dense"], "machines": ["titan-x"]}


@pytest.fixture
def loads(monkeypatch):
    """How often each loader was called."""
    counts = Counter()

    def counted(module, name):
        load = getattr(module, name)

        def call(*args, **options):
            counts[name] += 1
            return load(*args, **options)

        monkeypatch.setattr(module, name, call)

    counted(networks_axis, "load_network")
    counted(networks_axis, "read_arrays")
    counted(machine_axis, "load_machine")
    counted(grid, "common_table")
    return counts


def test_one_quickstart_loads_two_networks_and_four_machines(loads, monkeypatch, tmp_path):
    from typer.testing import CliRunner

    from sparsesim.cli.app import app

    monkeypatch.setattr("os.cpu_count", lambda: 1)
    found = CliRunner().invoke(app, ["run", "quickstart", "-o", str(tmp_path), "--no-plots", "--json"])
    assert found.exit_code == 0, found.exception
    assert len(found.stdout.splitlines()) == 2 * 3 * 8 * 4
    assert loads == {"load_network": 2, "load_machine": 4, "common_table": 1}


def test_entries_share_what_they_load(loads, tmp_path):
    layer = load_network("digits-cnn").layers[-1]
    np.savez(tmp_path / "a.npz", **{layer.name: np.ones((2, layer.weight_shape[1]), np.float32)})
    entry = {"name": "digits-cnn", "activations": str(tmp_path / "a.npz"), "calibration": str(tmp_path / "a.npz")}
    networks = ["digits-cnn", {"name": "digits-cnn", "layers": "fc*"}, entry, {"name": "bert-base", "seed": 1}]
    found = resolved(Sweep.model_validate(POINT | {"networks": networks, "machines": ["titan-x", "titan-x"]}))
    assert loads == {"load_network": 2, "load_machine": 1, "common_table": 1, "read_arrays": 1}
    assert [len(task.network.layers) for task in found.tasks[:2]] == [4, 2]
    with pytest.raises(InputError):
        resolved(Sweep.model_validate(POINT | {"networks": [{"name": "digits-cnn", "seed": 1}]}))


def test_drawn_weights_travel_as_a_seed():
    sweep = Sweep.model_validate(POINT | {"networks": ["bert-base"], "pruners": ["2:4"]})
    (task,) = resolved(sweep).tasks
    assert task.network.n_params > 80e6
    assert len(pickle.dumps(task)) < 200_000
    again = pickle.loads(pickle.dumps(task))
    first = again.network.layers[0]
    np.testing.assert_array_equal(first.weight(), task.network.layers[0].weight())


def test_the_baseline_is_the_dense_kernel_or_as_described():
    machines = {"machines": ["sparch", "titan-x"]}
    found = resolved(Sweep.model_validate(POINT | {"pruners": ["2:4"], "formats": ["csr"]} | machines))
    assert found.baseline == {}
    assert found.baseline_in_words == "unpruned on the dense kernel of the same machine (sparch: on that of titan-x)"
    (reference,) = found.references
    assert (reference.method.label, [*reference.formats]) == ("none", ["dense"])
    assert [machine.name for machine in reference.machines] == ["titan-x"]
    alone = resolved(Sweep.model_validate(POINT | {"machines": ["sparch"]}))
    assert not alone.references
    assert "first pruner in the first format" in alone.baseline_in_words
    told = resolved(Sweep.model_validate(POINT | {"baseline": {"pruner": "none"}}))
    assert told.baseline == {"pruner": "none"}
    assert not told.references


def test_a_grid_runs_as_its_sweep_does():
    sweep = Sweep.model_validate(POINT)
    one, other = in_order(run_sweep(sweep)), in_order(run_sweep(resolved(sweep)))
    assert [r.seconds for r in one] == [r.seconds for r in other]


def test_reading_a_description_looks_nothing_up(loads):
    assert load_sweep("quickstart").networks[0].name == "digits-cnn"
    assert not loads


@pytest.mark.parametrize(
    "fields",
    [
        {"networks": [{"name": "a.npz", "tokens": 0}]},
        {"networks": [{"name": "a.npz", "seed": -1}]},
        {"networks": [{"name": "a.npz", "input_shape": [1, 0]}]},
        {"networks": [{"name": "a.npz", "sizes": {"conv*": [0, 3]}}]},
        {"networks": [{"name": "a.npz", "strides": {"conv*": 0}}]},
        {"networks": [{"name": "a.npz", "groups": {"conv*": 0}}]},
        {"networks": [{"name": "a.npz", "paddings": {"conv*": -1}}]},
        {"pruners": [{"name": "magnitude", "sparsity": 1.0}]},
        {"pruners": [{"name": "threshold", "threshold": -0.1}]},
        {"pruners": [{"name": "sigma", "s": float("nan")}]},
        {"pruners": [{"name": "filter", "sparsity": 0.5, "round_to": 0}]},
        {"pruners": [{"name": "low-rank", "rank": 0}]},
        {"pruners": [{"name": "low-rank", "energy": 1.1}]},
        {"batch": 0},
        {"activation_density": 0},
    ],
)
def test_every_number_has_its_bounds(fields):
    with pytest.raises(ValueError, match="validation error"):
        Sweep.model_validate(POINT | fields)
