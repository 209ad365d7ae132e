"""Every pruner and every criterion on trained networks, from Python and from the command."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from sparsesim.cli.app import app
from sparsesim.errors import InputError
from sparsesim.networks import load_network
from sparsesim.pruning import CRITERIA, PRUNERS, network_statistics, pruner_by_name, total_statistics
from sparsesim.transforms import input_norms, prune_network
from tests.pruning.weights import AMOUNTS

NETS = {
    "lenet": ("lenet300100_original", "mlp", "mnist_test_images", "flat", ["--scale", "1/256"]),
    "resnet20": ("resnet20_cifar10", "resnet-cifar", "cifar10_test_images", "nhwc", ["--scale", "1/255"]),
}
every_net = pytest.mark.parametrize("net", NETS)
every_pruner = pytest.mark.parametrize("family", PRUNERS.values(), ids=lambda family: family.name)
LIMITS = {"threshold": {"threshold": 0.02}}  # trained weights are small


@pytest.fixture(scope="module")
def networks(data_dir):
    pytest.importorskip("torch")
    found = {}
    for net, (name, architecture, *_) in NETS.items():
        path = data_dir / "nets" / f"{name}.npz"
        if not path.is_file():
            pytest.skip(f"{path.name} is not among the real data")
        found[net] = load_network(path, architecture=architecture)
    return found


@pytest.fixture(scope="module")
def data(networks, data_dir):
    """Per network and need: input norms of 32 samples; gradients and importances are drawn."""
    from sparsesim.inference import capture, prepare_samples

    found = {}
    for net, (_, _, images, layout, _) in NETS.items():
        with np.load(data_dir / "nets" / f"{images}.npz") as stored:
            samples = prepare_samples(stored["images"][:32], layout=layout, scale=1 / 255)
        whole = networks[net]
        drawn = {layer.name: np.random.default_rng(0).random(layer.weight_shape) for layer in whole.layers}
        norms = input_norms(whole, capture(whole, samples))
        found[net] = {"input_norm": norms, "gradient": drawn, "importance": drawn, None: None}
    return found


def check(network, pruner, data):
    pruned = prune_network(network, pruner, data=data)
    masks = {layer.name: layer.mask for layer in pruned.layers}
    weights = {layer.name: layer.weight() for layer in pruned.layers}
    total = total_statistics(weights, masks, pruner)
    layers = network_statistics(weights, masks, pruner)
    assert sum(figures.nnz for figures in layers.values()) == total.nnz
    whole = "none" in pruner.name or (pruner.name.startswith(("stride", "kernel-p")) and network.name.startswith("len"))
    assert (total.sparsity == 0) == whole
    assert 0 < total.kept_magnitude_fraction <= 1
    again = prune_network(pruned, pruner, data=data)  # earlier masks stay, and nothing else goes
    for layer in again.layers:
        np.testing.assert_array_equal(layer.mask, masks[layer.name])
    return total


@every_net
@every_pruner
def test_every_pruner(networks, data, net, family):
    pruner = pruner_by_name(family.example, **LIMITS.get(family.amount, AMOUNTS[family.amount]))
    total = check(networks[net], pruner, data[net][pruner.needs])
    if family.amount == "sparsity" and family.name not in ("block", "vector"):
        assert total.sparsity == pytest.approx(0.6, abs=0.02)


@every_net
@pytest.mark.parametrize("criterion", CRITERIA)
def test_every_criterion(networks, data, net, criterion):
    for name, sparsity in (("magnitude", 0.5), ("filter", 0.5), ("2:4", None)):
        pruner = pruner_by_name(name, sparsity, criterion=criterion)
        assert check(networks[net], pruner, data[net][pruner.needs]).sparsity == pytest.approx(0.5, abs=0.02)


def test_wanda_keeps_more_accuracy_than_random(networks, data, data_dir):
    from sparsesim.inference import evaluate, prepare_samples

    with np.load(data_dir / "nets" / "mnist_test_images.npz") as stored:
        samples, labels = prepare_samples(stored["images"], layout="flat", scale=1 / 256), stored["labels"]
    found = {
        name: evaluate(prune_network(networks["lenet"], name, 0.8, data=given), samples, labels).accuracy
        for name, given in (("wanda", data["lenet"]["input_norm"]), ("random", None))
    }
    assert found["wanda"] > 0.9 > 0.7 > found["random"]


def run(*arguments):
    result = CliRunner().invoke(app, ["prune", *map(str, arguments)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


def command(data_dir, net, family, folder):
    name, architecture, *_ = NETS[net]
    amount = LIMITS.get(family.amount, AMOUNTS[family.amount])
    options = [word for key, value in amount.items() for word in (f"--{key}", value)]
    start = [data_dir / "nets" / f"{name}.npz", "--architecture", architecture, "-o", folder / "pruned.npz"]
    return [*start, "-p", family.example, *options]


def inputs(data_dir, net):
    _, _, images, layout, scaled = NETS[net]
    return ["--inputs", data_dir / "nets" / f"{images}.npz", "--inputs-layout", layout, *scaled, "--samples", 16]


@every_net
@every_pruner
def test_the_command_runs_every_pruner(networks, data_dir, net, family, tmp_path):
    words = command(data_dir, net, family, tmp_path)
    if family.name == "taylor":
        with pytest.raises(InputError, match="criterion 'taylor' needs the gradient of every weight, which no option"):
            run(*words)
        return
    if family.name == "wanda":
        with pytest.raises(InputError, match="criterion 'wanda' needs samples of the network's input: give --inputs"):
            run(*words)
        words += inputs(data_dir, net)
    record = json.loads(run(*words, "--json"))
    with np.load(tmp_path / "pruned.npz") as written:
        kept = sum(np.count_nonzero(written[name]) for name in written.files if written[name].ndim in (2, 4))
    assert kept <= record["total"]["nnz"]
    assert kept >= 0.99 * record["total"]["nnz"]  # a few weights are zero by themselves
    assert [row["layer"] for row in record["layers"]] == [layer.name for layer in networks[net].layers]


def test_the_table_has_a_total_and_notes(networks, data_dir, tmp_path):
    words = command(data_dir, "lenet", PRUNERS["filter"], tmp_path)
    text = run(*words, "--criterion", "l2", "--round-to", 16, "--layers", "ip[12]", "--spy", tmp_path / "spy.png")
    assert "total" in text
    assert "60.00%" in text
    assert "57.33%" in text  # 128 of 300 rows stay: 120 rounded up to a multiple of 16
    assert (tmp_path / "spy.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    words = command(data_dir, "lenet", PRUNERS["magnitude"], tmp_path)[:-4]
    assert "groups at the edge are cut off" in run(*words, "-p", "block-7x9", "-s", 0.5)
    assert "no weight is left in ip1, ip2, ip3" in run(*words, "-p", "threshold", "--threshold", 100)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ["-p", "magnitude", "--inputs", "x.npz"],
            "criterion 'magnitude' looks at the weights alone",
        ),
        (["-p", "wanda", "--inputs", "x.npz"], r"x\.npz: no such file"),
        (["-p", "wanda", "--inputs", "x.npz", "--samples", "0"], "--samples: 0: must be at least 1"),
        (["-p", "magnitude", "--criterion", "norm"], "unknown criterion 'norm'"),
        (["-p", "magnitude", "--round-to", "0"], "round_to=0 must be"),
    ],
)
def test_faults_of_the_command_are_named(options, message, tmp_path):
    with pytest.raises(InputError, match=message):
        run("digits-cnn", "-o", tmp_path / "x.npz", "-s", 0.5, *options)
