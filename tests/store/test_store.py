"""A store gives back what was put in, in the order and with the labels of the sweep."""

import pandas as pd
import pytest

from sparsesim.results import point_objects, point_record, result_table, totals
from sparsesim.results.grouping import points_of
from sparsesim.store import opened
from tests.store.made import write


@pytest.fixture
def path(tmp_path):
    return tmp_path / "sweep.db"


def test_everything_comes_back(path, results):
    write(path, results)
    with opened(path) as store:
        points = points_of(results)
        assert store.finished() == {layers[0].point for layers in points}
        assert store.results() == [result for layers in points for result in layers]
        assert store.layers(points[3][0].point) == points[3]
        assert list(store.objects()) == point_objects(results)
        records = [point_record(layers) for layers in points]
        found = store.records([record.row["point"] for record in reversed(records)])
        for record, back in zip(reversed(records), found, strict=True):
            assert back.layers == record.layers
            assert {k: v for k, v in back.row.items() if v == v} == {k: v for k, v in record.row.items() if v == v}
        expected = totals(result_table(results))
        pd.testing.assert_frame_equal(store.table(), expected, check_like=True, check_exact=True)
        assert (store.name, store.description, store.baseline) == ("tiny", {"name": "tiny"}, {})
