import json

import numpy as np
import pytest

from sparsesim.errors import InputError
from sparsesim.networks import load_network


def ones(*shape):
    return np.ones(shape, np.float32)


def saved(tmp_path, **arrays):
    path = tmp_path / "arrays.npz"
    np.savez(path, **arrays)
    return path


def test_weights_and_biases_find_each_other(tmp_path):
    arrays = {
        "fc1.weight": ones(4, 6),
        "fc1.bias": ones(4),
        "fc2_weight": ones(3, 4),
        "fc2_bias": ones(3),
        "fc3_W": ones(2, 3),
        "fc3_b": ones(2),
        "last": ones(5, 2),
        "bn.weight": ones(4),
        "other.bias": ones(9),
        "labels": np.arange(10).reshape(2, 5),
    }
    network = load_network(saved(tmp_path, **arrays))
    assert {layer.name: layer.n_bias for layer in network.layers} == {"fc1": 4, "fc2": 3, "fc3": 2, "last": 0}
    assert network.weights_origin == "imported"
    assert network.notes == "not read as layers: labels (2, 5)"
    assert network.other_params == {"bn.weight": 4, "other.bias": 9}


def test_endings_stay_where_names_would_collide(tmp_path):
    network = load_network(saved(tmp_path, **{"a.weight": ones(4, 6), "a_weight": ones(4, 6), "a.bias": ones(4)}))
    assert [layer.name for layer in network.layers] == ["a.weight", "a_weight"]
    assert [layer.n_bias for layer in network.layers] == [4, 4]


def test_keras_layout_is_turned_round(tmp_path):
    kernel = np.arange(2 * 3 * 4 * 5, dtype=np.float32).reshape(2, 3, 4, 5)
    path = saved(tmp_path, **{"conv/kernel": kernel, "fc/kernel": ones(6, 4), "fc/bias": ones(4)})
    network = load_network(path, layout="in_out", sizes=(8, 8))
    assert network.layer("conv").weight_shape == (5, 4, 2, 3)
    assert network.layer("conv").weight()[4, 3, 1, 2] == kernel[1, 2, 3, 4]
    assert (network.layer("fc").weight_shape, network.layer("fc").n_bias) == ((4, 6), 4)


def test_geometry_by_name_and_pattern(tmp_path):
    arrays = {"stem.weight": ones(8, 3, 3, 3), "a.conv.weight": ones(8, 8, 3, 3), "b.conv.weight": ones(8, 4, 1, 5)}
    network = load_network(
        saved(tmp_path, **arrays),
        input_shape=(3, 32, 32),
        sizes={"a.*": (16, 16), "*.conv": (8, 10)},
        strides={"stem": 2},
        groups={"b.conv": 2},
    )
    stem, a, b = network.layers
    assert (stem.input_size, stem.stride, stem.padding, stem.output_size) == ((32, 32), (2, 2), (1, 1, 1, 1), (16, 16))
    assert (a.input_size, a.output_size) == ((16, 16), (16, 16))
    assert (b.input_size, b.groups, b.padding, b.output_size) == ((8, 10), 2, (0, 2, 0, 2), (8, 10))
    assert network.notes == ""


def test_one_size_for_many_convolutions_is_said(tmp_path):
    path = saved(tmp_path, a=ones(8, 3, 3, 3), b=ones(8, 8, 3, 3))
    network = load_network(path, input_shape=(3, 32, 30))
    assert {layer.input_size for layer in network.layers} == {(32, 30)}
    assert network.notes == "no sizes by layer: all 2 convolutions are taken to read 32 x 30 maps"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "does not tell the input size of convolution 'conv': give sizes or input_shape"),
        ({"sizes": {"cnv": (8, 8)}}, "unknown layer 'cnv': did you mean conv"),
        ({"sizes": (8, 8), "strides": {"x": 2}}, "unknown layer 'x'"),
        ({"input_shape": (8, 8)}, "input_shape must be"),
        ({"input_shape": (1, 8, 8)}, "does not fit layer 'conv', which reads 3"),
        ({"sizes": (8, 8), "layout": "hwio"}, "layout must be one of out_in, in_out"),
        ({"sizes": (8, 8), "seed": 1}, "seed means nothing for .npz files"),
    ],
)
def test_missing_or_wrong_options(tmp_path, options, message):
    path = saved(tmp_path, **{"conv.weight": ones(8, 3, 3, 3)})
    with pytest.raises(InputError, match=message) as caught:
        load_network(path, **options)
    assert str(caught.value).startswith(str(path))


def test_nan_is_refused_with_file_and_layer(tmp_path):
    bad = ones(4, 6)
    bad[1, 2] = np.nan
    with pytest.raises(InputError, match=r"arrays.npz: layer 'fc': weights hold NaN"):
        load_network(saved(tmp_path, **{"fc.weight": bad}))


def test_a_file_without_weights_is_refused(tmp_path):
    with pytest.raises(InputError, match="no 2-D or 4-D array"):
        load_network(saved(tmp_path, bias=ones(4), counts=np.ones((2, 2), int)))


def test_pickled_objects_are_refused(tmp_path):
    path = tmp_path / "objects.npz"
    np.savez(path, a=np.array([{"x": 1}], dtype=object))
    with pytest.raises(InputError, match=r"not a readable .npz file"):
        load_network(path)


def test_a_single_array_is_no_archive(tmp_path):
    path = tmp_path / "one.npz"
    with path.open("wb") as file:
        np.save(file, ones(4, 6))
    with pytest.raises(InputError, match="it holds a single array"):
        load_network(path)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.99])
