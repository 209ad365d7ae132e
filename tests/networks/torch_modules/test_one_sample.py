"""A batch would multiply the MACs: it is refused wherever it hides, and sequences are not taken for one."""

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from sparsesim.errors import InputError  # noqa: E402
from sparsesim.networks import network_from_torch  # noqa: E402


def encoder(batch_first):
    layer = nn.TransformerEncoderLayer(16, 2, 32, batch_first=batch_first)
    return nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)


class Attention(nn.Module):
    """With its weights, which PyTorch computes by plain products."""

    def __init__(self, batch_first):
        super().__init__()
        self.inner = nn.MultiheadAttention(16, 2, batch_first=batch_first)

    def forward(self, x):
        return self.inner(x, x, x)[0]


class Own(nn.Module):
    """As models outside of PyTorch write attention."""

    def __init__(self):
        super().__init__()
        self.words, self.mixed = nn.Embedding(50, 16), nn.Linear(16, 48)

    def forward(self, ids, mask=None):
        x = self.mixed(self.words(ids)).unflatten(-1, (3, 2, 8)).permute(2, 0, 3, 1, 4)
        return {"state": (x[0] @ x[1].transpose(-1, -2)).softmax(-1) @ x[2]}


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm, self.last = nn.LSTM(7, 5), nn.Linear(5, 3)

    def forward(self, x):
        return self.last(self.lstm(x)[0])


def on_words(batch_first):
    return nn.Sequential(nn.Embedding(50, 16), encoder(batch_first), nn.Linear(16, 2))


def translator(batch_first):
    return nn.Transformer(16, 2, 1, 1, 32, batch_first=batch_first)


def perceptron():
    return nn.Sequential(nn.Linear(16, 8), nn.ReLU(), nn.Linear(8, 4))


def ids(*shape):
    return torch.zeros(shape, dtype=torch.long)


BATCHES = {
    "encoder": (encoder(True), torch.zeros(2, 8, 16)),
    "encoder of single words": (encoder(True), torch.zeros(2, 1, 16)),
    "encoder, time first": (encoder(False), torch.zeros(8, 2, 16)),
    "encoder of bfloat16": (encoder(True).bfloat16(), torch.zeros(2, 8, 16).bfloat16()),
    "attention": (Attention(True), torch.zeros(2, 8, 16)),
    "attention, time first": (Attention(False), torch.zeros(8, 2, 16)),
    "translator": (translator(True), (torch.zeros(2, 8, 16), torch.zeros(2, 5, 16))),
    "words": (on_words(True), ids(2, 8)),
    "words, time first": (on_words(False), ids(8, 2)),
    "attention by hand": (Own(), ids(2, 8)),
    "with a mask, by name": (Own(), {"ids": ids(2, 8), "mask": torch.ones(2, 8)}),
    "perceptron": (perceptron(), torch.zeros(2, 16)),
    "images of a perceptron": (nn.Sequential(nn.Flatten(), nn.Linear(64, 4)), torch.zeros(2, 1, 8, 8)),
}


@pytest.mark.parametrize("name", BATCHES)
def test_a_batch_of_two_is_refused(name):
    module, sample = BATCHES[name]
    with pytest.raises(InputError, match="batch of 2"):
        network_from_torch(module, sample)


SINGLE = {
    "encoder": (encoder(True), torch.zeros(1, 8, 16), torch.zeros(8, 16)),
    "encoder, time first": (encoder(False), torch.zeros(8, 1, 16), torch.zeros(8, 16)),
    "encoder of bfloat16": (encoder(False).bfloat16(), torch.zeros(8, 1, 16).bfloat16(), torch.zeros(8, 16).bfloat16()),
    "attention": (Attention(True), torch.zeros(1, 8, 16), torch.zeros(8, 16)),
    "words": (on_words(True), ids(1, 8), ids(8)),
    "words, time first": (on_words(False), ids(8, 1), ids(8)),
    "recurrent": (Recurrent(), torch.zeros(9, 1, 7), torch.zeros(9, 7)),
    "images": (nn.Conv2d(3, 3, 1, groups=3), torch.zeros(1, 3, 8, 8), torch.zeros(3, 8, 8)),
}


@pytest.mark.parametrize("name", SINGLE)
def test_one_sequence_counts_the_same_with_and_without_its_batch(name):
    module, batched, plain = SINGLE[name]
    assert network_from_torch(module, batched).macs == network_from_torch(module, plain).macs


def test_dimensions_after_the_batch_are_positions():
    assert network_from_torch(perceptron(), torch.zeros(1, 5, 16)).macs == 5 * (16 * 8 + 8 * 4)


EXPORTED = {
    "fused": (encoder(True), (2, 8, 16)),
    "fused, single words": (encoder(True), (2, 1, 16)),
    "fused, time first": (encoder(False), (8, 2, 16)),
    "by hand": (Attention(True), (2, 8, 16)),
}


@pytest.mark.parametrize("name", EXPORTED)
def test_exported_sequences_are_refused_as_well(name):
    module, shape = EXPORTED[name]
    program = torch.export.export(module.eval(), (torch.zeros(shape),))
    with pytest.raises(InputError, match="batch"):
        network_from_torch(program)


def test_exported_sequences_without_a_batch_are_read():
    for module, shape in ((encoder(True), (1, 8, 16)), (encoder(False), (8, 1, 16)), (encoder(True), (8, 16))):
        program = torch.export.export(module.eval(), (torch.zeros(shape),))
        assert network_from_torch(program).macs == network_from_torch(encoder(True), torch.zeros(1, 8, 16)).macs


def test_the_look_at_single_slices_leaves_no_trace():
    module, state = encoder(False), torch.get_rng_state()
    network_from_torch(module, torch.zeros(8, 1, 16))
    assert module.training
    assert torch.equal(torch.get_rng_state(), state)
