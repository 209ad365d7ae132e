"""Every entry of DEVIATIONS.md, with the effect that it states."""

import re
import sys
from dataclasses import replace
from itertools import chain, pairwise

import numpy as np
import pytest

from sparsesim.accelerators import CondensedOuterProduct
from sparsesim.engines import fastest_run, run_schedule
from sparsesim.hardware import load_energy_table, load_machine
from sparsesim.networks import Layer, Network
from sparsesim.pipeline import simulate
from sparsesim.results import geometric_mean
from sparsesim.tensors import DenseMatrix, SparseMatrix
from sparsesim.tensors.generators import drawn_nm
from sparsesim.validation.sparch.area import area_mm2
from sparsesim.validation.sparch.description import load_published
from sparsesim.validation.sparch.figures import FIGURES, flop, moved_bytes
from sparsesim.validation.sparseloop import Sparseloop
from sparsesim.workload import lower, matmul_op
from tests.accelerators.made_up import small_card

PUBLISHED = load_published()


def test_every_entry_has_its_test(repository):
    stated = re.findall(r"`(test_\w+)`", (repository / "DEVIATIONS.md").read_text(encoding="utf-8"))
    here = {name for name in vars(sys.modules[__name__]) if name.startswith("test_")}
    assert set(stated) == here - {"test_every_entry_has_its_test"}
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
    deeper = {field: 2 * getattr(machine.accelerator, field) for field in depths}
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
        return area_mm2(CondensedOuterProduct(**changes), PUBLISHED.area)["total"]

    assert total() == pytest.approx(28.5, abs=0.01)
    assert total() - total(prefetch_lines=512) == pytest.approx(2.90, abs=0.005)
    assert total() - total(merge_ways=32) == pytest.approx(2.88, abs=0.005)
    assert total(lookahead_window=16384) - total() == pytest.approx(2.64, abs=0.005)


@pytest.fixture(scope="module")
def tensor_cores(tmp_path_factory):
    """Sparseloop's layers by design, in the order of the description."""
    reference = Sparseloop(tmp_path_factory.mktemp("nothing"), watch=lambda words: None)
    runs = {design: [] for design in reference.published.designs}
    for case in reference.runs:
        runs[case.label.split(", ")[1]].append(case)
    return runs


def test_metadata_in_dram(tensor_cores):
    with_metadata = [case.energy_uj / case.published.energy_uj for case in tensor_cores["STC 2:4"]]
    assert (min(with_metadata), max(with_metadata)) == (pytest.approx(1.006, abs=5e-4), pytest.approx(1.032, abs=5e-4))
    for case in chain.from_iterable(tensor_cores.values()):
        assert case.energy_uj - case.metadata_uj == pytest.approx(case.published.energy_uj, rel=2e-4)
        assert (case.metadata_uj > 0) == ("2:4" in case.label)


def test_two_processes(tensor_cores):
    small, large = load_energy_table("sparseloop-45nm"), load_energy_table("sparseloop-65nm")
    for action in ("sram_read_bits", "sram_write_bits", "register_read_bits", "register_write_bits"):
        assert large.actions[action].pj / small.actions[action].pj == pytest.approx(1.9, abs=0.03)
    for design, lowest, highest in (("TC dense", 0.54, 0.67), ("STC dense", 0.59, 0.72)):
        pairs = zip(tensor_cores["STC 2:4"], tensor_cores[design], strict=True)
        ratios = [sparse.published.energy_uj / dense.published.energy_uj for sparse, dense in pairs]
        assert (min(ratios), max(ratios)) == (pytest.approx(lowest, abs=0.005), pytest.approx(highest, abs=0.005))


def cycles_of_the_default_engine(case):
    shape, form = case.result, case.result.format
    weights = DenseMatrix((shape.m, shape.k)) if form == "dense" else drawn_nm(shape.m, shape.k, 2, 4, 0)
    op = matmul_op(weights, DenseMatrix((shape.k, shape.n)), form, "int8")
    return simulate(op, case.machine, case.machine.energy_table).cycles


def test_filling_and_draining(tensor_cores):
    cases = chain.from_iterable(tensor_cores.values())
    longer = [cycles_of_the_default_engine(case) / case.published.cycles for case in cases]
    assert (min(longer), max(longer)) == (pytest.approx(1.01, abs=0.005), pytest.approx(1.09, abs=0.005))


def test_sums_of_8_bits(tensor_cores):
    case = next(case for case in tensor_cores["STC dense"] if case.result.k == 256)
    wide = case.machine.with_accelerator(accumulator_bits=32, register_file={"size_bytes": 4 * 2048})
    op = matmul_op(DenseMatrix((512, 256)), DenseMatrix((256, 1024)), "dense", "int8")
    more = simulate(op, wide, wide.energy_table).energy_pj["total"] / 1e6
    assert more / case.energy_uj == pytest.approx(1.45, abs=0.01)


