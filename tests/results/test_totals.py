"""Layers added up to points, as a table and as objects."""

import json
import math

import pandas as pd
import pytest

from sparsesim.hardware import ENERGIES
from sparsesim.networks import load_network
from sparsesim.results import POINT, point_objects, read_results, result_table, totals, write_table
from sparsesim.results.tables import table_of
from tests.results.made_up import made_up, refused

HUGE = 2**53 + 1
"""The first integer that a float cannot hold."""


def total_of(*results):
    return totals(result_table(results)).iloc[0]


def test_there_is_one_result_per_layer_format_and_machine(results):
    assert len(results) == 3 * 3 * 2 * len(load_network("digits-cnn").layers)


def test_refusals_keep_their_reason_and_have_no_figures(results):
    refusals = [r for r in results if r.status == "refused"]
    assert refusals
    assert all("2:4" in r.note and r.seconds == 0 and not r.counts for r in refusals)


def test_totals_add_the_layers_and_refuse_as_a_whole(results):
    total = totals(result_table(results))
    assert len(total) == 18
    row = total[(total.pruner == "none") & (total.format == "dense") & (total.machine == "core-i7-5930k")].iloc[0]
    layers = [r for r in results if (r.pruner, r.format, r.machine) == ("none", "dense", "core-i7-5930k")]
    assert row["seconds"] == pytest.approx(sum(r.seconds for r in layers))
    assert row["energy_total_pj"] == pytest.approx(sum(r.energy_pj["total"] for r in layers))
    parts = sum(row[f"energy_{component}_pj"] for component in ("dram", "sram", "register", "mac", "logic"))
    assert parts == pytest.approx(row["energy_total_pj"])
    unstructured = total[(total.pruner == "magnitude") & (total.machine == "a100-pcie")]
    assert dict(zip(unstructured.format, unstructured.status, strict=True)) == {
        "dense": "ok",
        "csr": "ok",
        "nm-2:4": "refused",
    }


def test_sums_by_hand():
    row = total_of(
        made_up("one", cycles=10, seconds=1.0, macs=7, dram_bytes={"A": 1, "B": 2}),
        made_up("two", cycles=5, seconds=0.5, macs=4, dram_bytes={"A": 10, "C": 20}),
    )
    assert (row["layers"], row["cycles"], row["seconds"], row["macs"], row["a_bytes"]) == (2, 15, 1.5, 11, 32)
    assert (row["dram_A_bytes"], row["dram_B_bytes"], row["dram_C_bytes"]) == (11, 2, 20)
    assert (row["energy_dram_pj"], row["energy_mac_pj"], row["energy_total_pj"]) == (6.0, 2.0, 8.0)


def test_only_what_is_named_is_added_up():
    """Rates, shares and a unit's own figures have sums that mean nothing, whatever their names end in."""
    details = {"l2_bytes": 9, "idle_cycles": 9, "spare_macs": 9, "wait_seconds": 9.0, "lost_pj": 9.0}
    table = totals(result_table([made_up(details=details, peak_bytes_per_s=8.0)]))
    assert list(table.columns) == [
        *POINT,
        *("point", "layers", "kernel", "unpacked", "density"),
        *("a_bytes", "macs", "cycles", "seconds", "simulation_seconds"),
        "time_memory_s",
        *(f"energy_{part}_pj" for part in ENERGIES),
        *(f"dram_{tensor}_bytes" for tensor in "ABC"),
        *("weights", "idle_w", "energy_table", "bottleneck", "status", "note"),
    ]


def test_a_new_column_is_not_added_up_because_of_its_name():
    table = result_table([made_up()]).assign(cache_bytes=5, stalled_cycles=7, setup_seconds=1.0)
    assert not {"cache_bytes", "stalled_cycles", "setup_seconds"} & set(totals(table).columns)


def test_the_bottleneck_is_that_of_most_time_not_of_most_layers():
    layers = [("compute", 0.3), ("memory", 0.9), ("compute", 0.3), ("launch", 0.2)]
    results = [made_up(str(i), bottleneck=name, seconds=time) for i, (name, time) in enumerate(layers)]
    assert total_of(*results)["bottleneck"] == "memory"
    assert point_objects(results)[0]["bottleneck"] == "memory"
    assert total_of(*results, made_up("last", bottleneck="compute", seconds=0.4))["bottleneck"] == "compute"


