"""Networks whose weights come pruned are labelled so, with the sparsity and density that they have."""

from dataclasses import replace

import numpy as np
import pytest

from sparsesim.errors import InputError
from sparsesim.hardware import load_energy_table, load_machine
from sparsesim.networks import Layer, Network, load_network, write_network
from sparsesim.pruning import pruner_by_name
from sparsesim.results import compare_to_baseline, point_objects, result_table, totals
from sparsesim.studies import Sweep, compare, resolved, run_task, simulate_network
from sparsesim.studies.evaluation import GIVEN_FROM
from sparsesim.transforms import method_by_name, prune_network

TABLE = load_energy_table("horowitz-45nm")
NONE = pruner_by_name("none")


def network_of(*layers):
    return Network(name="test", layers=layers, weights_origin="imported", source="test")


def labels(network, method=NONE):
    results = simulate_network(network, method, ["dense"], [load_machine("titan-x")], TABLE)
    assert len({(result.pruner, result.sparsity) for result in results}) == 1
    return results[0].pruner, results[0].sparsity


def with_zeros(share, size=(40, 50)):
    """A network of one layer with this share of zeros."""
    weight = np.ones(size, np.float32)
    weight.flat[: round(share * weight.size)] = 0
    return network_of(Layer(name="fc", kind="linear", weight_shape=size, source=weight))


@pytest.mark.parametrize(
    ("share", "label"),
    [
        (0.0, ("none", 0.0)),
        (0.0405, ("none", 0.0)),
        (GIVEN_FROM - 0.0005, ("none", 0.0)),
        (GIVEN_FROM, ("given", 0.05)),
        (0.9, ("given", 0.9)),
        (1.0, ("given", 1.0)),
    ],
)
def test_weights_with_many_zeros_came_pruned(share, label):
    assert labels(with_zeros(share)) == label


def test_masks_of_ones_own_are_named_however_little_they_drop():
    network = load_network("digits-cnn")
    masks = {layer.name: np.ones(layer.weight_shape, np.bool_) for layer in network.layers}
    assert labels(network.with_masks(masks)) == ("none", 0.0)
    masks["fc1"][:, 0] = False
    dropped = len(masks["fc1"]) / sum(layer.n_weights for layer in network.layers)
    assert labels(network.with_masks(masks)) == ("given", round(dropped, 4))
    assert labels(prune_network(network, "magnitude", 0.9)) == ("given", 0.9)


def test_masks_on_weights_that_are_drawn_are_seen_too():
    lenet = prune_network(load_network("lenet-300-100"), "magnitude", 0.8)
    assert labels(lenet) == ("given", 0.8)


def test_a_pruner_keeps_its_own_name():
    network = prune_network(load_network("digits-cnn"), "magnitude", 0.5)
    assert labels(network, method_by_name("magnitude", 0.9)) == ("magnitude", 0.9)
    assert labels(with_zeros(0.5), method_by_name("2:4")) == ("nm-2:4", 0.5)


def test_published_densities_prune_nothing_until_their_pruner_is_named():
    alexnet = load_network("alexnet@pruned").select("fc8")
    assert labels(alexnet) == ("none", 0.0)
    label, sparsity = labels(alexnet, method_by_name("published"))
    assert (label, sparsity) == ("published", 0.75)


def test_a_pruned_file_says_so(tmp_path):
    network = prune_network(load_network("digits-cnn"), "magnitude", 0.7)
    assert labels(load_network(write_network(network, tmp_path / "pruned.onnx"))) == ("given", 0.7)


def test_a_module_that_torch_pruned_says_so():
    torch = pytest.importorskip("torch")
    from torch.nn.utils import prune

    from sparsesim.networks import network_from_torch

    module = torch.nn.Sequential(torch.nn.Linear(20, 30), torch.nn.ReLU(), torch.nn.Linear(30, 10))
    for layer in (module[0], module[2]):
        prune.l1_unstructured(layer, "weight", amount=0.6)
    assert labels(network_from_torch(module, torch.zeros(1, 20))) == ("given", 0.6)


