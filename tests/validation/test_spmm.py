import numpy as np
import pytest

from sparsesim.hardware import load_machine
from sparsesim.tensors import SparseMatrix
from sparsesim.validation.published import load_published
from sparsesim.validation.spmm.crossover import CrossoverRuns, Square, crossover_curves, crossover_sparsity
from sparsesim.validation.spmm.published import SpmmValues
from sparsesim.validation.spmm.runs import stretched

PUBLISHED = load_published("spmm", SpmmValues)


@pytest.fixture(scope="module")
def spmm(opened):
    return opened["spmm"]


@pytest.fixture(scope="module")
def card():
    """The card of the crossovers: its dense GEMM, and SpMM kernels that are made for it."""
    return CrossoverRuns(PUBLISHED.crossovers, progress=lambda words: None).card


def mean_error(comparisons):
    return float(np.mean([abs(each.error_pct) for each in comparisons]))


def test_measured_times_are_met_on_layers_that_nothing_was_fitted_on(spmm):
    fitted = [each for each in spmm.runs.comparisons if each.fitted]
    other = [each for each in spmm.runs.comparisons if not each.fitted]
    assert (len(fitted), len(other)) == (450, 348)
    assert mean_error(fitted) < 11.5
    assert mean_error(other) < 11.5


def test_a_layer_is_fitted_or_not_at_all_its_sizes(spmm):
    fitted = {each.layer for each in spmm.runs.comparisons if each.fitted}
    assert not fitted & {each.layer for each in spmm.runs.comparisons if not each.fitted}


def test_shapes_are_those_of_the_table(spmm):
    """Rows of the table: rn50 bottleneck_1_block_group1_1_1, m_vec 64, k 256."""
    layer = [each for each in spmm.runs.comparisons if each.layer == "bottleneck_1_block_group1_1_1"]
    assert {(each.vector_length, each.m, each.k) for each in layer} == {(2, 128, 256), (4, 256, 256), (8, 512, 256)}
    assert {each.n for each in layer} == {128, 256}


@pytest.mark.parametrize(("length", "low", "high"), [(1, 0.97, 0.99), (4, 0.91, 0.95), (8, 0.85, 0.89)])
def test_crossovers_are_where_they_were_published(spmm, length, low, high):
    """No constant of the kernel `spmm` was fitted on them."""
    assert low < PUBLISHED.crossovers.sparsity[length] < high
    for size in PUBLISHED.crossovers.sizes:
        assert low < spmm.crossovers.sparsities[size, length] < high


def test_square_blocks_pay_where_it_was_published(spmm):
    """One constant was fitted on the figure of blocks of 64; those of 32 and 16 follow."""
    published = PUBLISHED.blocks
    assert list(published.sparsity) == [64, 32, 16]
    for side, sparsity in published.sparsity.items():
        assert spmm.blocks.sparsities[side] == pytest.approx(sparsity, abs=0.015)
    fitted = {row.case: row.fitted for row in spmm.rows() if row.case.startswith("blocks of")}
    assert list(fitted.values()) == [True, False, False]


def test_longer_vectors_pay_earlier(spmm):
    for size in PUBLISHED.crossovers.sizes:
        found = [spmm.crossovers.sparsities[size, length] for length in (1, 2, 4, 8)]
        assert found == sorted(found, reverse=True)


def test_the_measured_kernels_pay_later_than_kernels_made_for_the_card(card):
    """vectorSparse's instructions are made for Volta."""
    problem = Square(1024)
    measured = crossover_sparsity(problem, load_machine("a100-sxm-40gb"), 8)
    native = crossover_sparsity(problem, card, 8)
    assert native is not None
    assert measured is None or measured > native + 0.03


def test_a_crossover_takes_the_time_of_the_dense_product(card):
    problem = Square(2048)
    sparsity = crossover_sparsity(problem, card, 4)
    assert problem.sparse_seconds(card, 4, 1 - sparsity) == pytest.approx(problem.dense_seconds(card), rel=0.03)


def test_the_power_of_the_card_moves_the_crossover(card):
    """At the 300 W of the PCIe card the dense product takes longer, and vectors of 4 pay from about 90 %."""
    capped = card.model_copy(update={"power": load_machine("a100-pcie").power})
    assert capped.power.cap_w < card.power.cap_w
    earlier = crossover_sparsity(Square(2048), capped, 4)
    assert 0.86 < earlier < crossover_sparsity(Square(2048), card, 4)


def test_no_crossover_is_none(card):
    def launched(kernel, launch_ns):
        changed = card.library[kernel].model_copy(update={"launch_ns": launch_ns})
        return card.model_copy(update={"kernels": {**card.library, kernel: changed}})

    assert crossover_sparsity(Square(256), launched("spmm", 1e6), 4) is None
    assert crossover_sparsity(Square(256), launched("gemm", 1e9), 4) is None


def test_curves_fall_with_sparsity(card):
    records = crossover_curves(Square(1024), card, (1, 8))
    for length in (1, 8):
        times = [record["seconds"] for record in records if record["vector_length"] == length]
        assert times == sorted(times, reverse=True)
    assert len({record["dense_seconds"] for record in records}) == 1


def test_stretching_repeats_every_row():
    pattern = SparseMatrix.from_dense(np.array([[1, 0, 1], [0, 0, 0], [0, 1, 0]]))
    expected = np.repeat(pattern.to_array() != 0, 3, axis=0)
    np.testing.assert_array_equal(stretched(pattern, 3).to_array() != 0, expected)


def test_pictures_and_tables_are_written(spmm, card, tmp_path, monkeypatch):
    curves = crossover_curves(Square(256), card, (1, 4))
    monkeypatch.setattr(spmm.crossovers, "curves", lambda: curves)
    written = spmm.write(tmp_path)
    names = ["spmm-measured.csv", "spmm-measured.png", "spmm-crossover.csv", "spmm-crossover.png"]
    assert [path.name for path in written] == names
    assert all(path.stat().st_size > 500 for path in written)
