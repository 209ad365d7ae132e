"""Cycles exact and energy within 5 % on every layer; the quoted figures are the artifact's."""

import csv

import pytest

from sparsesim.validation.published import load_published
from sparsesim.validation.sparseloop import ArtifactOutputs, Sparseloop

DESIGNS = {
    ("TC", "0.3333"): "TC dense",
    ("TC", "1.0"): "TC dense",
    ("STC", "0.3333"): "STC 2:4",
    ("STC", "1.0"): "STC dense",
}


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    return Sparseloop(tmp_path_factory.mktemp("nothing"), progress=lambda words: None)


def of_metric(reference, metric):
    return [row for row in reference.rows() if row.metric == metric]


def test_cycles_are_exact(reference):
    rows = of_metric(reference, "cycles")
    assert len(rows) == 12
    assert all(row.simulated == row.published for row in rows)


def test_energy_is_within_5_percent_and_almost_exact_without_metadata(reference):
    energy, free = of_metric(reference, "energy uJ"), of_metric(reference, "energy uJ, metadata in DRAM free")
    assert (len(energy), len(free)) == (12, 4)
    assert all(abs(row.error_pct) < 5 for row in energy)
    assert all(abs(row.error_pct) < 0.02 for row in energy if "2:4" not in row.case)
    assert all(abs(row.error_pct) < 0.02 for row in free)
    assert {row.case for row in free} == {row.case for row in energy if "2:4" in row.case}


def test_quoted_figures_are_those_of_the_artifact(data_dir):
    path = data_dir / "reference" / "sparseloop" / "stc_resnet50.csv"
    if not path.is_file():
        pytest.skip(f"no {path}")
    layers = {
        (layer.shape.m, layer.shape.k, layer.shape.n): layer.designs
        for layer in load_published("sparseloop", ArtifactOutputs).layers
    }
    found = 0
    for line in csv.DictReader(path.open(encoding="utf-8")):
        design = DESIGNS.get((line["design"].split("-")[0], line["weight_density"]))
        if design is None:
            continue
        figures = layers[int(line["M"]), int(line["K"]), int(line["N"])][design]
        assert figures.cycles == int(line["cycles"])
        assert f"{figures.energy_uj:.2f} uJ" == line["energy"]
        found += 1
    assert found == 16


def test_cases_hold_the_energy_by_component(reference):
    for case in reference.cases():
        parts = sum(case[f"{name} uJ"] for name in ("dram", "sram", "register", "mac"))
        assert parts == pytest.approx(case["total uJ"], abs=0.03)
    assert any("65nm" in line for line in reference.notes())