def test_the_time_of_a_point_is_that_of_its_layers_by_resource():
    """Memory takes the most time of all, though of neither layer."""
    results = [
        made_up("one", seconds=1.0, time_s={"k-loop latency": 0.5, "memory": 0.375, "launch": 0.125}),
        made_up("two", seconds=1.0, time_s={"wave tail": 0.625, "memory": 0.375}),
        made_up("alone", machine="other", seconds=0.0, time_s={}),
    ]
    points = totals(result_table(results)).set_index("machine")
    columns = ["time_k-loop_latency_s", "time_memory_s", "time_launch_s", "time_wave_tail_s"]
    assert points.loc["unit", columns].tolist() == [0.5, 0.75, 0.125, 0.625]
    assert points["bottleneck"].tolist() == ["memory", ""]
    first, other = point_objects(results)
    assert list(first["time_s"].items()) == [
        ("memory", 0.75),
        ("wave tail", 0.625),
        ("k-loop latency", 0.5),
        ("launch", 0.125),
    ]
    assert (first["bottleneck"], other["time_s"], other["bottleneck"]) == ("memory", {}, "")


def test_equal_times_name_the_bottleneck_that_comes_first():
    results = [made_up(name, bottleneck=name, seconds=1.0) for name in ("power", "compute", "memory")]
    assert total_of(*results)["bottleneck"] == point_objects(results)[0]["bottleneck"] == "power"


def test_equal_times_do_so_in_a_large_table_too():
    """A sort that only small tables keep in order would be found out here."""
    results = [
        made_up(name, machine=f"unit {number}", bottleneck=name, seconds=1.0 + 7 * number % 11)
        for name in ("power", "compute", "memory")
        for number in range(100)
    ]
    assert set(totals(result_table(results))["bottleneck"]) == {"power"}


def test_a_refused_layer_refuses_the_point_for_the_first_reason():
    results = [made_up("one"), refused("two", "first"), refused("three", "second"), made_up("a", machine="other")]
    table = totals(result_table(results)).set_index("machine")
    assert (table.loc["unit", "status"], table.loc["unit", "note"], table.loc["unit", "bottleneck"]) == (
        "refused",
        "first",
        "",
    )
    figures = [column for column in table.columns if column.endswith(("_pj", "_bytes", "cycles", "seconds", "macs"))]
    assert len(figures) == 17
    assert table.loc["unit", figures].isna().all()
    assert table.loc["other", figures].notna().all()
    first, other = point_objects(results)
    assert first == {
        name: getattr(results[0], name) for name in (*POINT, "point", "energy_table", "weights", "dtype")
    } | {
        "layers": 3,
        "axes": {},
        "density": 1.0,
        "status": "refused",
        "note": "first",
    }
    assert other["status"] == "ok"


def test_remarks_of_layers_are_kept():
    assert total_of(made_up("one"), made_up("two", note="ran dense"))["note"] == "ran dense"


def test_a_table_of_nothing_but_refusals_has_totals():
    assert total_of(refused())["status"] == "refused"
    assert point_objects([refused()])[0]["status"] == "refused"


def test_a_point_as_one_object_has_what_scripts_read(results):
    done = [point for point in point_objects(results) if point["status"] == "ok"]
    wanted = {"machine", "format", "cycles", "seconds", "energy_pj", "dram_bytes", "counts", "bottleneck"}
    assert all(wanted | {"simulation_seconds"} <= set(point) for point in done)
    for point in done:
        dram = point["dram_bytes"]
        assert dram["total"] == sum(size for tensor, size in dram.items() if tensor != "total")
        assert point["energy_pj"]["total"] == pytest.approx(
            sum(v for k, v in point["energy_pj"].items() if k not in ("dynamic", "total"))
        )


def test_objects_and_table_tell_the_same(results):
    table, objects = totals(result_table(results)), point_objects(results)
    assert len(table) == len(objects)
    for row, point in zip(table.to_dict("records"), objects, strict=True):
        assert [row[name] for name in (*POINT, "layers", "status")] == [
            point[name] for name in (*POINT, "layers", "status")
        ]
        if point["status"] == "ok":
            assert row["bottleneck"] == point["bottleneck"]
            assert all(row[name] == point[name] for name in ("a_bytes", "macs", "cycles", "seconds"))
            assert all(row[f"energy_{part}_pj"] == value for part, value in point["energy_pj"].items())
            assert all(row[f"dram_{t}_bytes"] == size for t, size in point["dram_bytes"].items() if t != "total")


