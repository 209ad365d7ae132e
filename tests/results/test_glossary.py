"""Every column of a real table is explained, and nothing is explained that no table has."""

import pytest

from sparsesim.results import compare_to_dense, result_table, totals
from sparsesim.results.glossary import COLUMNS, FAMILIES, glossary, meaning_of
from tests.results.made_up import made_up


@pytest.fixture
def columns(results):
    layers = result_table([*results, made_up(axes={"batch": 1}, details={"tiles": 1})])
    points = totals(layers)
    return [*layers.columns, *compare_to_dense(points, points.head(0)).columns]


def test_every_column_is_explained(columns):
    assert not [column for column in columns if not meaning_of(column)]
    assert meaning_of("a_column_that_nobody_has") is None
    assert all(glossary(columns).values())


def test_nothing_else_is_explained(columns):
    assert not set(COLUMNS) - set(columns)
    for pattern, (family, _) in FAMILIES.items():
        assert family.among(columns), pattern
        assert family.prefix in pattern


def test_a_meaning_is_one_line_of_the_list():
    assert list(glossary()) == [*COLUMNS, *FAMILIES]
    assert all("\n" not in words and len(words) < 120 for words in glossary().values())
