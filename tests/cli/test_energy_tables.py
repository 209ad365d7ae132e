"""What commands say about energy: the table in titles, remarks below, and neither in JSON."""

import json

import pytest
from typer.testing import CliRunner

from sparsesim.cli.app import app

GEMM = ["gemm", "16", "64", "64", "-f", "dense"]
COMPARE = ["compare", "digits-cnn", "--layers", "fc2", "-f", "dense"]
DESIGNS = "all machines at the prices of horowitz-45nm (45 nm), though a100-pcie is 7 nm and sparch 40 nm"
IDLE = "no idle power is published for sparch: its energy is dynamic alone"


def printed(*words):
    found = CliRunner().invoke(app, [str(word) for word in words])
    assert found.exit_code == 0, found.output
    return found


def on(*machines):
    return [word for machine in machines for word in ("-m", machine)]


@pytest.mark.parametrize("command", [GEMM, COMPARE])
def test_one_machine_has_its_own_prices_and_several_share_a_table(command):
    alone = printed(*command, *on("a100-pcie")).stdout
    assert "energy at gpu-7nm" in " ".join(alone.split())
    shared = printed(*command, *on("a100-pcie", "sparch")).stdout
    assert "energy at horowitz-45nm" in " ".join(shared.split())
    own = printed(*command, *on("a100-pcie", "sparch"), "--energy-table", "own").stdout
    assert "energy at gpu-7nm (a100-pcie), sparch-40nm (sparch)" in " ".join(own.split())


@pytest.mark.parametrize("command", [GEMM, COMPARE])
def test_remarks_stand_below_the_table_and_beside_json(command):
    several = [*command, *on("a100-pcie", "sparch")]
    lines = printed(*several).stdout.splitlines()
    assert [line for line in lines if line.startswith(DESIGNS)]
    assert f"{IDLE}; compare dynamic energies" in lines
    found = printed(*several, "--json")
    objects = [json.loads(line) for line in found.stdout.splitlines()]
    assert [one["energy_table"] for one in objects] == ["horowitz-45nm"] * 2
    assert [one["idle_w"] for one in objects] == [66.5, None]
    assert all({"static", "dynamic", "total"} < set(one["energy_pj"]) for one in objects)
    aside = found.stderr.splitlines()[-3:]
    assert aside[0].startswith(DESIGNS)
    assert [line for line in lines if line in aside] == aside


def test_quiet_leaves_out_remarks_and_keeps_the_table():
    for words in ([*GEMM, *on("a100-pcie", "sparch")], [*GEMM, *on("a100-pcie", "sparch"), "--json"]):
        found = printed(*words, "-q")
        assert found.stdout
        assert IDLE not in found.output


def test_a_card_alone_needs_no_remark():
    assert printed(*GEMM, *on("a100-pcie"), "--json").stderr == ""


def test_pruned_layers_take_less_energy_on_a_processor_as_measured():
    """FC layers of AlexNet at batch 1: 6.2x on the CPU, 3.0x on the GPU, where counted actions give 5x on both."""
    gains = {}
    for machine in ("core-i7-5930k", "titan-x"):
        for table in ("own", "horowitz-45nm"):
            words = [
                "compare",
                "alexnet@pruned",
                "--layers",
                "fc*",
                "-p",
                "none",
                "-p",
                "published",
                "--dtype",
                "fp32",
                *on(machine),
            ]
            found = printed(*words, "-f", "dense", "-f", "csr", "--energy-table", table, "--json").stdout
            points = {(p["pruner"], p["format"]): p for p in map(json.loads, found.splitlines())}
            dense, sparse = (points[key]["energy_pj"] for key in (("none", "dense"), ("published", "csr")))
            gains[machine, table] = dense["dynamic"] / sparse["dynamic"]
    assert gains["core-i7-5930k", "own"] == pytest.approx(6.23, abs=0.05)
    assert gains["titan-x", "own"] == pytest.approx(3.0, abs=0.05)
    assert gains["titan-x", "horowitz-45nm"] == pytest.approx(gains["core-i7-5930k", "horowitz-45nm"], rel=1e-3)
    assert gains["titan-x", "horowitz-45nm"] == pytest.approx(5.0, abs=0.05)
