import json
from functools import partial

import numpy as np
import pytest

from sparsesim.errors import InputError
from sparsesim.networks import load_network
from sparsesim.studies import apply_plan, load_plan
from tests.cli.commands import output_of

pytest.importorskip("onnxruntime")


run = partial(output_of, "sensitivity")


@pytest.fixture
def digits(tmp_path):
    """What digits-cnn answers is taken as right, so that it starts from 100 %."""
    from sparsesim.inference import evaluate

    images = np.random.default_rng(0).random((60, 1, 8, 8)).astype(np.float32)
    labels = evaluate(load_network("digits-cnn"), images).outputs.argmax(1)
    np.savez(tmp_path / "digits.npz", images=images, labels=labels)
    return ["digits-cnn", "-i", tmp_path / "digits.npz", "--ratios", "0,0.5,0.95"]


def test_a_plan_and_a_picture_are_written(digits, tmp_path):
    plan, picture = tmp_path / "plan.yaml", tmp_path / "s.png"
    record = json.loads(run(*digits, "--max-drop", 0.3, "-o", plan, "--plot", picture, "--json"))
    assert record["accuracy"] == 1
    assert set(record["layers"]) == set(record["ratios"]) == {"conv1", "conv2", "fc1", "fc2"}
    assert record["files"] == [str(plan), str(picture)]
    assert {layer: choice.sparsity for layer, choice in load_plan(plan).layers.items()} == record["ratios"]
    assert picture.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    pruned = apply_plan(load_network("digits-cnn"), plan)
    assert 1 - pruned.layer("fc1").mask.mean() == pytest.approx(record["ratios"]["fc1"], abs=1e-3)


def test_the_table_shows_every_layer_and_ratio(digits):
    text = run(*digits, "--layers", "fc*", "--pruner", "filter", "--criterion", "l2")
    assert "95%" in text
    assert "fc1" in text
    assert "conv1" not in text
    assert "accuracy: 100.00% ± 0.00% of 60 samples; all layers pruned as chosen" in text


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--labels-key", ""], "accuracies need labels"),
        (["--ratios", "0,x"], "--ratios: 'x': numbers"),
        (["--max-drop", "-1"], "max_drop=-1.0"),
        (["--pruner", "2:4"], "contradicts"),
    ],
)
def test_faults_are_named(digits, options, reason):
    with pytest.raises(InputError, match=reason):
        run(*digits, *options)
