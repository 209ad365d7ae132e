"""What every way to change a network owes its callers, on small trained networks."""

import pickle
from dataclasses import replace

import numpy as np
import pytest

from sparsesim.errors import InputError
from sparsesim.inference import capture, evaluate
from sparsesim.networks import load_network
from sparsesim.shipped import shipped_folder
from sparsesim.transforms import METHODS, method_by_name, takes_sparsity

pytest.importorskip("onnxruntime")

AMOUNTS = {"threshold": {"threshold": 0.05}, "sigma": {"s": 1.0}, "low-rank": {"energy": 0.8}}
NAMES = [example for kind in METHODS.values() for example in kind.examples]
every_name = pytest.mark.parametrize("name", NAMES)


@pytest.fixture(scope="module")
def digits():
    images = np.random.default_rng(0).random((24, 1, 8, 8)).astype(np.float32)
    network = load_network("digits-cnn")
    return network, images, capture(network, images)


@pytest.fixture(scope="module")
def chain(tmp_path_factory):
    """The fully connected end of the digits network, as a file of arrays."""
    path = tmp_path_factory.mktemp("chain") / "chain.npz"
    with np.load(shipped_folder("models/networks") / "digits-cnn.npz") as arrays:
        np.savez(path, **{name: array for name, array in arrays.items() if name.startswith("fc")})
    return load_network(path, architecture="mlp"), np.random.default_rng(0).random((24, 256)).astype(np.float32), None


@pytest.fixture
def case(name, digits, chain):
    """(method, network, samples, captured inputs) of a name."""
    if name == "taylor":
        pytest.skip("needs gradients")
    tables = {"published": (load_network("lenet-300-100@pruned"), None, None), "merge": chain}
    return made(name), *tables.get(name, digits)


def made(name):
    return method_by_name(name, 0.5 if takes_sparsity(name) else None, **AMOUNTS.get(name, {}))


def weights(network):
    return {layer.name: np.array(layer.masked_weight()) for layer in network.layers if layer.weight_shape}


def assert_equal(one, other):
    assert one.keys() == other.keys()
    for name, weight in one.items():
        np.testing.assert_array_equal(weight, other[name])


@every_name
def test_inputs_and_outputs_keep_their_sizes(case):
    method, network, samples, inputs = case
    found = method.applied(network, inputs)
    for after in (found.network, found.multiplied, found.runnable):
        assert after.layers[0].weight_shape[1:] == network.layers[0].weight_shape[1:]
        assert after.layers[-1].weight_shape[:1] == network.layers[-1].weight_shape[:1]
    if samples is not None:
        assert evaluate(found.runnable, samples).outputs.shape == evaluate(network, samples).outputs.shape


@every_name
def test_weights_and_masks_agree(case):
    method, network, _, inputs = case
    found = method.applied(network, inputs)
    assert found.masks or found.rows
    for layer, mask in found.masks.items():
        assert mask.shape == network.layer(layer).weight_shape
        np.testing.assert_array_equal(found.network.layer(layer).mask, mask)
        assert not found.network.layer(layer).masked_weight()[~mask].any()
    if method.keeps_shapes:
        shapes = [(layer.name, layer.weight_shape) for layer in network.layers]
        for after in (found.network, found.multiplied):
            assert [(layer.name, layer.weight_shape) for layer in after.layers] == shapes


@every_name
def test_what_is_evaluated_is_what_machines_multiply(case):
    """As large in sum: the product of factors is another matter, and tested with them."""
    method, network, _, inputs = case
    if not method.keeps_shapes:
        return
    found = method.applied(network, inputs)
    for layer, given in weights(found.runnable).items():
        order = found.orders.get(layer)
        multiplied = found.multiplied.layer(layer).masked_weight()
        if found.multiplied.layer(layer).groups == 1:
            np.testing.assert_array_equal(multiplied, given if order is None else given[:, order])


@every_name
def test_equal_calls_give_equal_networks(case):
    method, network, _, inputs = case
    one, other = method.applied(network, inputs), pickle.loads(pickle.dumps(method)).applied(network, inputs)
    assert_equal(weights(one.network), weights(other.network))
    assert_equal(weights(one.multiplied), weights(other.multiplied))
    assert (one.rule, one.rows, one.totals) == (other.rule, other.rows, other.totals)


@every_name
def test_the_given_network_stays_as_it_is(case):
    method, network, _, inputs = case
    before, layers = weights(network), network.layers
    method.applied(network, inputs)
    assert network.layers is layers
    assert all(layer.mask is None for layer in layers)
    assert_equal(weights(network), before)


@every_name
def test_layer_by_layer_is_no_different(case):
    method, network, _, inputs = case
    if not method.per_layer:
        return
    together = method.applied(network, inputs)
    for layer in network.layers:
        alone = method.changed_layer(network, layer, inputs)
        np.testing.assert_array_equal(
            alone.layer.masked_weight(), together.multiplied.layer(layer.name).masked_weight()
        )
        np.testing.assert_array_equal(alone.order, together.orders.get(layer.name))


@every_name
def test_layers_that_are_not_chosen_stay(case):
    method, network, _, inputs = case
    if method.needs in ("graph", "file"):
        return
    last = network.layers[-1].name
    found = method.applied(network, inputs, layers=last)
    whole = weights(network)
    for after in (found.network, found.multiplied, found.runnable):
        rest = {name: weight for name, weight in weights(after).items() if name in whole and name != last}
        assert len(rest) == len(whole) - 1
        assert_equal(rest, {name: whole[name] for name in rest})
    assert set(found.masks) <= {last}


@every_name
def test_it_can_be_written(case, tmp_path):
    method, network, _, inputs = case
    found = method.applied(network, inputs)
    with np.load(found.write(tmp_path / "after.npz")) as arrays:
        for layer, weight in weights(found.network).items():
            np.testing.assert_array_equal(arrays[f"{layer}.weight"], weight)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("sparse-gpt", "pruner 'sparse-gpt' needs samples of the network's input"),
        ("wanda", "criterion 'wanda' needs samples of the network's input"),
        ("taylor", "criterion 'taylor' needs the gradient of every weight"),
        ("published", "gives no weight density"),
        ("shrink", "pruner 'shrink' needs an ONNX graph"),
        ("merge", "pruner 'merge' needs the file that the network was read from"),
    ],
)
def test_what_it_needs_and_was_not_given_is_named(digits, name, reason):
    method, bare = made(name), replace(digits[0], path=None, graph=None)
    for ask in (method.check, method.applied):
        with pytest.raises(InputError, match=reason) as caught:
            ask(bare)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["sparse-gpt", "wanda"])
def test_a_layer_without_inputs_is_named(digits, name):
    network, _, inputs = digits
    some = {layer: values for layer, values in inputs.items() if layer != "fc1"}
    with pytest.raises(InputError, match="'fc1' has no captured inputs"):
        made(name).check(network, some)


@pytest.mark.parametrize("name", ["shrink", "merge"])
def test_whole_networks_are_not_cut_down(name, digits, chain):
    network = chain[0] if name == "merge" else digits[0]
    with pytest.raises(InputError, match=f"pruner '{name}' changes whole networks: it cannot be kept to .* 'fc1'"):
        made(name).applied(network, layers="fc1")
    with pytest.raises(InputError, match=r"is a part of one|not as .* has it"):
        made(name).applied(network.select("fc1"))


def test_neurons_of_a_network_that_was_changed_are_not_merged(chain):
    changed = method_by_name("magnitude", 0.5).applied(chain[0]).network
    with pytest.raises(InputError, match="merge neurons first"):
        made("merge").applied(changed)
