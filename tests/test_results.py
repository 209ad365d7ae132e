import math

import pytest

from sparsesim.errors import InputError
from sparsesim.hardware import load_energy_table, load_machine
from sparsesim.networks import load_network
from sparsesim.pruning import pruner_by_name
from sparsesim.results import (
    combined,
    compare_to_baseline,
    read_results,
    result_table,
    split_by_point,
    totals,
    write_table,
)
from sparsesim.simulation import reprice
from sparsesim.studies import compare, simulate_network


@pytest.fixture(scope="module")
def results():
    network = load_network("digits-cnn")
    machines = [load_machine(name) for name in ("core-i7-5930k", "a100-pcie-2to4")]
    table = load_energy_table("horowitz-45nm")
    pruners = [pruner_by_name("none"), pruner_by_name("magnitude", 0.9), pruner_by_name("2:4")]
    return [
        result
        for pruner in pruners
        for result in simulate_network(network, pruner, ["dense", "csr", "nm-2:4"], machines, table)
    ]


def test_there_is_one_result_per_layer_format_and_machine(results):
    assert len(results) == 3 * 3 * 2 * len(load_network("digits-cnn").layers)


def test_refusals_keep_their_reason_and_have_no_figures(results):
    refused = [r for r in results if r.status == "refused"]
    assert refused
    assert all("2:4" in r.note and r.seconds == 0 and not r.counts for r in refused)


def test_totals_add_the_layers_and_refuse_as_a_whole(results):
    total = totals(result_table(results))
    assert len(total) == 18
    row = total[(total.pruner == "none") & (total.format == "dense") & (total.machine == "core-i7-5930k")].iloc[0]
    layers = [r for r in results if (r.pruner, r.format, r.machine) == ("none", "dense", "core-i7-5930k")]
    assert row["seconds"] == pytest.approx(sum(r.seconds for r in layers))
    assert row["energy_total_pj"] == pytest.approx(sum(r.energy_pj["total"] for r in layers))
    parts = sum(row[f"energy_{component}_pj"] for component in ("dram", "sram", "register", "mac", "logic"))
    assert parts == pytest.approx(row["energy_total_pj"])
    unstructured = total[(total.pruner == "magnitude") & (total.machine == "a100-pcie-2to4")]
    assert dict(zip(unstructured.format, unstructured.status, strict=True)) == {
        "dense": "ok",
        "csr": "refused",
        "nm-2:4": "refused",
    }


def test_speedup_is_over_the_baseline_and_nan_where_refused(results):
    baseline = {"machine": "core-i7-5930k", "pruner": "none", "format": "dense"}
    compared = compare_to_baseline(totals(result_table(results)), baseline)
    own = compared[(compared.machine == "core-i7-5930k") & (compared.pruner == "none") & (compared.format == "dense")]
    assert own["speedup"].item() == own["energy_ratio"].item() == 1
    pruned = compared[
        (compared.machine == "core-i7-5930k") & (compared.pruner == "magnitude") & (compared.format == "csr")
    ]
    assert pruned["energy_ratio"].item() > 2
    assert compared[compared.status == "refused"]["speedup"].isna().all()


def test_a_baseline_that_leaves_a_column_open_follows_the_row(results):
    compared = compare_to_baseline(totals(result_table(results)), {"pruner": "none", "format": "dense"})
    own = compared[(compared.pruner == "none") & (compared.format == "dense") & (compared.status == "ok")]
    assert (own["speedup"] == 1).all()


@pytest.mark.parametrize(
    ("baseline", "message"), [({"machin": "a100-pcie"}, "unknown field 'machin'"), ({"machine": "b"}, "no point has")]
)
def test_a_baseline_that_does_not_exist_is_refused(results, baseline, message):
    with pytest.raises(InputError, match=message):
        compare_to_baseline(totals(result_table(results)), baseline)


def test_a_point_as_one_object_has_what_scripts_read(results):
    points = [combined(layers) for layers in split_by_point(results)]
    done = [point for point in points if point["status"] == "ok"]
    wanted = {"machine", "format", "cycles", "seconds", "energy_pj", "dram_bytes", "counts", "bottleneck"}
    assert all(wanted | {"simulation_seconds"} <= set(point) for point in done)
    for point in done:
        dram = point["dram_bytes"]
        assert dram["total"] == sum(size for tensor, size in dram.items() if tensor != "total")
        assert point["energy_pj"]["total"] == pytest.approx(
            sum(v for k, v in point["energy_pj"].items() if k != "total")
        )


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_tables_survive_a_file(results, tmp_path, suffix):
    if suffix == ".parquet":
        pytest.importorskip("pyarrow")
    path = tmp_path / f"table{suffix}"
    table = totals(result_table(results))
    write_table(table, path)
    back = read_results(path)
    assert list(back.columns) == list(table.columns)
    assert math.isclose(back["seconds"].sum(), table["seconds"].sum())


def test_unknown_suffixes_are_named(results, tmp_path):
    with pytest.raises(InputError, match=r"unknown suffix '\.xls'"):
        write_table(result_table(results), tmp_path / "a.xls")
    with pytest.raises(InputError, match="no such file"):
        read_results(tmp_path / "missing.csv")


def test_compare_in_one_call():
    table = compare(
        load_network("digits-cnn"), ["core-i7-5930k"], ["dense", "csr"], ["none", pruner_by_name("magnitude", 0.9)]
    )
    assert len(table) == 4
    assert table["speedup"].iloc[0] == 1


def test_a_finished_run_takes_the_prices_of_another_table(results):
    first = next(result for result in results if result.status == "ok")
    other = reprice(first, load_energy_table("gpu-7nm"))
    assert other.energy_table == "gpu-7nm"
    assert other.energy_pj["dram"] == pytest.approx(118 * sum(first.dram_bytes.values()))
    assert (other.cycles, other.seconds, other.counts) == (first.cycles, first.seconds, first.counts)
