import numpy as np
import pytest

from sparsesim.errors import InputError
from sparsesim.networks import load_network
from sparsesim.transforms.shrink import shrink_transformer, transformer_blocks


def test_llama_shrinks_to_the_published_size_layer_by_layer():
    """LLM-Pruner at 25 % of blocks 4 to 29; the table of the pruned network was written from the publication."""
    whole, published = load_network("llama-7b"), load_network("llama-5.4b-pruned")
    shrunk = shrink_transformer(whole, 0.25, blocks=range(4, 30))
    assert whole.n_params == 6_738_415_616
    assert shrunk.n_params == 5_422_977_024
    assert shrunk.macs == published.macs
    assert [(layer.name, layer.weight_shape, layer.gemm) for layer in shrunk.layers] == [
        (layer.name, layer.weight_shape, layer.gemm) for layer in published.layers
    ]


def test_bert_loses_heads_and_channels_with_their_biases():
    whole = load_network("bert-base")
    shrunk = shrink_transformer(whole, 0.5, 0.25, blocks=[0, 11])
    shapes = {layer.name: (layer.weight_shape, layer.n_bias) for layer in shrunk.layers}
    assert shapes["encoder.0.query"] == ((384, 768), 384)
    assert shapes["encoder.0.output"] == ((768, 384), 768)
    assert shapes["encoder.11.ffn1"] == ((2304, 768), 2304)
    assert shapes["encoder.11.ffn2"] == ((768, 2304), 768)
    assert shapes["encoder.5.query"] == ((768, 768), 768)
    assert shrunk.layer("encoder.0.scores").batch * 2 == whole.layer("encoder.0.scores").batch


@pytest.fixture
def stories(data_dir, tmp_path):
    """The trained story teller, its stacked arrays one per block."""
    with np.load(data_dir / "nets" / "tinystories_260k.npz") as file:
        stacked = {name: file[name] for name in file.files if file[name].ndim == 3}
    arrays = {f"layers.{i}.{name}.weight": block for name, blocks in stacked.items() for i, block in enumerate(blocks)}
    np.savez(tmp_path / "stories.npz", **arrays)
    return load_network(tmp_path / "stories.npz")


def test_trained_heads_that_share_keys_go_together(stories):
    shrunk = shrink_transformer(stories, 0.25, blocks=[1], head_dim=8, round_to=1)
    weights = {
        name: abs(stories.layer(f"layers.1.{name}").weight()).astype(np.float64) for name in ("wq", "wk", "wv", "wo")
    }
    by_head = weights["wq"].reshape(4, -1).sum(1) + weights["wo"].T.reshape(4, -1).sum(1)
    by_head += weights["wk"].reshape(4, -1).sum(1) + weights["wv"].reshape(4, -1).sum(1)
    kept = np.sort(np.argsort(by_head)[1:])
    whole = stories.layer("layers.1.wq").weight().reshape(4, 16, 64)
    np.testing.assert_array_equal(shrunk.layer("layers.1.wq").weight(), whole[kept].reshape(48, 64))
    assert shrunk.layer("layers.1.wk").weight_shape == (24, 64)
    assert shrunk.layer("layers.1.wo").weight_shape == (64, 48)
    assert shrunk.layer("layers.0.wq").weight_shape == (64, 64)


def test_trained_channels_go_by_all_three_layers(stories):
    shrunk = shrink_transformer(stories, 0, 0.5, importance="l2", round_to=1)
    names = ("w3_up", "w1_gate", "w2_down")
    up, gate, down = (stories.layer(f"layers.4.{name}").weight().astype(np.float64) for name in names)
    norms = sum(np.linalg.norm(rows, axis=1) for rows in (up, gate, down.T))
    kept = np.sort(np.argsort(norms)[86:])
    np.testing.assert_array_equal(shrunk.layer("layers.4.w2_down").weight(), down.astype(np.float32)[:, kept])
    np.testing.assert_array_equal(shrunk.layer("layers.4.w1_gate").weight(), gate.astype(np.float32)[kept])


def test_blocks_are_found_by_name():
    blocks = transformer_blocks(load_network("llama-7b"))
    assert [block.number for block in blocks] == list(range(32))
    assert blocks[3].parts["out"].name == "layers.3.o_proj"
    assert len(blocks[3].parts) == 9


@pytest.mark.parametrize(
    ("name", "options", "reason"),
    [
        ("llama-7b", {"head_ratio": 1.0}, "head_ratio must be from 0"),
        ("llama-7b", {"head_ratio": 0.5, "channel_ratio": -0.1}, "channel_ratio must be from 0"),
        ("llama-7b", {"head_ratio": 0.5, "blocks": [32]}, "no block 32; the blocks are 0 to 31"),
        ("llama-7b", {"head_ratio": 0.5, "head_dim": 100}, "do not hold heads of 100"),
        ("digits-cnn", {"head_ratio": 0.5}, "has no blocks with layers such as"),
        ("gpt2", {"head_ratio": 0.5}, "has no layer named like q_proj"),
    ],
)
def test_what_does_not_fit_is_refused(name, options, reason):
    with pytest.raises(InputError, match=reason):
        shrink_transformer(load_network(name), **options)
