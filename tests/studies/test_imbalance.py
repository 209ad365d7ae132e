"""Real masks against uniform ones of the same density: what a model of densities alone would promise."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from sparsesim.cli.app import app
from sparsesim.networks import Layer, Network
from sparsesim.studies import imbalance
from sparsesim.studies.imbalance import uniform_masks
from sparsesim.transforms import prune_network

MACHINES = ["a100-sxm", "titan-x"]


@pytest.fixture(scope="module")
def uneven():
    """Two layers whose rows differ in scale, as those of trained networks do."""
    random = np.random.default_rng(0)
    layers = []
    for name in ("first", "second"):
        scales = np.exp(random.standard_normal((256, 1)))
        weight = (random.standard_normal((256, 512)) * scales).astype(np.float32)
        layers.append(Layer(name=name, kind="linear", weight_shape=weight.shape, source=weight, positions=64))
    layers.append(Layer(name="scores", kind="matmul", m=8, k=8, n=8))
    return Network(name="uneven", layers=tuple(layers), weights_origin="imported", source="test")


@pytest.fixture(scope="module")
def table(uneven):
    from sparsesim.pruning import pruner_by_name

    return imbalance(uneven, pruner_by_name("magnitude", 0.9), MACHINES)


def test_uniform_masks_keep_as_many_weights_elsewhere(uneven):
    real = prune_network(uneven, "magnitude", 0.9)
    uniform = uniform_masks(real, seed=1)
    for one, other in zip(real.layers[:2], uniform.layers[:2], strict=True):
        assert one.mask.sum() == other.mask.sum()
        assert not np.array_equal(one.mask, other.mask)
    again = uniform_masks(real, seed=1)
    assert all(np.array_equal(a.mask, b.mask) for a, b in zip(uniform.layers[:2], again.layers[:2], strict=True))


def test_uniform_positions_promise_too_much_where_rows_decide(table):
    total = table[table["layer"] == "total"].set_index("machine")
    assert total.loc["a100-sxm", "uniform_speedup"] > 1.2 * total.loc["a100-sxm", "real_speedup"]
    assert total.loc["titan-x", "uniform_speedup"] == pytest.approx(total.loc["titan-x", "real_speedup"], rel=0.01)
    assert (total["real_variation"] > 3 * total["uniform_variation"]).all()
    assert (total["real_busiest"] > 2 * total["uniform_busiest"]).all()


def test_the_baseline_is_the_dense_kernel_of_the_same_machine(table, uneven):
    """What the dense GEMM of the card takes, not a dense product of the SpMM kernel."""
    from sparsesim.studies import compare

    total = table[table["layer"] == "total"].set_index("machine")
    assert total["baseline"].to_dict() == {"a100-sxm": "unpruned, gemm", "titan-x": "unpruned, gemm"}
    assert total["kernel"].to_dict() == {"a100-sxm": "spmm", "titan-x": "spmm"}
    weighted = uneven.select("first")
    found = compare(weighted, "a100-sxm", "csr", "magnitude@0.9")
    first = table[(table["layer"] == "first") & (table["machine"] == "a100-sxm")]
    assert first["real_speedup"].item() == pytest.approx(found["speedup"].item(), rel=0.1)


def test_layers_without_weights_are_left_out(table):
    assert set(table["layer"]) == {"first", "second", "total"}
    assert len(table) == 3 * len(MACHINES)


def test_the_command_prints_every_machine():
    words = ["imbalance", "digits-cnn", "-s", "0.8", "-m", "titan-x", "-m", "sparch", "--dtype", "fp32", "--json"]
    found = CliRunner().invoke(app, words)
    assert found.exit_code == 0, found.output
    records = json.loads(found.stdout)
    assert {record["machine"] for record in records} == {"titan-x", "sparch"}
    assert all(record["real_speedup"] > 0 for record in records if record["machine"] == "titan-x")


def test_a_pattern_that_fixes_its_sparsity_needs_none():
    found = CliRunner().invoke(
        app, ["imbalance", "digits-cnn", "-p", "1:4", "-m", "titan-x", "--dtype", "fp32", "--json"]
    )
    assert found.exit_code == 0, found.output
