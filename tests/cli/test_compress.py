"""`sparsesim compress` as a user meets it."""

import json

import numpy as np
import pytest

from sparsesim.networks import load_network
from sparsesim.transforms import deep_compress_network, prune_network
from tests.cli.test_cli import refused, run


def compressed(*arguments):
    process = run("compress", "digits-cnn", *arguments, "--json")
    assert process.returncode == 0, process.stderr
    return json.loads(process.stdout)


def test_a_table_of_layers_and_their_total():
    process = run("compress", "digits-cnn", "--method", "int8", "--per", "tensor")
    assert process.returncode == 0, process.stderr
    assert all(word in process.stdout for word in ("conv1", "fc2", "total", "before bytes", "sqnr db"))


def test_json_has_sizes_ratio_and_error_of_every_layer(tmp_path):
    found = compressed("--method", "int8", "--layers", "fc*", "-o", tmp_path / "small.npz")
    assert [row["layer"] for row in found["layers"]] == ["fc1", "fc2"]
    assert found["after_bytes"] == sum(row["after_bytes"] for row in found["layers"])
    assert found["ratio"] == pytest.approx(3.89, abs=0.01)
    assert found["dtype"] == "int8"
    again = load_network(tmp_path / "small.npz", input_shape=(1, 8, 8))
    assert len(np.unique(again.layer("fc2").weight()[0])) <= 255
    assert len(again.layers) == 4


def test_pruning_comes_first(tmp_path):
    found = compressed("--method", "deep-compression", "-p", "magnitude", "-s", "0.9", "-o", tmp_path / "deep.onnx")
    network = deep_compress_network(prune_network(load_network("digits-cnn"), "magnitude", 0.9))
    assert found["after_bytes"] == network.after_bytes
    written = load_network(tmp_path / "deep.onnx")
    for layer, other in zip(written.layers, network.network.layers, strict=True):
        np.testing.assert_array_equal(layer.weight(), other.masked_weight())


def test_low_rank_tells_parameters_and_macs():
    found = compressed("--method", "low-rank", "--rank", "6")
    assert found["after_macs"] < found["before_macs"] == 347_392
    assert [row["rank"] for row in found["layers"]] == [6, 6, 6, 6]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--method", "lowrank"), "unknown method 'lowrank': did you mean low-rank?"),
        (("--method", "fp16", "--index-bits", "4"), "--index-bits means nothing for --method fp16"),
        (("--method", "low-rank"), "either rank or energy"),
        (("--method", "int8", "-s", "0.5"), "--sparsity needs --pruner"),
        (("--method", "deep-compression", "--conv-bits", "20"), "weight_bits is 20"),
    ],
)
def test_bad_requests_are_one_line(options, message):
    assert message in refused("compress", "digits-cnn", *options)
