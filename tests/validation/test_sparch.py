"""SpArch: how far the model may be from the counts of the prototype, and what the means run over."""

import pytest

from sparsesim.accelerators.condensed_outer_product.growing import comparators
from sparsesim.hardware import load_machine
from sparsesim.tensors import rmat, write_matrix
from sparsesim.validation.published import load_published
from sparsesim.validation.sparch import Sparch
from sparsesim.validation.sparch.figures import FIGURES
from sparsesim.validation.sparch.published import SparchValues
from sparsesim.validation.sparch.tables import (
    SWEEPS,
    ablation_table,
    matrix_table,
    simulation_time_table,
    sweep_table,
)

EXACTLY = {"condensed columns", "merge rounds", "first fan-in", "multiplies", "nnz(C)"}
TOLERANCE_PCT = {
    "merge-layer load": 0.5,
    "bytes of B": 2.0,
    "partial elements, other schedules": 5.0,
    "total / compulsory bytes": 2.0,
    "lower bound in cycles": 2.0,
}
GOLDEN = {"wiki-Vote", "p2p-Gnutella31", "ca-CondMat"}


def of_metric(rows, *metrics):
    return [row for row in rows if row.metric in metrics]


def test_structure_is_met_exactly(rows):
    found = of_metric(rows, *EXACTLY)
    assert {(row.metric, row.case) for row in found} == {(metric, name) for metric in EXACTLY for name in GOLDEN}
    assert all(row.simulated == row.published for row in found)


@pytest.mark.parametrize("metric", TOLERANCE_PCT)
def test_counts_are_within_their_tolerance(metric, rows):
    found = of_metric(rows, metric)
    assert {row.case.split(",")[0] for row in found} == GOLDEN
    assert not [row for row in found if abs(row.error_pct) > TOLERANCE_PCT[metric]]


def test_partial_elements_are_within_two_percent_or_sixty(rows):
    found = of_metric(rows, "partial elements")
    assert len(found) == 3
    assert all(row.simulated == pytest.approx(row.published, rel=0.02, abs=60) for row in found)


def test_every_published_number_has_a_row(rows):
    published = load_published("sparch", SparchValues)
    assert len(of_metric(rows, "bytes of B")) == 3 * len(published.golden.buffers)
    assert len(of_metric(rows, "merge-layer load")) == 18
    assert {line.figure for line in published.headline} <= {row.metric for row in rows}
    assert {line.figure for line in published.headline} == set(FIGURES)
    assert {row.case for row in of_metric(rows, "area mm2")} == {*published.area.parts, "total"}


def test_fitted_prices_give_the_published_means(rows):
    fitted = [row for row in of_metric(rows, "nJ/FLOP compute", "nJ/FLOP SRAM") if row.case == "exact matrices"]
    assert len(fitted) == 2
    assert all(row.fitted and abs(row.error_pct) < 5 for row in fitted)


def test_energy_components_add_up(rows):
    mean = {row.metric: row.simulated for row in rows if row.case == "exact matrices"}
    parts = sum(mean[f"nJ/FLOP {part}"] for part in ("compute", "SRAM", "DRAM"))
    assert parts == pytest.approx(mean["nJ/FLOP total"])


def test_the_paper_and_ours_agree_on_what_a_part_is_for(rows):
    """Every part saves traffic; the Huffman scheduler by about as much as published."""
    saved = {row.metric: row.simulated for row in rows if row.case == "exact matrices"}
    assert all(saved[f"DRAM reduction by {part}"] > 1.2 for part in ("condensing", "Huffman", "prefetcher"))
    assert saved["DRAM reduction by Huffman"] == pytest.approx(1.8, rel=0.15)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """One wanted matrix, one other square one, and one that cannot be squared."""
    folder = tmp_path_factory.mktemp("data")
    write_matrix(rmat(80, 80, 400, seed=1), folder / "wiki-Vote.mtx")
    write_matrix(rmat(50, 50, 200, seed=2), folder / "other.mtx.gz")
    write_matrix(rmat(20, 30, 100, seed=3), folder / "wide.mtx")
    write_matrix(rmat(20, 20, 0, seed=3), folder / "empty.mtx")
    return Sparch(folder, progress=lambda words: None)


def test_whichever_matrices_are_there_are_compared(small):
    assert small.groups == {"exact matrices": ["wiki-Vote"], "all square matrices": ["other", "wiki-Vote"]}
    assert {row.case.split(",")[0] for row in small.rows() if not row.fitted} >= {"wiki-Vote", "exact matrices"}
    notes = "\n".join(small.notes())
    assert "1 of the paper's 20: wiki-Vote" in notes
    assert "no golden counts for p2p-Gnutella31, ca-CondMat" in notes


def test_a_reconstructed_matrix_has_a_group_of_its_own(tmp_path):
    write_matrix(rmat(30, 30, 90, seed=1), tmp_path / "m133-b3_constructed.mtx")
    reference = Sparch(tmp_path, progress=lambda words: None)
    assert reference.groups == {"with reconstructed": ["m133-b3_constructed"]}
    write_matrix(rmat(30, 30, 90, seed=1), tmp_path / "m133-b3.mtx")
    again = Sparch(tmp_path, progress=lambda words: None)
    assert again.groups["exact matrices"] == ["m133-b3"]
    assert "with reconstructed" not in again.groups


def test_nothing_runs_twice(small):
    assert small.runs.result("wiki-Vote", merge_ways=4) is small.runs.result("wiki-Vote", merge_ways=4)
    assert small.runs.result("wiki-Vote", merge_ways=4) is not small.runs.result("wiki-Vote")


def test_studies_cover_matrices_sizes_parts_and_time(small):
    published, runs = small.published, small.runs
    matrices = matrix_table(published, runs, ["other", "wiki-Vote"])
    assert [record["in_paper"] for record in matrices] == ["no", "exact"]
    assert all(record["cycles"] > 0 and record["GFLOP/s"] > 0 for record in matrices)
    sweeps = sweep_table(runs, ["wiki-Vote"])
    assert {record["sweep"] for record in sweeps} == set(SWEEPS)
    assert [record["sweep"] for record in sweeps if record["is_shipped"]] == list(SWEEPS)
    ablation = ablation_table(published, runs, ["wiki-Vote"])
    added = [record["dram_bytes"] for record in ablation if record["order"] == "added"]
    assert len(ablation) == 7
    assert added[-1] == pytest.approx(matrices[1]["traffic / compulsory"] * 12 * (800 + matrices[1]["nnz_c"]))


def test_simulation_time_is_taken_on_growing_matrices(small):
    records = simulation_time_table(small.runs, ["other"], sides=(64, 128))
    assert [record["kind"] for record in records] == ["real", "R-MAT", "R-MAT"]
    assert records[1]["multiplies"] < records[2]["multiplies"]
    assert all(record["seconds"] > 0 for record in records)


def test_area_of_the_shipped_machine_is_the_published_one():
    machine, published = load_machine("sparch"), load_published("sparch", SparchValues).area
    assert machine.area_mm2 == pytest.approx(published.total_mm2, abs=0.02)
    assert machine.area_by_part_mm2 == published.parts


def test_area_grows_with_the_unit():
    shipped = load_machine("sparch").area_by_part_mm2
    wide = load_machine("sparch").with_accelerator(merge_ways=128).area_by_part_mm2
    assert wide["merge tree"] == pytest.approx(shipped["merge tree"] * 7 / 6)
    assert wide["row prefetcher"] == shipped["row prefetcher"]


def test_comparators_of_a_two_level_merger():
    assert comparators(4) == 1 + 16
    assert comparators(16) == 16 + 7 * 16
