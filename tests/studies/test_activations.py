"""What the layers of a sweep read: real inputs from a file, published densities, compressed storage."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from sparsesim.cli.app import app
from sparsesim.errors import InputError
from sparsesim.networks import load_network
from sparsesim.studies import Sweep, in_order, run_sweep

POINT = {"name": "test", "pruners": ["none"], "formats": ["dense"], "machines": ["sparch"], "dtype": "fp64"}


@pytest.fixture
def maps(tmp_path):
    """Inputs of the digits network's layers, most of them zero."""
    random = np.random.default_rng(0)
    layers = load_network("digits-cnn").layers
    arrays = {}
    for layer in layers:
        size = layer.input_size and (2, layer.weight_shape[1], *layer.input_size)
        values = random.standard_normal(size or (2, layer.weight_shape[1]))
        arrays[layer.name] = np.maximum(values - 1, 0).astype(np.float32)
    np.savez(tmp_path / "maps.npz", **arrays)
    return tmp_path / "maps.npz", arrays


def played(**fields):
    return in_order(run_sweep(Sweep.model_validate(POINT | fields)))


def test_real_inputs_come_from_a_file(maps):
    path, arrays = maps
    results = played(networks=[{"name": "digits-cnn", "activations": str(path)}])
    dense = played(networks=["digits-cnn"], batch=2)
    assert sum(r.cycles for r in results) < sum(r.cycles for r in dense)
    last = results[-1]
    assert last.b_density == np.count_nonzero(arrays[last.layer]) / arrays[last.layer].size


def test_only_the_inputs_of_chosen_layers_are_taken(maps):
    path, arrays = maps
    name = list(arrays)[-1]
    (result,) = played(networks=[{"name": "digits-cnn", "layers": name, "activations": str(path)}])
    assert result.layer == name
    assert result.b_density < 1


def test_inputs_may_be_stored_compressed(maps):
    entry = {"name": "digits-cnn", "activations": str(maps[0])}
    fields = {"networks": [entry], "machines": ["core-i7-5930k"], "dtype": "fp32"}
    loose, packed = played(**fields), played(**fields, activation_format="csr")
    assert sum(r.counts["mult_fp32"] for r in packed) < sum(r.counts["mult_fp32"] for r in loose)


def test_published_densities_are_drawn():
    entry = {"name": "alexnet@pruned", "layers": "fc8"}
    (result,) = played(networks=[entry], activation_density="published")
    assert result.b_density == pytest.approx(0.40, abs=0.001)


@pytest.mark.parametrize(
    ("network", "message"),
    [
        ({"name": "digits-cnn", "activations": "missing.npz"}, "missing.npz: no such file"),
        ({"name": "digits-cnn", "activations": "maps.csv"}, "arrays are read from"),
    ],
)
def test_files_that_hold_no_inputs_are_refused(network, message):
    with pytest.raises(InputError, match=message):
        played(networks=[network])


def test_inputs_of_another_network_are_refused(tmp_path):
    np.savez(tmp_path / "other.npz", somewhere=np.ones(3))
    with pytest.raises(InputError, match="input of no layer of digits-cnn"):
        played(networks=[{"name": "digits-cnn", "activations": str(tmp_path / "other.npz")}])


def test_the_command_compares_with_real_inputs(maps):
    words = ["compare", "digits-cnn", "-m", "sparch", "-f", "csr", "--dtype", "fp64", "--json"]
    found = CliRunner().invoke(app, [*words, "--activations", str(maps[0])])
    dense = CliRunner().invoke(app, [*words, "--batch", "2", "--activation-density", "1"])
    assert found.exit_code == dense.exit_code == 0
    cycles = [json.loads(each.stdout.splitlines()[0])["cycles"] for each in (found, dense)]
    assert cycles[0] < cycles[1]


def test_a_density_that_is_no_number_is_named():
    found = CliRunner().invoke(app, ["compare", "digits-cnn", "--activation-density", "much"])
    assert "--activation-density: 'much': a number in (0, 1] or 'published' is needed" in str(found.exception)
