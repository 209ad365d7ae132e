"""Accuracy beside speedup and energy: which prunings are worth it, on which machine."""

import json

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from sparsesim.cli.app import app
from sparsesim.errors import InputError
from sparsesim.networks import load_network
from sparsesim.report.tradeoff import plot_tradeoff
from sparsesim.studies import tradeoff
from sparsesim.transforms import prune_network

pytest.importorskip("onnxruntime")
MACHINES = ["a100-pcie", "sparch"]


@pytest.fixture(scope="module")
def digits():
    """Images and labels of scikit-learn, as the shipped network reads them."""
    found = pytest.importorskip("sklearn.datasets").load_digits()
    return (found.images[:200, None] / 16).astype(np.float32), found.target[:200]


@pytest.fixture(scope="module")
def table(digits):
    dense = load_network("digits-cnn")
    variants = {"dense": dense, "2:4": prune_network(dense, "2:4")}
    variants |= {f"magnitude {100 * s:g} %": prune_network(dense, "magnitude", s) for s in (0.5, 0.97)}
    return tradeoff(variants, *digits, MACHINES)


def rows_of(table, **fields):
    chosen = table
    for name, value in fields.items():
        chosen = chosen[chosen[name] == value]
    return chosen


def test_every_variant_has_one_accuracy_and_a_row_per_machine(table):
    assert set(table["machine"]) == set(MACHINES)
    assert (table.groupby("variant")["accuracy"].nunique() == 1).all()
    assert len(table) == 8
    dense = rows_of(table, variant="dense")
    assert (dense[["speedup", "energy_ratio"]] == 1).all(axis=None)
    assert (dense["accuracy"] > 0.95).all()
    assert (rows_of(table, variant="magnitude 97 %")["accuracy"] < 0.8).all()
    assert rows_of(table, variant="2:4")["sparsity"].iloc[0] == pytest.approx(0.5, abs=0.01)


def test_every_machine_takes_its_fastest_format(table):
    tensor_core = rows_of(table, machine="a100-pcie")
    # Every layer is so small that the launch decides, and that of the 2:4 kernel takes longer.
    assert rows_of(tensor_core, variant="2:4")["format"].item() == "dense"
    assert rows_of(tensor_core, variant="magnitude 50 %")["format"].item() == "dense"
    gains = rows_of(table, machine="sparch").set_index("variant")["speedup"]
    assert gains["magnitude 97 %"] > gains["magnitude 50 %"] > 1


def test_fronts_leave_out_what_is_beaten_on_both_counts(table):
    for front, gain in (("fastest_front", "speedup"), ("thriftiest_front", "energy_ratio")):
        for row in table.itertuples():
            others = rows_of(table, machine=row.machine)
            beaten = ((others["accuracy"] > row.accuracy) & (others[gain] > getattr(row, gain))).any()
            assert not (getattr(row, front) and beaten)
        for machine in MACHINES:
            rows = rows_of(table, machine=machine)
            assert rows.loc[rows[gain].idxmax(), front]
            assert rows[rows["accuracy"] == rows["accuracy"].max()][front].any()


def test_the_unpruned_network_must_be_there(digits):
    with pytest.raises(InputError, match="called 'dense'"):
        tradeoff({"pruned": load_network("digits-cnn")}, *digits, MACHINES)


def test_the_picture_is_drawn(table, tmp_path):
    path = plot_tradeoff(table, tmp_path / "tradeoff.png", "digits")
    assert path.read_bytes().startswith(b"\x89PNG")


def test_the_command_writes_table_and_picture(digits, tmp_path):
    np.savez(tmp_path / "digits.npz", images=digits[0][:50], labels=digits[1][:50])
    words = [
        "tradeoff",
        "digits-cnn",
        "-i",
        str(tmp_path / "digits.npz"),
        "-m",
        "sparch",
        "-o",
        str(tmp_path / "t.png"),
    ]
    found = CliRunner().invoke(app, [*words, "-p", "magnitude@0.9", "-p", "2:4", "-p", "wanda@0.5", "--json"])
    assert found.exit_code == 0, found.output
    records = json.loads(found.stdout)
    assert [record["variant"] for record in records] == ["dense", "magnitude@0.9", "2:4", "wanda@0.5"]
    assert len(pd.read_csv(tmp_path / "t.csv")) == 4
    # 33 of the 50 samples are left beside the 17 that wanda looked at.
    assert all(round(33 * record["accuracy"], 6).is_integer() for record in records)
    assert (tmp_path / "t.png").is_file()


def test_a_sparsity_that_is_no_number_is_named(digits, tmp_path):
    np.savez(tmp_path / "digits.npz", images=digits[0][:5], labels=digits[1][:5])
    words = ["tradeoff", "digits-cnn", "-i", str(tmp_path / "digits.npz"), "-m", "sparch", "-p", "magnitude@much"]
    found = CliRunner().invoke(app, words)
    assert isinstance(found.exception, InputError)
    assert "'much' is no sparsity" in str(found.exception)


def test_a_missing_sparsity_is_asked_for_as_the_command_writes_it(digits, tmp_path):
    np.savez(tmp_path / "digits.npz", images=digits[0][:5], labels=digits[1][:5])
    words = ["tradeoff", "digits-cnn", "-i", str(tmp_path / "digits.npz"), "-m", "sparch", "-p", "magnitude"]
    found = CliRunner().invoke(app, words)
    assert "such as magnitude@0.9" in str(found.exception)
