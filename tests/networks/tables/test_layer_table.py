"""Tables of layers: what they say, and what the format refuses."""

import numpy as np
import pytest

from sparsesim.errors import InputError, UnknownNameError
from sparsesim.networks import load_network

VALID = """\
name: tiny
source: test
layers:
  - name: conv
    kind: conv2d
    c_in: 4
    c_out: 8
    kernel: [3, 5]
    input_size: 9
    padding: [1, 2]
  - repeat: 2
    first: 1
    layers:
      - {name: "fc{i}", kind: linear, inputs: 6, outputs: 4, positions: 3, bias: false}
  - {name: rnn, kind: gru, inputs: 5, hidden: 7, steps: 11}
  - {name: scores, kind: matmul, m: 2, k: 3, n: 4, batch: 5}
"""


def written(tmp_path, text):
    path = tmp_path / "tiny.yaml"
    path.write_text(text)
    return path


def refused(tmp_path, old, new):
    assert old in VALID
    with pytest.raises(InputError) as caught:
        load_network(written(tmp_path, VALID.replace(old, new)))
    assert str(caught.value).startswith(str(tmp_path / "tiny.yaml"))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_all_kinds_of_rows(tmp_path):
    network = load_network(written(tmp_path, VALID))
    assert [layer.name for layer in network.layers] == ["conv", "fc1", "fc2", "rnn", "scores"]
    assert network.label == "tiny (synthetic weights)"
    conv, fc, _, rnn, scores = network.layers
    assert (conv.weight_shape, conv.padding, conv.output_size, conv.n_bias) == ((8, 4, 3, 5), (1, 2, 1, 2), (9, 9), 8)
    assert (fc.gemm, fc.n_bias) == ((4, 3, 6, 1), 0)
    assert (rnn.weight_shape, rnn.n_bias, rnn.steps) == ((21, 12), 42, 11)
    assert scores.gemm == (2, 4, 3, 5)
    assert not np.array_equal(network.layer("fc1").weight(), network.layer("fc2").weight())


def test_the_seed_can_be_replaced(tmp_path):
    path = written(tmp_path, VALID)
    first, again, other = (load_network(path, seed=seed).layer("conv").weight() for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert np.array_equal(load_network(path).layer("conv").weight(), load_network(path, seed=0).layer("conv").weight())


def test_the_deviation_can_be_stated(tmp_path):
    text = VALID + "weights: {distribution: laplace, std: 0.5, seed: 3}\n"
    weight = load_network(written(tmp_path, text)).layer("conv").weight()
    assert weight.std() == pytest.approx(0.5, rel=0.15)


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ("kernel: [3, 5]", "kernl: [3, 5]", ["line 8", "layers.0.kernl", "unknown field", "did you mean kernel?"]),
        ("    c_in: 4\n", "", ["line 4", "layers.0.c_in", "this field is required"]),
        ("c_in: 4", "c_in: -4", ["line 6", "layers.0.c_in", "-4: must be greater"]),
        ("c_in: 4", "c_in: 4\n    groups: 3", ["line 4", "3 groups do not divide 4 and 8 channels"]),
        ("kind: conv2d", "kind: conv3d", ["line 4", "layers.0", "conv3d"]),
        (
            "positions: 3",
            "positions: many",
            ["line 14", "layers.1.layers.0.positions: 'many': must be a valid integer"],
        ),
        ("source: test", "sorce: test", ["line 2", "sorce: unknown field, did you mean source?"]),
        ("source: test", "source: test\nlayers_: 1", ["line 3: layers_: unknown field"]),
        ("padding: [1, 2]", "paddin: [1, 2]", ["line 10", "layers.0.paddin", "did you mean padding?"]),
        ("repeat: 2", "repeat: 1000000", ["line 11", "layers.1.repeat"]),
        ("batch: 5", "batch: .nan", ["line 16", "layers.3.batch"]),
        ("input_size: 9\n    padding: [1, 2]", "input_size: 2", ["layer 'conv'", "kernel is larger"]),
        ('"fc{i}"', "fc", ["two layers named 'fc'"]),
        ("name: tiny", "name: [tiny", ["not a readable YAML file"]),
        (VALID, "- just\n- a list\n", ["a mapping of fields is needed, found list"]),
        (VALID, "", ["a mapping of fields is needed, found NoneType"]),
        (VALID, "!!python/object/apply:os.getcwd []", ["not a readable YAML file"]),
    ],
)
def test_faults_name_file_line_and_field(tmp_path, old, new, parts):
    message = refused(tmp_path, old, new)
    for part in parts:
        assert part in message


