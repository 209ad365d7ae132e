import numpy as np
import pytest

from sparsesim.errors import InputError, UnknownNameError
from sparsesim.inference import evaluate
from sparsesim.networks import load_network
from sparsesim.studies import SensitivityTable, choose_ratios, sensitivity
from sparsesim.transforms import prune_network

pytest.importorskip("onnxruntime")


@pytest.fixture(scope="module")
def digits():
    pytest.importorskip("sklearn")
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    data = load_digits()
    images, labels = (data.images / 16).astype(np.float32)[:, None], data.target
    _, images, _, labels = train_test_split(images, labels, test_size=0.25, random_state=2026, stratify=labels)
    return images, labels


@pytest.fixture(scope="module")
def network():
    return load_network("digits-cnn")


def a_table(**accuracies):
    ratios = (0.0, 0.3, 0.6, 0.9)
    return SensitivityTable("net", "magnitude", None, 400, 0.98, ratios, accuracies)


def test_one_layer_is_pruned_at_a_time(network, digits):
    seen = []
    table = sensitivity(network, *digits, ratios=(0, 0.5, 0.95), layers="conv*", progress=seen.append)
    assert list(table.accuracies) == ["conv1", "conv2"]
    for layer, accuracies in table.accuracies.items():
        masks = {layer: prune_network(network.select(layer), "magnitude", 0.95).layers[0].mask}
        assert accuracies[2] == evaluate(network.with_masks(masks), *digits).accuracy
        assert accuracies[0] == table.baseline == pytest.approx(network.accuracy, abs=1e-6)
        assert accuracies[1] > accuracies[2] + 0.1
    assert seen == ["unpruned", *(f"{layer} at {r}" for layer in table.accuracies for r in ("0%", "50%", "95%"))]
    assert [row["drop"] for row in table.rows()][:2] == [
        0,
        pytest.approx(table.baseline - table.accuracies["conv1"][1]),
    ]
    assert table.standard_error == pytest.approx(np.sqrt(table.baseline * (1 - table.baseline) / 450))


def test_earlier_masks_stay_and_layers_can_be_named(network, digits):
    half = prune_network(network, "magnitude", 0.5)
    table = sensitivity(half, *digits, "filter", (0, 0.25), layers=["conv2"], criterion="l2")
    assert table.baseline == evaluate(half, *digits).accuracy
    assert (table.pruner, table.criterion) == ("filter", "l2")
    again = prune_network(half.select("conv2"), "filter", 0.25)
    assert not (again.layers[0].mask & ~half.layer("conv2").mask).any()


def test_modules_that_are_called_twice_are_pruned_once():
    torch = pytest.importorskip("torch")
    from sparsesim.networks import network_from_torch

    torch.manual_seed(0)
    shared = torch.nn.Linear(6, 6)
    network = network_from_torch(torch.nn.Sequential(shared, torch.nn.ReLU(), shared), torch.zeros(1, 6))
    x = np.random.default_rng(0).standard_normal((20, 6)).astype(np.float32)
    table = sensitivity(network, x, evaluate(network, x).outputs.argmax(1), ratios=(0, 0.9))
    assert list(table.accuracies) == ["0"]
    assert table.accuracies["0"][0] == 1 > table.accuracies["0"][1]


def test_the_largest_ratio_that_costs_little_is_chosen():
    table = a_table(a=(0.98, 0.97, 0.96, 0.5), b=(0.98, 0.9, 0.97, 0.1), c=(0.98, 0.9, 0.9, 0.99))
    assert choose_ratios(table, 0.02) == {"a": 0.6, "b": 0.6, "c": 0.9}
    assert choose_ratios(table, 0.0) == {"a": 0.0, "b": 0.0, "c": 0.9}
    assert choose_ratios(table, 1.0) == dict.fromkeys("abc", 0.9)
    without_zero = SensitivityTable("net", "magnitude", None, 400, 0.98, (0.5,), {"a": (0.1,)})
    assert choose_ratios(without_zero, 0.02) == {"a": 0.0}
    for drop in (-0.1, 2, float("nan")):
        with pytest.raises(InputError, match="max_drop="):
            choose_ratios(table, drop)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"ratios": (0.5, 0.1)}, "must rise"),
        ({"ratios": ()}, "at least one"),
        ({"ratios": (0, 1.0)}, r"sparsity=1.0 must be a number in \[0, 1\)"),
        ({"pruner": "2:4"}, "contradicts sparsity=0.0"),
        ({"pruner": "sigma"}, "takes no sparsity"),
        ({"layers": "lstm*"}, "unknown layer pattern 'lstm"),
        ({"layers": ["fc9"]}, "unknown layer 'fc9'"),
        ({"criterion": "luck"}, "unknown criterion 'luck'"),
    ],
)
def test_faults_are_named(network, digits, options, reason):
    with pytest.raises((InputError, UnknownNameError), match=reason):
        sensitivity(network, *digits, **options)
