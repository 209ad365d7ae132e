"""Families of transformers by the `model_type` of Hugging Face: their layers and the names of their tensors.

A new family is a function that yields its rows and one row of FAMILIES.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from sparsesim.networks.bounds import MAX_SIZE
from sparsesim.networks.transformers.rows import Config, LinearRow, PatchRow, Row, attention


class Family(NamedTuple):
    """How to read the models of one `model_type`.

    Attributes:
        prefix: what files may put in front of the names of the body's tensors.
        rows: the layers in order, for so many tokens.
        others: number of parameters outside layers, without word embeddings that no layer shares.
        longest: the entry that limits the number of tokens; "" where the image decides.
        head: the row of the language model's head, which is as large as the word embeddings and may share them.
    """

    prefix: str
    rows: Callable[[Config, int], Iterator[Row]]
    others: Callable[[Config], dict[str, int]]
    longest: str = "max_position_embeddings"
    head: str = ""


def _encoder(config: Config, tokens: int, names: tuple[str, ...]) -> Iterator[Row]:
    """BERT's layers; `names` are those of query, key, value, their output, and the two of the feed-forward."""
    d, f, heads = config.size("hidden_size"), config.size("intermediate_size"), config.size("num_attention_heads")
    bias = config.flag("qkv_bias", True)
    for i in range(config.size("num_hidden_layers")):
        query, key, value, output, up, down = (f"encoder.layer.{i}.{name}" for name in names)
        yield from (LinearRow(name, d, d, tokens, bias) for name in (query, key, value))
        inner = query.rpartition(".")[0]
        yield from attention(inner, tokens, config.divided("hidden_size", "num_attention_heads"), heads)
        yield LinearRow(output, d, d, tokens)
        yield LinearRow(up, f, d, tokens)
        yield LinearRow(down, d, f, tokens)


_BERT_NAMES = (
    *("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"),
    *("intermediate.dense", "output.dense"),
)
_VIT_NAMES = (
    *("attention.attention.query", "attention.attention.key", "attention.attention.value", "attention.output.dense"),
    *("intermediate.dense", "output.dense"),
)
_NO_POOLER = ("MaskedLM", "TokenClassification", "QuestionAnswering", "ImageClassification")


def _bert(config: Config, tokens: int) -> Iterator[Row]:
    yield from _encoder(config, tokens, _BERT_NAMES)
    d, masked = config.size("hidden_size"), config.is_for("MaskedLM", "PreTraining")
    yield LinearRow("pooler.dense", d, d, 1, optional=True, expected=not config.is_for(*_NO_POOLER))
    yield LinearRow("cls.predictions.transform.dense", d, d, tokens, optional=True, expected=masked)
    yield _tied(config, "cls.predictions.decoder", "embeddings.word_embeddings", tokens, masked)
    yield LinearRow("cls.seq_relationship", 2, d, 1, optional=True, expected=config.is_for("PreTraining"))
    yield from _classifiers(config, d, tokens, ("classifier",))


def _roberta(config: Config, tokens: int) -> Iterator[Row]:
    yield from _encoder(config, tokens, _BERT_NAMES)
    d, masked, classes = config.size("hidden_size"), config.is_for("MaskedLM"), config.is_for("SequenceClass")
    yield LinearRow("pooler.dense", d, d, 1, optional=True, expected=not (config.is_for(*_NO_POOLER) or classes))
    yield LinearRow("lm_head.dense", d, d, tokens, optional=True, expected=masked)
    yield _tied(config, "lm_head.decoder", "embeddings.word_embeddings", tokens, masked)
    yield LinearRow("classifier.dense", d, d, 1, optional=True, expected=classes)
    yield LinearRow("classifier.out_proj", config.labels, d, 1, optional=True, expected=classes)
    yield from _classifiers(config, d, tokens, ())


