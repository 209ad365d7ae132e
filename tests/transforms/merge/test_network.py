import numpy as np
import pytest

from sparsesim.errors import InputError, UnknownNameError
from sparsesim.inference import evaluate
from sparsesim.networks import load_network
from sparsesim.transforms import merge_network
from tests.inference.real_data import array_network, mnist

pytest.importorskip("onnxruntime")


def drawn(*shape):
    return np.random.default_rng(shape[0]).standard_normal(shape).astype(np.float32)


@pytest.fixture
def chain(tmp_path):
    """Three layers; the hidden ones have two neurons each, and copies of them."""
    first, bias, second = drawn(2, 5), drawn(2), drawn(2, 6)
    arrays = {
        "a.weight": np.tile(first, (3, 1)),
        "a.bias": np.tile(bias, 3),
        "b.weight": np.tile(second, (2, 1)),
        "c.weight": drawn(3, 4),
        "c.bias": drawn(3),
    }
    np.savez(tmp_path / "chain.npz", **arrays)
    return tmp_path / "chain.npz"


def test_copies_merge_without_a_change_of_the_outputs(chain, tmp_path):
    samples = drawn(20, 5)
    found = merge_network(chain, {"a": 2, "b": 2})
    assert [layer.weight_shape for layer in found.network.layers] == [(2, 5), (2, 2), (3, 2)]
    assert [layer.n_bias for layer in found.network.layers] == [2, 0, 3]
    assert (found.before.n_params, found.network.n_params) == (30 + 6 + 24 + 12 + 3, 10 + 2 + 4 + 6 + 3)
    assert (found.before.macs, found.network.macs) == (66, 20)
    expected = evaluate(found.before, samples).outputs
    again = load_network(found.write(tmp_path / "merged.npz"), architecture="mlp")
    onnx = load_network(found.write(tmp_path / "merged.onnx"))
    for network in (found.network, again, onnx):
        np.testing.assert_allclose(evaluate(network, samples).outputs, expected, rtol=1e-4, atol=1e-5)
    assert again.weights_origin == "imported"


def test_only_what_is_named_gets_smaller(chain):
    found = merge_network(chain, {"b": 3})
    assert list(found.steps) == ["b"]
    assert [layer.weight_shape for layer in found.network.layers] == [(6, 5), (3, 6), (3, 3)]
    np.testing.assert_array_equal(found.network.layers[0].weight(), found.before.layers[0].weight())


def test_other_layouts_and_parallel_training(chain, tmp_path):
    with np.load(chain) as stored:
        arrays = {f"module.{key}": array.T if array.ndim == 2 else array for key, array in stored.items()}
    np.savez(tmp_path / "other.npz", **arrays)
    found = merge_network(tmp_path / "other.npz", {"a": 2}, layout="in_out")
    np.testing.assert_array_equal(found.arrays["a.weight"], merge_network(chain, {"a": 2}).arrays["a.weight"])


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({}, "give either"),
        ({"keep": {"a": 2}, "stop": "mode"}, "give either"),
        ({"keep": {"c": 2}}, "'c' is the last one"),
        ({"keep": {"a": 7}}, "layer 'a': keep=7 must be between 1 and the 6"),
        ({"keep": {"a": 0}}, "layer 'a': keep=0"),
        ({"stop": "now"}, "layer 'a': .*stop='now'"),
        ({"keep": {"a": 2}, "layout": "in_out"}, "is layout in_out|reads"),
    ],
)
def test_faults_are_named(chain, options, reason):
    with pytest.raises(InputError, match=reason):
        merge_network(chain, **options)


def test_unknown_layers_and_the_source_are_named(chain):
    with pytest.raises(UnknownNameError, match="'d'"):
        merge_network(chain, {"d": 2})
    with pytest.raises(InputError, match="was read from this file"):
        merge_network(chain, {"a": 2}).write(chain)
    with pytest.raises(InputError, match=r"only .onnx and .npz"):
        merge_network(chain, {"a": 2}).write(chain.with_suffix(".txt"))


def without_smallest(network, keep, samples):
    """Outputs of LeNet-300-100 with only the `keep` first neurons of largest sum |w|, by plain products."""
    (w1, b1), (w2, b2), (w3, b3) = network
    stay = np.sort(np.argsort(-np.abs(w1).sum(axis=1), kind="stable")[:keep])
    hidden = np.maximum(samples @ w1[stay].T + b1[stay], 0)
    return np.maximum(hidden @ w2[:, stay].T + b2, 0) @ w3.T + b3


def test_lenet300_keeps_its_accuracy_better_than_without_its_smallest_neurons(data_dir):
    samples, labels = mnist(data_dir)
    whole = array_network(data_dir, "lenet300100_original", "mlp")
    correct = {300: evaluate(whole, samples, labels).correct}
    for keep in (200, 100, 50):
        found = merge_network(whole.path, {"ip1": keep})
        weights = merge_network(whole.path, {"ip1": 300}).arrays
        layers = [(weights[f"{name}.weight"], weights[f"{name}.bias"]) for name in ("ip1", "ip2", "ip3")]
        removed = without_smallest(layers, keep, samples).argmax(axis=1) == labels
        correct[keep] = evaluate(found.network, samples, labels).correct, int(removed.sum())
    print(f"correct of 256 (merged, L1 removal) by neurons: {correct}")
    assert correct[200][0] >= correct[300] - 3
    assert all(merged >= removed for merged, removed in list(correct.values())[1:])


def test_lenet300_stops_by_itself(data_dir):
    samples, labels = mnist(data_dir)
    found = merge_network(data_dir / "nets" / "lenet300100_original.npz", stop="mode")
    sizes = [len(step.kept) for step in found.steps.values()]
    print(f"neurons {sizes}, {found.network.n_params} of {found.before.n_params} parameters")
    assert 100 < sizes[0] < 300
    assert evaluate(found.network, samples, labels).accuracy > 0.95
