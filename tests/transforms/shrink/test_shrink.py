import numpy as np
import pytest

from sparsesim.errors import InputError, UnknownNameError
from sparsesim.inference import evaluate
from sparsesim.lowering import Lowering
from sparsesim.networks import load_network, write_network
from sparsesim.studies import compare
from sparsesim.transforms.shrink import AGGREGATIONS, dependency_groups, remove_channels, zero_channels
from tests.inference.real_data import array_network, cifar

from .graphs import GRAPHS, INPUTS

pytest.importorskip("onnxruntime")


def agree(network, shape, sparsity, **options):
    """The shrunk network answers as the whole one with the removed channels zeroed, and unlike the whole one."""
    shrunk = remove_channels(network, sparsity, **options)
    samples = np.random.default_rng(7).standard_normal(shape).astype(np.float32)
    kept = {"input_shape": options["input_shape"]} if "input_shape" in options else {}
    small, zeroed, whole = (
        evaluate(n, samples).outputs for n in (shrunk.network, zero_channels(network, shrunk.removed, **kept), network)
    )
    np.testing.assert_allclose(small, zeroed, atol=1e-5, rtol=1e-5)
    assert not np.allclose(small, whole, atol=1e-3 * abs(whole).max())
    assert shrunk.params_after < shrunk.params_before
    assert shrunk.macs_after == sum(layer.macs for layer in shrunk.network.layers) < shrunk.macs_before
    return shrunk


@pytest.mark.parametrize("sparsity", [0.3, 0.7])
@pytest.mark.parametrize("name", GRAPHS)
def test_small_graphs_agree_with_zeroed_ones(name, sparsity, tmp_path):
    shape = INPUTS[name]
    network = load_network(GRAPHS[name](tmp_path / "graph.onnx"), input_shape=shape)
    agree(network, shape, sparsity, round_to=1, input_shape=shape)


def test_an_open_batch_stays_open(tmp_path):
    agree(load_network(GRAPHS["open_batch"](tmp_path / "graph.onnx")), (3, 2, 3, 3), 0.5, round_to=1)


def test_something_is_left_of_every_part(tmp_path):
    """Hardly anything is to stay of the convolution whose first two channels are cut off."""
    network = load_network(GRAPHS["channel_shuffle"](tmp_path / "graph.onnx"))
    weight = network.layer("b").weight().copy()
    weight[:2] *= 1e-3
    shrunk = agree(network.with_weights({"b": weight}), (1, 2, 4, 4), {"b": 0.9}, round_to=1)
    assert shrunk.network.layer("b").weight_shape[0] == 3


@pytest.mark.parametrize("scope", ["layer", "global"])
@pytest.mark.parametrize(
    ("name", "shape"), [("mnist_cntk.onnx", (3, 1, 28, 28)), ("squeezenet_fp16.onnx", (1, 3, 224, 224))]
)
def test_onnx_files_agree_with_zeroed_ones(name, shape, scope, data_dir):
    agree(load_network(data_dir / "nets" / name), shape, 0.5, scope=scope, round_to=1)


@pytest.mark.parametrize(
    ("name", "architecture", "shape"),
    [("resnet20_cifar10", "resnet-cifar", (3, 3, 32, 32)), ("lenet300100_original", "mlp", (3, 784))],
)
def test_networks_of_arrays_agree_with_zeroed_ones(name, architecture, shape, data_dir):
    agree(array_network(data_dir, name, architecture), shape, 0.4, round_to=1)


