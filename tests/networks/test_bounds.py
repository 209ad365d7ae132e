"""Sizes that nothing can count, and work that has no end: refused with place, field and value, and at once."""

import csv
import io
import json
import re

import pytest

import sparsesim as ss
from sparsesim.errors import InputError, SparsesimError
from sparsesim.networks import Layer, Network, SyntheticWeights, load_network
from sparsesim.networks.bounds import MAX_SIZE, MAX_STEPS, MOST_LAYERS
from tests.networks.transformers.test_huggingface import BERT, LLAMA, SMALL, VIT, folder

W = SyntheticWeights(0)
LINEAR = {"name": "fc", "kind": "linear", "weight_shape": (4, 6), "source": W}
CONV = {"name": "fc", "kind": "conv2d", "weight_shape": (8, 3, 3, 3), "source": W, "input_size": (10, 12)}
LSTM = {"name": "fc", "kind": "lstm", "weight_shape": (32, 20), "source": W}
MATMUL = {"name": "fc", "kind": "matmul", "m": 2, "k": 3, "n": 4}


def network(*layers):
    return Network(name="net", layers=layers, weights_origin="synthetic", source="test")


@pytest.mark.parametrize(
    ("fields", "field", "most"),
    [
        (LINEAR, "positions", MAX_SIZE),
        (LINEAR, "groups", MAX_SIZE),
        (LSTM, "steps", MAX_STEPS),
        (MATMUL, "batch", MAX_SIZE),
        *((MATMUL, field, MAX_SIZE) for field in "mkn"),
    ],
)
def test_every_number_of_a_layer_is_bounded(fields, field, most):
    small = LINEAR | {"weight_shape": (1, 1)} if fields is LINEAR else fields
    assert getattr(Layer(**small | {field: most}), field) == most
    for value in (most + 1, 0, -1, 2**63, 10**30, 10**5000, 2.5, 1.0, True, "4", None):
        with pytest.raises(InputError) as caught:
            Layer(**small | {field: value})
        message = str(caught.value)
        assert message.startswith(f"layer 'fc': {field}: ")
        assert f"from 1 to {most}" in message or f"to {most}" in message
        assert len(message) < 200


@pytest.mark.parametrize("field", ["input_size", "stride", "padding", "dilation", "output_padding", "weight_shape"])
@pytest.mark.parametrize("size", [MAX_SIZE + 1, 10**30, 2.5, True, -1, "3"])
def test_every_pair_of_a_layer_is_bounded(field, size):
    given = (8, size, 3, 3) if field == "weight_shape" else (1, size)
    with pytest.raises(InputError, match=rf"layer 'fc': {field}: \(.*: must be"):
        Layer(**CONV | {field: given})


@pytest.mark.parametrize("field", ["weight_density", "input_activation_density", "output_activation_density"])
@pytest.mark.parametrize("density", [1.0001, -0.1, float("nan"), float("inf"), True, "0.5"])
def test_densities_are_shares(field, density):
    with pytest.raises(InputError, match=rf"layer 'fc': {field}: .*: must be from 0 to 1"):
        Layer(**LINEAR | {field: density})
    assert getattr(Layer(**LINEAR | {field: 1}), field) == 1


@pytest.mark.parametrize(
    "fields",
    [
        LINEAR | {"weight_shape": (2**30, 2**27)},
        LINEAR | {"weight_shape": (2**28, 2**28), "positions": 2},
        MATMUL | {"m": 2**30, "k": 2**20, "n": 2**7},
        CONV | {"weight_shape": (2**20, 2**10, 3, 3), "input_size": (2**14, 2**14)},
        CONV | {"input_size": (MAX_SIZE, MAX_SIZE), "stride": (MAX_SIZE, MAX_SIZE)},
        CONV | {"kind": "conv_transpose2d", "stride": (MAX_SIZE, MAX_SIZE)},
    ],
)
def test_products_of_sizes_stay_countable(fields):
    with pytest.raises(InputError, match=r"layer 'fc': .*: .* x .* is more than the 7.2e\+16 that can be counted"):
        Layer(**fields)


def test_the_largest_layers_are_taken():
    assert Layer(**LINEAR | {"weight_shape": (2**28, 2**28)}).macs == 2**56
    with pytest.raises(InputError, match="MACs"):
        network(*(Layer(**LINEAR | {"name": str(i), "weight_shape": (2**28, 2**28)}) for i in range(2)))


def test_numbers_of_numpy_do_not_overflow():
    import numpy as np

    layer = Layer(**LINEAR | {"weight_shape": (np.int32(2**20), np.int32(2**20)), "positions": np.int16(100)})
    assert layer.macs == 100 * 2**40
    assert {type(size) for size in (*layer.weight_shape, layer.positions)} == {int}


