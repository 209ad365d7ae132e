"""`sparsesim prune` with SparseGPT and permutation, and `sparsesim merge`."""

import json
import re

import numpy as np
import pytest
from typer.testing import CliRunner

from sparsesim.cli.app import app
from sparsesim.errors import InputError
from sparsesim.networks import load_network
from tests.cli.commands import output_of

pytest.importorskip("onnxruntime")


def run(*arguments):
    result = CliRunner().invoke(app, [str(one) for one in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture
def inputs(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (40, 8, 8, 1)).astype(np.uint8)
    np.savez(tmp_path / "digits.npz", images=images)
    return ["--inputs", tmp_path / "digits.npz", "--inputs-layout", "nhwc", "--scale", "1/255"]


@pytest.mark.parametrize(("pruner", "sparsity"), [("sparse-gpt", ["-s", 0.75]), ("sparse-gpt-1:4", [])])
def test_sparse_gpt_writes_masked_and_adjusted_weights(inputs, tmp_path, pruner, sparsity):
    options = ["-p", pruner, *sparsity, *inputs, "-o", tmp_path / "pruned.onnx", "--layers", "fc*"]
    record = json.loads(run("prune", "digits-cnn", *options, "--json"))
    assert record["pruner"].startswith("SparseGPT: ")
    assert [row["layer"] for row in record["layers"]] == ["fc1", "fc2"]
    assert [row["requested_sparsity"] for row in record["layers"]] == [0.75, 0.75]
    assert record["total"]["sparsity"] == pytest.approx(0.75, abs=1e-3)
    whole, pruned = load_network("digits-cnn"), load_network(tmp_path / "pruned.onnx")
    np.testing.assert_array_equal(pruned.layer("conv2").weight(), whole.layer("conv2").weight())
    weight, given = pruned.layer("fc1").weight(), whole.layer("fc1").weight()
    assert (weight == 0).mean() == pytest.approx(0.75, abs=1e-3)
    assert not np.isin(weight[weight != 0], given).all()


def test_permutation_tells_what_it_gained(tmp_path):
    output = tmp_path / "pruned.onnx"
    record = json.loads(run("prune", "digits-cnn", "-p", "2:4", "--permute", "-o", output, "--json"))
    gained = {
        row["layer"]: row["kept_magnitude_fraction"] - row["kept_without_permutation"] for row in record["layers"]
    }
    assert gained["conv1"] == pytest.approx(0, abs=1e-6)
    assert min(gained[layer] for layer in ("conv2", "fc1", "fc2")) > 0.005
    total = record["total"]
    assert total["kept_magnitude_fraction"] > total["kept_without_permutation"] > 0.5
    kept = sum(float(np.abs(layer.weight()).sum(dtype=float)) for layer in load_network(output).layers)
    whole = sum(float(np.abs(layer.weight()).sum(dtype=float)) for layer in load_network("digits-cnn").layers)
    assert kept / whole == pytest.approx(total["kept_magnitude_fraction"])
    text = run("prune", "digits-cnn", "-p", "2:4", "--permute", "--layers", "fc2", "-o", output)
    assert "|w|" in text
    assert f"written: {output}" in text.replace("\n", "")


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["-p", "sparse-gpt", "-s", 0.5], "needs samples of the network's input: give --inputs FILE"),
        (["-p", "sparse-gpt"], "'sparse-gpt' needs sparsity="),
        (["-p", "sparse-gpt-2:4", "-s", 0.5], "fixes the sparsity already"),
        (["-p", "sparse-gpt-4x4"], "'4x4' is not an N:M pattern"),
        (["-p", "sparse-gpt", "-s", 0.5, "--criterion", "l1"], "takes no criterion"),
        (["-p", "sparse-gpt", "-s", 0.5, "--round-to", 8], "takes no round_to"),
        (["-p", "sparse-gpt", "-s", 0.5, "--permute"], "--permute goes with N:M patterns"),
        (["-p", "magnitude", "-s", 0.5, "--permute"], "--permute goes with N:M patterns"),
        (["-p", "2:4", "--permute", "--criterion", "wanda"], "--permute goes with N:M patterns by magnitude"),
        (["-p", "2:4", "--samples", 0], "--samples: 0: must be at least 1"),
    ],
)
def test_faults_of_prune_are_named(tmp_path, options, reason):
    with pytest.raises(InputError, match=reason):
        run("prune", "digits-cnn", *options, "-o", tmp_path / "x.npz")
    assert not (tmp_path / "x.npz").exists()


def test_weights_alone_take_no_inputs(inputs, tmp_path):
    for options in (["-p", "2:4", "--permute"], ["-p", "magnitude", "-s", 0.5]):
        with pytest.raises(InputError, match="takes no --inputs"):
            run("prune", "digits-cnn", *options, *inputs, "-o", tmp_path / "x.npz")


