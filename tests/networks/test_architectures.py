import numpy as np
import pytest

from sparsesim.errors import InputError
from sparsesim.networks import ARCHITECTURES, load_network

pytest.importorskip("onnx")


def normal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def saved(tmp_path, arrays):
    path = tmp_path / "arrays.npz"
    np.savez(path, **arrays)
    return path


def mlp_arrays():
    return {"a_weight": normal(5, 7), "a_bias": normal(5), "b_weight": normal(3, 5, seed=1)}


def resnet_arrays(blocks=1, channels=(4, 8, 16)):
    arrays = {"conv1.weight": normal(channels[0], 3, 3, 3), **_norm("bn1", channels[0])}
    entering = channels[0]
    for stage, outer in enumerate(channels, 1):
        for block in range(blocks):
            name = f"layer{stage}.{block}"
            arrays |= {f"{name}.conv1.weight": normal(outer, entering, 3, 3), **_norm(f"{name}.bn1", outer)}
            arrays |= {f"{name}.conv2.weight": normal(outer, outer, 3, 3), **_norm(f"{name}.bn2", outer)}
            entering = outer
    return arrays | {"linear.weight": normal(10, entering), "linear.bias": normal(10)}


def _norm(name, channels):
    return {
        f"{name}.{part}": np.ones(channels, np.float32) for part in ("weight", "bias", "running_mean", "running_var")
    }


SMALL = {"mlp": mlp_arrays, "resnet-cifar": resnet_arrays}


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_stored_value_is_counted_and_every_layer_keeps_its_name_and_weights(architecture, tmp_path):
    arrays = SMALL[architecture]()
    path = saved(tmp_path, arrays)
    network = load_network(path, architecture=architecture)
    assert network.n_params == sum(array.size for array in arrays.values())
    plain = load_network(path) if architecture == "mlp" else load_network(path, sizes=(32, 32))
    assert [layer.name for layer in network.layers] == [layer.name for layer in plain.layers]
    for ours, stored in zip(network.layers, plain.layers, strict=True):
        assert np.array_equal(ours.weight(), stored.weight())
        assert ours.n_bias == stored.n_bias
    assert isinstance(network.graph, bytes)
    assert network.with_masks({network.layers[0].name: None}).graph is network.graph
    assert plain.graph is None


def test_depth_strides_and_map_sizes_come_from_the_arrays(tmp_path):
    network = load_network(saved(tmp_path, resnet_arrays(blocks=5)), architecture="resnet-cifar")
    assert len(network.layers) == 32
    geometry = {layer.name: (layer.input_size, layer.stride) for layer in network.layers}
    assert geometry["layer1.4.conv2"] == ((32, 32), (1, 1))
    assert geometry["layer2.0.conv1"] == ((32, 32), (2, 2))
    assert geometry["layer3.0.conv1"] == ((16, 16), (2, 2))
    assert geometry["layer3.4.conv2"] == ((8, 8), (1, 1))
    larger = load_network(saved(tmp_path, resnet_arrays()), architecture="resnet-cifar", input_shape=(3, 64, 48))
    assert larger.layer("layer3.0.conv2").input_size == (16, 12)


def test_keras_matrices_and_prefixes_of_parallel_training_are_understood(tmp_path):
    arrays = {"a_kernel": normal(7, 5), "a_bias": normal(5), "b_kernel": normal(5, 3, seed=1)}
    network = load_network(saved(tmp_path, arrays), architecture="mlp", layout="in_out")
    assert [layer.weight_shape for layer in network.layers] == [(5, 7), (3, 5)]
    prefixed = {f"module.{key}": value for key, value in resnet_arrays().items()}
    network = load_network(saved(tmp_path, prefixed), architecture="resnet-cifar")
    assert network.layers[0].name == "conv1"


def without(arrays, key):
    return {name: array for name, array in arrays.items() if name != key}


REFUSED = [
    ("mlp", {"a_weight": normal(5, 7), "b_weight": normal(3, 4)}, "layer 'b' reads 4 values, but gets 5"),
    ("mlp", {"a_weight": normal(5, 7, 3, 3)}, "an mlp has matrices only"),
    ("mlp", {"scale": normal(4)}, "no 2-D array"),
    ("mlp", {**mlp_arrays(), "normalisation": normal(5)}, "holds 60 values, the architecture has a place for 55"),
    ("resnet-cifar", mlp_arrays(), "no array 'conv1.weight'"),
    ("resnet-cifar", without(resnet_arrays(), "layer2.0.bn1.running_var"), "no array 'layer2.0.bn1.running_var'"),
    ("resnet-cifar", resnet_arrays(channels=(8, 8, 4)), "fewer outputs than inputs"),
    ("resnet-cifar", {**resnet_arrays(), "linear.weight": normal(10, 3)}, "do not fit this architecture"),
]


