import numpy as np
import pytest

from sparsesim.errors import InputError
from sparsesim.networks import network_from_torch

torch = pytest.importorskip("torch")
nn = torch.nn


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def test_a_cnn():
    model = nn.Sequential(
        nn.Conv2d(3, 8, (3, 5), stride=(2, 1), padding=(1, 2), dilation=(1, 2), bias=False),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.Conv2d(8, 8, 3, groups=8, padding="same"),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(8, 5),
    )
    network = network_from_torch(model, torch.zeros(1, 3, 16, 20), name="cnn")
    first, depthwise, fc = network.layers
    assert (network.name, network.weights_origin, network.notes) == ("cnn", "imported", "")
    assert network.input_description == "1 x 3 x 16 x 20"
    assert [layer.name for layer in network.layers] == ["0", "3", "6"]
    assert (first.stride, first.padding, first.dilation, first.n_bias) == ((2, 1), (1, 2, 1, 2), (1, 2), 0)
    assert first.output_size == tuple(model[0](torch.zeros(1, 3, 16, 20)).shape[2:])
    assert (depthwise.groups, depthwise.padding, depthwise.output_size) == (8, (1, 1, 1, 1), first.output_size)
    assert depthwise.macs == 8 * 9 * depthwise.gemm.N
    assert (fc.gemm, fc.n_bias) == ((5, 1, 8, 1), 5)
    assert np.array_equal(first.weight(), model[0].weight.detach().numpy())


def test_the_module_is_left_as_it_was_found():
    model = nn.Sequential(nn.Linear(6, 6), nn.BatchNorm1d(6), nn.Dropout(0.5))
    model.train()
    model[2].eval()
    before = {key: value.clone() for key, value in model.state_dict().items()}
    network = network_from_torch(model, torch.ones(1, 6))
    assert [part.training for part in model] == [True, True, False]
    assert all(not part._forward_hooks for part in model.modules())
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())
    with torch.no_grad():
        model[0].weight.fill_(7)
    assert not np.any(network.layer("0").weight() == 7)


def test_hooks_and_modes_come_back_after_a_failure():
    model = nn.Sequential(nn.Linear(6, 6)).train()
    with pytest.raises(InputError, match=r"module Sequential: .*RuntimeError: .*shapes cannot be multiplied"):
        network_from_torch(model, torch.ones(1, 5))
    assert model.training
    assert not model[0]._forward_hooks


def test_tokens_count_as_positions():
    assert network_from_torch(nn.Linear(6, 4), torch.zeros(1, 10, 6)).layers[0].positions == 10


def test_one_dimensional_convolutions_have_height_one():
    (layer,) = network_from_torch(nn.Conv1d(3, 4, 5, stride=2, padding=2), torch.zeros(1, 3, 20)).layers
    assert (layer.name, layer.weight_shape, layer.input_size) == ("Conv1d", (4, 3, 1, 5), (1, 20))
    assert (layer.stride, layer.padding, layer.output_size) == ((1, 2), (0, 2, 0, 2), (1, 10))


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("kernel", [2, 3, 4])
def test_named_padding(padding, kernel):
    conv = nn.Conv2d(1, 1, kernel, padding=padding, dilation=2)
    (layer,) = network_from_torch(conv, torch.zeros(1, 1, 11, 12)).layers
    assert layer.output_size == tuple(conv(torch.zeros(1, 1, 11, 12)).shape[2:])


@pytest.mark.parametrize(("kind", "gates"), [("LSTM", 4), ("GRU", 3)])
def test_recurrent_modules(kind, gates):
    rnn = getattr(nn, kind)(7, 5, num_layers=2, bidirectional=True, batch_first=True)
    layers = network_from_torch(rnn, torch.zeros(1, 9, 7)).layers
    assert [layer.name for layer in layers] == [f"{kind}.{end}" for end in ("l0", "l0_reverse", "l1", "l1_reverse")]
    assert {layer.kind for layer in layers} == {kind.lower()}
    assert {layer.steps for layer in layers} == {9}
    assert [layer.weight_shape for layer in layers] == [(gates * 5, 12)] * 2 + [(gates * 5, 15)] * 2
    assert sum(layer.n_params for layer in layers) == sum(p.numel() for p in rnn.parameters())
    expected = torch.cat([rnn.weight_ih_l1, rnn.weight_hh_l1], dim=1).detach().numpy()
    assert np.array_equal(layers[2].weight(), expected)


def test_time_comes_first_by_default():
    (layer,) = network_from_torch(nn.LSTM(7, 5), torch.zeros(9, 1, 7)).layers
    assert (layer.name, layer.steps) == ("LSTM", 9)


