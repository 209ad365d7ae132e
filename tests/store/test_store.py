"""A store gives back what was put in, in the order and with the labels of the sweep."""

import math
import sqlite3
from itertools import chain

import pandas as pd
import pytest

from sparsesim.errors import InputError
from sparsesim.results import GIVEN, point_objects, point_tables, result_table, totals
from sparsesim.results.grouping import points_of
from sparsesim.store import compared, condition, failed_record, load_results, opened, writing
from tests.results.made_up import made_up, refused
from tests.store.made import asked_of, points, records_of, write


@pytest.fixture
def path(tmp_path):
    return tmp_path / "sweep.db"


def known(row):
    """What is not missing."""
    return {name: value for name, value in row.items() if value is not None and value == value}


def test_everything_comes_back(path, results):
    write(path, results)
    layers = points_of(results)
    with opened(path) as store:
        assert store.finished() == {each[0].point for each in layers}
        assert store.results() == [result for each in layers for result in each]
        assert store.layers(layers[3][0].point) == layers[3]
        assert list(store.objects()) == point_objects(results)
        records = records_of(results)[::-1]
        for record, back in zip(records, store.records(record.row["point"] for record in records), strict=True):
            assert back.layers == record.layers
            assert known(back.row) == known(record.row)
        pd.testing.assert_frame_equal(store.table(), totals(result_table(results)), check_like=True, check_exact=True)
        assert (store.name, store.description, store.baseline) == ("tiny", {"name": "tiny"}, {})
        assert store.asked() == asked_of(results)


def test_points_stand_beside_their_baseline_as_a_fresh_run_shows_them(path, results):
    baseline = {"pruner": "none", "format": "dense"}
    write(path, results, baseline=baseline)
    with opened(path) as store:
        expected = point_tables(results, baseline).compared
        pd.testing.assert_frame_equal(compared(store).table, expected, check_like=True, check_exact=True)


def test_references_are_kept_apart_even_where_they_are_points_too(path):
    fast, slow = points(1, seconds=1.0), points(1, 1, seconds=4.0)
    asked = [*asked_of(fast), *asked_of(slow, "reference"), *asked_of(fast, "reference")]
    write(path, [*fast, *slow], asked[:2])
    with opened(path) as store:
        assert store.counts() == {"asked": 1, "ok": 1, "refused": 0, "failed": 0, "missing": 0}
        table = compared(store).table
        assert (table["seconds"].tolist(), table["speedup"].tolist()) == ([2.0], [4.0])
        assert len(store.table(everything=True)) == 1
    write(path, [], [asked[0], asked[2]])
    with opened(path) as store:
        assert compared(store).table["speedup"].tolist() == [1.0]


def test_a_store_is_gone_on_with(path):
    every = points(5)
    asked = asked_of(every)
    with writing(path, "tiny", {}, {}, asked) as store:
        store.add(records_of(every[6:]))
    with writing(path, "tiny", {}, {}, asked) as store:
        assert store.finished() == {each.hash for each in asked[3:]}
        assert store.counts()["missing"] == 3
        store.add(records_of(every[:6]))
    with opened(path) as store:
        assert store.results() == every  # in the order of the sweep, not of finishing
        assert store.table()["axis_batch"].tolist() == [0, 1, 2, 3, 4]


def test_the_same_description_again_writes_nothing(path):
    write(path, points(3))
    before = path.read_bytes()
    with writing(path, "tiny", {"name": "tiny"}, {}, asked_of(points(3))):
        pass
    assert path.read_bytes() == before


def test_labels_and_order_follow_a_changed_description(path):
    every = points(3)
    write(path, every)
    first, second, third = asked_of(every)
    new = [
        third._replace(network="net (a)", pruner="p (b)", format="f", machine="m", axes={"width": 4}, sparsity=0.7),
        first,
    ]
    write(path, [], new)
    with opened(path) as store:
        table = store.table()
        assert table["network"].tolist() == ["net (a)", "net"]
        assert table["pruner"].tolist() == ["p (b)", "none"]
        assert table["sparsity"].tolist() == [0.0, 0.0]  # what was reached, not what somebody calls it
        assert table["axis_width"].tolist()[0] == 4
        assert math.isnan(table["axis_width"].tolist()[1])
        (layer, _), _ = points_of(store.results())
        assert (layer.network, layer.machine, layer.axes) == ("net (a)", "m", {"width": 4})
        assert next(store.objects())["axes"] == {"width": 4}
        everything = store.table(everything=True)
        assert everything["point"].tolist() == [third.hash, first.hash, second.hash]
        assert everything["axis_batch"].tolist()[1:] == [0, 1]
        assert second.hash in store.finished()  # and is not simulated again


def test_weights_that_came_pruned_stay_given(path):
    result = made_up(point="a" * 32, pruner=GIVEN, sparsity=0.31)
    (asked,) = asked_of([result])
    write(path, [result], [asked._replace(pruner="none", sparsity=0.0)])
    with opened(path) as store:
        assert store.results() == [result]
        assert store.table()[["pruner", "sparsity"]].to_numpy().tolist() == [[GIVEN, 0.31]]


def test_a_point_that_failed_is_there_with_its_error_and_may_be_tried_again(path):
    every = points(2)
    asked = asked_of(every)
    with writing(path, "tiny", {}, {}, asked) as store:
        store.add([*records_of(every[:2]), failed_record(asked[1], MemoryError("no\nroom"))])
        assert store.counts() == {"asked": 2, "ok": 1, "refused": 0, "failed": 1, "missing": 0}
        assert store.finished() == {asked[0].hash, asked[1].hash}
        assert store.finished(failed=False) == {asked[0].hash}
        row = store.table().to_dict("records")[1]
        assert (row["status"], row["note"], row["axis_batch"], row["layers"]) == ("failed", "no room", 1, 0)
        assert math.isnan(row["seconds"])
        assert store.layers(asked[1].hash) == []
        told = list(store.objects())[1]
        assert (told["status"], told["note"], "seconds" in told) == ("failed", "no room", False)
        store.add(records_of(every[2:]))
        assert store.counts()["failed"] == 0
        assert store.results() == every


