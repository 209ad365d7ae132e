"""Studies take every method that changes a network, by its name."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from sparsesim.cli.app import app
from sparsesim.errors import InputError
from sparsesim.inference import evaluate
from sparsesim.lowering import Lowering
from sparsesim.studies import (
    LayerChoice,
    Plan,
    apply_plan,
    compare,
    imbalance,
    sensitivity,
    set_aside,
    tradeoff,
    variants_of,
)
from sparsesim.transforms import method_by_name, repair_network

pytest.importorskip("onnxruntime")
METHODS = ["sparse-gpt-2:4", "permute-2:4", "int8", "low-rank-6", "deep-compression", "shrink"]


def test_a_plan_may_name_sparse_gpt(network, inputs, tmp_path):
    choices = {"fc1": LayerChoice(pruner="sparse-gpt-2:4"), "fc2": LayerChoice(sparsity=0.5)}
    planned = apply_plan(network, Plan(layers=choices), inputs=inputs)
    alone = repair_network(network.select("fc1"), inputs, pattern="2:4").layers[0]
    np.testing.assert_array_equal(planned.layer("fc1").masked_weight(), alone.masked_weight())
    np.testing.assert_array_equal(planned.layer("fc1").mask, alone.mask)
    assert planned.layer("fc2").source is network.layer("fc2").source
    assert planned.layer("conv1") is network.layer("conv1")
    with pytest.raises(InputError, match=r"layers.fc1: pruner 'sparse-gpt-2:4' needs samples"):
        apply_plan(network, Plan(layers=choices))
    with pytest.raises(InputError, match=r"layers.fc1: pruner 'shrink' changes the shapes"):
        apply_plan(network, Plan(layers={"fc1": LayerChoice(pruner="shrink", sparsity=0.5)}))


def test_the_command_runs_a_plan_with_sparse_gpt(digits, tmp_path):
    np.savez(tmp_path / "digits.npz", images=digits[0][:40])
    (tmp_path / "plan.yaml").write_text("layers: {fc1: {pruner: sparse-gpt, sparsity: 0.75}}")
    words = ["prune", "digits-cnn", "--plan", str(tmp_path / "plan.yaml"), "-o", str(tmp_path / "o.npz"), "--json"]
    found = CliRunner().invoke(app, [*words, "-i", str(tmp_path / "digits.npz")])
    assert found.exit_code == 0, found.exception
    assert json.loads(found.stdout)["total"]["sparsity"] == 0.75
    assert "needs samples of the network's input: give --inputs FILE" in str(CliRunner().invoke(app, words).exception)


def test_a_trade_off_takes_every_method(network, digits):
    methods = {name: method_by_name(name, 0.3 if name == "shrink" else None) for name in METHODS}
    calibration, images, labels = set_aside(*digits, methods.values())
    assert (len(calibration), len(images), len(labels)) == (100, 200, 200)
    table = tradeoff(variants_of(network, methods, calibration), images, labels, ["a100-pcie"])
    found = table.set_index("variant")
    assert list(found.index) == ["dense", *METHODS]
    # Every layer is so small that the launch decides, and that of the 2:4 kernel takes longer.
    assert found.loc["permute-2:4", "format"] == found.loc["sparse-gpt-2:4", "format"] == "dense"
    assert (found.loc[["dense", "sparse-gpt-2:4", "permute-2:4", "int8", "deep-compression"], "accuracy"] > 0.9).all()
    assert found.loc["int8", "speedup"] > 1


def test_samples_are_set_aside_only_for_who_looks_at_them(digits):
    calibration, images, labels = set_aside(*digits, [method_by_name("2:4"), method_by_name("int8")])
    assert calibration is None
    assert images is digits[0]
    assert len(labels) == len(images)
    one = set_aside(*digits, [method_by_name("wanda", 0.5)], every=4)
    assert len(one.calibration) == 75
    together = np.concatenate([one.calibration, one.inputs])
    np.testing.assert_array_equal(np.sort(together, None), np.sort(digits[0], None))
    for few, every in ((1, 3), (9, 1)):
        with pytest.raises(InputError, match="at least 2"):
            set_aside(digits[0][:few], digits[1][:few], [method_by_name("wanda", 0.5)], every)


def test_sensitivity_takes_sparse_gpt(network, digits, inputs):
    options = {"ratios": (0, 0.9), "layers": "fc1"}
    table = sensitivity(network, digits[0][60:], digits[1][60:], "sparse-gpt", captured=inputs, **options)
    corrected = repair_network(network.select("fc1"), inputs, sparsity=0.9).layers[0]
    expected = network.with_weights({"fc1": corrected.weight()}).with_masks({"fc1": corrected.mask})
    assert table.accuracies["fc1"][1] == evaluate(expected, digits[0][60:], digits[1][60:]).accuracy
    with pytest.raises(InputError, match="needs samples"):
        sensitivity(network, *digits, "sparse-gpt", **options)
    for name, reason in (("shrink", "changes the shapes"), ("int8", "takes no sparsity")):
        with pytest.raises(InputError, match=reason):
            sensitivity(network, *digits, name, **options)


@pytest.mark.parametrize("command", ["sensitivity", "evaluate"])
def test_commands_set_samples_aside(digits, tmp_path, command):
    np.savez(tmp_path / "digits.npz", images=digits[0][:60], labels=digits[1][:60])
    words = [command, "digits-cnn", "-i", str(tmp_path / "digits.npz"), "--json", "-p", "sparse-gpt"]
    more = ["--ratios", "0,0.5", "--layers", "fc2"] if command == "sensitivity" else ["-s", "0.5"]
    found = CliRunner().invoke(app, [*words, *more])
    assert found.exit_code == 0, found.exception
    assert json.loads(found.stdout)["samples"] == 40


def test_compare_takes_methods_and_inputs(network, inputs):
    pruners = ["none", method_by_name("sparse-gpt", 0.75), "permute-2:4"]
    table = compare(network, ["a100-pcie"], ["dense"], pruners, inputs=inputs, lowering=Lowering(batch=4))
    assert list(table["pruner"]) == ["none", "sparse-gpt", "permute-2:4"]
    assert list(table["sparsity"]) == [0, 0.75, 0.5]


def test_imbalance_is_that_of_masks(network):
    assert len(imbalance(network, method_by_name("permute-2:4"), ["a100-sxm"])) == 5
    with pytest.raises(InputError, match="'int8' makes no masks"):
        imbalance(network, "int8", ["a100-sxm"])


def test_permute_is_a_pruner_of_the_command(tmp_path):
    start = ["prune", "digits-cnn", "--json", "-o", str(tmp_path / "x.npz"), "--layers", "fc*"]
    one, other = (CliRunner().invoke(app, [*start, *w]) for w in (["-p", "2:4", "--permute"], ["-p", "permute-2:4"]))
    assert one.exit_code == other.exit_code == 0
    assert one.stdout == other.stdout


@pytest.mark.parametrize("name", ["int8", "low-rank-6", "deep-compression"])
@pytest.mark.parametrize("as_json", [True, False])
def test_methods_without_masks_are_pruners_of_the_command(tmp_path, name, as_json):
    words = ["prune", "digits-cnn", "-p", name, "-o", str(tmp_path / "x.npz"), *(["--json"] if as_json else [])]
    found = CliRunner().invoke(app, words)
    assert found.exit_code == 0, found.exception
    if as_json:
        assert json.loads(found.stdout)["total"]["after_bytes"] > 0
    else:
        assert "conv1" in found.stdout
