import dataclasses
import json

import pytest

from sparsesim.validation import Row, summarise


def row(**changes):
    fields = {"case": "one", "metric": "cycles", "published": 200.0, "simulated": 150.0, "fitted": False}
    return Row(reference="test", source="made up", **fields | changes)


def test_error_is_relative_to_the_published_value():
    assert row().error_pct == pytest.approx(-25)
    assert row(simulated=300).error_pct == pytest.approx(50)


def test_rows_never_change():
    with pytest.raises(dataclasses.FrozenInstanceError):
        row().published = 1.0


def test_the_object_has_what_scripts_read():
    keys = ["reference", "case", "metric", "published", "simulated", "error_pct", "fitted", "source"]
    assert list(json.loads(json.dumps(row().as_object()))) == keys


def test_summary_keeps_fitted_values_apart():
    rows = [row(fitted=True, simulated=200), row(simulated=190), row(simulated=240), row(metric="bytes")]
    assert summarise(rows) == [
        {
            "metric": "cycles",
            "fitted": False,
            "rows": 2,
            "mean_abs_error_pct": pytest.approx(12.5),
            "max_abs_error_pct": pytest.approx(20),
        },
        {
            "metric": "bytes",
            "fitted": False,
            "rows": 1,
            "mean_abs_error_pct": pytest.approx(25),
            "max_abs_error_pct": pytest.approx(25),
        },
        {"metric": "cycles", "fitted": True, "rows": 1, "mean_abs_error_pct": 0, "max_abs_error_pct": 0},
    ]