def test_counts_are_exact_up_to_64_bits_and_beyond_them_the_point_fails(path):
    huge = 2**53 + 1
    every = [
        made_up(point="a", counts={"mult_fp16": huge}, cycles=huge),
        made_up(point="b", counts={"add_fp32": 1}),
        made_up("one", point="c", macs=2**62),
        made_up("two", point="c", macs=2**62),
        refused(point="d"),
    ]
    write(path, every)
    with opened(path) as store:
        counted = store.table(["count_mult_fp16", "cycles"])
        assert int(counted["count_mult_fp16"].iloc[0]) == huge
        assert counted["count_mult_fp16"].isna().tolist() == [False, True, True, True]
        assert store.records(["a"])[0].row["cycles"] == huge
        table = store.table()
        assert table["status"].tolist() == ["ok", "ok", "failed", "refused"]
        assert table["note"].tolist()[2] == "macs: 9223372036854775808 is more than 64 bits can count"


def test_a_record_that_cannot_be_kept_takes_none_of_its_batch_along(path):
    good, bad = records_of(points(2))
    with writing(path, "tiny", {}, {}, asked_of(points(2))) as store:
        with pytest.raises(InputError, match="no name of a column"):
            store.add([good, type(bad)(bad.row | {'count_"x': 1}, bad.layers)])
        with pytest.raises(sqlite3.Error, match="not supported"):
            store.add([good, type(bad)(bad.row | {"count_new": 1, "note": ["a list"]}, bad.layers)])
        assert store.finished() == set()
        store.add([good])
        assert len(store.finished()) == 1


def test_rows_are_chosen_by_conditions(path):
    every = [*points(4), *[made_up(point="e" * 32, machine="a[1]", network="it's; DROP TABLE points", sparsity=0.5)]]
    write(path, every)
    with opened(path) as store:

        def found(*texts):
            return store.table(where=[condition(text) for text in texts])["point"].str[-1].tolist()

        assert found("axis_batch>=2") == ["2", "3"]
        assert found("seconds<=3", "axis_batch!=0") == ["1"]
        assert found("machine=a[*") == found("machine=a[1]") == ["e"]
        assert found("machine!=a*") == ["0", "1", "2", "3"]
        assert found("network=it's; DROP TABLE points") == found("sparsity>0.4") == ["e"]
        assert found("machine=1") == []
        with pytest.raises(InputError, match=r"^unknown column 'machin': did you mean machine or macs\?$"):
            found("machin=a")
        with pytest.raises(InputError, match="unknown column"):
            found('x"; DROP TABLE points; --=1')
        assert store.table(["seconds", "energy_*"]).columns.tolist()[0] == "seconds"
        with pytest.raises(InputError, match="unknown column 'secnds'"):
            store.table(["secnds"])
    with pytest.raises(InputError, match="where: 'machine': COLUMN=VALUE is needed"):
        condition("machine")


def test_the_order_of_columns_does_not_depend_on_who_finished_first(path, tmp_path):
    every = [
        made_up(point="a", time_s={"launch": 1.0}, dram_bytes={"C": 1}, counts={"x": 1}),
        made_up(point="b", time_s={"memory": 1.0}, dram_bytes={"A": 1, "partial": 2}, counts={"b": 1}),
    ]
    write(path, every)
    write(tmp_path / "other.db", every[::-1], asked_of(every))
    with opened(path) as one, opened(tmp_path / "other.db") as other:
        pd.testing.assert_frame_equal(one.table(), other.table())
        pd.testing.assert_frame_equal(one.table(["count_*"]), other.table(["count_*"]))
        assert one.table()["dram_partial_bytes"].tolist() == [0, 2]


def test_a_sweep_of_which_nothing_finished_has_an_empty_table(path):
    write(path, [], asked_of(points(2)))
    with opened(path) as store:
        assert len(compared(store).table) == len(store.table()) == 0
        assert store.counts()["missing"] == 2
    assert list(load_results(path, layers=True)) == []


def test_as_long_as_the_baseline_is_missing_nothing_is_gained_over_it(path):
    every = points(2)
    asked = asked_of(every)
    baseline = {"machine": "other"}
    write(path, every[:2], [asked[0], asked[1]._replace(machine="other")], baseline)
    with opened(path) as store:
        assert math.isnan(compared(store).table["speedup"].iloc[0])


def test_layers_and_points_load_in_a_line(path, results):
    write(path, results)
    pd.testing.assert_frame_equal(load_results(path, layers=True), result_table(chain(*points_of(results))))
    assert load_results(path, where="machine=core*")["machine"].unique().tolist() == ["core-i7-5930k"]
    assert load_results(path, columns=["seconds"]).shape == (18, 1)
    load_results(path).to_csv(path.with_suffix(".csv"), index=False)
    assert len(load_results(path.with_suffix(".csv"))) == 18
    with pytest.raises(InputError, match="a table is read as it is"):
        load_results(path.with_suffix(".csv"), layers=True)


def test_sqlite_itself_finds_nothing_wrong(path, results):
    write(path, results)
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        assert names == {"about", "asked", "points", "layers"}
    assert [each.name for each in path.parent.iterdir()] == [path.name]