def _classifiers(config: Config, d: int, tokens: int, pooled: tuple[str, ...]) -> Iterator[Row]:
    per_token = config.is_for("TokenClassification")
    said = config.is_for("SequenceClassification", "TokenClassification")
    for name in pooled if not per_token else ("classifier",):
        yield LinearRow(name, config.labels, d, tokens if per_token else 1, optional=True, expected=said)
    answers = config.is_for("QuestionAnswering")
    yield LinearRow("qa_outputs", 2, d, tokens, optional=True, expected=answers)


def _tied(config: Config, name: str, words: str, tokens: int, expected: bool, tied: bool = True) -> LinearRow:
    shares = words if config.flag("tie_word_embeddings", tied) else None
    d = config.size("n_embd") if "n_embd" in config.entries else config.size("dim", config.entries.get("hidden_size"))
    bias = not name.endswith("lm_head")
    return LinearRow(name, config.size("vocab_size"), d, tokens, bias, optional=True, expected=expected, tied_to=shares)


def _bert_others(config: Config) -> dict[str, int]:
    d = config.size("hidden_size")
    positions = config.size("max_position_embeddings") + config.size("type_vocab_size", 2)
    norms = 2 * config.size("num_hidden_layers") + 1 + config.is_for("MaskedLM", "PreTraining")
    return {"embeddings": positions * d, "LayerNorm": norms * 2 * d}


def _distilbert(config: Config, tokens: int) -> Iterator[Row]:
    d, f, heads = config.size("dim"), config.size("hidden_dim"), config.size("n_heads")
    for i in range(config.size("n_layers")):
        layer = f"transformer.layer.{i}"
        yield from (LinearRow(f"{layer}.attention.{name}", d, d, tokens) for name in ("q_lin", "k_lin", "v_lin"))
        yield from attention(f"{layer}.attention", tokens, config.divided("dim", "n_heads"), heads)
        yield LinearRow(f"{layer}.attention.out_lin", d, d, tokens)
        yield LinearRow(f"{layer}.ffn.lin1", f, d, tokens)
        yield LinearRow(f"{layer}.ffn.lin2", d, f, tokens)
    masked = config.is_for("MaskedLM")
    yield LinearRow("vocab_transform", d, d, tokens, optional=True, expected=masked)
    yield _tied(config, "vocab_projector", "embeddings.word_embeddings", tokens, masked)
    classes = config.is_for("SequenceClassification")
    yield LinearRow("pre_classifier", d, d, 1, optional=True, expected=classes)
    yield from _classifiers(config, d, tokens, ("classifier",))


def _distilbert_others(config: Config) -> dict[str, int]:
    d = config.size("dim")
    norms = 2 * config.size("n_layers") + 1 + config.is_for("MaskedLM")
    return {"embeddings": config.size("max_position_embeddings") * d, "LayerNorm": norms * 2 * d}


def _gpt2(config: Config, tokens: int) -> Iterator[Row]:
    """GPT-2 stores its products (in, out), as its own Conv1D."""
    d, heads = config.size("n_embd"), config.size("n_head")
    f = config.size("n_inner", 4 * d)
    for i in range(config.size("n_layer")):
        layer = f"h.{i}"
        yield LinearRow(f"{layer}.attn.c_attn", 3 * d, d, tokens, transposed=True)
        yield from attention(f"{layer}.attn", tokens, config.divided("n_embd", "n_head"), heads)
        yield LinearRow(f"{layer}.attn.c_proj", d, d, tokens, transposed=True)
        yield LinearRow(f"{layer}.mlp.c_fc", f, d, tokens, transposed=True)
        yield LinearRow(f"{layer}.mlp.c_proj", d, f, tokens, transposed=True)
    yield _tied(config, "lm_head", "wte", tokens, config.is_for("LMHead", "DoubleHeads", unsaid=True))
    yield LinearRow("score", config.labels, d, 1, False, optional=True, expected=config.is_for("SequenceClass"))


def _gpt2_others(config: Config) -> dict[str, int]:
    d = config.size("n_embd")
    return {"wpe": config.size("n_positions", 1024) * d, "ln": (2 * config.size("n_layer") + 1) * 2 * d}


