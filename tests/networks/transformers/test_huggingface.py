import json

import numpy as np
import pytest

from sparsesim.errors import InputError
from sparsesim.networks import load_network
from sparsesim.networks.transformers.families import FAMILIES

BERT = {
    **{"model_type": "bert", "architectures": ["BertModel"], "vocab_size": 30522, "hidden_size": 768},
    **{"num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072},
    **{"max_position_embeddings": 512, "type_vocab_size": 2},
}
MINILM = BERT | {"hidden_size": 384, "num_hidden_layers": 6, "intermediate_size": 1536}
ROBERTA = BERT | {
    **{"model_type": "roberta", "architectures": ["RobertaModel"], "vocab_size": 50265},
    **{"max_position_embeddings": 514, "type_vocab_size": 1},
}
DISTILBERT = {
    **{"model_type": "distilbert", "architectures": ["DistilBertModel"], "vocab_size": 30522, "dim": 768},
    **{"n_layers": 6, "n_heads": 12, "hidden_dim": 3072, "max_position_embeddings": 512},
}
GPT2 = {
    **{"model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "vocab_size": 50257, "n_embd": 768},
    **{"n_layer": 12, "n_head": 12, "n_positions": 1024},
}
LLAMA2 = {
    **{"model_type": "llama", "architectures": ["LlamaForCausalLM"], "vocab_size": 32000, "hidden_size": 4096},
    **{"num_hidden_layers": 32, "num_attention_heads": 32, "intermediate_size": 11008},
    **{"max_position_embeddings": 4096, "tie_word_embeddings": False},
}
LLAMA3 = LLAMA2 | {"vocab_size": 128256, "num_key_value_heads": 8, "intermediate_size": 14336}
TINYLLAMA = LLAMA2 | {
    **{"hidden_size": 2048, "num_hidden_layers": 22, "num_key_value_heads": 4, "intermediate_size": 5632}
}
LLAMA32_1B = LLAMA3 | {
    **{"hidden_size": 2048, "num_hidden_layers": 16, "intermediate_size": 8192, "head_dim": 64},
    **{"tie_word_embeddings": True},
}
MISTRAL = LLAMA2 | {"model_type": "mistral", "num_key_value_heads": 8, "intermediate_size": 14336}
QWEN2 = LLAMA2 | {
    **{"model_type": "qwen2", "vocab_size": 151936, "hidden_size": 896, "num_hidden_layers": 24},
    **{"num_attention_heads": 14, "num_key_value_heads": 2, "intermediate_size": 4864, "tie_word_embeddings": True},
}
VIT = {
    **{"model_type": "vit", "architectures": ["ViTForImageClassification"], "hidden_size": 768},
    **{"num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072, "image_size": 224},
    **{"patch_size": 16, "num_channels": 3, "id2label": {str(i): str(i) for i in range(1000)}},
}

# numbers of parameters as published for these models
PUBLISHED = {
    "bert-base-uncased": (BERT, 109_482_240),
    "all-MiniLM-L6-v2": (MINILM, 22_713_216),
    "roberta-base": (ROBERTA, 124_645_632),
    "distilbert-base-uncased": (DISTILBERT, 66_362_880),
    "gpt2": (GPT2, 124_439_808),
    "Llama-2-7b": (LLAMA2, 6_738_415_616),
    "Meta-Llama-3-8B": (LLAMA3, 8_030_261_248),
    "TinyLlama-1.1B": (TINYLLAMA, 1_100_048_384),
    "Llama-3.2-1B": (LLAMA32_1B, 1_235_814_400),
    "Mistral-7B-v0.1": (MISTRAL, 7_241_732_096),
    "Qwen2-0.5B": (QWEN2, 494_032_768),
    "vit-base-patch16-224": (VIT, 86_567_656),
}
SMALL = {
    "bert": {"vocab_size": 20, "hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2,
             "intermediate_size": 12, "max_position_embeddings": 16},
    "distilbert": {"vocab_size": 20, "dim": 8, "n_layers": 2, "n_heads": 2, "hidden_dim": 12,
                   "max_position_embeddings": 16},
    "gpt2": {"vocab_size": 20, "n_embd": 8, "n_layer": 2, "n_head": 2, "n_positions": 16},
    "llama": {"vocab_size": 20, "hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 4,
              "num_key_value_heads": 2, "intermediate_size": 12, "max_position_embeddings": 16},
    "vit": {"hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 12,
            "image_size": [8, 12], "patch_size": 4, "num_channels": 3},
}  # fmt: skip


def folder(tmp_path, config, tensors=None, name="model"):
    path = tmp_path / name
    path.mkdir(exist_ok=True)
    (path / "config.json").write_text(json.dumps(config))
    if tensors is not None:
        save(path / "model.safetensors", tensors)
    return path


def save(path, tensors):
    entries, data = {}, b""
    for name, array in tensors.items():
        entries[name] = {
            "dtype": "F32",
            "shape": list(array.shape),
            "data_offsets": [len(data), len(data) + 4 * array.size],
        }
        data += np.ascontiguousarray(array, np.float32).tobytes()
    header = json.dumps(entries).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header + data)


def normal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_configuration_alone_has_the_published_parameters(tmp_path, name):
    config, n_params = PUBLISHED[name]
    network = load_network(folder(tmp_path, config, name=name))
    assert network.name == name
    assert network.n_params == n_params
    assert network.weights_origin == "synthetic"


def test_every_family_is_tested():
    assert {config["model_type"] for config, _ in PUBLISHED.values()} == set(FAMILIES)


def test_products_of_bert_are_those_of_the_shipped_table(tmp_path):
    network = load_network(folder(tmp_path, BERT)).select("encoder*")
    per_layer = 128 * (4 * 768 * 768 + 2 * 768 * 3072) + 2 * 128 * 128 * 768
    assert network.macs == 12 * per_layer
    assert load_network("bert-base").macs in (network.macs, load_network(folder(tmp_path, BERT)).macs)
    scores, context = (network.layer(f"encoder.layer.0.attention.self.{name}") for name in ("scores", "context"))
    assert scores.gemm == (128, 128, 64, 12)
    assert context.gemm == (128, 64, 128, 12)


def test_vit_has_its_published_products(tmp_path):
    network = load_network(folder(tmp_path, VIT))
    assert network.input_description == "197 tokens"
    assert network.macs == pytest.approx(17.58e9, rel=0.01)  # torchvision: 17.56 G


def test_grouped_keys_and_values(tmp_path):
    network = load_network(folder(tmp_path, LLAMA3), tokens=256)
    assert network.layer("layers.0.self_attn.k_proj").weight_shape == (1024, 4096)
    assert network.layer("layers.31.self_attn.scores").gemm == (256, 256, 128, 32)
    assert network.layer("lm_head").positions == 256


def gpt2_tensors():
    tensors = {
        "wte.weight": normal(20, 8),
        "wpe.weight": normal(16, 8, seed=1),
        "ln_f.weight": np.ones(8),
        "ln_f.bias": np.ones(8),
    }
    for i in range(2):
        tensors |= {
            f"h.{i}.attn.c_attn.weight": normal(8, 24, seed=i),
            f"h.{i}.attn.c_attn.bias": normal(24),
            f"h.{i}.attn.bias": np.ones((1, 1, 16, 16)),
            f"h.{i}.attn.c_proj.weight": normal(8, 8, seed=i + 5),
            f"h.{i}.attn.c_proj.bias": normal(8),
            f"h.{i}.mlp.c_fc.weight": normal(8, 32, seed=i),
            f"h.{i}.mlp.c_fc.bias": normal(32),
            f"h.{i}.mlp.c_proj.weight": normal(32, 8, seed=i),
            f"h.{i}.mlp.c_proj.bias": normal(8),
        }
    return tensors


@pytest.mark.parametrize("prefix", ["", "transformer."])
def test_gpt2_is_turned_round_and_its_head_tied(tmp_path, prefix):
    tensors = {prefix + key: array for key, array in gpt2_tensors().items()}
    path = folder(tmp_path, {"model_type": "gpt2", **SMALL["gpt2"]}, tensors)
    network = load_network(path, tokens=10)
    first, scores, _, projection, up, _ = network.layers[:6]
    assert (first.weight_shape, first.n_bias, first.positions) == ((24, 8), 24, 10)
    assert np.array_equal(first.weight(), tensors[f"{prefix}h.0.attn.c_attn.weight"].T)
    assert (scores.kind, projection.name, up.weight_shape) == ("matmul", "h.0.attn.c_proj", (32, 8))
    assert np.array_equal(network.layer("lm_head").weight(), tensors[f"{prefix}wte.weight"])
    masks = 2 * 16 * 16  # are no parameters
    assert network.n_params == sum(array.size for array in tensors.values()) - masks
    assert network.weights_origin == "imported"


def llama_tensors():
    tensors = {"model.embed_tokens.weight": normal(20, 8), "model.norm.weight": np.ones(8)}
    sizes = {"q_proj": (8, 8), "k_proj": (4, 8), "v_proj": (4, 8), "o_proj": (8, 8)}
    wide = {"gate_proj": (12, 8), "up_proj": (12, 8), "down_proj": (8, 12)}
    for i in range(2):
        tensors |= {f"model.layers.{i}.self_attn.{name}.weight": normal(*shape) for name, shape in sizes.items()}
        tensors |= {f"model.layers.{i}.mlp.{name}.weight": normal(*shape) for name, shape in wide.items()}
        tensors[f"model.layers.{i}.input_layernorm.weight"] = np.ones(8)
    return tensors


LLAMA = {"model_type": "llama", **SMALL["llama"]}


def test_shards_of_llama_with_and_without_head(tmp_path):
    tensors = llama_tensors() | {"lm_head.weight": normal(20, 8, seed=3)}
    path = folder(tmp_path, LLAMA)
    names = sorted(tensors)
    halves = {"a.safetensors": names[::2], "b.safetensors": names[1::2]}
    for file, keys in halves.items():
        save(path / file, {key: tensors[key] for key in keys})
    places = {key: file for file, keys in halves.items() for key in keys}
    (path / "model.safetensors.index.json").write_text(json.dumps({"weight_map": places}))
    network = load_network(path)
    assert len(network.layers) == 2 * 9 + 1
    assert network.n_params == sum(array.size for array in tensors.values())
    assert network.other_params["embed_tokens.weight"] == 160
    bare = load_network(folder(tmp_path, LLAMA, llama_tensors(), name="bare"))
    assert len(bare.layers) == 2 * 9  # neither a head nor tied
    tied = load_network(folder(tmp_path, LLAMA | {"tie_word_embeddings": True}, llama_tensors(), name="tied"))
    assert tied.layers[-1].name == "lm_head"
    assert tied.n_params == bare.n_params == network.n_params - 160


@pytest.mark.parametrize(
    "place", ["../a.safetensors", "/etc/a.safetensors", "a\\b.safetensors", "a.pt", "missing.safetensors"]
)
def test_an_index_does_not_lead_out_of_the_folder(tmp_path, place):
    path = folder(tmp_path, LLAMA)
    save(tmp_path / "a.safetensors", llama_tensors())
    (path / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"x": place}}))
    with pytest.raises(InputError, match=r"in the same folder|which is missing"):
        load_network(path)


