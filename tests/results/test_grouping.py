"""Rows belong to a point by its identity; points of one name are told apart or refused, and never added up."""

import pandas as pd
import pytest

from sparsesim.errors import InputError
from sparsesim.report.story import story
from sparsesim.report.table import points_table
from sparsesim.results import compare_to_baseline, compare_to_dense, point_objects, read_results, result_table, totals
from sparsesim.results.grouping import told_apart
from tests.results.made_up import made_up


def table_of(*results):
    return result_table(results)


ALIKE = [made_up("fc", point="a" * 32, seconds=1.0), made_up("fc", point="b" * 32, seconds=3.0)]


def test_points_of_one_name_are_two_rows():
    assert totals(table_of(*ALIKE))["seconds"].tolist() == [1.0, 3.0]
    assert [point["point"][0] for point in point_objects(ALIKE)] == ["a", "b"]


def test_one_point_given_twice_is_refused():
    with pytest.raises(InputError, match=f"layer 'fc' is there twice for network net, .* \\(point {'a' * 32}\\)"):
        totals(table_of(ALIKE[0], ALIKE[0]))


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_files_from_before_points_had_an_identity_are_read_where_that_is_clear(tmp_path, suffix):
    def written(name, table):
        path, old = tmp_path / f"{name}{suffix}", table.drop(columns="point")
        if suffix == ".csv":
            old.to_csv(path, index=False)
        else:
            old.to_json(path, orient="records", lines=True)
        return read_results(path)

    layers = table_of(made_up("one"), made_up("two", seconds=2.0), made_up("one", machine="other"))
    assert totals(written("clear", layers))["seconds"].tolist() == [3.0, 1.0]
    unclear = written("unclear", table_of(made_up("one"), made_up("one", seconds=2.0)))
    with pytest.raises(
        InputError, match=r"layer 'one' is there twice .* no column 'point', so that points of one name"
    ):
        totals(unclear)


def test_identities_survive_files(tmp_path):
    for suffix in ("csv", "parquet"):
        pytest.importorskip("pyarrow")
        path = tmp_path / f"layers.{suffix}"
        table = table_of(*ALIKE, made_up("alone", machine="other"))
        table.to_csv(path, index=False) if suffix == "csv" else table.to_parquet(path)
        assert totals(read_results(path))["point"].tolist() == ["a" * 32, "b" * 32, ""]


def test_a_baseline_that_two_points_could_be_is_refused():
    total = totals(table_of(*ALIKE, made_up("fc", pruner="2:4", point="c" * 32)))
    words = "2 different points are called network net, pruner none, sparsity 0.0, format dense, machine unit"
    with pytest.raises(InputError, match=words):
        compare_to_baseline(total, {"pruner": "none"})
    with pytest.raises(InputError, match=words):
        compare_to_dense(total, totals(table_of(*ALIKE)))
    assert compare_to_baseline(total, {"pruner": "2:4"})["speedup"].tolist() == [1.0, 1 / 3, 1.0]


def test_pictures_and_tables_tell_points_of_one_name_apart():
    compared = totals(table_of(*ALIKE, made_up("fc", machine="other", point="c" * 32)))
    assert told_apart(compared)["network"].tolist() == ["net (aaaaaa)", "net (bbbbbb)", "net"]
    typed = totals(table_of(ALIKE[0], made_up("fc", point="b" * 32, dtype="int8"))).assign(dtype=["fp16", "int8"])
    assert told_apart(typed)["network"].tolist() == ["net (fp16)", "net (int8)"]
    one = totals(table_of(ALIKE[0]))
    pd.testing.assert_frame_equal(told_apart(one), one)
    shown = points_table(compared.assign(speedup=1.0, energy_ratio=1.0, dynamic_energy_ratio=1.0))
    assert shown.row_count >= 3


def test_a_story_keeps_what_tells_networks_apart():
    rows = [
        made_up("fc", network=f"net ({folder}/net.npz)", machine=machine, point=folder + machine, seconds=seconds)
        for folder, machine, seconds in (("a", "x", 1.0), ("a", "y", 2.0), ("b", "x", 4.0), ("b", "y", 3.0))
    ]
    told = " ".join(story(totals(table_of(*rows)).assign(speedup=1.0)))
    assert "net (a/net.npz)" in told
    assert "net (b/net.npz)" in told


def test_headings_of_close_sparsities_are_told_apart():
    rows = [made_up("fc", pruner="magnitude", sparsity=share, point=str(share)) for share in (0.5, 0.999, 0.9995)]
    compared = totals(table_of(*rows)).assign(speedup=1.0, energy_ratio=1.0, dynamic_energy_ratio=1.0)
    headings = points_table(compared).headings
    assert list(headings.values()) == ["net: magnitude 50%", "net: magnitude 99.9000%", "net: magnitude 99.9500%"]
