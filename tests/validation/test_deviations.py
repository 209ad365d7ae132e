"""Every entry of DEVIATIONS.md has its test; those on SpArch, with the effect that each states."""

import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from sparsesim.hardware import load_energy_table, load_machine
from sparsesim.matmul import matmul_op
from sparsesim.results import geometric_mean
from sparsesim.tensors import SparseMatrix
from sparsesim.tensors.generators import uniform
from sparsesim.validation.published import load_published
from sparsesim.validation.sparch.figures import FIGURES, flop, moved_bytes
from sparsesim.validation.sparch.published import SparchValues

PUBLISHED = load_published("sparch", SparchValues)


def test_every_entry_has_its_test(repository):
    stated = re.findall(r"`(test_\w+)`", (repository / "DEVIATIONS.md").read_text(encoding="utf-8"))
    files = Path(__file__).parent.glob("test_deviations*.py")
    tests = [name for file in files for name in re.findall(r"^def (test_\w+)", file.read_text(encoding="utf-8"), re.M)]
    assert sorted(stated) == sorted(set(tests) - {"test_every_entry_has_its_test"})
    assert len(stated) == len(set(stated))


def mean_over(sparch, names, value):
    return geometric_mean([value(sparch.runs.result(name)) for name in names])


def test_matrices_at_hand_have_more_reuse(sparch, exact):
    intensity = FIGURES["FLOP per compulsory byte"]
    published = next(line.published for line in PUBLISHED.headline if line.figure == "FLOP per compulsory byte")
    ours = mean_over(sparch, exact, intensity)
    assert ours == pytest.approx(0.26, abs=0.005)
    assert ours / published == pytest.approx(1.37, abs=0.01)
    assert mean_over(sparch, sparch.groups["with reconstructed"], intensity) == pytest.approx(0.20, abs=0.005)


def test_flop_convention(sparch, exact):
    def two_each(result):
        return 2 * result.details["multiplies"] / flop(result)

    assert mean_over(sparch, exact, two_each) == pytest.approx(1.34, abs=0.005)
    assert two_each(sparch.runs.result("p2p-Gnutella31")) == pytest.approx(2.00, abs=0.005)
    assert two_each(sparch.runs.result("facebook")) == pytest.approx(1.08, abs=0.005)


def test_final_elements_have_12_bytes(sparch, exact):
    result = sparch.runs.result("wiki-Vote")
    assert result.dram_bytes["C"] == 12 * result.details["nnz_c"]
    assert result.dram_bytes["partial"] == 16 * result.details["partial_elements"]

    def with_16(result):
        return 1 + 4 * result.details["nnz_c"] / moved_bytes(result)

    assert mean_over(sparch, exact, with_16) == pytest.approx(1.16, abs=0.02)


def test_row_pointers_of_a(sparch, exact):
    share = {}
    for name in exact:
        result = sparch.runs.result(name)
        pointers = sum(result.dram_bytes.values()) - moved_bytes(result)
        assert pointers == 4 * (result.m + 1)
        share[name] = pointers / moved_bytes(result)
    assert share.pop("p2p-Gnutella31") == pytest.approx(0.019, abs=0.001)
    assert max(share.values()) < 0.002


def test_published_multiplier_utilisation_is_not_a_mean_over_time():
    published = {line.figure: line.published for line in PUBLISHED.headline}
    lowest, highest = published["GFLOP/s"] / (2 * 16), published["GFLOP/s"] / 16
    assert (lowest, highest) == (pytest.approx(0.33, abs=0.01), pytest.approx(0.65, abs=0.01))
    assert published["multiplier utilisation"] > highest


def test_m133_b3_is_reconstructed(sparch):
    """A random order of rows and columns alike keeps the products and loses what neighbouring rows share."""
    name = "m133-b3_constructed"
    if name not in sparch.runs.folder.paths:
        pytest.skip(f"no {name} in {sparch.runs.folder.root}")
    ours, matrix = sparch.runs.result(name), sparch.runs.matrix(name)
    order = np.random.default_rng(0).permutation(matrix.shape[0])
    shuffled = sparch.runs.square(name, SparseMatrix.from_scipy(matrix.to_scipy()[order][:, order]))
    assert ours.a_nnz == 800_800
    assert shuffled.details["nnz_c"] == ours.details["nnz_c"]
    assert shuffled.dram_bytes["B"] / ours.dram_bytes["B"] == pytest.approx(2.0, rel=0.05)
    assert moved_bytes(shuffled) / moved_bytes(ours) == pytest.approx(1.3, rel=0.05)


def test_multiplier_grouping(sparch, exact):
    def cycles(name, groups):
        return sparch.runs.result(name, multiplier_groups=groups).cycles

    for name in exact:
        assert all(few >= many * 0.999 for few, many in pairwise(cycles(name, groups) for groups in (1, 2, 16)))
        assert cycles(name, 16) > 0.9 * cycles(name, 2)
    assert cycles("p2p-Gnutella31", 1) > 1.2 * cycles("p2p-Gnutella31", 2)


