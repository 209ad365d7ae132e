"""The shipped tables: published counts, shapes that chain, and their variants."""

import gzip
import zipfile
from itertools import pairwise

import pytest

from sparsesim.errors import InputError
from sparsesim.networks import density_table, load_network, network_names
from sparsesim.shipped import shipped_folder

# Weights, all parameters, multiply-accumulates per sample. The parameters are published integers unless a comment says
# otherwise; weights and MACs follow from the shapes. Published MACs, rounded, are in models/validation/networks.yaml.
COUNTS = {
    "alexnet": (60_954_656, 60_965_224, 724_406_816),  # Caffe
    "alexnet-ungrouped": (62_367_776, 62_378_344, 1_135_256_096),
    "bert-base": (85_524_480, 109_482_240, 11_174_215_680),
    "bert-large": (303_038_464, 335_141_888, 39_461_060_608),
    "ds-cnn-l": (407_652, 410_700, 28_327_812),  # 410,700 + 86,940 activations: the paper's 497.6 KB
    "gnmt": (215_221_248, 280_928_512, 6_889_144_320),  # ours; published as 278 M
    "googlenet": (6_609_344, 6_624_904, 1_498_376_192),
    "gpt2": (123_532_032, 124_439_808, 145_824_153_600),
    "inception-v3": (23_799_136, 23_834_568, 5_713_216_096),
    "lenet-300-100": (266_200, 266_610, 266_200),
    "lenet-5": (430_500, 431_080, 2_293_000),
    "llama-5.4b-pruned": (5_291_638_784, 5_422_977_024, 339_520_520_192),
    "llama-7b": (6_607_077_376, 6_738_415_616, 423_926_693_888),
    "mnist-cnn": (1_199_648, 1_199_882, 11_992_448),
    "mobilenet-v1": (4_209_088, 4_231_976, 568_740_352),
    "mobilenet-v2": (3_469_760, 3_504_872, 300_774_272),
    "neuraltalk": (10_614_600, 15_898_591, 95_067_000),  # ours; the three matrices are published
    "resnet-v2-101": (44_442_816, 44_577_896, 7_194_476_544),
    "resnet101": (44_442_816, 44_549_160, 7_801_405_440),
    "resnet152": (60_040_384, 60_192_808, 11_513_626_624),
    "resnet18": (11_678_912, 11_689_512, 1_814_073_344),
    "resnet20": (268_336, 269_722, 40_551_040),
    "resnet34": (21_779_648, 21_797_672, 3_663_761_408),
    "resnet50": (25_502_912, 25_557_032, 4_089_184_256),  # weights: also those of DLMC
    "reuters-embedding-1000": (5_131_776, 6_132_078, 5_131_776),
    "reuters-embedding-6": (42_496, 48_798, 42_496),
    "squeezenet": (1_244_448, 1_248_424, 818_924_576),
    "squeezenet-v1.1": (1_231_552, 1_235_496, 349_151_936),
    "vgg16": (138_344_128, 138_357_544, 15_470_264_320),
    "vit-l-16": (303_800_320, 304_326_632, 61_554_712_576),
}


@pytest.fixture(scope="module")
def tables():
    """Every network without trained weights, by name."""
    networks = {name: load_network(name) for name in network_names()}
    return {name: network for name, network in networks.items() if network.weights_origin == "synthetic"}


def test_every_table_is_counted_here(tables):
    assert set(tables) == set(COUNTS)


@pytest.mark.parametrize("name", COUNTS)
def test_weights_parameters_and_macs(tables, name):
    network = tables[name]
    assert network.name == name
    assert (sum(layer.n_weights for layer in network.layers), network.n_params, network.macs) == COUNTS[name]


def test_tables_state_source_input_and_notes(tables):
    for network in tables.values():
        assert len(network.source) > 20
        assert network.input_description
        assert network.notes


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


@pytest.mark.parametrize("name", ["resnet18", "resnet34", "resnet20"])
def test_blocks_of_two_convolutions_chain(tables, name):
    network = tables[name]
    before = network.layers[0]
    assert before.weight_shape[0] in (16, 64)
    for layer in network.layers[1:-1]:
        if "downsample" in layer.name:
            assert layer.output_size == before.output_size
            assert layer.weight_shape[0] == before.weight_shape[0]
            continue
        assert layer.weight_shape[1] == before.weight_shape[0]
        before = layer
    assert network.layers[-1].weight_shape[1] == before.weight_shape[0]


