import numpy as np
import pytest

from sparsesim.errors import InputError
from sparsesim.inference import capture, capture_relu, evaluate
from sparsesim.lowering import Activations, lower
from sparsesim.networks import network_from_torch, write_network
from sparsesim.transforms import prune_network

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402


def normal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def small_cnn():
    torch.manual_seed(0)
    layers = [nn.Conv2d(3, 8, 3, stride=2), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.Linear(72, 5)]
    return nn.Sequential(*layers)


def with_weights(module, network):
    """A reference: the masked weights written into the module itself."""
    parts = dict(module.named_modules())
    for layer in network.layers:
        values = torch.from_numpy(np.array(layer.masked_weight()))
        parts[layer.name].weight.data = values.reshape(parts[layer.name].weight.shape)
    return module.eval()


def test_a_pruned_module_runs_with_its_masks_and_is_left_as_it_was():
    module, x = small_cnn(), normal(7, 3, 8, 8)
    before = {name: value.clone() for name, value in module.state_dict().items()}
    network = prune_network(network_from_torch(module, torch.zeros(1, 3, 8, 8)), "magnitude", 0.5)
    found = evaluate(network, x, batch_size=3)
    assert module.training
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())
    with torch.no_grad():
        expected = with_weights(module, network)(torch.from_numpy(x)).numpy()
    np.testing.assert_allclose(found.outputs, expected, rtol=1e-5, atol=1e-6)


def test_layers_and_relus_are_captured():
    module, x = small_cnn(), normal(4, 3, 8, 8)
    network = network_from_torch(module, torch.zeros(1, 3, 8, 8))
    found, relus = capture(network, x, batch_size=3), capture_relu(network, x)
    assert np.array_equal(found["0"], x)
    assert found["4"].shape == (4, 72)
    np.testing.assert_allclose(found["4"], relus["2"].reshape(4, -1), rtol=1e-5, atol=1e-6)
    ops = lower(network, batch=4, activations=Activations(maps=found))
    assert ops[1].b.tensor.nnz == np.count_nonzero(relus["2"])


class Twice(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(1)
        self.fc, self.relu = nn.Linear(6, 6), nn.ReLU()

    def forward(self, x):
        return {"logits": self.relu(self.fc(self.relu(self.fc(x)))), "other": x}


def test_a_module_that_is_called_twice_is_two_layers_with_one_mask():
    network = network_from_torch(Twice(), torch.zeros(1, 6))
    x, mask = normal(5, 6), normal(6, 6) > 0
    chosen = network.with_masks({"fc": mask, "fc#2": mask})
    found, relus = capture(chosen, x), capture_relu(chosen, x)
    assert np.array_equal(found["fc"], x)
    assert np.array_equal(found["fc#2"], relus["relu"])
    assert np.array_equal(relus["relu#2"], evaluate(chosen, x).outputs)
    with pytest.raises(InputError, match="'fc#2' shares its weights"):
        evaluate(network.with_masks({"fc": mask}), x)
    assert list(capture(chosen.select("fc#2"), x)) == ["fc#2"]


@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU])
def test_recurrent_weights_are_written_in_both_halves(kind):
    torch.manual_seed(2)
    module = kind(6, 4, num_layers=2, batch_first=True, bidirectional=True)
    network = network_from_torch(module, torch.zeros(1, 3, 6))
    whole = evaluate(network, normal(2, 3, 6)).outputs
    with torch.no_grad():
        expected = module(torch.from_numpy(normal(2, 3, 6)))[0].numpy()
    np.testing.assert_allclose(whole, expected, rtol=1e-5, atol=1e-6)
    nothing = {layer.name: np.zeros(layer.weight_shape, bool) for layer in network.layers}
    silent = evaluate(network.with_masks(nothing), np.zeros((1, 3, 6))).outputs
    assert np.array_equal(evaluate(network.with_masks(nothing), normal(1, 3, 6)).outputs, silent)
    with pytest.raises(InputError, match="no conv2d or linear layer"):
        capture(network, normal(2, 3, 6))


def test_tokens_stay_whole_numbers_and_sequences_become_vectors():
    torch.manual_seed(3)
    module = nn.Sequential(nn.Embedding(10, 6), nn.Linear(6, 4))
    network = network_from_torch(module, torch.zeros(1, 3, dtype=torch.int64))
    tokens = np.array([[1, 2, 3], [4, 5, 6]])
    assert evaluate(network, tokens).outputs.shape == (2, 3, 4)
    assert capture(network, tokens)["1"].shape == (6, 6)


def test_one_dimensional_convolutions_and_half_precision():
    torch.manual_seed(4)
    network = network_from_torch(nn.Sequential(nn.Conv1d(3, 4, 5)), torch.zeros(1, 3, 20))
    x = normal(2, 3, 20)
    assert capture(network, x)["0"].shape == (2, 3, 1, 20)
    half = network_from_torch(nn.Linear(6, 4).to(torch.bfloat16), torch.zeros(1, 6, dtype=torch.bfloat16))
    found, layer = evaluate(half, normal(5, 6)).outputs, half.layers[0]
    bias = half.graph.bias.detach().float().numpy()
    np.testing.assert_allclose(found, normal(5, 6) @ layer.weight().T + bias, atol=0.03)


def test_threads_are_given_back_and_faults_are_one_line():
    threads = torch.get_num_threads()
    network = network_from_torch(small_cnn(), torch.zeros(1, 3, 8, 8))
    with pytest.raises(InputError, match=r"does not run on inputs \(2, 5, 8, 8\)") as error:
        evaluate(network, normal(2, 5, 8, 8))
    assert "\n" not in str(error.value)
    assert torch.get_num_threads() == threads


def test_modules_are_still_not_written_as_graphs(tmp_path):
    network = network_from_torch(small_cnn(), torch.zeros(1, 3, 8, 8))
    with pytest.raises(InputError, match="was not read from an ONNX file"):
        write_network(network, tmp_path / "net.onnx")
