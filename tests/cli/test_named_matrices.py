"""Matrices of public collections on the command line."""

import hashlib
import json

import pytest

from sparsesim.cli import main
from tests.cli.commands import output_of
from tests.tensors.serving import tarred, web

__all__ = ["web"]

MATRIX = b"%%MatrixMarket matrix coordinate real general\n3 3 3\n1 1 1.0\n2 3 2.0\n3 1 3.0\n"
NAME = "suitesparse:HB/small"


def test_a_product_of_a_named_matrix_is_that_of_its_file(web, tmp_path):
    web.answers["/HB/small.tar.gz"] = tarred(("small/small.mtx", MATRIX))
    (tmp_path / "small.mtx").write_bytes(MATRIX)
    named = json.loads(output_of("matmul", NAME, "-m", "sparch", "--json"))
    filed = json.loads(output_of("matmul", tmp_path / "small.mtx", "-m", "sparch", "--json"))
    assert named["layer"] == "small"
    same = set(named) - {"layer", "point", "simulation_seconds"}
    assert {field: named[field] for field in same} == {field: filed[field] for field in same}
    pinned = f"{NAME}#sha256={hashlib.sha256(web.answers['/HB/small.tar.gz']).hexdigest()}"
    assert json.loads(output_of("matmul", pinned, "-m", "sparch", "--json"))["point"] == named["point"]
    both = json.loads(output_of("matmul", "karate", "karate", "-m", "sparch", "--json"))
    assert both["layer"] == "karate"


def test_show_tells_where_it_lies_and_with_which_hash(web, tmp_path):
    web.answers["/HB/small.tar.gz"] = tarred(("small/small.mtx", MATRIX))
    shown = json.loads(output_of("show", "matrix", NAME, "--json"))
    assert (shown["rows"], shown["columns"], shown["non_zeros"]) == (3, 3, 3)
    assert shown["file"] == str(tmp_path / "cache" / "suitesparse" / "HB" / "small.mtx")
    assert shown["sha256"] == hashlib.sha256(MATRIX).hexdigest()
    assert "SuiteSparse Matrix Collection" in shown["source"]
    assert shown["licence"] == "CC-BY 4.0"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["matmul", NAME, "-m", "sparch"], "put it at {cache}/suitesparse/HB/small.tar.gz, or the matrix at {cache}"),
        (["show", "matrix", NAME], "put it at {cache}/suitesparse/HB/small.tar.gz"),
        (["matmul", "karate", "dlmc:rn50/magnitude/0.8/fc"], "put it at {cache}/dlmc/dlmc.tar.gz"),
        (["matmul", "dlmc:rn50/magnitude/0.85/fc"], "sparsity: '0.85': must be one of 0.5, 0.7, 0.8"),
        (["matmul", f"{NAME}#sha256=7"], "sha256: '7': must be 64 hexadecimal digits"),
    ],
)
def test_without_a_network_there_is_one_line(web, tmp_path, monkeypatch, capfd, words, told):
    for collection in ("SUITESPARSE", "DLMC"):
        monkeypatch.setenv(f"SPARSESIM_MIRROR_{collection}", "http://127.0.0.1:9")
    monkeypatch.setattr("sys.argv", ["sparsesim", *words])
    with pytest.raises(SystemExit) as end:
        main()
    printed = capfd.readouterr()
    assert end.value.code == 2
    assert printed.out == ""
    (line,) = printed.err.splitlines()
    assert line.startswith("error: ")
    assert told.format(cache=tmp_path / "cache") in line


def test_the_first_use_is_told_beside_the_result(web, monkeypatch, capfd):
    web.answers["/HB/small.tar.gz"] = tarred(("small/small.mtx", MATRIX))
    monkeypatch.setattr("sys.argv", ["sparsesim", "matmul", NAME, "-m", "sparch", "--json"])
    for expected in (2, 0):
        with pytest.raises(SystemExit) as end:
            main()
        printed = capfd.readouterr()
        assert not end.value.code
        json.loads(printed.out)
        remarks = [line for line in printed.err.splitlines() if "small.tar.gz" in line]
        assert len(remarks) == expected