def test_time_steps_of_a_network_come_to_an_end():
    halves = [Layer(**LSTM | {"name": name, "steps": MAX_STEPS // 2}) for name in "ab"]
    assert network(*halves).macs == MAX_STEPS * 640
    with pytest.raises(InputError, match=rf"network 'net': steps: {MAX_STEPS + 1} in its recurrent layers"):
        network(*halves, Layer(**LSTM | {"name": "c", "steps": 1}))


def test_names_of_many_layers_are_compared_fast():
    layer = Layer(**LINEAR | {"weight_shape": (1, 1)})
    layers = [Layer(**LINEAR | {"name": str(i), "weight_shape": (1, 1)}) for i in range(20_000)]
    with pytest.raises(InputError, match="two layers named 'fc'"):
        network(*layers, layer, layer)


def test_a_network_has_no_more_layers_than_are_read():
    with pytest.raises(InputError, match=rf"network 'net' has {MOST_LAYERS + 1} layers: at most {MOST_LAYERS}"):
        network(*[Layer(**LINEAR)] * (MOST_LAYERS + 1))


def test_weights_are_drawn_within_the_budget():
    layer = Layer(**LINEAR | {"weight_shape": (2**20, 2**20)})
    with pytest.raises(InputError, match=r"layer 'fc': drawing its weights needs 4.4 TB of memory"):
        layer.weight()
    small = Layer(**LINEAR | {"weight_shape": (1000, 1000)})
    with ss.memory_budget(4_000_000):
        assert small.weight().size == 10**6
    with ss.memory_budget(3_999_999), pytest.raises(InputError, match="4 MB of memory"):
        small.weight()


@pytest.mark.parametrize("std", [0, -1, 1e-40, 1e31, float("nan"), float("inf")])
def test_a_deviation_leaves_no_zeros_and_no_infinity(std):
    with pytest.raises(InputError, match=rf"std: {re.escape(str(std))}: must be from 1e-30 to 1e\+30"):
        SyntheticWeights(0, "normal", std)


@pytest.mark.parametrize("seed", [-1, 2**63, 1.5, True, "1"])
def test_seeds_of_weights(seed):
    with pytest.raises(InputError, match="seed: "):
        SyntheticWeights(seed)


@pytest.mark.parametrize("batch", [0, -1, MAX_SIZE + 1, 10**30, pytest.param(10**5000, id="long"), True, 2.0])
def test_batches_are_bounded(batch):
    with pytest.raises(InputError, match="batch is "):
        ss.lower("digits-cnn", batch=batch)


@pytest.mark.parametrize("layer", [LINEAR | {"positions": MAX_SIZE}, CONV, LSTM, MATMUL | {"batch": MAX_SIZE, "m": 99}])
def test_a_batch_of_large_layers_stays_countable(layer):
    large = network(Layer(**layer | ({"weight_shape": (2**12, 2**12)} if layer["kind"] == "linear" else {})))
    if layer["kind"] == "conv2d":
        large = network(Layer(**CONV | {"weight_shape": (2**10, 2**10, 3, 3), "input_size": (100, 100)}))
    if layer["kind"] == "lstm":
        large = network(Layer(**LSTM | {"weight_shape": (2**14, 2**13)}))
    assert ss.lower(large, batch=1)
    with pytest.raises(InputError, match=rf"network net: .*batch: {2**30}: .*: .* is more than the 7.2"):
        ss.lower(large, batch=2**30)


def test_activations_are_drawn_within_the_budget():
    half = ss.Activations(density=0.5)
    wide = network(Layer(**LINEAR | {"weight_shape": (4, 2**20)}))
    with pytest.raises(
        InputError, match=r"^network net: layer 'fc': drawing its activations \(1048576, 1048576\) needs"
    ):
        ss.lower(wide, batch=2**20, activations=half)
    mapped = network(Layer(**CONV | {"weight_shape": (8, 3, 9, 9), "input_size": (100, 100)}))
    with (
        ss.memory_budget(2_000_000),
        pytest.raises(InputError, match=r"layer 'fc': laying out its windows as columns needs 8"),
    ):
        ss.lower(mapped, activations=half)


@pytest.mark.parametrize("seed", [-1, 2**63, 0.5, True])
def test_seeds_of_activations(seed):
    with pytest.raises(InputError, match="seed is "):
        ss.Activations(seed=seed)


ROWS = {
    "linear": {"inputs": 3, "outputs": 4, "positions": 2},
    "conv2d": {"c_in": 4, "c_out": 8, "kernel": 3, "input_size": 9, "stride": 1, "padding": 1, "dilation": 1,
               "groups": 1},
    "conv_transpose2d": {"c_in": 4, "c_out": 8, "kernel": 3, "input_size": 9, "output_padding": 0},
    "conv1d": {"c_in": 4, "c_out": 8, "kernel": 3, "input_size": 9, "stride": 1, "padding": 1, "dilation": 1,
               "groups": 1},
    "lstm": {"inputs": 3, "hidden": 4, "steps": 5},
    "gru": {"inputs": 3, "hidden": 4, "steps": 5},
    "matmul": {"m": 2, "k": 3, "n": 4, "batch": 5},
}  # fmt: skip


def table(tmp_path, *rows, top=()):
    lines = ["name: net", "source: test", *top, "layers:", *(f"- {json.dumps(row)}" for row in rows)]
    path = tmp_path / "net.yaml"
    path.write_text("\n".join(lines))
    return path


@pytest.mark.parametrize(("kind", "field"), [(kind, field) for kind, fields in ROWS.items() for field in fields])
def test_every_number_of_a_row_is_bounded(tmp_path, kind, field):
    row = {"name": "it", "kind": kind, **ROWS[kind]}
    assert load_network(table(tmp_path, row)).macs > 0
    for value in (10**12, 2**63, 10**30, -1, 2.5, True, None, float("nan"), "many", [1, 2, 3]):
        path = table(tmp_path, {"name": "fc", "kind": "linear", "inputs": 1, "outputs": 1}, row | {field: value})
        with pytest.raises(InputError) as caught:
            load_network(path)
        for line in str(caught.value).splitlines():
            assert line.startswith(f"{path}: line 5: layers.1")
            assert field in line


def test_rows_that_make_too_much_are_refused_with_their_line(tmp_path):
    row = {"name": "it", "kind": "linear", "inputs": MAX_SIZE, "outputs": MAX_SIZE}
    with pytest.raises(InputError, match=r"net.yaml: line 4: layers.0: layer 'it': MACs: 2147483647 x 1 x 2147483647"):
        load_network(table(tmp_path, row))
    row = {"name": "it", "kind": "conv1d", "c_in": 3, "c_out": 4, "kernel": 3, "input_size": 9, "groups": 2}
    with pytest.raises(InputError, match=r"net.yaml: line 4: layers.0: 2 groups do not divide 3 and 4 channels"):
        load_network(table(tmp_path, row))


def test_repeated_rows_are_counted_before_they_are_made(tmp_path):
    repeated = {"repeat": 1000, "layers": [{"name": f"{i}.{{i}}", "kind": "matmul", "m": 1, "k": 1, "n": 1}
                                           for i in range(101)]}  # fmt: skip
    with pytest.raises(
        InputError, match=rf"net.yaml: .*layers: 101000 of them, repeated ones counted: at most {MOST_LAYERS}"
    ):
        load_network(table(tmp_path, repeated))


def test_patterns_of_variants_are_counted_before_they_are_compared(tmp_path):
    repeated = {"repeat": 1000, "layers": [{"name": "{i}", "kind": "matmul", "m": 1, "k": 1, "n": 1}]}
    patterns = json.dumps({"a": {"source": "x", "layers": {f"{i}*": {"weight_density": 1} for i in range(1001)}}})
    with pytest.raises(InputError, match=r"net.yaml: .*variants: 1001 patterns for 1000 layers"):
        load_network(table(tmp_path, repeated, top=[f"variants: {patterns}"]))


@pytest.mark.parametrize(
    ("top", "parts"),
    [
        ("other_parameters: {a: 9223372036854775808}", ["line 3", "other_parameters.a", "9223372036854775808"]),
        ("weights: {std: 1.0e-40}", ["line 3", "weights.std"]),
        ("weights: {seed: -1}", ["line 3", "weights.seed", "-1"]),
        ("weights: {seed: 9223372036854775808}", ["line 3", "weights.seed"]),
    ],
)
def test_numbers_beside_the_layers_are_bounded(tmp_path, top, parts):
    path = table(tmp_path, {"name": "it", "kind": "linear", "inputs": 3, "outputs": 4}, top=[top])
    with pytest.raises(InputError) as caught:
        load_network(path)
    for part in (str(path), *parts):
        assert part in str(caught.value)


CSV = "Layer name,IFMAP Height,IFMAP Width,Filter Height,Filter Width,Channels,Num Filter,Strides,Sparsity"


def topology(tmp_path, *lines):
    path = tmp_path / "net.csv"
    path.write_text("\n".join((CSV, *lines)))
    return path


@pytest.mark.parametrize("column", range(1, 8))
@pytest.mark.parametrize(
    "cell", [str(2**31), "9" * 400, "0" * 19 + "1" + "9" * 5000, "0", "-1", "1.5", "³", "٣", "", "1e3"]
)
def test_every_cell_is_a_size(tmp_path, column, cell):
    cells = ["it", "9", "9", "3", "3", "4", "8", "1", ""]
    cells[column] = cell
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    path = topology(tmp_path, "a,9,9,3,3,4,8,1", text.getvalue())
    name = CSV.split(",")[column].lower()
    with pytest.raises(InputError, match=rf"net.csv: line 3: 'it': {name}: .* is not a positive size"):
        load_network(path)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("it,9,9,3,3,4,8,1,2;4", "line 2: 'it': sparsity: '2;4' is not a sparsity N:M"),
        ("it,9,9,3,3,4,8,1,0:4", "line 2: 'it': 0:4 is not a sparsity N:M"),
        ("it,9,9,3,3,4,8,1,,7", "line 2: 'it': '7' stands in a column without a header"),
        ("it,2000000000,2000000000,1,1,2000000000,8,2000000000", "line 2: layer 'it': elements of the input"),
        ("it,90000,90000,3,3,90000,80000,1", "line 2: layer 'it': MACs: 80000 x "),
        (f"{'x' * 1001},9,9,3,3,4,8,1", "line 2: array 'x.*the name must have"),
        ('"a,9', "not a readable .csv file: line 2"),
    ],
)
def test_rows_of_tables_are_refused_with_their_line(tmp_path, row, message):
    with pytest.raises(InputError, match=rf"net.csv: {message}"):
        load_network(topology(tmp_path, row))


def test_long_tables_are_not_read_to_their_end(tmp_path):
    path = topology(tmp_path, *["a,9,9,3,3,4,8,1"] * MOST_LAYERS)
    with pytest.raises(InputError, match=rf"line {MOST_LAYERS + 1}: the table has more than {MOST_LAYERS} lines"):
        load_network(path)
    with path.open("r+b") as file:
        file.truncate(10**12)  # takes no place on disk
    with pytest.raises(InputError, match="the table has 1000000000000 bytes: at most 100000000"):
        load_network(path)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (BERT | {"hidden_size": 2**31}, "hidden_size: 2147483648: must be a positive number"),
        (BERT | {"num_hidden_layers": 10_001}, "num_hidden_layers: 10001: more than 10000 layers"),
        (BERT | {"hidden_size": 12 * 2**20, "intermediate_size": 2**30, "max_position_embeddings": 2**30}, "MACs"),
        (
            VIT | {"image_size": 2**31 - 1, "patch_size": 1},
            r"image_size: .*: 4611686014132420610 tokens in patches of 1",
        ),
        (VIT | {"image_size": 10**30}, "not readable JSON: the integer"),
        (VIT | {"image_size": [224, 224, 224]}, r"image_size: \[224, 224, 224\]: must be"),
        (VIT | {"image_size": 8}, "the kernel is larger"),
        ({"model_type": "gpt2"} | SMALL["gpt2"] | {"n_embd": 2**30, "n_head": 2}, "weight_shape"),
        (LLAMA | {"num_attention_heads": 3}, "num_attention_heads 3 does not divide hidden_size 8"),
        (LLAMA | {"num_key_value_heads": 3}, "num_key_value_heads: 3: must divide num_attention_heads 4"),
        (LLAMA | {"num_key_value_heads": 8}, "num_key_value_heads: 8: must divide num_attention_heads 4"),
        (BERT | {"architectures": "BertForMaskedLM"}, "architectures: 'BertForMaskedLM': must be a list"),
        (BERT | {"architectures": [1]}, "architectures"),
        (BERT | {"id2label": ["a", "b"], "architectures": ["BertForSequenceClassification"]}, "id2label"),
        (BERT | {"model_type": 5}, "model_type: 5: must be one of"),
    ],
)
def test_configurations_are_bounded(tmp_path, config, message):
    path = folder(tmp_path, config)
    for given, place in ((path, f"{path}: config.json: "), (path / "config.json", f"{path / 'config.json'}: ")):
        with pytest.raises(InputError, match=message) as caught:
            load_network(given)
        assert str(caught.value).startswith(place)
        assert str(caught.value).count("config.json") == 1


@pytest.mark.parametrize("tokens", [0, -1, 10**30, 2**31])
def test_tokens_are_bounded(tmp_path, tokens):
    with pytest.raises(SparsesimError, match="tokens must be from 1 to 16"):
        load_network(folder(tmp_path, LLAMA), tokens=tokens)
