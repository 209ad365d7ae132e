"""`sparsesim results` and `sparsesim price`: a store as table, CSV, Parquet and JSON."""

import io
import json
import math
import re

import pandas as pd
import pytest
from typer.testing import CliRunner

from sparsesim.cli.app import app
from sparsesim.results import point_objects, result_table
from sparsesim.results.glossary import glossary
from sparsesim.store import load_results
from tests.cli.commands import output_of
from tests.results.made_up import made_up, refused
from tests.store.made import asked_of, points, write

EVERY = [
    *points(4),
    made_up(point="a" * 32, machine="other", sparsity=0.9, seconds=0.25, energy_pj={"mac": 2.0, "total": 2.0}),
    refused(point="b" * 32, machine="other", note="not 2:4"),
]


@pytest.fixture
def store(tmp_path):
    missing = asked_of([made_up(point="c" * 32)])
    return write(tmp_path / "sweep.db", EVERY, asked_of(EVERY) + missing)


def test_points_are_listed_beside_their_baseline(store):
    text = output_of("results", store)
    times = re.findall(r"(?:unit|other) .*?(refused|[\d.]+ m?s)", text)
    assert times == ["1 s", "3 s", "5 s", "7 s", "250 ms", "refused"]
    assert "4.00x" in text  # 1 s of the first point over 0.25 s
    assert "not 2:4" in text
    assert text.splitlines()[-1] == "tiny: 6 of 7 points: 5 ok, 1 refused; 1 missing"


def test_rows_are_filtered_sorted_and_limited(store):
    def csv(*options):
        return pd.read_csv(io.StringIO(output_of("results", store, "--csv", "-", "--quiet", *options)))

    assert csv("--where", "machine=other")["status"].tolist() == ["ok", "refused"]
    assert csv("--where", "machine=other", "--where", "sparsity>=0.9")["seconds"].tolist() == [0.25]
    assert csv("--status", "refused")["note"].tolist() == ["not 2:4"]
    assert csv("--sort", "seconds", "--limit", "2")["seconds"].tolist() == [0.25, 1.0]
    assert csv("--sort", "seconds", "--descending", "--limit", "1")["axis_batch"].tolist() == [3]
    assert list(csv("--columns", "machine, energy_m*").columns) == ["machine", "energy_mac_pj", "energy_measured_pj"]
    assert len(csv("--layers", "--where", "axis_batch=1")) == 2


def test_files_hold_what_python_loads(store, tmp_path):
    files = [tmp_path / "points.csv", tmp_path / "points.parquet"]
    said = output_of("results", store, "--csv", files[0], "--parquet", files[1])
    assert said.splitlines()[-1] == f"written: {files[0]}, {files[1]}"
    for file in files:
        pd.testing.assert_frame_equal(load_results(file), load_results(store), check_dtype=False)
    output_of("results", store, "--layers", "--csv", files[0])
    pd.testing.assert_frame_equal(load_results(files[0]), load_results(store, layers=True), check_dtype=False)
    assert len(result_table(EVERY)) == len(load_results(files[0]))


def test_json_is_what_a_run_prints(store):
    told = [json.loads(line) for line in output_of("results", store, "--json").splitlines()]
    assert told == json.loads(json.dumps(point_objects(EVERY)))
    layers = [json.loads(line) for line in output_of("results", store, "--json", "--layers").splitlines()]
    assert layers == json.loads(json.dumps([result.as_object() for result in EVERY]))


def test_prices_change_energies_alone(store, tmp_path):
    prices = tmp_path / "mine.yaml"
    prices.write_text(
        "name: mine\nnode: x\ndescription: x\nactions: {mult_fp16: {pj: 2.5, component: mac, source: assumed}}\n"
    )
    before = [json.loads(line) for line in output_of("results", store, "--json").splitlines()]
    after = [json.loads(line) for line in output_of("price", store, "--energy", prices, "--json").splitlines()]
    for old, new in zip(before, after, strict=True):
        assert {name for name in old if old[name] != new[name]} <= {"energy_pj", "energy_table"}
        if new["status"] == "ok":
            assert new["energy_table"] == "mine"
            assert new["energy_pj"]["mac"] == 2.5 * new["counts"]["mult_fp16"] == new["energy_pj"]["total"]
    layers = output_of("price", store, "--energy", prices, "--layers", "--csv", "-", "--where", "axis_batch=1", "-q")
    assert pd.read_csv(io.StringIO(layers))["energy_total_pj"].tolist() == [60.0, 60.0]
    prices.write_text(prices.read_text().replace("mult_fp16", "mult_fp32"))
    said = output_of("price", store, "--energy", prices)
    assert said.splitlines()[-1] == (
        "5 without energy: energy table mine: no entry for action 'mult_fp16', which this run counted"
    )
    priced = [json.loads(line) for line in output_of("price", store, "--energy", prices, "--json").splitlines()]
    assert priced[0]["energy_pj"]["total"] is None
    assert not any(isinstance(part, float) and math.isnan(part) for part in priced[0]["energy_pj"].values())


def test_a_long_table_says_how_much_is_not_shown(tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    store = write(tmp_path / "sweep.db", points(60))
    text = output_of("results", store)
    assert text.splitlines()[-2:] == ["tiny: 60 of 60 points: 60 ok", "50 of 60 are shown; --limit 0 shows all"]
    assert text.count("unit") == 50
    assert output_of("results", store, "--limit", "0").count("unit") == 60
    assert output_of("results", store, "--where", "axis_batch>99").startswith("no point is there that meets this\n")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--where", "machine"], "--where: 'machine': COLUMN=VALUE is needed, or one of != < <= > >="),
        (["--where", "machin=a"], "unknown column 'machin': did you mean machine or macs?"),
        (["--status", "okay"], "--status: 'okay' is none of ok, refused, failed"),
        (["--sort", "secnds"], "--sort: unknown column 'secnds': did you mean seconds?"),
        (["--columns", "x*"], "--columns: unknown column 'x*': `sparsesim list columns` explains what there is"),
        (["--csv", "table.txt"], "--csv: table.txt: a name that ends in .csv is needed"),
    ],
)
def test_bad_words_are_refused_in_a_line(store, options, said):
    found = CliRunner().invoke(app, ["results", str(store), *options])
    assert str(found.exception) == said


def test_columns_are_listed_with_their_meaning():
    assert json.loads(output_of("list", "columns", "--json")) == {"columns": glossary()}