@pytest.mark.parametrize("file", ["lenet300100_sparse.npz", "distiller_ch_regularized_dense.npz"])
def test_real_files_that_are_pruned_are_known(data_dir, file):
    options = {"architecture": "mlp"} if file.startswith("lenet") else {"sizes": (32, 32)}
    found = labels(load_network(data_dir / "nets" / file, **options))
    assert found == ("given", 0.9814 if file.startswith("lenet") else 0.0888)


def test_a_quantised_dense_network_is_not_called_pruned(data_dir):
    network = load_network(data_dir / "nets" / "mlperf_tiny_kws_dscnn_weights.npz", sizes=(25, 5))
    assert network.sparsity == pytest.approx(0.0126, abs=1e-4)
    assert labels(network) == ("none", 0.0)


def test_a_network_that_came_pruned_is_its_own_baseline():
    network = prune_network(load_network("digits-cnn"), "magnitude", 0.5)
    pruners = ["none", pruner_by_name("magnitude", 0.9)]
    table = compare(network, ["titan-x"], ["dense"], pruners)
    assert table[["pruner", "sparsity"]].to_numpy().tolist() == [["given", 0.5], ["magnitude", 0.9]]
    assert table["speedup"].iloc[0] == 1
    named = compare(network, ["titan-x"], ["csr"], pruners, baseline={"pruner": "given"})
    assert named["speedup"].iloc[0] == 1
    assert named["speedup"].iloc[1] > 1
    with pytest.raises(InputError, match="no point has"):
        compare(load_network("digits-cnn"), ["titan-x"], ["csr"], pruners, baseline={"pruner": "given"})


def test_a_sweep_of_dense_and_pruned_networks_has_a_baseline_for_each(tmp_path):
    pruned = write_network(prune_network(load_network("digits-cnn"), "magnitude", 0.5), tmp_path / "pruned.onnx")
    described = {
        "name": "both",
        "networks": ["digits-cnn", str(pruned)],
        "pruners": ["none", {"name": "magnitude", "sparsity": [0.9]}],
        "formats": ["csr"],
        "machines": ["titan-x"],
    }
    grid = resolved(Sweep(**described))
    assert resolved(Sweep(**described, baseline={"pruner": "given"})).baseline == {"pruner": "given"}
    results = [result for task in grid.tasks for result in run_task(task)]
    table = compare_to_baseline(totals(result_table(results)), grid.baseline)
    assert table["pruner"].tolist() == ["none", "magnitude", "given", "magnitude"]
    assert table["speedup"].iloc[[0, 2]].tolist() == [1, 1]
    assert table["speedup"].notna().all()


def test_density_is_that_of_all_weights_and_of_nothing_else():
    """Two layers of 2,000 and 4,000 weights, 10 % and 40 % of them zero, and a product of activations."""
    first, second = with_zeros(0.1).layers[0], with_zeros(0.4, (40, 100)).layers[0]
    scores = Layer(name="scores", kind="matmul", m=64, k=64, n=64, batch=3)
    network = network_of(scores, first, replace(second, name="fc2"))
    results = simulate_network(network, NONE, ["dense"], [load_machine("titan-x")], TABLE)
    assert [result.weights for result in results] == ["none", "imported", "imported"]
    assert labels(network) == ("given", 0.3)
    (point,) = point_objects(results)
    assert (point["density"], point["weights"]) == (0.7, "imported")
    alone = totals(result_table(results[:1]))
    assert alone["density"].isna().all()
    assert point_objects(results[:1])[0]["density"] is None
    assert alone["weights"].tolist() == ["none"]


def test_density_counts_rows_that_were_left_out():
    table = compare(load_network("digits-cnn"), ["titan-x"], ["dense"], ["none", pruner_by_name("filter", 0.5)])
    assert table["density"].tolist() == [1.0, 0.5]