def test_an_object_counts_only_what_its_layers_did():
    results = [
        made_up("one", counts={"mult_fp16": 2, "buffer.sram_read_bits": 3}),
        made_up("two", counts={"mult_fp16": 5}),
        made_up("one", machine="other", counts={"compare": 1}, dram_bytes={"A": 1, "partial": 2}),
    ]
    first, other = point_objects(results)
    assert first["counts"] == {"mult_fp16": 7, "buffer.sram_read_bits": 3}
    assert other["counts"] == {"compare": 1}
    assert first["dram_bytes"] == {"A": 32, "B": 48, "C": 24, "total": 104}
    assert other["dram_bytes"] == {"A": 1, "partial": 2, "total": 3}
    assert (first["a_nnz"], first["dtype"]) == (16, "fp16")


def test_integers_beyond_floats_stay_exact():
    """A column with gaps would be rounded: 2**53 + 1 is the first integer that a float cannot hold."""
    results = [
        made_up("one", counts={"mult_fp16": HUGE, "add_fp32": 2**40}, cycles=HUGE),
        made_up("two", counts={"add_fp32": 2**40}, cycles=HUGE),
        made_up("one", machine="other", counts={"mult_fp16": 1}),
        refused("one", machine="third"),
    ]
    point = point_objects(results)[0]
    assert point["counts"] == {"mult_fp16": HUGE, "add_fp32": 2**41}
    assert point["cycles"] == 2 * HUGE
    back = json.loads(json.dumps(point))
    assert isinstance(back["counts"]["mult_fp16"], int)
    assert back == point


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".jsonl"])
def test_counts_with_gaps_survive_a_file(tmp_path, suffix):
    results = [made_up("one", counts={"mult_fp16": HUGE}), made_up("two", counts={"compare": 5}), refused("three")]
    path = tmp_path / f"layers{suffix}"
    if suffix == ".jsonl":
        path.write_text("".join(json.dumps(result.flat()) + "\n" for result in results))
    elif suffix == ".parquet":
        pytest.importorskip("pyarrow")
        write_table(result_table(results), path)
    else:
        write_table(result_table(results), path)
    back = read_results(path)
    assert int(back["count_mult_fp16"].iloc[0]) == HUGE  # a float compares equal to its neighbours
    assert pd.isna(back["count_mult_fp16"].iloc[1])
    assert back["count_compare"].sum() == 5


def test_a_table_read_back_has_the_same_totals(results, tmp_path):
    table = result_table(results)
    write_table(table, tmp_path / "layers.csv")
    pd.testing.assert_frame_equal(totals(read_results(tmp_path / "layers.csv")), totals(table), check_dtype=False)


def test_an_interrupted_log_gives_the_lines_that_are_whole(tmp_path):
    path = tmp_path / "run.jsonl"
    lines = [json.dumps(made_up(name).flat()) for name in ("one", "two")]
    path.write_text(lines[0] + "\n" + lines[1][:50])
    assert list(read_results(path)["layer"]) == ["one"]


def test_no_columns_are_made_up():
    assert list(table_of([{"macs": 1}]).columns) == ["macs"]
    assert math.isnan(table_of([{"seconds": 1.0}, {}])["seconds"].iloc[1])


def test_the_columns_of_a_point_in_their_order():
    assert " ".join(totals(result_table([made_up()])).columns) == (
        "network pruner sparsity format machine point layers kernel unpacked density a_bytes macs cycles seconds "
        "simulation_seconds time_memory_s energy_dram_pj energy_sram_pj energy_register_pj energy_mac_pj "
        "energy_logic_pj energy_measured_pj energy_static_pj energy_dynamic_pj energy_total_pj "
        "dram_A_bytes dram_B_bytes dram_C_bytes weights idle_w energy_table bottleneck status note"
    )


def test_the_object_of_a_point_by_hand():
    first, second = made_up("one", seconds=1.0, simulation_seconds=0.5), made_up("two", seconds=2.0, a_nnz=3)
    assert point_objects([first, second]) == [
        {
            "network": "net",
            "pruner": "none",
            "sparsity": 0.0,
            "format": "dense",
            "machine": "unit",
            "point": "",
            "energy_table": "prices",
            "weights": "given",
            "dtype": "fp16",
            "layers": 2,
            "axes": {},
            "density": 11 / 16,
            "a_bytes": 32,
            "a_nnz": 11,
            "macs": 48,
            "cycles": 20,
            "seconds": 3.0,
            "simulation_seconds": 0.5,
            "time_s": {"memory": 3.0},
            "energy_pj": {
                **{"dram": 6.0, "sram": 0.0, "register": 0.0, "mac": 2.0, "logic": 0.0},
                **{"measured": 0.0, "static": 0.0, "dynamic": 8.0, "total": 8.0},
            },
            "dram_bytes": {"A": 32, "B": 48, "C": 24, "total": 104},
            "counts": {"mult_fp16": 48},
            "kernel": "",
            "unpacked": "",
            "bottleneck": "memory",
            "idle_w": None,
            "status": "ok",
        }
    ]


