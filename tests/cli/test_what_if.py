"""The commands that ask what would be otherwise: what they print, write and refuse."""

import csv
import json
import re

import pytest
from typer.testing import CliRunner

import sparsesim as ss
from sparsesim.cli.app import app
from sparsesim.report.readable import ratio, seconds
from tests.cli.commands import output_of

CROSSOVER = ("csr@a100-pcie", "dense@a100-pcie", "--gemm", "64x512x512", "--points", "4", "--resolution", "0.01")
EXPLAIN = ("--gemm", "64x512x512", "-m", "a100-pcie")


def rows(text):
    """Cells of the lines of a printed table by its first column."""
    return {line.split("  ")[0]: re.split(r"\s{2,}", line.strip()) for line in text.splitlines() if "  " in line}


def test_crossover_prints_every_point_and_the_answer(monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")  # a narrow terminal gets the last columns below
    found = ss.crossover("csr@a100-pcie", "dense@a100-pcie", gemm=(64, 512, 512), points=4, resolution=0.01)
    printed = output_of("crossover", *CROSSOVER)
    table = rows(printed)
    for point in found.points:
        cells = table[found.axis.shown(point.value)]
        assert cells[1:4] == [seconds(point.first), seconds(point.second), f"{point.ratio:.4g}x"]
        assert cells[4:] == ["spmm", "gemm"]
    assert all(line in printed for line in found.answer)


def test_crossover_as_json_is_one_object_with_every_point():
    (line,) = output_of("crossover", *CROSSOVER, "--json").splitlines()
    found = ss.crossover("csr@a100-pcie", "dense@a100-pcie", gemm=(64, 512, 512), points=4, resolution=0.01)
    assert json.loads(line) == json.loads(json.dumps(found.as_object()))


def test_crossover_takes_sizes_and_a_batch(tmp_path):
    picture = tmp_path / "new" / "sizes.png"
    sizes = ("--over", "size", "--gemm", "16xSxS", "-p", "2:4", "--points", "2", "--to", "512", "-o", str(picture))
    printed = output_of("crossover", "nm-2:4@a100-pcie", "dense@a100-pcie", *sizes)
    assert "GEMM 16 x S x S, 2:4" in printed
    assert f"written: {picture}" in printed
    assert picture.read_bytes().startswith(b"\x89PNG")
    batch = ("--over", "batch", "--network", "digits-cnn", "-p", "2:4", "--points", "2", "--to", "8")
    assert "digits-cnn, 2:4" in output_of("crossover", "nm-2:4@a100-pcie", "dense@a100-pcie", *batch)


def test_explain_prints_what_every_resource_gains(monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")  # a narrow terminal gets the last columns below
    found = ss.explain(gemm=(64, 512, 512), machine="a100-pcie")
    printed = output_of("explain", *EXPLAIN)
    table = rows(printed)
    for name in found.telling:
        words = found.resources[name].words
        assert table[words][1:3] == [
            ratio(found.total.twice[name].speedup),
            ratio(found.total.twice[name].energy_ratio),
        ]
    assert "twice all at once" in table
    assert all(line in printed for line in found.answer)
    silent = [name for name in found.ranked if name not in found.telling]
    assert f"These gain nothing: {', '.join(silent)}." in printed
    assert "power cap" in silent


def test_explain_prints_a_row_for_layers_that_are_alike(monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")  # a narrow terminal gets the last columns below
    found = ss.explain("bert-base", endless=False)
    table = rows(output_of("explain", "bert-base", "--no-endless"))
    for parts in found.alike():
        name = parts[0].layer if len(parts) == 1 else f"{parts[0].layer} (x{len(parts)})"
        share = len(parts) * parts[0].seconds / found.total.seconds
        assert table[name][1:3] == [seconds(parts[0].seconds), f"{share:.0%}"]


def test_explain_writes_a_row_for_each_layer_and_resource(tmp_path):
    table, picture = tmp_path / "gains.csv", tmp_path / "gains.png"
    output_of("explain", "digits-cnn", "--no-endless", "--csv", table, "-o", picture)
    found = ss.explain("digits-cnn", endless=False)
    with table.open() as lines:
        written = list(csv.DictReader(lines))
    assert len(written) == len(found.rows())
    assert [float(row["speedup"]) for row in written] == [row["speedup"] for row in found.rows()]
    assert {row["layer"] for row in written} == {"conv1", "conv2", "fc1", "fc2", "total"}
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_explain_takes_matrices_and_pruned_networks():
    printed = output_of("explain", "--matrix", "karate", "-m", "sparch", "-f", "csr", "--dtype", "fp32")
    assert printed.startswith("karate x karate as csr on sparch (condensed_outer_product)")
    pruned = output_of("explain", "digits-cnn", "-p", "magnitude", "-s", "0.9", "-f", "csr", "--json")
    found = ss.explain("digits-cnn", "a100-pcie", "csr", "magnitude@0.9")
    assert json.loads(pruned) == json.loads(json.dumps(found.as_object()))


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["crossover", "csr", "dense@sparch", "--gemm", "8x8x8"], "contender: 'csr': FORMAT@MACHINE"),
        (["crossover", "csr@sparch", "dense@sparch"], "over: sparsity of what?"),
        (["crossover", "csr@sparch", "dense@sparch", "--gemm", "8x8"], "--gemm: '8x8': MxNxK is needed"),
        (["crossover", "csr@sparch", "dense@sparch", "--gemm", f"8x8x{'9' * 19}"], "--gemm: a side has at most 18"),
        (
            ["crossover", "csr@sparch", "dense@sparch", "--gemm", "8x8x8", "--from", "0.9", "--to", "0.1"],
            "to: 0.1: must",
        ),
        (["crossover", "csr@sparch", "dense@sparch", "--gemm", "8x8x8", "-o", "x.txt"], "--output: x.txt: a name"),
        (["crossover", "a@b", "c@d", "--gemm", "8x8x8", "--network", "lenet-5"], "--network and --gemm: give one"),
        (["explain"], "one of NETWORK, --gemm and --matrix is needed"),
        (["explain", "lenet-5", "--gemm", "8x8x8"], "one of NETWORK, --gemm and --matrix is needed"),
        (["explain", "--gemm", "8x8"], "gemm: [8, 8]: M, N and K are needed"),
        (["explain", "--gemm", "axbxc"], "--gemm: 'axbxc': whole numbers"),
        (["explain", "lenet-5", "-p", "magnitude", "-s", "x"], "--sparsity: 'x': a share"),
        (["explain", "lenet-5", "--csv", "x.txt"], "--csv: x.txt: a name"),
        (["explain", "lenet-5", "-m", "spark"], "unknown machine 'spark'"),
    ],
)
def test_bad_words_are_one_line(monkeypatch, capfd, words, error):
    from sparsesim.cli import main

    monkeypatch.setattr("sys.argv", ["sparsesim", *words])
    with pytest.raises(SystemExit) as end:
        main()
    out, told = capfd.readouterr()
    assert (end.value.code, out) == (2, "")
    (line,) = told.strip().splitlines()
    assert line.startswith(f"error: {error}")


def test_quiet_leaves_the_tables():
    printed = CliRunner().invoke(app, ["explain", *EXPLAIN, "--quiet"]).stdout
    assert "twice the MACs" not in printed.splitlines()[0]
    assert "gains most" not in printed
    assert "half the launch" in printed