def _llama(config: Config, tokens: int) -> Iterator[Row]:
    """Llama and its relatives; fewer heads of keys and values than of queries make k_proj and v_proj smaller."""
    d, f, heads = config.size("hidden_size"), config.size("intermediate_size"), config.size("num_attention_heads")
    given = config.entries.get("head_dim") is not None
    size = config.size("head_dim") if given else config.divided("hidden_size", "num_attention_heads")
    kept = config.size("num_key_value_heads", heads)
    if heads % kept:
        raise config.fault("num_key_value_heads", kept, f"must divide num_attention_heads {heads}")
    kept *= size
    qwen = config.model_type == "qwen2"
    bias, wide = config.flag("attention_bias", qwen), config.flag("mlp_bias", False)
    for i in range(config.size("num_hidden_layers")):
        layer = f"layers.{i}"
        yield LinearRow(f"{layer}.self_attn.q_proj", heads * size, d, tokens, bias)
        yield LinearRow(f"{layer}.self_attn.k_proj", kept, d, tokens, bias)
        yield LinearRow(f"{layer}.self_attn.v_proj", kept, d, tokens, bias)
        yield from attention(f"{layer}.self_attn", tokens, size, heads)
        yield LinearRow(f"{layer}.self_attn.o_proj", d, heads * size, tokens, bias and not qwen)
        yield LinearRow(f"{layer}.mlp.gate_proj", f, d, tokens, wide)
        yield LinearRow(f"{layer}.mlp.up_proj", f, d, tokens, wide)
        yield LinearRow(f"{layer}.mlp.down_proj", d, f, tokens, wide)
    yield _tied(config, "lm_head", "embed_tokens", tokens, config.is_for("CausalLM", unsaid=True), tied=False)
    yield LinearRow("score", config.labels, d, 1, False, optional=True, expected=config.is_for("SequenceClass"))


def _llama_others(config: Config) -> dict[str, int]:
    return {"norm": (2 * config.size("num_hidden_layers") + 1) * config.size("hidden_size")}


def _vit(config: Config, tokens: int) -> Iterator[Row]:
    d, patch, size = config.size("hidden_size"), config.size("patch_size"), config.pair("image_size")
    yield PatchRow("embeddings.patch_embeddings.projection", d, config.size("num_channels", 3), patch, size)
    yield from _encoder(config, tokens, _VIT_NAMES)
    classes = config.is_for("ImageClassification")
    yield LinearRow("pooler.dense", d, d, 1, optional=True, expected=not classes)
    yield LinearRow("classifier", config.labels, d, 1, optional=True, expected=classes)


def image_tokens(config: Config) -> int:
    """The tokens of a vision transformer: its patches and one for the class."""
    height, width = config.pair("image_size")
    patch = config.size("patch_size")
    tokens = (height // patch) * (width // patch) + 1
    if tokens > MAX_SIZE:
        raise config.fault("image_size", [height, width], f"{tokens} tokens in patches of {patch}: at most {MAX_SIZE}")
    return tokens


def _vit_others(config: Config) -> dict[str, int]:
    d = config.size("hidden_size")
    embeddings = (image_tokens(config) + 1) * d
    return {"embeddings": embeddings, "layernorm": (2 * config.size("num_hidden_layers") + 1) * 2 * d}


_LLAMA = Family("model.", _llama, _llama_others, head="lm_head")
FAMILIES: dict[str, Family] = {
    "bert": Family("bert.", _bert, _bert_others, head="cls.predictions.decoder"),
    "roberta": Family("roberta.", _roberta, _bert_others, head="lm_head.decoder"),
    "distilbert": Family("distilbert.", _distilbert, _distilbert_others, head="vocab_projector"),
    "gpt2": Family("transformer.", _gpt2, _gpt2_others, "n_positions", "lm_head"),
    "llama": _LLAMA,
    "mistral": _LLAMA,
    "qwen2": _LLAMA,
    "vit": Family("vit.", _vit, _vit_others, longest=""),
}
