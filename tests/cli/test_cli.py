"""The command line as a user meets it: real processes for what matters, exit codes and single lines."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
import yaml


def run(*arguments, cwd=None):
    command = [sys.executable, "-c", "from sparsesim.cli import main; main()", *map(str, arguments)]
    # Readline, which pytest loads, sets COLUMNS where os.environ does not see it and processes inherit it.
    env = dict(os.environ)
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, timeout=300, check=False, env=env)


def refused(*arguments, cwd=None):
    """Exit code 2, one line on stderr, nothing on stdout, no traceback; returns the line."""
    process = run(*arguments, cwd=cwd)
    assert process.returncode == 2, process.stderr
    assert process.stdout == ""
    lines = process.stderr.strip().splitlines()
    assert len(lines) == 1, process.stderr
    assert lines[0].startswith("error: ")
    return lines[0]


SMALL = """%%MatrixMarket matrix coordinate real general
3 3 4
1 1 1.0
2 3 2.0
3 1 3.0
3 2 -1.5
"""


@pytest.fixture
def small(tmp_path):
    path = tmp_path / "small.mtx"
    path.write_text(SMALL)
    return path


def sweep(tmp_path, **changes):
    description = {
        "name": "tiny",
        "networks": ["digits-cnn"],
        "pruners": ["none", {"name": "magnitude", "sparsity": [0.5, 0.9]}],
        "formats": ["dense", "csr"],
        "machines": ["core-i7-5930k"],
    }
    path = tmp_path / "tiny.yaml"
    path.write_text(yaml.safe_dump(description | changes))
    return path


def test_matmul_json_has_what_scripts_read(small):
    process = run("matmul", small, "-m", "core-i7-5930k", "--json")
    assert process.returncode == 0, process.stderr
    record = json.loads(process.stdout)
    wanted = {"machine", "format", "cycles", "seconds", "energy_pj", "dram_bytes", "counts", "bottleneck"}
    assert wanted | {"simulation_seconds"} <= set(record)
    # (0,0)(0,0), (1,2)(2,0), (1,2)(2,1), (2,0)(0,0), (2,1)(1,2)
    assert record["counts"]["mult_fp32"] == 5
    assert record["energy_pj"]["total"] == pytest.approx(record["energy_pj"]["dynamic"] + record["energy_pj"]["static"])
    assert {"A", "B", "C", "total"} <= set(record["dram_bytes"])


def test_gemm_names_rows_as_cusparselt_tables_do():
    shape = (16, 64, 32, "-m", "a100-pcie", "--sparsity", "2:4", "--dtype", "fp16")
    process = run("gemm", *shape, "-f", "nm-2:4", "--cold", "--json")
    assert process.returncode == 0, process.stderr
    record = json.loads(process.stdout)
    assert (record["m"], record["n"], record["k"]) == (64, 16, 32)  # weights are operand A
    assert record["a_nnz"] == 64 * 32 // 2
    assert record["format"] == "nm-2:4"
    assert record["dram_bytes"]["A"] == 64 * 32 * 2 * 9 // 16
    warm = json.loads(run("gemm", *shape, "--runs", 10, "--json").stdout)
    assert warm["dram_bytes"]["total"] == 0  # small operands lie in the L2 from the run before


def test_gemm_writes_the_number_type_that_is_asked_for():
    shape = (16, 64, 32, "--dtype", "int8", "--cold", "--json")
    written = [
        json.loads(run("gemm", *shape, *out).stdout)["dram_bytes"]["C"] for out in ((), ("--out-dtype", "int32"))
    ]
    assert written == [16 * 64, 4 * 16 * 64]
    assert "unknown number type 'int33': did you mean int32" in refused("gemm", *shape, "--out-dtype", "int33")


def test_gemm_takes_patterns_of_blocks_by_name():
    shape = (8, 128, 256, "-m", "a100-pcie", "--sparsity", "vnm-64:2:16")
    process = run("gemm", *shape, "-f", "vnm-64:2:16", "-f", "nm-2:4", "-f", "dense", "--json")
    assert process.returncode == 0, process.stderr
    records = [json.loads(line) for line in process.stdout.splitlines()]
    assert [record["counts"]["mult_fp16"] * of for record, of in zip(records, (8, 2, 1), strict=True)] == [
        records[2]["counts"]["mult_fp16"]
    ] * 3
    assert records[0]["a_nnz"] == 128 * 256 // 8
    assert "is not a V:N:M pattern" in refused("gemm", 8, 8, 8, "--sparsity", "vnm-2:4")


def test_several_formats_and_machines_give_one_object_each(small):
    process = run("matmul", small, "-m", "core-i7-5930k", "-m", "titan-x", "-f", "csr", "-f", "coo", "--json")
    records = [json.loads(line) for line in process.stdout.splitlines()]
    assert [(r["machine"], r["format"]) for r in records] == [
        ("core-i7-5930k", "csr"),
        ("core-i7-5930k", "coo"),
        ("titan-x", "csr"),
        ("titan-x", "coo"),
    ]


def test_matmul_takes_shipped_names_and_dense_arrays(tmp_path):
    np.save(tmp_path / "b.npy", np.ones((34, 8), np.float16))
    np.savez(tmp_path / "b.npz", features=np.ones((34, 8)), labels=np.ones(34))
    shape = ("-m", "titan-x", "--json")
    first = json.loads(run("matmul", "karate", tmp_path / "b.npy", *shape).stdout)
    second = json.loads(run("matmul", "karate", tmp_path / "b.npz" / "features", *shape).stdout)
    assert (first["m"], first["k"], first["n"], first["b_density"]) == (34, 34, 8, 1.0)
    assert (first["cycles"], first["operands"]) == (second["cycles"], "DRAM")
    assert "b.npz: holds 2 arrays, name one of them" in refused("matmul", "karate", tmp_path / "b.npz")
    assert "b.npz/labels: an array [34], where" in refused("matmul", "karate", tmp_path / "b.npz" / "labels")
    assert "unknown matrix 'carate': did you mean karate?" in refused("matmul", "carate")


def test_gemm_says_whether_operands_were_in_the_l2():
    warm, cold = (run("gemm", 16, 2048, 2048, "-m", "a100-pcie", *more).stdout for more in ((), ("--cold",)))
    assert " L2 " in warm
    assert "Operands in L2 were left there by the run before" in warm
    assert "--cold" in warm
    assert " DRAM " in cold
    assert "L2" not in cold


def test_run_writes_tables_pictures_and_a_store(tmp_path):
    process = run("run", sweep(tmp_path), "-o", tmp_path / "out")
    assert process.returncode == 0, process.stderr
    written = {path.name for path in (tmp_path / "out").iterdir()}
    assert written == {
        "tiny.db",
        "tiny-layers.csv",
        "tiny-totals.csv",
        "tiny-energy.png",
        "tiny-speedup.png",
        "tiny-time-shares.png",
        "tiny-roofline.png",
    }
    import pandas as pd

    layers = pd.read_csv(tmp_path / "out" / "tiny-layers.csv")
    assert len(layers) == 3 * 2 * 4
    assert "magnitude 90%" in process.stdout


def test_run_json_is_one_object_per_point(tmp_path):
    process = run("run", sweep(tmp_path), "-o", tmp_path / "out", "--no-plots", "--json")
    points = [json.loads(line) for line in process.stdout.splitlines()]
    assert len(points) == 6
    assert {point["sparsity"] for point in points} == {0.0, 0.5, 0.9}


def test_compare_prints_a_table():
    process = run("compare", "digits-cnn", "-m", "core-i7-5930k", "-p", "magnitude", "-s", "0.8", "-f", "csr")
    assert process.returncode == 0, process.stderr
    assert "magnitude 80%" in process.stdout
    assert "core-i7-5930k" in process.stdout


def test_list_and_show_know_every_family():
    process = run("list", "--json")
    families = json.loads(process.stdout)
    assert set(families) == {
        "machines",
        "networks",
        "energy-tables",
        "formats",
        "pruners",
        "samples",
        "matrices",
        "workloads",
        "bottlenecks",
        "columns",
    }
    assert all(families.values())
    for family, name in (
        ("machine", "a100-pcie"),
        ("energy-table", "gpu-7nm"),
        ("format", "bsr-8x8"),
        ("pruner", "2:4"),
        ("samples", "digits"),
        ("matrix", "karate"),
    ):
        process = run("show", family, name, "--json")
        assert process.returncode == 0, process.stderr
        assert json.loads(process.stdout)["name"]


def test_show_without_a_name_lists_the_family():
    for word in ("machine", "machines"):
        assert "a100-pcie" in run("show", word).stdout
    assert "unknown family 'engine'" in refused("show", "engine", "fast")


def test_show_network_gives_parameters_macs_layers_and_where_the_weights_come_from():
    shown = json.loads(run("show", "network", "alexnet@pruned", "--json").stdout)
    assert round(shown["parameters"] / 1e6) == 61
    assert shown["weights"] == "synthetic"
    assert len(shown["layers"]) == 8
    total = shown["published_densities"][-1]
    assert round(total["weight_density"], 2) == 0.11
    assert round(total["flop_density"], 2) == 0.30
    assert shown["name"] == "alexnet@pruned (synthetic weights)"
    assert shown["variants"] == ["pruned"]


def test_variants_are_listed_beside_their_network():
    listed = json.loads(run("list", "networks", "--json").stdout)["networks"]
    assert listed["alexnet"].endswith("variants: pruned")
    assert "variants" not in listed["alexnet-ungrouped"]
    assert not any("@" in name for name in listed)


def test_prune_writes_a_network_that_can_be_read_again(tmp_path):
    from sparsesim.networks import load_network

    for name in ("pruned.onnx", "pruned.npz"):
        process = run("prune", "digits-cnn", "-p", "magnitude", "-s", "0.9", "-o", tmp_path / name, "--json")
        assert process.returncode == 0, process.stderr
        layers = {row["layer"]: row for row in json.loads(process.stdout)["layers"]}
        assert all(row["sparsity"] == pytest.approx(0.9, abs=0.01) for row in layers.values())
    network = load_network(tmp_path / "pruned.onnx")
    zeros = sum(np.count_nonzero(layer.weight() == 0) for layer in network.layers)
    assert zeros / sum(layer.n_weights for layer in network.layers) == pytest.approx(0.9, abs=0.001)


def test_files_of_arrays_are_told_what_they_do_not_say(tmp_path):
    path = tmp_path / "net.npz"
    random = np.random.default_rng(0)
    weights = {"conv_weight": random.standard_normal((8, 3, 3, 3)), "fc_weight": random.standard_normal((10, 32))}
    np.savez(path, **{name: weight.astype(np.float32) for name, weight in weights.items()})
    assert "give sizes" in refused("show", "network", path)
    shown = json.loads(run("show", "network", path, "--size", "16x16", "--json").stdout)
    assert shown["layers"][0]["macs"] == 16 * 16 * 8 * 27
    same = json.loads(run("show", "network", path, "--size", "co*=16x16", "--json").stdout)
    assert same["macs"] == shown["macs"]
    process = run("compare", path, "--size", "16x16", "-m", "core-i7-5930k", "-f", "dense", "--json")
    assert process.returncode == 0, process.stderr
    assert json.loads(process.stdout)["status"] == "ok"
    assert "--size: '16': HxW" in refused("show", "network", path, "--size", "16")


def test_bad_input_is_one_clear_line_with_exit_code_2(tmp_path, small):
    assert "unknown machine 'a10'" in refused("gemm", 8, 8, 8, "-m", "a10")
    assert "unknown format 'crs'" in refused("matmul", small, "-m", "titan-x", "-f", "crs")
    assert "not 2:4: row" in refused("gemm", 8, 512, 512, "-m", "a100-pcie", "--sparsity", "0.6", "-f", "nm-2:4")
    assert "sparsity 'x' is neither N:M nor a fraction" in refused("gemm", 8, 8, 8, "--sparsity", "x")
    assert "needs sparsity=" in refused("prune", "digits-cnn", "-p", "magnitude", "-o", tmp_path / "x.npz")
    assert "unknown network 'alexnt'" in refused("compare", "alexnt")


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    assert "file" in refused("run", sweep(tmp_path), "-o", tmp_path / "file" / "out")
    assert "nodir" in refused("prune", "digits-cnn", "-p", "2:4", "-o", tmp_path / "nodir" / "x.npz")


def test_a_choice_that_does_not_exist_is_named(small):
    line = refused("matmul", small, "-m", "a100-pcie", "--on-violation", "maybe")
    assert "on_violation" in line
    assert "maybe" in line


def test_a_misspelt_key_is_named_with_file_and_line(tmp_path):
    line = refused("run", sweep(tmp_path, machnes=["a100-pcie"]), "-o", tmp_path)
    assert "tiny.yaml: line" in line
    assert "machnes: unknown field, did you mean machines?" in line


def test_a_value_out_of_range_is_named(tmp_path):
    line = refused("run", sweep(tmp_path, pruners=[{"name": "magnitude", "sparsity": 1.5}]), "-o", tmp_path)
    assert "tiny.yaml" in line
    assert "sparsity" in line
    assert "1.5" in line


def test_an_unknown_name_in_a_sweep_is_found_before_any_work(tmp_path):
    assert "unknown machine 'a1000'" in refused("run", sweep(tmp_path, machines=["a1000"]), "-o", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_truncated_matrix_file_is_named(tmp_path):
    path = tmp_path / "cut.mtx"
    path.write_text("\n".join(SMALL.splitlines()[:4]) + "\n")
    line = refused("matmul", path, "-m", "core-i7-5930k")
    assert "cut.mtx" in line
    assert "promises 4 entries, but only 2 follow" in line


def test_matrices_that_do_not_fit_are_named_with_their_shapes(tmp_path, small):
    wide = tmp_path / "wide.mtx"
    wide.write_text("%%MatrixMarket matrix coordinate real general\n2 5 1\n1 5 1.0\n")
    assert "2 x 5" in refused("matmul", wide, "-m", "core-i7-5930k")
    assert "2 rows" in refused("matmul", small, wide, "-m", "core-i7-5930k")


def test_nan_weights_are_refused_with_file_and_layer(tmp_path):
    path = tmp_path / "bad.npz"
    weight = np.ones((4, 8), np.float32)
    weight[2, 3] = np.nan
    np.savez(path, fc_weight=weight)
    line = refused("compare", path, "-m", "core-i7-5930k")
    assert "bad.npz" in line
    assert "fc" in line


def test_help_starts_quickly_because_nothing_heavy_is_imported():
    code = (
        "import sys, sparsesim.cli.app; print([m for m in ('numba','pandas','matplotlib','scipy') if m in sys.modules])"
    )
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert process.stdout.strip() == "[]"


@pytest.mark.parametrize("command", ["compare", "run"])
def test_where_every_point_is_refused_that_is_an_error_with_the_reasons(tmp_path, command):
    out = ["-o", tmp_path / "out"]
    if command == "compare":
        words = ["compare", "digits-cnn", "-m", "a100-pcie", "-p", "none", "-f", "nm-2:4", *out]
    else:
        words = ["run", sweep(tmp_path, formats=["nm-2:4"], pruners=["none"], machines=["a100-pcie"]), *out]
    error = refused(*words)
    point = "error: 1 point refused: digits-cnn, none: conv1: operand A in format nm-2:4"
    assert error.startswith(f"{point}: not 2:4: row 0")
    process = run(*words, "--json")
    assert (process.returncode, process.stderr.strip()) == (2, error)
    assert json.loads(process.stdout)["status"] == "refused"
    written = {path.name.partition("-")[2] for path in (tmp_path / "out").iterdir()}
    assert written == {"", "layers.csv", "totals.csv"}


def test_compare_has_a_row_for_every_format_machine_pruner_and_sparsity(monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")  # a narrow terminal gets the last columns below, under the same names
    choices = ("-p", "none", "-p", "magnitude", "-s", "0.5", "-s", "0.9", "-f", "csr", "-f", "dense", "-f", "coo")
    process = run("compare", "digits-cnn", *choices, "-m", "core-i7-5930k", "-m", "titan-x")
    assert process.returncode == 0, process.stderr
    rows = [line.split()[:2] for line in process.stdout.splitlines() if line.startswith(("core", "titan"))]
    one = [[machine, format] for machine in ("core-i7-5930k", "titan-x") for format in ("csr", "dense", "coo")]
    assert sorted(rows) == sorted(3 * one)
    assert [line for line in process.stdout.splitlines() if line.startswith("digits-cnn: ")] == [
        *("digits-cnn: none", "digits-cnn: magnitude 50%", "digits-cnn: magnitude 90%")
    ]


def test_compare_writes_what_run_writes_and_layers_on_request(tmp_path):
    import pandas as pd

    table = tmp_path / "layers.csv"
    words = ("compare", "digits-cnn", "-m", "core-i7-5930k", "-f", "csr", "-f", "dense", "-o", tmp_path / "out")
    process = run(*words, "--layers-csv", table)
    assert process.returncode == 0, process.stderr
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        *("compare.db", "compare-layers.csv", "compare-totals.csv"),
        *("compare-energy.png", "compare-speedup.png", "compare-roofline.png", "compare-time-shares.png"),
    }
    layers = pd.read_csv(table)
    assert len(layers) == 4 * 2
    pd.testing.assert_frame_equal(layers, pd.read_csv(tmp_path / "out" / "compare-layers.csv"))
    assert str(table) in process.stdout
    assert refused(*words[:-2], "--layers-csv", tmp_path / "layers.txt").endswith("ends in .csv or .parquet is needed")
    assert "no such folder" in refused(*words[:-2], "--layers-csv", tmp_path / "nowhere" / "layers.csv")


def test_the_version_is_printed():
    import sparsesim

    process = run("--version")
    assert (process.returncode, process.stdout) == (0, f"sparsesim {sparsesim.__version__}\n")


def test_every_fault_of_the_options_and_of_a_file_has_a_line(tmp_path):
    process = run("compare", "digits-cnn", "-p", "magnitude", "-s", "2", "-b", "0", "--engine", "quick")
    assert (process.returncode, process.stdout) == (2, "")
    assert process.stderr.splitlines() == [
        "error: --sparsity: 2.0: must be less than 1",
        "error: --batch: 0: must be greater than 0",
        "error: --engine: 'quick': must be 'fast', 'event', 'lower-bound' or 'upper-bound'",
    ]
    path = sweep(tmp_path, batch=0, engine="quick")
    process = run("run", path)
    assert process.returncode == 2
    assert process.stderr.splitlines() == [
        f"error: {path}: line 1: batch: 0: must be greater than 0",
        f"error: {path}: line 2: engine: 'quick': must be 'fast', 'event', 'lower-bound' or 'upper-bound'",
    ]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["compare", "digits-cnn", "-b", "x"], "--batch: 'x': must be a valid integer; see sparsesim compare --help"),
        (["gemm", "8", "8", "y"], "k: 'y': must be a valid integer; see sparsesim gemm --help"),
        (["gemm", "8", "8", "8", "--runs", "-1"], "--runs: '-1': must be greater than or equal to 0; see"),
        (["compare", "digits-cnn", "--baseline", "machine"], "--baseline: 'machine': FIELD=VALUE is needed"),
        (["compare", "digits-cnn", "--baseline", "sparsity=x"], "--baseline: sparsity: 'x': numbers"),
    ],
)
def test_a_faulty_argument_is_one_line_with_its_value(words, line):
    assert refused(*words).startswith(f"error: {line}")
