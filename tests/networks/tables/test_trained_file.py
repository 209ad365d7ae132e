"""The trained networks that travel with the package."""

import importlib.util
import shutil

import numpy as np
import pytest
import yaml

from sparsesim.errors import InputError
from sparsesim.networks import load_network, network_names


@pytest.fixture(scope="module")
def script(repository):
    spec = importlib.util.spec_from_file_location("train_digits_cnn", repository / "workloads" / "train_digits_cnn.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def copied(repository, tmp_path):
    for suffix in (".yaml", ".onnx", ".npz"):
        shutil.copy(repository / "models" / "networks" / f"digits-cnn{suffix}", tmp_path)
    return tmp_path / "digits-cnn.yaml"


def test_digits_cnn_is_a_trained_network():
    network = load_network("digits-cnn")
    assert "digits-cnn" in network_names()
    assert (network.name, network.label, network.weights_origin) == ("digits-cnn", "digits-cnn", "trained")
    assert network.accuracy > 0.97
    assert [layer.name for layer in network.layers] == ["conv1", "conv2", "fc1", "fc2"]
    assert network.n_params == 53_002
    assert network.macs == 64 * 288 + 16 * 18_432 + 32_768 + 1_280


def test_the_recorded_accuracy_is_measured_again(repository, script):
    pytest.importorskip("onnxruntime")
    pytest.importorskip("sklearn")
    _, _, images, labels = script.digits()
    measured = script.accuracy(repository / "models" / "networks" / "digits-cnn.onnx", images, labels)
    assert len(labels) == 450
    assert measured == pytest.approx(load_network("digits-cnn").accuracy, abs=1e-6)


def test_weights_and_graph_are_the_same_network(repository):
    pytest.importorskip("onnx")
    plain, graph = load_network("digits-cnn"), load_network(repository / "models" / "networks" / "digits-cnn.onnx")
    for left, right in zip(plain.layers, graph.layers, strict=True):
        np.testing.assert_array_equal(left.weight(), right.weight())
        assert (left.name, left.gemm, left.n_bias, left.padding) == (
            right.name,
            right.gemm,
            right.n_bias,
            right.padding,
        )


def test_training_and_held_out_images_are_apart(script):
    pytest.importorskip("sklearn")
    train, train_labels, held_out, labels = script.digits()
    assert len(train) + len(held_out) == 1797
    assert (train_labels.min(), train_labels.max()) == (labels.min(), labels.max()) == (0, 9)
    assert 0 <= held_out.min() < held_out.max() <= 1


def test_the_shipped_file_is_small(repository):
    assert (repository / "models" / "networks" / "digits-cnn.onnx").stat().st_size < 400_000


def changed(path, **fields):
    record = yaml.safe_load(path.read_text()) | fields
    path.write_text(yaml.safe_dump({key: value for key, value in record.items() if value is not None}))
    return path


def test_a_copy_loads_from_any_place(copied):
    assert load_network(copied).accuracy == load_network("digits-cnn").accuracy


@pytest.mark.parametrize(("suffix", "field"), [(".npz", "sha256"), (".onnx", "onnx_sha256")])
def test_changed_weights_are_refused(copied, suffix, field):
    weights = copied.with_suffix(suffix)
    weights.write_bytes(weights.read_bytes() + b"\0")
    with pytest.raises(InputError, match=rf"digits-cnn.yaml: {field}: .* is not the file that was recorded"):
        load_network(copied)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"weights_file": "other.npz"}, "weights_file: .* is missing"),
        ({"weights_file": "../digits-cnn.npz"}, "weights_file"),
        ({"accuracy": 98.2}, "accuracy"),
        ({"acuracy": 0.9, "accuracy": None}, r"acuracy: unknown field, did you mean accuracy\?"),
    ],
)
def test_faulty_records(copied, fields, message):
    with pytest.raises(InputError, match=message):
        load_network(changed(copied, **fields))


def test_a_trained_network_has_no_seed(copied):
    with pytest.raises(InputError, match="seed cannot be given for a trained network"):
        load_network(copied, seed=1)
