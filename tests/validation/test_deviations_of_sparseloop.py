"""Entries of DEVIATIONS.md on the tensor cores of Sparseloop, with the effect that each states."""

from itertools import chain

import pytest

from sparsesim.hardware import load_energy_table
from sparsesim.matmul import matmul_op
from sparsesim.simulation import simulate
from sparsesim.tensors import DenseMatrix
from sparsesim.tensors.generators import drawn_nm
from sparsesim.validation.sparseloop import Sparseloop


@pytest.fixture(scope="module")
def tensor_cores(tmp_path_factory):
    """Sparseloop's layers by design, in the order of the description."""
    reference = Sparseloop(tmp_path_factory.mktemp("nothing"), progress=lambda words: None)
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
    for action in (
        "sram_read_bits",
        "sram_write_bits",
        "register_read_bits",
        "register_write_bits",
    ):
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
    wide = case.machine.only("gemm").with_accelerator(accumulator_bits=32, register_file={"size_bytes": 4 * 2048})
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
