"""What every reference must offer; runs over the whole registry."""

import pytest

from sparsesim.errors import InputError, UnknownNameError
from sparsesim.shipped import shipped_names
from sparsesim.validation import REFERENCES, Row, reference_by_name


@pytest.mark.parametrize("name", REFERENCES)
def test_it_is_described_and_its_values_are_shipped(name):
    assert REFERENCES[name].name == name
    assert len(REFERENCES[name].description) > 20
    assert name in shipped_names("models/validation", ".yaml")


@pytest.mark.parametrize("name", [name for name in REFERENCES if REFERENCES[name].needs_data])
def test_without_data_one_line_tells_what_is_wanted(name, tmp_path):
    with pytest.raises(InputError, match=r"wanted: .*--data") as caught:
        REFERENCES[name](tmp_path, watch=lambda words: None)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", [name for name in REFERENCES if not REFERENCES[name].needs_data])
def test_shipped_descriptions_alone_will_do(name, tmp_path):
    assert REFERENCES[name](tmp_path, watch=lambda words: None).rows()


@pytest.mark.parametrize("name", REFERENCES)
def test_rows_are_named_sourced_and_unique(name, opened):
    rows = opened[name].rows()
    assert all(isinstance(row, Row) and row.reference == name for row in rows)
    assert all(row.source and row.published > 0 and row.simulated > 0 for row in rows)
    assert len({(row.case, row.metric) for row in rows}) == len(rows)
    assert any(not row.fitted for row in rows)
    assert all("\n" not in line for line in opened[name].notes())


def test_an_unknown_name_suggests_the_nearest():
    with pytest.raises(UnknownNameError, match="did you mean sparch"):
        reference_by_name("sparhc")
