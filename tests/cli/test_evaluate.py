import json
from functools import partial

import numpy as np
import pytest

from sparsesim.errors import InputError
from tests.cli.commands import output_of

pytest.importorskip("onnxruntime")


run = partial(output_of, "evaluate")


@pytest.fixture
def digits(tmp_path):
    """Samples of digits-cnn, HWC bytes; the labels are arbitrary."""
    images = np.random.default_rng(0).integers(0, 256, (10, 8, 8, 1)).astype(np.uint8)
    np.savez(tmp_path / "digits.npz", images=images, labels=np.arange(10))
    return ["digits-cnn", "--inputs", tmp_path / "digits.npz", "--inputs-layout", "nhwc", "--scale", "1/255"]


def test_real_images_as_they_are_stored(data_dir, tmp_path):
    nets = data_dir / "nets"
    options = ["--inputs", nets / "cifar10_test_images.npz", "--inputs-layout", "nhwc", "--scale", "1/255"]
    options += ["--mean", "0.485,0.456,0.406", "--std", "0.229,0.224,0.225", "--architecture", "resnet-cifar"]
    record = json.loads(run(nets / "resnet20_cifar10.npz", *options, "-p", "magnitude", "-s", 0.5, "--json"))
    assert record["samples"] == 200
    assert record["sparsity"] == pytest.approx(0.5, abs=1e-4)
    assert record["correct"] == pytest.approx(200 * record["accuracy"])
    assert 0.7 < record["accuracy"] < record["unpruned_accuracy"]
    assert record["standard_error"] == pytest.approx(np.sqrt(record["accuracy"] * (1 - record["accuracy"]) / 200))
    options = ["--inputs", nets / "mnist_test_images.npz", "--inputs-layout", "flat", "--scale", "1/256"]
    text = run(nets / "lenet300100_sparse.npz", *options, "--architecture", "mlp")
    assert "98.14%" in text
    assert "98.83% ± 0.67%" in text


def test_layer_inputs_are_written(digits, tmp_path):
    record = json.loads(run(*digits, "--labels-key", "", "--activations", tmp_path / "maps.npz", "--json"))
    assert record["accuracy"] is None
    assert record["sparsity"] == 0
    with np.load(tmp_path / "maps.npz") as maps:
        shapes = {name: maps[name].shape for name in maps.files}
    assert shapes == {"conv1": (8, 1, 8, 8), "conv2": (8, 32, 4, 4), "fc1": (8, 256), "fc2": (8, 128)}


def test_shipped_samples_go_by_their_name():
    record = json.loads(run("digits-cnn", "-i", "digits", "--json"))
    assert (record["samples"], record["correct"]) == (450, 442)
    with pytest.raises(InputError, match=r"unknown set of samples 'digts': did you mean digits\?"):
        run("digits-cnn", "-i", "digts")
    with pytest.raises(InputError, match=r"digits.npz: no array 'x'; it holds images, labels"):
        run("digits-cnn", "-i", "digits", "--inputs-key", "x")


def test_only_the_named_layers_are_pruned(digits):
    record = json.loads(run(*digits, "-p", "magnitude", "-s", 0.9, "--layers", "fc1", "--json"))
    assert record["sparsity"] == pytest.approx(0.9 * 32768 / 52768, abs=1e-3)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--scale", "1/0"], r"--scale: '1/0': numbers"),
        (["--scale", "1,2"], "one number is needed"),
        (["--inputs-key", "x"], r"no array 'x'; it holds images, labels"),
        (["--mean", "0.1,0.2"], "mean has 2 values, the samples have 1 channels"),
        (["--sparsity", "0.5"], "mean nothing without --pruner"),
        (["--inputs", "nowhere.npz"], "nowhere.npz: no such file"),
        (["--inputs", "images.png"], "arrays are read from .npz"),
        (["--activations", "maps.txt"], r"--activations: maps\.txt: a name that ends in \.npz is needed"),
        (["--architecture", "mlp"], r"architecture means nothing for .yaml files"),
    ],
)
def test_faults_are_named(digits, options, reason):
    with pytest.raises(InputError, match=reason):
        run(*digits, *options)
