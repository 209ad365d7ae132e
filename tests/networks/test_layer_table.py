"""The shipped tables against published counts, and what the format refuses."""

import gzip
import zipfile
from itertools import pairwise

import numpy as np
import pytest

from sparsesim.errors import InputError
from sparsesim.networks import load_network, network_names

TABLES = [name for name in network_names() if load_network(name).weights_origin == "synthetic"]

# weights, weights and biases, multiply-accumulates per sample
PUBLISHED = {
    "lenet-300-100": (266_200, 266_610, 266_200),
    "lenet-5": (430_500, 431_080, 2_293_000),
    "alexnet": (60_954_656, 60_965_224, 724_406_816),
    "alexnet-ungrouped": (62_367_776, 62_378_344, 1_135_256_096),  # 62.4 M, as torch users know the ungrouped net
    "vgg16": (138_344_128, 138_357_544, 15_470_264_320),  # Keras and torchvision: 138,357,544; 15.47 G
    "resnet50": (25_502_912, 25_503_912, 4_089_184_256),  # DLMC: 25,502,912; torchvision: 4.09 G
    "bert-base": (84_934_656, 85_017_600, 11_173_625_856),
}

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
        ("c_in: 4", "c_in: -4", ["line 6", "layers.0.c_in", "found -4"]),
        ("c_in: 4", "c_in: 4\n    groups: 3", ["line 4", "3 groups do not divide 4 and 8 channels"]),
        ("kind: conv2d", "kind: conv3d", ["line 4", "layers.0", "conv3d"]),
        ("positions: 3", "positions: many", ["line 14", "layers.1.layers.0.positions", "found 'many'"]),
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


@pytest.mark.parametrize("name", TABLES)
def test_shipped_tables_state_their_source_and_have_published_counts(name):
    network = load_network(name)
    weights, params, macs = PUBLISHED[name]
    assert network.name == name
    assert len(network.source) > 20
    assert sum(layer.n_weights for layer in network.layers) == weights
    assert network.n_params == params
    assert network.macs == macs


def test_alexnet_without_groups_has_the_known_parameters_per_layer():
    network = load_network("alexnet-ungrouped")
    params = {layer.name: layer.n_params for layer in network.layers if layer.kind == "conv2d"}
    assert params == {"conv1": 34_944, "conv2": 614_656, "conv3": 885_120, "conv4": 1_327_488, "conv5": 884_992}
    classifier = {layer.name: layer.n_weights for layer in network.select("fc*").layers}
    assert classifier == {"fc6": 37_748_736, "fc7": 16_777_216, "fc8": 4_096_000}


@pytest.mark.parametrize("name", ["alexnet", "alexnet-ungrouped", "vgg16"])
def test_layers_follow_from_one_another(name):
    """Outputs of a layer are the inputs of the next, with 2x2 or 3x3 pooling of stride 2 where maps shrink."""
    convolutions = [layer for layer in load_network(name).layers if layer.kind == "conv2d"]
    for before, after in pairwise(convolutions):
        assert after.weight_shape[1] * after.groups == before.weight_shape[0]
        pooled = {(size - window) // 2 + 1 for window in (2, 3) for size in before.output_size}
        assert after.input_size[0] in {before.output_size[0], *pooled}


def test_resnet50_blocks_chain():
    network = load_network("resnet50")
    assert len(network.layers) == 54
    size, channels = (56, 56), 64
    for stage, blocks in enumerate((3, 4, 6, 3), start=1):
        for block in range(blocks):
            parts = [network.layer(f"layer{stage}.{block}.conv{i}") for i in (1, 2, 3)]
            assert parts[0].input_size == size
            assert parts[0].weight_shape[1] == channels
            assert parts[1].input_size == parts[0].output_size
            assert parts[2].input_size == parts[1].output_size
            if block == 0:
                shortcut = network.layer(f"layer{stage}.0.downsample.0")
                assert (shortcut.input_size, shortcut.weight_shape[1]) == (size, channels)
                assert shortcut.output_size == parts[2].output_size
            size, channels = parts[2].output_size, parts[2].weight_shape[0]
    assert (size, channels) == ((7, 7), 2048)


def test_resnet50_has_the_matrices_of_a_really_pruned_one(data_dir):
    with zipfile.ZipFile(data_dir / "pruned" / "dlmc_rn50_magnitude_pruning_0.8.zip") as archive:
        headers = [archive.open(name).readline() for name in archive.namelist() if name.endswith(".smtx")]
    pruned = sorted(tuple(int(size) for size in header.split(b",")[:2]) for header in headers)
    ours = sorted((layer.weight_shape[0], layer.gemm.K) for layer in load_network("resnet50").layers)
    assert ours == pruned


def test_alexnet_has_the_matrices_of_a_really_pruned_one(data_dir):
    alexnet = load_network("alexnet")
    with zipfile.ZipFile(data_dir / "pruned" / "alexnet_pruned_top1_0.5376.zip") as archive:
        for name in archive.namelist():
            raw = archive.read(name)
            text = (gzip.decompress(raw) if name.endswith(".gz") else raw).decode()
            rows, columns, _ = next(line for line in text.splitlines() if not line.startswith("%")).split()
            layer = alexnet.layer(name.split(".")[0])
            assert (layer.weight_shape[0], layer.gemm.K) == (int(rows), int(columns))