def test_a_module_called_twice_is_two_layers_with_one_set_of_weights():
    shared = nn.Linear(6, 6)
    network = network_from_torch(nn.Sequential(shared, nn.ReLU(), shared), torch.zeros(1, 6))
    assert [layer.name for layer in network.layers] == ["0", "0#2"]
    assert network.n_params == 36 + 12  # the two biases count with their layers
    assert network.macs == 72


def test_a_transformer_layer_with_its_attention():
    model = nn.Sequential(nn.Embedding(50, 8), nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), nn.Linear(8, 2))
    fast = torch.backends.mha.get_fastpath_enabled()
    network = network_from_torch(model, torch.zeros(1, 5, dtype=torch.long))
    assert torch.backends.mha.get_fastpath_enabled() == fast
    layers = {layer.name: layer for layer in network.layers}
    attention = [f"1.self_attn.{part}" for part in ("in_proj", "scores", "context", "out_proj")]
    assert list(layers) == [*attention, "1.linear1", "1.linear2", "2"]
    assert layers["1.self_attn.in_proj"].gemm == (24, 5, 8, 1)
    assert layers["1.self_attn.in_proj"].n_bias == 24
    assert layers["1.self_attn.scores"].gemm == (5, 5, 4, 2)
    assert layers["1.self_attn.context"].gemm == (5, 4, 5, 2)
    assert np.array_equal(layers["1.self_attn.in_proj"].weight(), model[1].self_attn.in_proj_weight.detach().numpy())
    assert network.other_params == {"Embedding": 400, "LayerNorm": 32}
    assert network.n_params == sum(parameter.numel() for parameter in model.parameters())
    assert network.notes == "not counted: 0 (Embedding, 400 weights)"


class OwnAttention(nn.Module):
    def __init__(self):
        super().__init__()
        self.query, self.key = nn.Linear(8, 8), nn.Linear(8, 8, bias=False)
        self.mix = nn.Parameter(torch.randn(8, 3))
        self.filters = nn.Parameter(torch.randn(4, 3, 3))
        self.experts = nn.Parameter(torch.randn(2, 3, 3))

    def forward(self, x):
        q, k = self.query(x), self.key(x)
        weights = torch.softmax(q @ k.transpose(-1, -2), -1)
        y = torch.einsum("bij,bjk->bik", weights, x) @ self.mix
        y = nn.functional.conv1d(y.transpose(1, 2), self.filters, padding=1)
        return y, torch.bmm(torch.ones(2, 1, 3), self.experts)


def test_products_that_a_module_writes_itself():
    model = OwnAttention()
    network = network_from_torch(model, torch.randn(1, 6, 8))
    layers = {layer.name: layer for layer in network.layers}
    assert list(layers) == ["query", "key", "matmul", "matmul#2", "mix", "filters"]
    assert layers["matmul"].gemm == (6, 6, 8, 1)
    assert layers["matmul#2"].gemm == (6, 8, 6, 1)
    assert layers["mix"].gemm == (3, 6, 8, 1)
    assert np.array_equal(layers["mix"].weight(), model.mix.detach().numpy().T)
    assert (layers["filters"].weight_shape, layers["filters"].padding) == ((4, 3, 1, 3), (0, 1, 0, 1))
    assert network.other_params == {"OwnAttention": 18}
    assert "itself (OwnAttention, 18 weights)" in network.notes
    assert network.n_params == sum(parameter.numel() for parameter in model.parameters())


class Fused(nn.Module):
    def forward(self, q, k, v):
        return nn.functional.scaled_dot_product_attention(q, k, v)


def test_fused_attention():
    q, k, v = torch.randn(1, 3, 6, 8), torch.randn(1, 3, 7, 8), torch.randn(1, 3, 7, 8)
    scores, context = network_from_torch(Fused(), (q, k, v)).layers
    assert (scores.gemm, context.gemm) == ((6, 7, 8, 3), (6, 8, 7, 3))


def test_cross_attention_has_a_layer_for_each_part_of_its_weight():
    model = nn.MultiheadAttention(8, 2, batch_first=True)
    x, y = torch.randn(1, 4, 8), torch.randn(1, 6, 8)
    network = network_from_torch(model, (x, y, y))
    assert [layer.name for layer in network.layers][:2] == ["in_proj", "in_proj#2"]
    assert network.n_params == sum(parameter.numel() for parameter in model.parameters())


@pytest.mark.parametrize(
    "options", [{}, {"stride": (2, 3), "padding": (1, 0), "output_padding": (1, 2), "dilation": 2}]
)
def test_transposed_convolutions(options):
    model = nn.ConvTranspose2d(4, 6, (3, 2), groups=2, **options)
    network = network_from_torch(model, torch.zeros(1, 4, 5, 6))
    (layer,) = network.layers
    assert (layer.kind, layer.weight_shape, layer.n_bias, layer.groups) == ("conv_transpose2d", (4, 3, 3, 2), 6, 2)
    assert layer.output_size == tuple(model(torch.zeros(1, 4, 5, 6)).shape[2:])
    assert network.other_params == {}