def test_a_file_beside_its_configuration(tmp_path):
    path = folder(tmp_path, LLAMA, llama_tensors())
    assert len(load_network(path / "model.safetensors").layers) == 18
    assert load_network(path / "model.safetensors", layout="out_in").layers[0].kind == "linear"
    alone = load_network(path / "config.json", tokens=3, seed=4)
    assert (alone.weights_origin, alone.layers[0].positions) == ("synthetic", 3)
    (path / "config.json").write_text('{"model_type": "mamba"}')
    network = load_network(path / "model.safetensors")
    assert "'mamba', which is not known: read as arrays" in network.notes
    with pytest.raises(InputError, match="model_type: 'mamba': must be one of bert, roberta"):
        load_network(path)
    (path / "config.json").unlink()
    with pytest.raises(InputError, match=r"tokens needs a config.json"):
        load_network(path / "model.safetensors", tokens=5)


def test_a_folder_is_found_by_a_plain_name(tmp_path, monkeypatch):
    folder(tmp_path, LLAMA, name="tiny")
    monkeypatch.chdir(tmp_path)
    assert load_network("tiny").name == "tiny"


@pytest.mark.parametrize("kind", sorted(SMALL))
def test_every_entry_of_a_configuration_is_checked(tmp_path, kind):
    config = {"model_type": kind, **SMALL[kind]}
    assert load_network(folder(tmp_path, config)).macs > 0
    for key in SMALL[kind]:
        for value in (0, -1, 2.5, "8", [1, 2, 3], True, 2**40):
            with pytest.raises(InputError, match=f"config.json: {key}"):
                load_network(folder(tmp_path, config | {key: value}))


