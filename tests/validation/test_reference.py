"""A reference as small as it can be: values and notes in YAML, one class, nothing else."""

from typing import ClassVar

import pandas as pd
import pytest

from sparsesim.validation.published import PublishedValues, load_published
from sparsesim.validation.reference import Reference, Study
from sparsesim.validation.row import Row

FILE = "name: toy\nnotes: {mean: 'mean of {count} products', plain: 'as it is'}\nproducts: {one: 1, two: 2}\n"


class Products(PublishedValues):
    products: dict[str, float]


class Toy(Reference):
    name: ClassVar[str] = "toy"
    description: ClassVar[str] = "two products"

    def __init__(self, data, progress):
        super().__init__(data, progress)
        self.published = load_published(self.name, Products)

    def rows(self):
        return [Row(self.name, case, "cycles", cycles, 2, False, "a test") for case, cycles in self.products]

    @property
    def products(self):
        return self.published.products.items()

    def note_figures(self):
        return {"mean": [{"count": len(self.products)}]}

    def studies(self):
        table = pd.DataFrame(self.products, columns=["case", "cycles"])

        def draw(shown, path):
            path.write_text(f"picture of {len(shown)} lines")
            return path

        yield Study("products", table)
        yield Study("first", table[:1], draw, kept=False)
        yield Study("all", table, draw)


@pytest.fixture
def toy(monkeypatch, tmp_path):
    (tmp_path / "toy.yaml").write_text(FILE)
    monkeypatch.setattr("sparsesim.validation.published.shipped_file", lambda *wanted: tmp_path / "toy.yaml")
    return Toy(tmp_path, lambda words: None)


def test_rows_come_from_the_published_values(toy):
    assert [(row.case, row.published, row.error_pct) for row in toy.rows()] == [("one", 1, 100), ("two", 2, 0)]


def test_notes_come_from_the_file_and_their_figures_from_the_class(toy):
    assert toy.notes() == ["mean of 2 products", "as it is"]


def test_tables_and_pictures_are_named_after_reference_and_study(toy, tmp_path):
    (tmp_path / "out").mkdir()
    written = [path.name for path in toy.write(tmp_path / "out")]
    assert written == ["toy-products.csv", "toy-first.png", "toy-all.csv", "toy-all.png"]
    assert {path.name for path in (tmp_path / "out").iterdir()} == set(written)
    assert (tmp_path / "out" / "toy-first.png").read_text() == "picture of 1 lines"
    assert list(pd.read_csv(tmp_path / "out" / "toy-all.csv")["cycles"]) == [1, 2]


def test_what_is_not_offered_is_empty(toy):
    assert toy.cases() == []
    assert list(Reference.studies(toy)) == []