STABLE_SORT_PARTIALS = {"wiki-Vote": 909_612, "p2p-Gnutella31": 168, "ca-CondMat": 154_882}


@pytest.mark.parametrize("name", STABLE_SORT_PARTIALS)
def test_tie_order(name, sparch, exact):
    golden = PUBLISHED.golden.matrices[name]
    assert golden.counts["partial_elements"] == pytest.approx(STABLE_SORT_PARTIALS[name], rel=0.0125)
    details = sparch.runs.result(name).details
    assert details["partial_elements"] == golden.counts["partial_elements"]
    assert details["merge_layer_loads"] == list(golden.merge_layer_loads)
    stable = sparch.runs.result(name, tie_order="stable").details
    assert stable["partial_elements"] == STABLE_SORT_PARTIALS[name]
    for buffer in PUBLISHED.golden.buffers:
        read = sparch.runs.result(name, **buffer.changes).dram_bytes["B"]
        assert read == pytest.approx(buffer.b_bytes[name], rel=0.015)


def test_latency_and_depths(sparch, exact):
    machine = sparch.runs.machine
    depths = ("fifo_elements", "writer_fifo_elements", "outstanding_lines")
    deeper = {field: 2 * getattr(machine.unit, field) for field in depths}
    for name in exact:
        cycles = {
            latency: sparch.runs.square(
                name,
                sparch.runs.matrix(name),
                machine.model_copy(update={"dram": machine.dram.model_copy(update={"latency_ns": latency})}),
            ).cycles
            for latency in (30.0, 80.0)
        }
        assert cycles[30.0] == pytest.approx(cycles[80.0], rel=0.05)
        assert sparch.runs.result(name, **deeper).cycles == pytest.approx(sparch.runs.result(name).cycles, rel=0.05)


def test_condensing_baseline(sparch, exact, rows):
    added = next(r for r in rows if r.metric == "DRAM reduction by condensing" and r.case == "exact matrices")
    assert added.published == 5.4
    assert added.simulated == pytest.approx(1.6, abs=0.1)
    left_out = [
        moved_bytes(sparch.runs.result(name, condensing=False)) / moved_bytes(sparch.runs.result(name))
        for name in exact
    ]
    assert geometric_mean(left_out) == pytest.approx(3.3, abs=0.15)


def test_dram_energy_per_byte(sparch, exact):
    table = load_energy_table(PUBLISHED.energy_table)
    for action in ("dram_read_bits", "dram_write_bits"):
        price = table.actions[action]
        pj_per_byte = 8 * price.pj / price.per
        assert pj_per_byte == pytest.approx(23.47, rel=0.001)
        assert pj_per_byte * 1e-12 * sparch.runs.machine.dram.bandwidth_bytes_per_s == pytest.approx(3.00, rel=0.005)
    for name in exact:
        result = sparch.runs.result(name)
        at_peak = FIGURES["nJ/FLOP DRAM at peak power"](result)
        assert at_peak == pytest.approx(3.00 * result.seconds / flop(result) * 1e9, rel=0.005)
        assert FIGURES["nJ/FLOP DRAM"](result) / at_peak == pytest.approx(result.bandwidth_utilisation)


def test_fitted_constants_are_marked(rows):
    prices = load_energy_table(PUBLISHED.energy_table).actions.values()
    assert {price.component for price in prices if price.source.startswith("fitted")} == {"sram", "logic"}
    fitted = {line.figure for line in PUBLISHED.headline if line.fitted}
    assert fitted == {"nJ/FLOP compute", "nJ/FLOP SRAM", "nJ/FLOP total", "power W"}
    assert {row.metric for row in rows if row.fitted} == fitted | {"area mm2"}


def test_area_scaling():
    def total(**changes):
        return load_machine("sparch").with_accelerator(**changes).area_mm2

    assert total() == pytest.approx(28.5, abs=0.01)
    assert total() - total(prefetch_lines=512) == pytest.approx(2.90, abs=0.005)
    assert total() - total(merge_ways=32) == pytest.approx(2.88, abs=0.005)
    assert total(lookahead_window=16384) - total() == pytest.approx(2.64, abs=0.005)
    assert total(writer_fifo_elements=2048) - total() == pytest.approx(2.34, abs=0.005)
    assert total(fifo_elements=64, outstanding_lines=128, multiplier_groups=4) == total()


def test_unpacking_on_the_way():
    unit, b = load_machine("sparch").unit, uniform(1024, 256, 0.01, seed=1)

    def busy(density, format):
        op = matmul_op(uniform(1024, 1024, density, seed=0), b, format, "fp64")
        return int(unit.plan(op).phases[0].compute_cycles.sum())

    decoder = 1024 * 1024 // unit.unpack_values_per_cycle
    assert busy(0.0005, "csr") < decoder == busy(0.0005, "dense")
    # A denser matrix keeps the unit busy for longer than its decoder.
    assert decoder < busy(0.2, "csr") == busy(0.2, "dense")
