"""Modules that raise, contradict themselves, share parameters or have none with values."""

import re

import pytest

import sparsesim as ss
from sparsesim.errors import InputError
from sparsesim.networks import network_from_torch

torch = pytest.importorskip("torch")
nn = torch.nn


def refused(module, sample, **options):
    with pytest.raises(InputError) as caught:
        network_from_torch(module, sample, **options)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(f"module {options.get('name') or type(module).__name__}: ")
    return message


class Raising(nn.Module):
    def __init__(self, error):
        super().__init__()
        self.fc, self.error = nn.Linear(4, 4), error

    def forward(self, x):
        self.fc(x)
        raise self.error


@pytest.mark.parametrize(
    "error", [RuntimeError("first\nsecond"), KeyError("k"), ZeroDivisionError(), NotImplementedError("x" * 5000)]
)
def test_what_a_module_raises_is_one_line(error):
    message = refused(Raising(error), torch.zeros(1, 4), name="mine")
    assert f"cannot be run on this sample: {type(error).__name__}: " in message
    assert len(message) < 500


def test_an_interrupt_stays_one():
    with pytest.raises(KeyboardInterrupt):
        network_from_torch(Raising(KeyboardInterrupt()), torch.zeros(1, 4))


def test_traced_modules_with_another_shape():
    traced = torch.jit.trace(nn.Sequential(nn.Linear(6, 4), nn.ReLU()), torch.zeros(1, 6))
    assert network_from_torch(traced, torch.zeros(1, 6)).macs == 24
    assert "cannot be run on this sample" in refused(traced, torch.zeros(1, 5))


def test_attributes_that_contradict_the_weight_do_not_count():
    module = nn.Linear(6, 4)
    module.in_features = 2
    assert network_from_torch(module, torch.zeros(1, 3, 6)).layers[0].gemm == (4, 3, 6, 1)


class Meta(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4, device="meta"))

    def forward(self, x):
        return self.body[0](x)


@pytest.mark.parametrize(
    ("module", "part"),
    [
        (Meta(), "parameter 'body.1.weight': device: meta: it has no values"),
        (nn.Linear(4, 4, device="meta"), "parameter 'weight': device: meta"),
        (nn.LazyLinear(4), "parameter 'weight': is not initialised"),
        (nn.Linear(4, 4, dtype=torch.complex64), "parameter 'weight': type: torch.complex64: must be real"),
    ],
)
def test_parameters_without_values_are_named(module, part):
    assert part in refused(module, torch.zeros(1, 4))


def test_the_budget_is_asked_before_parameters_are_copied():
    module = nn.Linear(1000, 1000, bias=False)
    with ss.memory_budget(3_999_999):
        assert "copying its parameters needs 4 MB of memory" in refused(module, torch.zeros(1, 1000))
    with ss.memory_budget(4_000_000):
        assert network_from_torch(module, torch.zeros(1, 1000)).n_params == 10**6


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.words, self.first, self.second = (
            nn.Embedding(9, 4),
            nn.Linear(4, 9, bias=False),
            nn.Linear(4, 9, bias=False),
        )
        self.first.weight = self.second.weight = self.words.weight

    def forward(self, x):
        return self.first(x) + self.second(x) + x @ self.words.weight.T


def test_shared_parameters_count_once():
    network = network_from_torch(Tied(), torch.zeros(1, 4))
    assert [layer.n_weights for layer in network.layers] == [36, 36, 36]
    assert (network.n_params, dict(network.other_params)) == (36, {})
    pair = nn.Sequential(nn.LSTM(4, 4, bias=False), Last(), nn.LSTM(4, 4, bias=False))
    pair[2]._parameters = pair[0]._parameters
    pair[2].weight_ih_l0, pair[2].weight_hh_l0 = pair[0].weight_ih_l0, pair[0].weight_hh_l0
    assert network_from_torch(pair, torch.zeros(3, 4)).n_params == 128


class Last(nn.Module):
    def forward(self, outputs):
        return outputs[0]


class Tries(nn.Module):
    """Tries a layer that does not fit, and goes on with products outside of any layer."""

    def __init__(self):
        super().__init__()
        self.wrong, self.weight = nn.Linear(5, 3), nn.Parameter(torch.ones(4, 3))

    def forward(self, x):
        try:
            return self.wrong(x)
        except RuntimeError:
            return x @ self.weight


def test_products_after_a_caught_exception_are_seen():
    network = network_from_torch(Tries(), torch.zeros(1, 4))
    assert [(layer.name, layer.gemm) for layer in network.layers] == [("weight", (3, 1, 4, 1))]


def test_keyword_arguments_may_come_in_any_order():
    state = (torch.zeros(1, 4), torch.zeros(1, 4))
    network = network_from_torch(Named(), {"hx": state, "input": torch.zeros(5, 3)})
    assert network.layers[0].steps == 5


class Named(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.LSTM(3, 4)

    def forward(self, hx, input):
        return self.rnn(hx=hx, input=input)[0]


def test_hooks_are_gone_after_a_failure():
    module = Raising(ValueError("no"))
    refused(module, torch.zeros(1, 4))
    assert not module.fc._forward_hooks
    assert not module.fc._forward_pre_hooks
    assert re.search("ValueError: no", refused(module, torch.zeros(1, 4)))