def test_resnet20_without_a_channel_is_resnet20_that_does_not_compute_it(data_dir, tmp_path):
    """By hand: channel c of stage 1 is channel 8 + c of stage 2 and 24 + c of stage 3, behind padded shortcuts."""
    shrunk = remove_channels(array_network(data_dir, "resnet20_cifar10", "resnet-cifar"), {"conv1": 0.25}, round_to=1)
    gone = shrunk.removed[0].units
    assert len(gone) == 4
    with np.load(data_dir / "nets" / "resnet20_cifar10.npz") as file:
        arrays = {key: file[key].copy() for key in file.files}
    for key, array in arrays.items():
        stage = 1 if key.split(".")[0] in ("conv1", "bn1") else int(key[5]) if ".conv2." in key or ".bn2." in key else 0
        if stage and not key.endswith("running_var") and array.ndim:
            array[gone + (0, 8, 24)[stage - 1]] = 0
    np.savez(tmp_path / "zeroed.npz", **arrays)
    zeroed = load_network(tmp_path / "zeroed.npz", architecture="resnet-cifar")
    images, _ = cifar(data_dir)
    small, whole = (evaluate(network, images[:20]).outputs for network in (shrunk.network, zeroed))
    np.testing.assert_allclose(small, whole, atol=2e-5)


def test_the_digits_network_loses_the_channels_of_smallest_norm(tmp_path):
    network = load_network("digits-cnn")
    shrunk = agree(network, (3, 1, 8, 8), 0.5, importance="l1", round_to=8)
    assert [layer.weight_shape for layer in shrunk.network.layers] == [
        (16, 1, 3, 3),
        (32, 16, 3, 3),
        (64, 128),
        (10, 64),
    ]
    first, second = (abs(network.layer(name).weight()).astype(np.float64) for name in ("conv1", "conv2"))
    norms = first.sum((1, 2, 3)) + second.sum((0, 2, 3))
    kept = np.sort(np.argsort(norms)[16:])
    np.testing.assert_array_equal(shrunk.network.layer("conv1").weight(), network.layer("conv1").weight()[kept])
    written = load_network(write_network(shrunk.network, tmp_path / "small.onnx"))
    assert written.n_params == shrunk.params_after == 13706
    assert written.macs == shrunk.macs_after == 91776


@pytest.mark.parametrize("aggregation", AGGREGATIONS)
def test_aggregations_rank_by_all_coupled_layers(aggregation):
    network = load_network("digits-cnn")
    shrunk = remove_channels(network, {"conv1": 0.5}, aggregation=aggregation, importance="l2", round_to=1)
    first, second = (network.layer(name).weight().astype(np.float64) ** 2 for name in ("conv1", "conv2"))
    norms = np.sqrt(np.array([first.sum((1, 2, 3)), second.sum((0, 2, 3))]))
    combined = {"product": norms.prod(0), "last": norms[1]}.get(aggregation)
    combined = getattr(norms, aggregation)(axis=0) if combined is None else combined
    np.testing.assert_array_equal(shrunk.removed[0].units, np.sort(np.argsort(combined)[:16]))
    assert [removal.after for removal in shrunk.removed] == [16, 64, 128]


def test_masks_are_applied_before_channels_are_chosen():
    network = load_network("digits-cnn")
    masks = {name: np.ones(network.layer(name).weight_shape, bool) for name in ("conv1", "conv2")}
    masks["conv1"][[3, 5]] = False
    masks["conv2"][:, [3, 5]] = False
    shrunk = remove_channels(network.with_masks(masks), {"conv1": 2 / 32}, round_to=1)
    np.testing.assert_array_equal(shrunk.removed[0].units, [3, 5])
    samples = np.random.default_rng(0).random((2, 1, 8, 8), dtype=np.float32)
    masked = evaluate(network.with_masks(masks), samples).outputs
    np.testing.assert_allclose(evaluate(shrunk.network, samples).outputs, masked, atol=1e-5)


def test_nothing_happens_at_zero():
    network = load_network("digits-cnn")
    shrunk = remove_channels(network, 0)
    assert (shrunk.params_after, shrunk.macs_after) == (network.n_params, network.macs)
    samples = np.random.default_rng(0).random((2, 1, 8, 8), dtype=np.float32)
    np.testing.assert_array_equal(evaluate(shrunk.network, samples).outputs, evaluate(network, samples).outputs)


def test_rounding_keeps_more_and_never_less():
    network = load_network("digits-cnn")
    for round_to, kept in ((1, [29, 58, 116]), (8, [32, 64, 120]), (16, [32, 64, 128])):
        shrunk = remove_channels(network, 0.1, round_to=round_to)
        assert [removal.after for removal in shrunk.removed] == kept
    shrunk = remove_channels(network, 0.99, round_to=1, minimum=5)
    assert [removal.after for removal in shrunk.removed] == [5, 5, 5]