@pytest.fixture
def chain(tmp_path):
    random = np.random.default_rng(0)
    shapes = {"ip1.weight": (12, 6), "ip1.bias": (12,), "ip2.weight": (8, 12), "ip3.weight": (4, 8)}
    arrays = {name: random.standard_normal(shape).astype(np.float32) for name, shape in shapes.items()}
    np.savez(tmp_path / "chain.npz", **arrays)
    return tmp_path / "chain.npz"


def test_merge_writes_what_evaluate_reads(chain, tmp_path):
    options = ["--keep", "ip1=5", "--keep", "ip2=7", "-o", tmp_path / "merged.npz"]
    record = json.loads(run("merge", chain, *options, "--json"))
    assert [(row["layer"], row["before"], row["after"]) for row in record["layers"]] == [("ip1", 12, 5), ("ip2", 8, 7)]
    assert (record["params_before"], record["params_after"]) == (72 + 12 + 96 + 32, 30 + 5 + 35 + 28)
    assert (record["macs_before"], record["macs_after"]) == (200, 93)
    np.savez(tmp_path / "samples.npz", images=np.ones((3, 6), np.float32), labels=np.arange(3))
    found = run("evaluate", tmp_path / "merged.npz", "--architecture", "mlp", "-i", tmp_path / "samples.npz", "--json")
    assert json.loads(found)["samples"] == 3
    text = run("merge", chain, "--stop-at-mode", "-o", tmp_path / "stopped.npz")
    assert "parameters: 212 -> " in text
    assert "MACs: 200 -> " in text


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ([], "give either --keep LAYER=NUMBER or --stop-at-mode"),
        (["--keep", "ip1=3", "--stop-at-mode"], "give either"),
        (["--keep", "ip1"], "--keep: 'ip1': LAYER=NUMBER is needed"),
        (["--keep", "ip1=many"], "'ip1=many': LAYER=NUMBER is needed"),
        (["--keep", "ip1=3", "--keep", "ip1=4"], "--keep: 'ip1=4': every layer once"),
        (["--keep", "ip3=3"], "'ip3' is the last one"),
        (["--keep", "ip9=3"], "'ip9'"),
    ],
)
def test_faults_of_merge_are_named(chain, tmp_path, options, reason):
    with pytest.raises(InputError, match=reason):
        run("merge", chain, *options, "-o", tmp_path / "x.npz")
    assert not (tmp_path / "x.npz").exists()


def test_a_plan_says_it_for_every_layer(tmp_path):
    plan = tmp_path / "plan.yaml"
    plan.write_text("layers: {fc1: {sparsity: 0.8}, fc2: {pruner: '2:4'}}")
    output = tmp_path / "planned.npz"
    found = json.loads(run("prune", "digits-cnn", "--plan", plan, "-o", output, "--json"))
    assert {row["layer"]: row["sparsity"] for row in found["layers"]} == {
        "fc1": pytest.approx(0.8, abs=1e-3),
        "fc2": 0.5,
    }
    with np.load(output) as arrays:
        assert (arrays["conv1.weight"] != 0).all()
        assert np.count_nonzero(arrays["fc2.weight"]) == arrays["fc2.weight"].size // 2


def test_a_plan_stands_alone(tmp_path):
    plan = tmp_path / "plan.yaml"
    plan.write_text("layers: {fc1: {sparsity: 0.8}}")
    with pytest.raises(InputError, match="--pruner cannot be given beside --plan"):
        run("prune", "digits-cnn", "--plan", plan, "-p", "2:4", "-o", tmp_path / "o.npz")
    with pytest.raises(InputError, match="say how to prune"):
        run("prune", "digits-cnn", "-o", tmp_path / "o.npz")


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (
            ["prune", "digits-cnn", "-p", "2:4", "-o", "a.npz", "--spy", "x.exe"],
            "--spy: x.exe: a name that ends in .png",
        ),
        (["prune", "digits-cnn", "-p", "2:4", "-o", "a.txt"], "--output: a.txt: a name that ends in .npz or .onnx"),
        (["prune", "digits-cnn", "-p", "2:4", "-o", "no/a.npz"], "--output: no/a.npz: there is no such folder"),
        (["shrink", "digits-cnn", "-s", "0.5", "-o", "a.txt"], "--output: a.txt: a name that ends in .npz or .onnx"),
        (["merge", "no.npz", "--keep", "a=1", "-o", "a.txt"], "--output: a.txt: a name that ends in .npz or .onnx"),
        (["evaluate", "digits-cnn", "-i", "no.npz", "--activations", "a.txt"], "--activations: a.txt: a name that"),
    ],
)
def test_what_cannot_be_written_is_told_before_any_work(monkeypatch, tmp_path, words, line):
    monkeypatch.chdir(tmp_path)
    for module in ("prune", "shrink", "merge", "samples"):
        monkeypatch.delattr(f"sparsesim.cli.{module}.load_network")
    with pytest.raises(InputError, match=re.escape(line)):
        output_of(*words)
    assert not list(tmp_path.iterdir())
