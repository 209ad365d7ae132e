"""Every fault names where it is: file, item, field and value, on one line."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from sparsesim.errors import FaultsError, InputError
from sparsesim.networks import load_network
from sparsesim.places import one_line, shown, within
from tests.networks.arrays.archives import entry, safetensors
from tests.networks.transformers.test_huggingface import LLAMA, folder, llama_tensors, save


def test_places_are_put_in_front_of_every_fault():
    with pytest.raises(InputError, match=r"^a: b: c$"), within("a"), within(Path("b")):
        raise InputError("c")
    with pytest.raises(FaultsError) as caught, within("a"):
        raise FaultsError(["b", "c"])
    assert caught.value.faults == ("a: b", "a: c")
    with pytest.raises(KeyError), within("a"):
        raise KeyError("c")


@pytest.mark.parametrize(
    ("value", "expected"),
    [(5, "5"), (True, "True"), ("a\nb", "'a\\nb'"), ([1, 2], "[1, 2]")],
)
def test_values_are_shown_on_one_short_line(value, expected):
    assert shown(value) == expected
    assert shown(10**5000) == "a number of 5000 digits"
    assert shown([10**5000]) == "a list"
    assert shown("x" * 500) == "'" + "x" * 199 + "..."


def test_remarks_of_other_packages_are_one_line():
    assert one_line(ValueError("a\n  b")) == "a b"
    assert one_line(KeyError()) == "KeyError"
    assert len(one_line(ValueError("x" * 10_000))) < 310


def faults_of(path, **options):
    with pytest.raises(InputError) as caught:
        load_network(path, **options)
    return str(caught.value).splitlines()


def test_each_of_several_faults_of_a_table_names_the_file(tmp_path):
    path = tmp_path / "net.yaml"
    path.write_text("name: n\nsource: s\nlayers:\n- {name: a, kind: linear, inputs: -3, outputs: -4}\n")
    first, second = faults_of(path)
    assert first.startswith(f"{path}: line 4: layers.0.inputs: -3: ")
    assert second.startswith(f"{path}: line 4: layers.0.outputs: -4: ")


def arrays(tmp_path, **given):
    np.savez(tmp_path / "net.npz", **given)
    return tmp_path / "net.npz"


def ones(*shape):
    return np.ones(shape, np.float32)


CONV = {"conv.weight": ones(8, 3, 3, 3), "fc.weight": ones(4, 8)}
FC = {"fc1.weight": ones(4, 6), "fc2.weight": ones(3, 4)}


@pytest.mark.parametrize(
    ("given", "options", "message"),
    [
        (FC, {"sizes": (8, 8)}, r"sizes: \(8, 8\): means nothing, no layer is a convolution"),
        (FC, {"sizes": {"fc1": (8, 8)}}, "sizes: 'fc1': means nothing for layers that are no convolutions"),
        (FC, {"strides": {"fc*": 2}}, r"strides: 'fc\*': means nothing"),
        (CONV, {"sizes": (8, 8), "groups": {"fc": 2}}, "groups: 'fc': means nothing"),
        (CONV, {"sizes": (8, 8), "paddings": {"fc": 2}}, "paddings: 'fc': means nothing"),
        (FC, {"input_shape": (1, 8, 8)}, r"input_shape \(1, 8, 8\) does not fit layer 'fc1', which reads 6"),
        (FC, {"input_shape": (1, 1, 2, 3)}, "without a batch, found"),
        (FC, {"input_shape": (1, 6)}, "without a batch, found"),
        (FC, {"input_shape": {"input": (1, 6)}}, "input_shape must be"),
        (FC, {"input_shape": (-6,)}, r"of positive sizes and without a batch, found \(-6,\)"),
        (FC, {"input_shape": (6.0,)}, "input_shape must be"),
        (FC, {"input_shape": "6"}, "input_shape must be"),
        (CONV, {"input_shape": (3,)}, r"input_shape \(3,\) does not fit layer 'conv'"),
        (CONV, {"input_shape": (1, 3, 8, 8)}, "without a batch, found"),
        (CONV, {"sizes": (8, -8)}, r"sizes must be \(height, width\), found \(8, -8\)"),
        (CONV, {"sizes": (8, 8, 8)}, "sizes must be"),
        (CONV, {"sizes": {"conv": 8}}, "sizes must be"),
        (CONV, {"sizes": (8, 8), "strides": {"conv": 10**30}}, "layer 'conv': stride: 10+: must be positive"),
        (CONV, {"sizes": (8, 8), "strides": {"conv": 1.5}}, "layer 'conv': stride: 1.5: must be"),
        (CONV, {"sizes": (8, 8), "paddings": {"conv": -1}}, r"layer 'conv': padding: .*: must be"),
        (CONV, {"sizes": (8, 8), "groups": {"conv": 0}}, "layer 'conv': groups: 0: must be"),
        (CONV, {"sizes": (8, 8), "tokens": 5}, "tokens means nothing for .npz files"),
        (CONV, {"sizes": (8, 8), "variant": "a"}, "variant means nothing for .npz files"),
        ({"a.weight": ones(200_000, 1, 1)}, {"stacked": True}, "1 stacks of 200000 matrices: at most 100000 layers"),
    ],
)
def test_options_that_do_nothing_or_do_not_fit_are_refused(tmp_path, given, options, message):
    path = arrays(tmp_path, **given)
    (line,) = faults_of(path, **options)
    assert line.startswith(f"{path}: ")
    assert re.search(message, line)


def test_options_that_do_something_are_taken(tmp_path):
    assert load_network(arrays(tmp_path, **FC), input_shape=(1, 2, 3)).input_description == "1 x 2 x 3"
    assert load_network(arrays(tmp_path, **FC), input_shape=(6,)).input_description == "6"
    assert load_network(arrays(tmp_path, **CONV), sizes=[8, 8]).layers[0].input_size == (8, 8)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("net.csv", "Layer,M,N,K\na,1,2,3"),
        ("config.json", json.dumps(LLAMA)),
        ("net.yaml", "name: n\nsource: s\nlayers: [{name: a, kind: linear, inputs: 3, outputs: 4}]"),
    ],
)
@pytest.mark.parametrize(
    "options", [{"input_shape": (1, 3, 8, 8)}, {"layout": "in_out"}, {"stacked": False}, {"sizes": {}}]
)
def test_tables_take_no_options_of_arrays(tmp_path, name, content, options):
    (tmp_path / name).write_text(content)
    (line,) = faults_of(tmp_path / name, **options)
    assert re.search(rf"{name}: {next(iter(options))} means nothing for {(tmp_path / name).suffix} files", line)


def test_a_seed_beside_weights_is_refused(tmp_path):
    path = folder(tmp_path, LLAMA, llama_tensors())
    assert faults_of(path, seed=3) == [f"{path}: seed: 3: means nothing, the weights are read from the folder"]
    assert load_network(folder(tmp_path, LLAMA, name="drawn"), seed=3).weights_origin == "synthetic"


def test_shards_that_do_not_hold_what_their_index_says(tmp_path):
    tensors = llama_tensors()
    path = folder(tmp_path, LLAMA)
    names = sorted(tensors)
    index = path / "model.safetensors.index.json"

    def shards(first, second, places):
        save(path / "a.safetensors", {key: tensors[key] for key in first})
        save(path / "b.safetensors", {key: tensors[key] for key in second})
        index.write_text(json.dumps({"weight_map": places}))

    half = len(names) // 2
    places = {key: "a.safetensors" if i < half else "b.safetensors" for i, key in enumerate(names)}
    shards(names[:half], names[half:], places)
    assert load_network(path).n_params == sum(array.size for array in tensors.values())
    shards(names[: half + 1], names[half:], places)
    assert faults_of(path) == [f"{path}: tensor {names[half]!r} lies in 'a.safetensors' and in 'b.safetensors'"]
    shards(names[:half], names[half:], places | {names[0]: "b.safetensors"})
    assert f"weight_map: {names[0]!r}: 'b.safetensors' does not hold this tensor" in faults_of(path)[0]
    shards(names[:half], names[half:], places)
    safetensors(path / "b.safetensors", {"x": entry([4.5], 0, 16)}, bytes(16))
    (line,) = faults_of(path)
    assert line.startswith(f"{path}: b.safetensors: not a readable safetensors file: tensor 'x': shape: [4.5]: ")
    index.write_text('{"weight_map": {"a": "a.safetensors", "a": "b.safetensors"}}')
    assert faults_of(path)[0].startswith(f"{path}: {index.name}: not readable JSON: the key 'a' occurs twice")
    index.write_text('{"weight_map": []}')
    assert faults_of(path)[0].startswith(f"{path}: {index.name}: weight_map: []: must map")


def test_a_bias_of_another_size_is_refused(tmp_path):
    tensors = llama_tensors() | {"model.layers.0.self_attn.q_proj.bias": np.ones(9)}
    (line,) = faults_of(folder(tmp_path, LLAMA, tensors))
    assert "tensor model.layers.0.self_attn.q_proj.bias is (9,); model.layers.0.self_attn.q_proj.weight has 8" in line


def test_many_numbered_arrays_are_not_compared_with_each_other(tmp_path):
    given = {f"{i:05}_w/kernel": ones(1, 1) for i in range(1100)} | {f"{i:05}_v": ones(1) for i in range(1100, 2200)}
    (line,) = faults_of(arrays(tmp_path, **given))
    assert "1100 numbered weights and 1100 numbered vectors: at most 1000000 pairs" in line