def test_energies_with_and_without_idle_power_add_up():
    energy_pj = {"dram": 1.0, "measured": 2.0, "static": 5.0, "dynamic": 3.0, "total": 8.0}
    results = [made_up(name, idle_w=0.5, energy_pj=energy_pj) for name in ("one", "two")]
    row, (point,) = total_of(*results), point_objects(results)
    assert [row[f"energy_{part}_pj"] for part in ("measured", "static", "dynamic", "total")] == [4, 10, 6, 16]
    assert (point["energy_pj"]["static"], point["energy_pj"]["dynamic"]) == (10, 6)
    assert row["idle_w"] == point["idle_w"] == 0.5


def test_unpublished_idle_power_is_empty_in_tables_and_files(tmp_path):
    results = [made_up(), made_up(machine="card", idle_w=66.5)]
    for shown in (results, results[:1]):
        table = totals(result_table(shown))
        write_table(table, tmp_path / "totals.csv")
        assert table["idle_w"].dtype == read_results(tmp_path / "totals.csv")["idle_w"].dtype == "float64"
        assert math.isnan(table["idle_w"].iloc[0])
    assert totals(result_table(results))["idle_w"].iloc[1] == 66.5


def test_a_point_names_every_table_of_its_layers():
    """At its own prices a machine may have a measured power for some kernels and count the actions of others."""
    layers = [("one", "measured power"), ("two", "prices"), ("three", "measured power")]
    results = [made_up(name, energy_table=table) for name, table in layers]
    assert total_of(*results)["energy_table"] == "measured power + prices"
    assert point_objects(results)[0]["energy_table"] == "measured power + prices"


def test_points_keep_the_order_in_which_they_came():
    given = [("z", "b", 0.9), ("a", "c", 0.1), ("a", "b", 0.5)]
    results = [made_up(network=n, machine=machine, sparsity=s) for n, machine, s in given]
    table = totals(result_table(results))
    assert list(zip(table["network"], table["machine"], table["sparsity"], strict=True)) == given
    assert [point["machine"] for point in point_objects(results)] == ["b", "c", "b"]


def test_the_reason_of_a_refusal_goes_before_any_remark():
    row = total_of(made_up("one", note="ran dense"), refused("two", "not 2:4"))
    assert (row["status"], row["note"]) == ("refused", "not 2:4")
    assert total_of(made_up("one", note="first"), made_up("two", note="second"))["note"] == "first"


def test_a_point_that_moves_no_partial_results_moved_0_bytes_of_them():
    results = [made_up(dram_bytes={"A": HUGE}), made_up(machine="merger", dram_bytes={"A": 2, "partial": HUGE})]
    table = totals(result_table(results))
    assert table["dram_A_bytes"].tolist() == [HUGE, 2]
    assert table["dram_partial_bytes"].tolist() == [0, HUGE]


def test_a_point_whose_sparsity_nobody_gave_is_a_point_all_the_same():
    """An empty cell in a table that somebody else wrote."""
    unknown = {"sparsity": math.nan}
    results = [made_up(**unknown), made_up("two", **unknown), made_up(sparsity=0.5), refused(machine="b", **unknown)]
    table = totals(result_table(results))
    assert table["layers"].tolist() == [2, 1, 1]
    assert table["bottleneck"].tolist() == ["memory", "memory", ""]
    assert table["status"].tolist() == ["ok", "ok", "refused"]
    assert table["note"].tolist() == ["", "", "not 2:4"]
    assert point_objects(results)[2]["note"] == "not 2:4"


def test_layers_of_different_points_are_not_mixed():
    """Whatever column tells two points apart."""
    for name, value in {"network": "n", "pruner": "p", "sparsity": 0.5, "format": "csr", "machine": "m"}.items():
        table = totals(result_table([made_up(), made_up(**{name: value}, seconds=2.0, bottleneck="compute")]))
        assert table["seconds"].tolist() == [1.0, 2.0]
        assert table["bottleneck"].tolist() == ["memory", "compute"]
