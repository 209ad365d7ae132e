import json

import pytest
from typer.testing import CliRunner

from sparsesim.cli.app import app
from sparsesim.errors import InputError
from sparsesim.networks import load_network

pytest.importorskip("onnx")


def run(*arguments):
    result = CliRunner().invoke(app, ["shrink", *map(str, arguments)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_smaller_network_is_written_and_described(tmp_path):
    target = tmp_path / "small.onnx"
    record = json.loads(run("digits-cnn", "--sparsity", 0.5, "-o", target, "--json"))
    assert record["groups"][1] == {"group": "conv2", "before": 64, "after": 32, "layers": 2}
    written = load_network(target)
    assert (written.n_params, written.macs) == (record["params_after"], record["macs_after"])
    text = run("digits-cnn", "--sparsity", 0.5, "-o", target)
    assert "53,002 -> 13,706 (25.9%)" in text
    assert f"written: {target}" in text


def test_one_group_and_all_together(tmp_path):
    options = ["-o", tmp_path / "small.onnx", "--round-to", 1, "--json"]
    record = json.loads(run("digits-cnn", "-s", 0.5, "--groups", "fc1", *options))
    assert [group["after"] for group in record["groups"]] == [32, 64, 64]
    record = json.loads(run("digits-cnn", "-s", 0.5, "--global", "--importance", "l2", *options))
    assert sum(group["after"] for group in record["groups"]) == 112


def test_arrays_with_an_architecture(data_dir, tmp_path):
    source = data_dir / "nets" / "resnet20_cifar10.npz"
    target = tmp_path / "resnet.onnx"
    record = json.loads(run(source, "-s", 0.5, "-o", target, "--architecture", "resnet-cifar", "--json"))
    assert (record["macs_before"], record["macs_after"]) == (40551040, 10248512)
    assert load_network(target).macs == 10248512


def test_the_source_is_not_overwritten(tmp_path):
    target = tmp_path / "small.onnx"
    run("digits-cnn", "-s", 0.5, "-o", target)
    with pytest.raises(InputError, match="was read from this file"):
        run(target, "-s", 0.5, "-o", target)
