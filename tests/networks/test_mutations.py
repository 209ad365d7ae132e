"""Files changed in one place, knowing what they are made of: each is refused in one line, or counts as it then says.

Every change is drawn from a seed. What a changed file says is worked out here from its parts, without the package.
"""

import copy
import json
import random

import numpy as np
import pytest

from sparsesim.errors import InputError
from sparsesim.networks import load_network
from tests.networks.arrays.archives import entry, safetensors
from tests.networks.transformers.test_huggingface import SMALL

MUTANTS = 250
WRONG = (
    *(0, -1, 1, 2, 3, 4, 5, 7, 12, 64, 2**31 - 1, 2**31, 2**53 + 1, 2**63, 10**30, 10**400),
    *(
        0.5,
        4.0,
        -0.0,
        1e300,
        float("nan"),
        float("inf"),
        True,
        False,
        None,
        "",
        "4",
        "F32",
        "x" * 2000,
        "\ud800",
        "a\nb",
    ),
    *([], [4], [4, 6], [4, 6.5], [True, 4], [[4], 6], {}, {"a": 1}),
)


def outcome(path):
    """The network of a file, or None where it is refused as it must be."""
    try:
        return load_network(path)
    except InputError as error:
        lines = str(error).splitlines()
    assert len(lines) == 1 or path.suffix == ".yaml"  # a table has a line for each fault
    assert all(line.startswith(f"{path}: ") and len(line) < 3000 for line in lines)
    return None


def places(value, place=()):
    """Every place in a nested value, outermost first."""
    yield place
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in inner:
        yield from places(below, (*place, key))


def mutated(content, drawn):
    """A copy with a value replaced, removed, doubled under another name, or exchanged for another one."""
    changed = copy.deepcopy(content)
    *outer, last = drawn.choice([place for place in places(changed) if place])
    holder = changed
    for key in outer:
        holder = holder[key]
    kind = drawn.choice(("replaced", "replaced", "replaced", "removed", "moved", "exchanged"))
    if kind == "replaced":
        holder[last] = drawn.choice(WRONG)
    elif kind == "removed":
        del holder[last]
    elif kind == "moved" and isinstance(holder, dict):
        holder[drawn.choice(("other", "dtype", "kind", "a.weight", str(last).upper()))] = holder.pop(last)
    else:
        other = drawn.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
        holder[last], holder[other] = holder[other], holder[last]
    return changed


SHAPES = {"a.weight": [4, 6], "a.bias": [4], "b.weight": [3, 4], "steps": [1]}