@pytest.mark.parametrize(("architecture", "arrays", "reason"), REFUSED)
def test_arrays_of_another_network_are_refused(architecture, arrays, reason, tmp_path):
    with pytest.raises(InputError, match=reason) as error:
        load_network(saved(tmp_path, arrays), architecture=architecture)
    assert "\n" not in str(error.value)


def test_a_missing_stage_and_options_without_meaning_are_refused(tmp_path):
    arrays = {key: array for key, array in resnet_arrays(2).items() if not key.startswith("layer2.0")}
    with pytest.raises(InputError, match=r"stage layer2 has the blocks \[1\]"):
        load_network(saved(tmp_path, arrays), architecture="resnet-cifar")
    with pytest.raises(InputError, match="sizes means nothing beside architecture"):
        load_network(saved(tmp_path, mlp_arrays()), architecture="mlp", sizes=(8, 8))
    with pytest.raises(InputError, match="reads 7 values, but gets 8"):
        load_network(saved(tmp_path, mlp_arrays()), architecture="mlp", input_shape=(8,))
    with pytest.raises(InputError, match="did you mean mlp"):
        load_network(saved(tmp_path, mlp_arrays()), architecture="mpl")
    with pytest.raises(InputError, match=r"architecture means nothing for .yaml files"):
        load_network("alexnet", architecture="mlp")


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((3, 0, 32), "input_shape: 0: whole numbers from 1 up"),
        ((3, -1, 32), "input_shape: -1: whole numbers from 1 up"),
        ((3, 32.5, 32), "input_shape: 32.5: whole numbers from 1 up"),
        ((3, "32", 32), "input_shape: '32': whole numbers from 1 up"),
        ((3, True, 32), "input_shape: True: whole numbers from 1 up"),
        ((3, 10**30, 32), r"input_shape: 3 x 1e\+30 x 32 is more than"),
        ((3, 2**31, 2**31), "input_shape: 3 x 2147483648 x 2147483648 is more than"),
        (7, "input_shape: 7: a tuple of sizes"),
        ("abc", "input_shape: 'abc': a tuple of sizes"),
        ({"input": (7,)}, "input_shape: {'input': .*: a tuple of sizes"),
        ((), r"input_shape: \(\): resnet-cifar needs|reads 7 values, but gets 1 "),
        ((3, 32), r"input_shape: \(3, 32\): resnet-cifar needs|reads 7 values, but gets 96 "),
        ((4, 32, 32), "Conv 'conv1': input 'input': .*: 3 channels are needed|reads 7 values, but gets 4096 "),
        ((3, 10**9, 10**9), "(Conv|layer) 'conv1': .* is more than|reads 7 values, but gets 30000"),
    ],
)
def test_sizes_that_cannot_be_are_refused(architecture, shape, message, tmp_path):
    with pytest.raises(InputError, match=message) as error:
        load_network(saved(tmp_path, SMALL[architecture]()), architecture=architecture, input_shape=shape)
    assert "arrays.npz: " in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("layout", ["foo", 5])
def test_an_unknown_layout_is_refused(layout, tmp_path):
    with pytest.raises(InputError, match=f"layout must be one of .*, found {layout!r}"):
        load_network(saved(tmp_path, mlp_arrays()), architecture="mlp", layout=layout)


@pytest.mark.parametrize(
    ("file", "architecture", "n_params", "n_layers"),
    [
        ("resnet20_cifar10", "resnet-cifar", 271_098, 20),
        ("distiller_ch_regularized_dense", "resnet-cifar", 274_042, 22),
        ("lenet300100_original", "mlp", 266_610, 3),
        ("lenet300100_sparse", "mlp", 266_610, 3),
    ],
)
def test_real_files_are_counted_to_the_last_parameter(file, architecture, n_params, n_layers, data_dir):
    network = load_network(data_dir / "nets" / f"{file}.npz", architecture=architecture)
    assert network.n_params == n_params
    assert len(network.layers) == n_layers