def test_heads_round_to_heads(tmp_path):
    network = load_network(GRAPHS["transformer"](tmp_path / "graph.onnx"))
    assert [removal.after for removal in remove_channels(network, 0.25, round_to=8).removed] == [3, 24]
    assert [removal.after for removal in remove_channels(network, 0.5, round_to=16).removed] == [2, 16]


def test_a_global_ranking_removes_that_share_of_all_channels():
    shrunk = remove_channels(load_network("digits-cnn"), 0.5, scope="global", round_to=1)
    assert sum(removal.after for removal in shrunk.removed) == (32 + 64 + 128) / 2
    assert len({removal.after / removal.before for removal in shrunk.removed}) > 1


def test_resnet20_at_half_its_channels_is_smaller_and_faster(data_dir):
    """Half of the inputs and half of the outputs leave a quarter, but the image and the classes stay."""
    network = array_network(data_dir, "resnet20_cifar10", "resnet-cifar")
    shrunk = remove_channels(network, 0.5)
    first, last = network.layer("conv1").macs, network.layer("linear").macs
    assert shrunk.macs_after == (network.macs - first - last) // 4 + first // 2 + last // 2
    assert shrunk.network.other_params["normalisation"] == network.other_params["normalisation"] // 2
    for machine in ("a100-pcie", "titan-x"):
        before, after = (
            compare(each, [machine], ["dense"], lowering=Lowering(batch=64)) for each in (network, shrunk.network)
        )
        assert after["cycles"].iloc[0] < before["cycles"].iloc[0]
        assert after["energy_total_pj"].iloc[0] < before["energy_total_pj"].iloc[0]
        assert after["energy_dynamic_pj"].iloc[0] < 0.6 * before["energy_dynamic_pj"].iloc[0]


def test_resnet20_without_retraining_gets_worse_the_more_goes(data_dir):
    images, labels = cifar(data_dir)
    network = array_network(data_dir, "resnet20_cifar10", "resnet-cifar")
    whole, *shrunk = (
        evaluate(remove_channels(network, sparsity, round_to=1).network, images, labels).accuracy
        for sparsity in (0, 0.1, 0.3, 0.5)
    )
    print(f"accuracy {whole:.1%}, at 10, 30 and 50 % fewer channels {', '.join(f'{a:.1%}' for a in shrunk)}")
    assert whole == evaluate(network, images, labels).accuracy
    assert 0.6 < shrunk[0] < whole
    assert max(shrunk[1:]) < shrunk[0]


@pytest.mark.parametrize(
    ("options", "error", "reason"),
    [
        ({"sparsity": 1.0}, InputError, "without, 1; found 1.0"),
        ({"sparsity": float("nan")}, InputError, "found nan"),
        ({"sparsity": {"conv9": 0.5}}, UnknownNameError, "conv9"),
        ({"sparsity": {"conv1": 0.5}, "scope": "global"}, InputError, "takes one sparsity"),
        ({"sparsity": 0.5, "scope": "world"}, UnknownNameError, "world"),
        ({"sparsity": 0.5, "importance": "taylor"}, InputError, "needs more than the weights"),
        ({"sparsity": 0.5, "aggregation": "median"}, UnknownNameError, "median"),
        ({"sparsity": 0.5, "round_to": 0}, InputError, "must be at least 1"),
    ],
)
def test_wrong_options_are_refused(options, error, reason):
    with pytest.raises(error, match=reason):
        remove_channels(load_network("digits-cnn"), **options)


def test_a_network_of_one_layer_has_nothing_to_remove(tmp_path):
    from tests.networks.onnx_models import normal, save

    from .graphs import node

    path = save(tmp_path / "one.onnx", [node("MatMul", ["x", "w"], ["y"])], {"w": normal(4, 4)}, {"x": [1, 4]})
    network = load_network(path)
    assert dependency_groups(network) == []
    with pytest.raises(InputError, match="no channel that could go"):
        remove_channels(network, 0.5)
