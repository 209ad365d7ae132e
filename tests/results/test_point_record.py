"""A point as a small record: the figures that tables and objects have, and its layers without loss."""

import math
import pickle
import zlib

import pytest

from sparsesim.errors import InputError, TooLargeError
from sparsesim.limits import memory_budget
from sparsesim.results import Result, point_objects, point_record, result_table, totals
from sparsesim.results.grouping import points_of
from sparsesim.results.packed_layers import layer_results, packed
from tests.results.made_up import made_up, refused

DETAILS = {"tiles": 3, "shape": (16, 8), "share": 0.1, "name": "é", "nothing": None}


def test_the_layers_come_back_equal(results):
    for point in points_of(results):
        assert layer_results(packed(point)) == point


def test_floats_are_exact_and_tuples_become_lists():
    odd = [0.1 + 0.2, 5e-324, 1.7976931348623157e308, math.inf, 1 / 3]
    given = [made_up(str(n), seconds=value, details=DETAILS, axes={"batch": 2**60 + 1}) for n, value in enumerate(odd)]
    back = layer_results(packed(given))
    assert [result.seconds for result in back] == odd
    assert back[0].details == DETAILS | {"shape": [16, 8]}
    assert back[0].axes == {"batch": 2**60 + 1}
    assert back[0].idle_w is None
    (unknown,) = layer_results(packed([made_up(sparsity=math.nan)]))
    assert math.isnan(unknown.sparsity)


def test_what_an_earlier_version_did_not_write_has_its_default():
    row = {name: getattr(made_up(), name) for name in list(made_up().flat())[:18] if name != "axes"}
    import json

    blob = zlib.compress(json.dumps([list(row), list(row.values())]).encode())
    assert layer_results(blob)[0].note == ""


@pytest.mark.parametrize("damage", ["cut", "garbage", "other json", "a text for a number", "another field"])
def test_damaged_layers_are_one_line(damage):
    blob = packed([made_up()])
    damaged = {
        "cut": blob[:-20],
        "garbage": b"garbage",
        "other json": zlib.compress(b'{"a": 1}'),
        "a text for a number": zlib.compress(zlib.decompress(blob).replace(b"24", b'"24"')),
        "another field": zlib.compress(zlib.decompress(blob).replace(b'"macs"', b'"max"')),
    }[damage]
    with pytest.raises(InputError, match=r"^layers of a point are (damaged|cut off)[^\n]*$"):
        layer_results(damaged)


def test_a_few_bytes_that_stand_for_many_are_refused_before_they_are_unpacked():
    bomb = zlib.compress(b"[" + b"0," * 50_000_000 + b"0]", 9)
    with memory_budget(10**8), pytest.raises(TooLargeError, match="layers of a point needs"):
        layer_results(bomb)


def test_a_record_is_what_the_table_and_the_object_tell(results):
    records = [point_record(point) for point in points_of(results)]
    table, objects = totals(result_table(results)), point_objects(results)
    for record, row, told in zip(records, table.to_dict("records"), objects, strict=True):
        assert pickle.loads(pickle.dumps(record)) == record
        shared = [name for name in record.row if name in row]
        assert [record.row[name] for name in shared if record.row[name] is not None] == [
            row[name] for name in shared if record.row[name] is not None
        ]
        own = {f"count_{action}": count for action, count in told.get("counts", {}).items()}
        assert {name: value for name, value in record.row.items() if name.startswith("count_")} == own


def test_a_refused_point_has_no_figures():
    row = point_record([made_up("one"), refused("two", "first")]).row
    assert (row["status"], row["note"], row["bottleneck"], row["layers"]) == ("refused", "first", "", 2)
    assert not {"seconds", "macs", "energy_total_pj", "dram_A_bytes"} & set(row)


def test_sums_of_floats_lose_nothing_that_compensation_keeps():
    """A plain sum of these is 0.0 short of every small one."""
    layers = [made_up(str(number), seconds=value) for number, value in enumerate([1.0] + [1e-16] * 10)]
    assert point_record(layers).row["seconds"] == 1.000000000000001


def test_every_field_of_a_result_is_packed():
    values = {"str": "x", "int": 7, "float": 0.5}
    kinds = {name: values.get(getattr(kind, "__name__", "")) for name, kind in Result.__annotations__.items()}
    given = Result(**{name: value for name, value in kinds.items() if value is not None})
    assert layer_results(packed([given])) == [given]
