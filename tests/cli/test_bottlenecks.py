"""What commands tell about where the time goes."""

import json

import pytest
from typer.testing import CliRunner

from sparsesim.cli import app
from sparsesim.resources import RESOURCES

SMALL = ["gemm", "64", "64", "64", "--dtype", "fp16", "-m", "a100-pcie"]


def told(*words):
    outcome = CliRunner().invoke(app, list(words))
    assert outcome.exit_code == 0, outcome.output
    return outcome.stdout


def test_every_name_is_listed_with_its_meaning():
    assert json.loads(told("list", "bottlenecks", "--json")) == {"bottlenecks": dict(RESOURCES)}
    assert f"  wave tail       {RESOURCES['wave tail']}" in told("list", "bottlenecks").splitlines()


def test_table_and_json_tell_the_same():
    found = json.loads(told(*SMALL, "--json"))
    assert found["bottleneck"] == next(iter(found["time_s"])) == "launch"
    assert sum(found["time_s"].values()) == pytest.approx(found["seconds"], rel=1e-12)
    assert f"launch {found['time_s']['launch'] / found['seconds']:.0%}" in told(*SMALL)
