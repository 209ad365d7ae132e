import numpy as np
import pytest
import yaml

from sparsesim.errors import InputError
from sparsesim.networks import load_network
from sparsesim.pruning import pruner_by_name
from sparsesim.studies import LayerChoice, Plan, SensitivityTable, apply_plan, load_plan, plan_from_ratios, save_plan
from sparsesim.transforms import prune_network


@pytest.fixture
def network():
    return load_network("digits-cnn")


PLAN = Plan(
    network="digits-cnn",
    layers={
        "conv2": LayerChoice(pruner="filter", sparsity=0.25, criterion="l2"),
        "fc1": LayerChoice(pruner="2:4"),
        "fc2": LayerChoice(pruner="sigma", s=1.0),
    },
)


def test_a_plan_is_saved_edited_and_applied(network, tmp_path):
    path = save_plan(PLAN, tmp_path / "plan.yaml")
    assert load_plan(path) == PLAN
    content = yaml.safe_load(path.read_text())
    assert content["layers"]["fc1"] == {"pruner": "2:4"}
    content["layers"]["fc1"] = {"pruner": "magnitude", "sparsity": 0.75}
    path.write_text(yaml.safe_dump(content))
    pruned = apply_plan(network, path)
    assert pruned.layer("conv1").mask is None
    assert pruned.layer("fc1").mask.mean() == 0.25
    assert pruned.layer("conv2").mask.reshape(64, -1).any(axis=1).sum() == 48
    expected = prune_network(network.select("fc2"), pruner_by_name("sigma", s=1.0)).layers[0].mask
    assert np.array_equal(pruned.layer("fc2").mask, expected)
    assert network.layer("fc1").mask is None


def test_earlier_masks_are_respected(network):
    once = apply_plan(network, PLAN)
    twice = apply_plan(once, Plan(layers={"fc1": LayerChoice(sparsity=0.9)}))
    assert not (twice.layer("fc1").mask & ~once.layer("fc1").mask).any()
    assert np.array_equal(twice.layer("conv2").mask, once.layer("conv2").mask)


def test_a_sensitivity_analysis_becomes_a_plan():
    table = SensitivityTable("net", "block-2x2", "l2", 10, 0.9, (0.0, 0.5), {"fc1": (0.9, 0.9)})
    plan = plan_from_ratios(table, {"fc1": 0.5}, "note")
    assert plan.layers == {"fc1": LayerChoice(pruner="block-2x2", sparsity=0.5, criterion="l2")}
    assert (plan.network, plan.notes) == ("net", "note")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            "layers: {fc1: {pruner: 2:4}}",
            r"line 1: layers.fc1.pruner: '2:4': base 60 or base 8 to some readers of YAML; write it in quotes, or out",
        ),
        ("layers: {fc1: {sparsty: 0.5}}", r"unknown field, did you mean sparsity\?"),
        ("layers: {fc1: {sparsity: lots}}", r"layers.fc1.sparsity: 'lots': must be a valid number"),
        ("layers: {fc1: {sparsity: .nan}}", r"layers.fc1.sparsity: .*finite"),
        ("layers: {fc1: {sparsity: 1.5}}", r"line 1: layers.fc1.sparsity: 1.5: must be less than 1"),
        ("layers: {fc1: {pruner: magnitud, sparsity: 0.5}}", r"layers.fc1: unknown pruner 'magnitud'"),
        ("layers: {fc1: {sparsity: 0.5, criterion: loud}}", r"layers.fc1: unknown criterion 'loud'"),
        ("layers: {fc1: {}}", r"layers.fc1: pruner 'magnitude' needs sparsity="),
        ("layers: {fc9: {sparsity: 0.5}}", r"layers.fc9: not in 'digits-cnn': unknown layer 'fc9'"),
        ("network: x", r"layers: this field is required"),
        ("[1, 2]", r"a mapping of fields is needed"),
    ],
)
def test_faults_name_file_field_and_value(network, tmp_path, text, reason):
    path = tmp_path / "my-plan.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=reason) as caught:
        apply_plan(network, path)
    assert str(caught.value).startswith(f"{path}: ")
    assert str(caught.value).count("my-plan.yaml") == 1
    assert "\n" not in str(caught.value)


def test_files_that_are_not_there_are_named(network, tmp_path):
    with pytest.raises(InputError, match=r"none.yaml: no such file"):
        apply_plan(network, tmp_path / "none.yaml")
    with pytest.raises(InputError, match=r"nowhere.*No such file"):
        save_plan(PLAN, tmp_path / "nowhere" / "plan.yaml")