def test_a_truncated_archive_is_refused_in_one_line(tmp_path, share):
    whole = saved(tmp_path, **{"fc.weight": ones(40, 60)}).read_bytes()
    path = tmp_path / "cut.npz"
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(InputError, match=r"cut.npz: not a readable .npz file") as caught:
        load_network(path)
    assert "\n" not in str(caught.value)


def test_safetensors_agree_with_the_package(tmp_path):
    package = pytest.importorskip("safetensors.numpy")
    weight = np.random.default_rng(0).standard_normal((4, 6)).astype(np.float16)
    package.save_file({"fc.weight": weight, "fc.bias": ones(4)}, tmp_path / "net.safetensors", metadata={"a": "b"})
    layer = load_network(tmp_path / "net.safetensors").layer("fc")
    assert np.array_equal(layer.weight(), weight.astype(np.float32))
    assert layer.n_bias == 4


def safetensors(path, entries, data=b""):
    header = json.dumps(entries).encode() if not isinstance(entries, bytes) else entries
    path.write_bytes(len(header).to_bytes(8, "little") + header + data)
    return path


def test_bfloat16_is_widened_exactly(tmp_path):
    values = np.array([[1.0, -2.5], [0.15625, 3.0e38]], np.float32)
    halves = (values.view(np.uint32) >> 16).astype("<u2")
    entries = {"fc.weight": {"dtype": "BF16", "shape": [2, 2], "data_offsets": [0, 8]}}
    path = safetensors(tmp_path / "net.safetensors", entries, halves.tobytes())
    expected = (halves.astype(np.uint32) << 16).view(np.float32)
    assert np.array_equal(load_network(path).layer("fc").weight(), expected)
    assert expected[0, 1] == -2.5


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 1600]}, "cut off or has another size"),
        ({"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 16]}, "cut off or has another size"),
        ({"dtype": "F32", "shape": [-2, -2], "data_offsets": [0, 16]}, r"shape: \[-2, -2\]: must be"),
        ({"dtype": "F32", "shape": [2, 2], "data_offsets": [-16, 0]}, r"data_offsets: \[-16, 0\]: must"),
        ({"dtype": "F8_E4M3", "shape": [2, 2], "data_offsets": [0, 4]}, "stored as 'F8_E4M3', which is not read"),
        ({"dtype": "F32", "shape": [2, 2]}, "badly described"),
        ("text", "badly described"),
    ],
)
def test_damaged_safetensors(tmp_path, entry, message):
    path = safetensors(tmp_path / "net.safetensors", {"fc.weight": entry}, bytes(16))
    with pytest.raises(InputError, match=message):
        load_network(path)


@pytest.mark.parametrize(
    "content", [b"", b"12", (10**12).to_bytes(8, "little"), bytes([2, 0, 0, 0, 0, 0, 0, 0]) + b"[]"]
)
def test_files_that_are_no_safetensors(tmp_path, content):
    path = tmp_path / "net.safetensors"
    path.write_bytes(content)
    with pytest.raises(InputError, match="not a readable safetensors file"):
        load_network(path)


def test_torch_state_dicts(tmp_path):
    torch = pytest.importorskip("torch")
    model = torch.nn.Sequential(torch.nn.Linear(6, 4), torch.nn.ReLU(), torch.nn.Linear(4, 3))
    torch.save({"state_dict": model.half().state_dict()}, tmp_path / "net.pth")
    network = load_network(tmp_path / "net.pth")
    assert [(layer.name, layer.weight_shape, layer.n_bias) for layer in network.layers] == [
        ("0", (4, 6), 4),
        ("2", (3, 4), 3),
    ]
    torch.save(model, tmp_path / "module.pt")
    with pytest.raises(InputError, match="whole modules are not unpickled"):
        load_network(tmp_path / "module.pt")


# weights and biases of the dense arrays
REAL = {
    "lenet300100_sparse.npz": ({}, 266_200, 266_610),
    "lenet300100_original.npz": ({"input_shape": (784,)}, 266_200, 266_610),
    "hls4ml_3layer.npz": ({"layout": "in_out", "input_shape": (16,)}, 4_256, 4_389),
    "hls4ml_3layer_70pruned_retrained.npz": ({"layout": "in_out"}, 4_256, 4_389),
    "squeezenet_deep_compression.npz": ({"sizes": (55, 55)}, 1_244_448, 1_248_424),
    "arm_kws_dnn_m.npz": ({"layout": "in_out"}, 198_144, 198_924),
}


@pytest.mark.parametrize("file", sorted(REAL))
def test_real_networks_have_the_known_counts(data_dir, file):
    options, weights, params = REAL[file]
    network = load_network(data_dir / "nets" / file, **options)
    assert sum(layer.n_weights for layer in network.layers) == weights
    assert network.n_params == params


def test_the_zeros_of_pruned_networks_survive(data_dir):
    squeezenet = load_network(data_dir / "nets" / "squeezenet_deep_compression.npz", sizes=(55, 55))
    assert sum(np.count_nonzero(layer.weight()) for layer in squeezenet.layers) == 415_921
    lenet = load_network(data_dir / "nets" / "lenet300100_sparse.npz")
    densities = [np.count_nonzero(layer.weight()) / layer.n_weights for layer in lenet.layers]
    assert densities == pytest.approx([0.018, 0.018, 0.049], abs=5e-4)


def test_resnet20_with_its_geometry(data_dir):
    sizes = {"layer2.0.conv1": (32, 32), "layer2.*": (16, 16), "layer3.0.conv1": (16, 16), "layer3.*": (8, 8)}
    network = load_network(
        data_dir / "nets" / "resnet20_cifar10.npz",
        input_shape=(3, 32, 32),
        sizes=sizes,
        strides={"layer[23].0.conv1": 2},
    )
    assert len(network.layers) == 20
    assert network.macs == 40_551_040  # He et al. 2016: 40.55 M without the shortcuts