@pytest.mark.parametrize("name", ["mobilenet-v1", "mobilenet-v2", "ds-cnn-l"])
def test_depthwise_and_pointwise_convolutions_chain_without_pooling(tables, name):
    convolutions = [layer for layer in tables[name].layers if layer.kind == "conv2d"]
    for before, after in pairwise(convolutions):
        assert after.weight_shape[1] * after.groups == before.weight_shape[0]
        assert after.input_size == before.output_size
    depthwise = [layer for layer in convolutions if layer.groups > 1]
    assert len(depthwise) == {"mobilenet-v1": 13, "mobilenet-v2": 17, "ds-cnn-l": 5}[name]
    assert all(layer.weight_shape[1] == 1 for layer in depthwise)


@pytest.mark.parametrize(
    ("name", "modules", "outputs"),
    [
        ("googlenet", ("3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b"), ("branch1", "2.1", "3.1", "branch4.1")),
        ("inception-v3", ("5b", "5c", "5d"), ("branch1x1", "branch5x5_2", "dbl_3", "pool")),
        ("inception-v3", ("6b", "6c", "6d", "6e"), ("branch1x1", "branch7x7_3", "dbl_5", "pool")),
        ("inception-v3", ("7b", "7c"), ("branch1x1", "3x3_2a", "3x3_2b", "dbl_3a", "dbl_3b", "pool")),
    ],
)
def test_outputs_of_a_module_are_the_inputs_of_the_next(tables, name, modules, outputs):
    prefix = {"googlenet": "inception", "inception-v3": "Mixed_"}[name]
    members = {m: [layer for layer in tables[name].layers if layer.name.startswith(prefix + m)] for m in modules}
    for before, after in pairwise(members.values()):
        concatenated = sum(layer.weight_shape[0] for layer in before if layer.name.endswith(outputs))
        assert after[0].weight_shape[1] == concatenated
    assert all(layer.output_size == layer.input_size for layers in members.values() for layer in layers)


def test_llm_pruner_leaves_three_quarters_of_the_blocks_in_the_middle(tables):
    whole, pruned = tables["llama-7b"], tables["llama-5.4b-pruned"]
    assert [layer.name for layer in whole.layers] == [layer.name for layer in pruned.layers]
    narrower = {
        before.name.split(".")[1]
        for before, after in zip(whole.layers, pruned.layers, strict=True)
        if after.macs * 4 == before.macs * 3
    }
    same = [a.macs == b.macs for a, b in zip(whole.layers, pruned.layers, strict=True)]
    assert narrower == {str(block) for block in range(4, 30)}
    assert sum(same) == 6 * 9 + 1


def test_neuraltalk_has_the_matrices_of_eie(tables):
    shapes = {layer.name: layer.weight_shape for layer in tables["neuraltalk"].layers}
    assert shapes == {"We": (600, 4096), "Wd": (8791, 600), "LSTM": (2400, 1201)}


def test_memory_and_operations_of_ds_cnn_are_those_of_the_paper(tables):
    network = tables["ds-cnn-l"]
    conv, depthwise = network.layers[:2]
    maps = sum(layer.weight_shape[0] * layer.output_size[0] * layer.output_size[1] for layer in (conv, depthwise))
    assert round((network.n_params + maps) / 1e3, 1) == 497.6
    biases = sum(layer.n_bias * layer.gemm.N for layer in network.layers)
    assert round((2 * network.macs + biases) / 1e6, 1) == 56.9


def test_every_variant_loads_and_leaves_less(tables):
    found = {name: network.variants for name, network in tables.items() if network.variants}
    assert found == dict.fromkeys(
        ("alexnet", "googlenet", "lenet-300-100", "lenet-5", "neuraltalk", "resnet50", "squeezenet", "vgg16"),
        ("pruned",),
    )
    for name in found:
        pruned = load_network(f"{name}@pruned")
        assert pruned.n_params == tables[name].n_params
        total = density_table(pruned)[-1]
        assert 0 < total["flop_density"] < 0.35
        assert 0 < total["weight_density"] < 0.35
        assert "Variant pruned: " in pruned.source


def test_names_with_dots_are_names_and_files_stay_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert load_network("squeezenet-v1.1").name == "squeezenet-v1.1"
    for missing in ("squeezenet-v1.2", "net@v2.npz", "alexnet@pruned.yaml", "./alexnet@pruned"):
        with pytest.raises(InputError, match="no such file"):
            load_network(missing)
    table = (shipped_folder("models/networks") / "vgg16.yaml").read_text()
    (tmp_path / "net@v2.yaml").write_text(table)
    assert load_network("net@v2.yaml", variant="pruned").name == "vgg16@pruned"