def tensors():
    header, end = {"__metadata__": {"format": "pt"}}, 0
    for name, shape in SHAPES.items():
        size = 4 * int(np.prod(shape))
        header[name] = entry(list(shape), end, end + size)
        end += size
    return header, np.arange(1, end // 4 + 1, dtype="<f4").tobytes()


def counted(header):
    """Parameters that a header of safetensors says, if it is one: every byte held once, by entries of three fields."""
    bits = {"F64": 64, "F32": 32, "F16": 16, "BF16": 16, "I64": 64, "I32": 32, "I16": 16, "I8": 8, "U8": 8, "BOOL": 8}
    entries = {name: value for name, value in header.items() if name != "__metadata__"}
    spans = []
    for value in entries.values():
        assert set(value) == {"dtype", "shape", "data_offsets"}
        begin, end = value["data_offsets"]
        assert all(type(size) is int for size in (*value["shape"], begin, end))
        assert 8 * (end - begin) == int(np.prod(value["shape"], dtype=object)) * bits[value["dtype"]]
        spans.append((begin, end))
    for (_, end), (begin, _) in zip([(0, 0), *sorted(spans)], sorted(spans), strict=False):
        assert end == begin
    floats = [value for value in entries.values() if value["dtype"] in ("F64", "F32", "F16", "BF16")]
    return sum(int(np.prod(value["shape"], dtype=object)) for value in floats)


def test_safetensors(tmp_path):
    header, data = tensors()
    loaded = 0
    for seed in range(MUTANTS):
        drawn = random.Random(seed)
        changed = mutated(header, drawn)
        if drawn.random() < 0.3:
            changed = mutated(changed, drawn)
        text = json.dumps(changed)
        if drawn.random() < 0.1 and "a.weight" in changed:  # a key that occurs twice
            text = text[:-1] + ',"a.weight":' + json.dumps(entry([2, 12], 0, 96)) + "}"
        cut = data[: drawn.choice((len(data), len(data), len(data), len(data) - 4, 0))] + bytes(
            drawn.choice((0, 0, 0, 4))
        )
        network = outcome(safetensors(tmp_path / "net.safetensors", text.encode(errors="surrogatepass"), cut))
        if network is not None:
            loaded += 1
            assert text.count('"a.weight"') < 2
            assert len(cut) == max(
                value["data_offsets"][1] for name, value in changed.items() if name != "__metadata__"
            )
            assert network.n_params == counted(changed)
    assert 0 < loaded < MUTANTS // 2


def published(config):
    """Parameters of a small Llama or BERT by the formulas of their papers."""
    c = dict(config)
    if c["model_type"] == "llama":
        d, f, heads = c["hidden_size"], c["intermediate_size"], c["num_attention_heads"]
        size = c.get("head_dim") or d // heads
        kept = (c.get("num_key_value_heads") or heads) * size
        layer = 2 * d * heads * size + 2 * d * kept + 3 * d * f + 2 * d
        return c["num_hidden_layers"] * layer + d + 2 * c["vocab_size"] * d
    d, f = c["hidden_size"], c["intermediate_size"]
    layer = 4 * (d * d + d) + 2 * d * f + d + f + 4 * d
    words = c["vocab_size"] + c["max_position_embeddings"] + (c.get("type_vocab_size") or 2)
    return c["num_hidden_layers"] * layer + words * d + 2 * d + d * d + d


@pytest.mark.parametrize("kind", ["bert", "llama", "vit", "gpt2", "distilbert"])
def test_configurations(tmp_path, kind):
    whole, loaded = {"model_type": kind, **SMALL[kind]}, 0
    path = tmp_path / "config.json"
    for seed in range(MUTANTS // 2):
        changed = mutated(whole, random.Random(seed))
        path.write_bytes(json.dumps(changed).encode(errors="surrogatepass"))
        network = outcome(path)
        if network is None:
            continue
        loaded += 1
        assert network.macs > 0
        if changed["model_type"] in ("llama", "bert"):
            assert network.n_params == published({key: value for key, value in changed.items() if value is not None})
    assert 0 < loaded < MUTANTS // 2


CSV = [
    "Layer name",
    "IFMAP Height",
    "IFMAP Width",
    "Filter Height",
    "Filter Width",
    "Channels",
    "Num Filter",
    "Strides",
]
CELLS = [
    "",
    " ",
    "0",
    "-1",
    "1",
    "2",
    "4",
    "007",
    "2.0",
    "1e3",
    "²",
    "2147483647",
    "2147483648",
    "9" * 5000,
    "a",
    '"',
    "2:4",
]


def test_tables_of_scalesim(tmp_path):
    rows = [CSV, ["a", "9", "9", "3", "3", "4", "8", "1"], ["b", "7", "5", "1", "1", "8", "2", "2"]]
    path, loaded = tmp_path / "net.csv", 0
    for seed in range(MUTANTS):
        drawn = random.Random(seed)
        changed = copy.deepcopy(rows)
        row = drawn.choice(changed[1:] if drawn.random() < 0.9 else changed)
        kind = drawn.choice(("replaced", "replaced", "replaced", "removed", "added"))
        if kind == "replaced":
            row[drawn.randrange(1, 8)] = drawn.choice(CELLS)
        elif kind == "removed":
            del row[drawn.randrange(8)]
        else:
            row.insert(drawn.randrange(9), drawn.choice(CELLS))
        path.write_text("\n".join(",".join(cells) for cells in changed), encoding="utf-8")
        network = outcome(path)
        if network is not None:
            loaded += 1
            assert network.macs == sum(macs_of_row(cells) for cells in changed[1:])
    assert 0 < loaded < MUTANTS // 2


def macs_of_row(cells):
    height, width, kh, kw, channels, filters, stride = (int(cell) for cell in cells[1:8])
    assert not any(cell.strip() for cell in cells[8:])
    across = ((height - kh) // stride + 1) * ((width - kw) // stride + 1)
    return across * kh * kw * channels * filters


TABLE = {
    "name": "net",
    "source": "here",
    "weights": {"distribution": "normal", "std": 0.5, "seed": 3},
    "layers": [
        {"name": "conv", "kind": "conv2d", "c_in": 4, "c_out": 6, "kernel": [3, 3], "input_size": 9, "groups": 2},
        {"repeat": 2, "first": 1, "layers": [{"name": "fc{i}", "kind": "linear", "inputs": 6, "outputs": 4}]},
        {"name": "rnn", "kind": "gru", "inputs": 5, "hidden": 7, "steps": 11},
        {"name": "scores", "kind": "matmul", "m": 2, "k": 3, "n": 4, "batch": 5},
    ],
}


def macs_of_entry(row):
    if "repeat" in row:
        return int(row["repeat"]) * sum(map(macs_of_entry, row["layers"]))
    row = {key: int(value) if isinstance(value, (float, str)) and key not in ("name", "kind") else value
           for key, value in row.items()}  # fmt: skip
    if row["kind"] == "conv2d":
        (kh, kw), (height, width) = (v if isinstance(v, list) else (v, v) for v in (row["kernel"], row["input_size"]))
        pixels = (height - int(kh) + 1) * (width - int(kw) + 1)
        return pixels * int(kh) * int(kw) * row["c_in"] * row["c_out"] // row.get("groups", 1)
    if row["kind"] == "linear":
        return row["inputs"] * row["outputs"]
    if row["kind"] == "matmul":
        return row["m"] * row["k"] * row["n"] * row.get("batch", 1)
    gates = {"gru": 3, "lstm": 4}[row["kind"]]
    return gates * row["hidden"] * (row["inputs"] + row["hidden"]) * row["steps"]


def test_tables_of_layers(tmp_path):
    path, loaded = tmp_path / "net.yaml", 0
    for seed in range(MUTANTS):
        changed = mutated(TABLE, random.Random(seed))
        path.write_bytes(json.dumps(changed).encode(errors="surrogatepass"))
        network = outcome(path)
        if network is not None:
            loaded += 1
            assert network.macs == sum(map(macs_of_entry, changed["layers"]))
    assert 0 < loaded < MUTANTS // 2