@pytest.mark.parametrize(
    ("change", "tensors", "options", "message"),
    [
        ({"num_attention_heads": 3, "model_type": "bert"}, None, {}, "num_attention_heads 3 does not divide"),
        ({"num_hidden_layers": 10**6}, None, {}, "more than 10000 layers"),
        ({}, None, {"tokens": 17}, "tokens must be from 1 to 16"),
        ({}, {}, {}, r"the file holds no tensor layers.0.self_attn.q_proj.weight"),
        ({"intermediate_size": 13}, llama_tensors(), {}, r"is \(12, 8\); config.json asks for \(13, 8\)"),
        ({}, None, {"layout": "in_out"}, "layout means nothing for such files"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path, change, tensors, options, message):
    with pytest.raises(InputError, match=message) as caught:
        load_network(folder(tmp_path, LLAMA | change, tensors), **options)
    assert "\n" not in str(caught.value)


def test_weights_of_another_name_are_not_passed_over(tmp_path):
    path = folder(tmp_path, LLAMA)
    save(path / "other.safetensors", llama_tensors())
    with pytest.raises(InputError, match=r"neither model.safetensors nor .*: found other.safetensors"):
        load_network(path)


def test_weights_as_pytorch_saves_them(tmp_path):
    torch = pytest.importorskip("torch")
    path = folder(tmp_path, LLAMA)
    torch.save({key: torch.tensor(array) for key, array in llama_tensors().items()}, path / "pytorch_model.bin")
    network = load_network(path)
    assert network.weights_origin == "imported"
    assert network.n_params == sum(array.size for array in llama_tensors().values())