def test_cuts_of_the_artifact(tensor_cores):
    """(columns per tile, passes over A, passes over B) by layer, as the artifact's mappings or energies have them."""
    cuts = {
        design: [tuple(case.result.details[key] for key in ("tile_n", "a_passes", "b_passes")) for case in cases]
        for design, cases in tensor_cores.items()
    }
    dense = [(64, 1, 1), (128, 2, 1), (128, 1, 1), (128, 1, 1)]
    assert cuts == {
        "TC dense": dense,
        "STC dense": dense,
        "STC 2:4": [(128, 1, 1), (128, 1, 2), (128, 1, 1), (128, 1, 1)],
    }


def card(**changes):
    """108 SMs with the L2 of an A100, tiles of 128 x 128, nothing but products and stores that takes time."""
    machine = small_card(sms=108, macs_per_cycle={"fp16": 108 * 1024}, **changes)
    return machine.model_copy(update={"power": None, "launch_ns": 0.0, "launch_interval_ns": 0.0})


def gemm(m, n, k):
    return matmul_op(DenseMatrix((m, k)), DenseMatrix((k, n)), "dense", "fp16")


def test_all_sms_work_in_step():
    unit = card().accelerator
    busy = {tiles: int(unit.plan(gemm(128 * tiles, 128, 1024)).compute_cycles.sum()) for tiles in (1, 108, 109, 216)}
    assert busy[1] == busy[108]
    assert busy[109] == busy[216] == 2 * busy[108]
    fetched = unit.plan(gemm(128 * 108, 128, 1024)).fetch_bytes
    assert len(fetched) > 1
    assert fetched.max() - fetched.min() <= 1


def test_the_l2_holds_panels_in_three_quarters_of_its_size():
    """Four panels each of A and B, 256 KiB a panel, walked by one SM: all eight stay in 3/4 of the L2, or not."""
    panels, panel = 4, 128 * 1024 * 2
    op = gemm(128 * panels, 128 * panels, 1024)

    def moved(l2_bytes):
        unit = card(l2={"size_bytes": l2_bytes}).with_accelerator(sms=1).accelerator
        return [sum(unit.plan(op).dram_bytes[tensor] for tensor in "AB") for _ in range(2)]

    enough = -(-2 * panels * panel * 4 // 3)
    assert moved(enough) == [2 * panels * panel] * 2
    short, again = moved(enough - 2)
    assert short == again > 2 * panels * panel
    assert short % panel == 0


def test_warm_runs():
    machine = card()
    l2 = machine.accelerator.l2.size_bytes
    moved = {}
    for share in (0.4, 0.5, 0.625, 0.75, 1.0):
        k = round(share * l2 / (2 * 1024 * 2))
        cold, warm = (machine.accelerator.plan(replace(gemm(1024, 1024, k), warm=warm)) for warm in (False, True))
        moved[share] = sum(warm.dram_bytes.values()) / sum(cold.dram_bytes.values())
    assert moved == {0.4: 0, 0.5: 0, 0.625: pytest.approx(0.5, abs=0.01), 0.75: 1, 1.0: 1}
    network = Network(
        name="one",
        layers=(Layer(name="scores", kind="matmul", m=64, n=64, k=64),),
        weights_origin="imported",
        source="made up",
    )
    assert not any(op.warm for op in lower(network))


def test_launches_follow_each_other_at_an_interval():
    machine = card().model_copy(update={"launch_interval_ns": 5000.0, "launch_ns": 1000.0})
    times = [simulate(gemm(side, side, side), machine, machine.energy_table).seconds for side in (1, 16, 256, 4096)]
    assert times[:3] == [pytest.approx(5e-6)] * 3
    without = machine.model_copy(update={"launch_interval_ns": 0.0})
    assert simulate(gemm(256, 256, 256), without, machine.energy_table).seconds < 5e-6
    assert times[3] == simulate(gemm(4096, 4096, 4096), without, machine.energy_table).seconds > 5e-6


def test_dense_products_of_a_2to4_machine():
    """A dense product takes longer on the 2:4 machine than on the card's own, by the constants of its kernels."""
    dense, sparse = load_machine("a100-pcie"), load_machine("a100-pcie-2to4")
    assert sparse.accelerator.efficiency["other"] < dense.accelerator.efficiency["other"]
    op = gemm(2048, 2048, 2048)
    assert fastest_run(op, sparse).seconds > fastest_run(op, dense).seconds


def test_the_library_picks_the_fastest_of_all_plans():
    tiles = ((128, 128, 32), (64, 64, 32), (256, 128, 32))
    quick = small_card(sms=4, tiles=tiles, splits=(1, 2, 4))
    for bandwidth in (10**9, 10**10, 10**12):
        dram = quick.dram.model_copy(update={"bandwidth_bytes_per_s": bandwidth})
        machine = quick.model_copy(update={"dram": dram, "power": None})
        op = gemm(640, 640, 3000)
        plans = [run_schedule(plan, machine).cycles for plan in machine.accelerator.plans(op)]
        assert len(plans) > 1
        assert simulate(op, machine, machine.energy_table).cycles == min(plans)