def test_one_dimensional_transposed_convolutions():
    model = nn.ConvTranspose1d(3, 4, 5, stride=2, padding=1, output_padding=1)
    (layer,) = network_from_torch(model, torch.zeros(1, 3, 10)).layers
    assert (layer.weight_shape, layer.output_padding) == ((3, 4, 1, 5), (0, 1))
    assert layer.output_size == (1, model(torch.zeros(1, 3, 10)).shape[2])


class Everything(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 4, 3, stride=2, padding=1, groups=1), nn.BatchNorm2d(4)
        self.up = nn.ConvTranspose2d(4, 4, 2, stride=2, groups=2, bias=False)
        self.attention, self.fc = nn.MultiheadAttention(4, 2, batch_first=True), nn.Linear(4, 2)

    def forward(self, x, *, scale=None):
        y = self.up(torch.relu(self.norm(self.conv(x)))).flatten(2).transpose(1, 2)
        return self.fc(self.attention(y, y, y, need_weights=False)[0])


def test_exported_programs_are_read_like_their_modules():
    model, sample = Everything().eval(), torch.randn(1, 3, 8, 8)
    program = torch.export.export(model, (sample,))
    plain, exported = network_from_torch(model, sample), network_from_torch(program)
    assert [layer.gemm for layer in exported.layers] == [layer.gemm for layer in plain.layers]
    assert [layer.n_bias for layer in exported.layers] == [layer.n_bias for layer in plain.layers]
    by_name = {layer.name: layer for layer in exported.layers}
    for name in ("conv", "up", "attention.in_proj", "attention.out_proj", "fc"):
        assert np.array_equal(by_name[name].weight(), plain.layer(name).weight())
        assert by_name[name].padding == plain.layer(name).padding
    assert exported.n_params == plain.n_params == sum(parameter.numel() for parameter in model.parameters())
    assert exported.input_description == "1 x 3 x 8 x 8"


def test_an_exported_program_takes_another_sample_and_keywords():
    batch = torch.export.Dim("length", min=2, max=64)
    shapes = {"input": {1: batch}}
    program = torch.export.export(nn.Linear(6, 4), (), {"input": torch.randn(1, 5, 6)}, dynamic_shapes=shapes)
    assert network_from_torch(program).layers[0].positions == 5
    assert network_from_torch(program, {"input": torch.randn(1, 9, 6)}, name="fc").layers[0].positions == 9


def test_a_module_needs_a_sample():
    with pytest.raises(InputError, match="a sample is needed"):
        network_from_torch(nn.Linear(4, 4))


class TwoInputs(nn.Module):
    def __init__(self):
        super().__init__()
        self.left, self.right = nn.Linear(4, 3), nn.Linear(5, 3)

    def forward(self, a, b):
        return self.left(a) + self.right(input=b)


def test_several_inputs_by_position_and_name():
    a, b = torch.zeros(1, 4), torch.zeros(1, 5)
    for sample in ((a, b), {"a": a, "b": b}):
        network = network_from_torch(TwoInputs(), sample)
        assert [layer.gemm.K for layer in network.layers] == [4, 5]
        assert network.input_description == "1 x 4, 1 x 5"


@pytest.mark.parametrize(
    ("model", "shape", "message"),
    [
        (nn.Conv2d(3, 4, 3), (2, 3, 8, 8), "'Conv2d' gets a batch of 2"),
        (nn.LSTM(7, 5), (9, 2, 7), "'LSTM' gets a batch of 2"),
        (nn.LSTM(7, 5, proj_size=3), (9, 1, 7), "projected LSTMs"),
        (nn.ReLU(), (1, 4), "no layer that multiplies"),
    ],
)
def test_what_cannot_be_read_is_refused(model, shape, message):
    with pytest.raises(InputError, match=message):
        network_from_torch(model, torch.zeros(*shape))


def test_nan_weights_are_refused():
    model = nn.Linear(4, 4)
    with torch.no_grad():
        model.weight[0, 0] = torch.nan
    with pytest.raises(InputError, match="'Linear': weights hold NaN"):
        network_from_torch(model, torch.zeros(1, 4))


def test_half_precision_weights_are_widened():
    model = nn.Linear(4, 4).to(torch.bfloat16)
    (layer,) = network_from_torch(model, torch.zeros(1, 4, dtype=torch.bfloat16)).layers
    assert np.array_equal(layer.weight(), model.weight.detach().float().numpy())