VARIANTS = """\
variants:
  pruned:
    source: somewhere
    notes: rounded
    layers:
      "fc*": {weight_density: 0.5, input_activation_density: 0.25}
      fc2: {weight_density: 0.1}
  half:
    source: elsewhere
    layers: {conv: {output_activation_density: 0.5}}
"""


def test_a_variant_lays_its_densities_over_the_layers(tmp_path):
    path = written(tmp_path, VALID + VARIANTS)
    base, pruned = load_network(path), load_network(path, variant="pruned")
    assert (base.name, pruned.name) == ("tiny", "tiny@pruned")
    assert base.variants == pruned.variants == ("pruned", "half")
    assert [layer.weight_density for layer in base.layers] == [None] * 5
    assert [layer.weight_density for layer in pruned.layers] == [None, 0.5, 0.1, None, None]
    assert [layer.input_activation_density for layer in pruned.layers] == [None, 0.25, 0.25, None, None]
    assert pruned.source == "test. Variant pruned: somewhere"
    assert pruned.notes == "rounded"
    assert np.array_equal(base.layer("fc1").weight(), pruned.layer("fc1").weight())


def test_a_variant_lies_over_the_densities_of_rows(tmp_path):
    text = VALID.replace("steps: 11}", "steps: 11, weight_density: 0.7, output_activation_density: 0.3}") + VARIANTS
    path = written(tmp_path, text.replace("fc2: {weight_density: 0.1}", "rnn: {weight_density: 0.1}"))
    rnn = load_network(path, variant="pruned").layer("rnn")
    assert (rnn.weight_density, rnn.output_activation_density) == (0.1, 0.3)
    assert load_network(path).layer("rnn").weight_density == 0.7


def test_an_unknown_variant_gets_suggestions(tmp_path):
    path = written(tmp_path, VALID + VARIANTS)
    with pytest.raises(UnknownNameError, match="unknown variant of tiny 'prund': did you mean pruned"):
        load_network(path, variant="prund")
    with pytest.raises(UnknownNameError, match="unknown variant of alexnet 'prune': did you mean pruned"):
        load_network("alexnet@prune")
    with pytest.raises(InputError, match="bert-base has no variants, so none named 'pruned'"):
        load_network("bert-base@pruned")
    with pytest.raises(InputError, match="'alexnet@pruned' names a variant"):
        load_network("alexnet@pruned", variant="pruned")


@pytest.mark.parametrize(
    ("old", "new", "part"),
    [
        ("fc2:", "fc3:", "variant 'pruned': no layer fits 'fc3'"),
        ("source: elsewhere", "notes: none", "variants.half.source: this field is required"),
        ("0.25}", "1.25}", "input_activation_density"),
        ("0.25}", ".nan}", "input_activation_density"),
        ("  half:", "  half half:", "variants.half half"),
        ("weight_density: 0.1", "weight_densty: 0.1", "did you mean weight_density?"),
    ],
)
def test_faults_of_variants_are_found_even_if_nobody_asks_for_them(tmp_path, old, new, part):
    assert old in VARIANTS
    with pytest.raises(InputError) as caught:
        load_network(written(tmp_path, VALID + VARIANTS.replace(old, new)))
    assert part in str(caught.value)
    assert str(tmp_path / "tiny.yaml") in str(caught.value)
