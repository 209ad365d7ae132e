"""Which kernel runs for which operand, what it counts, and that it computes the product."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparsesim.accelerators.tensor_core.sparse import overlaps
from sparsesim.errors import InputError, PatternError
from sparsesim.formats import Structured, format_by_name
from sparsesim.hardware import load_energy_table, load_machine
from sparsesim.matmul import matmul_op
from sparsesim.pruning import pruner_by_name
from sparsesim.results import Labels
from sparsesim.simulation import Simulator, simulate
from sparsesim.tensors import DenseMatrix, SparseMatrix, drawn_nm, nm, uniform
from tests.accelerators.made_up import TILE, small_card
from tests.machines import KERNELS, alone, taken
from tests.strategies import dense_arrays, structured_matrices

PATTERNS = {
    "fp16": "nm-2:4",
    "bf16": "nm-2:4",
    "tf32": "nm-1:2",
    "int8": "nm-2:4",
    "fp8": "nm-2:4",
    "int4": "nm-pairs-4:8",
}
RATES = {"fp16": 2048, "bf16": 2048, "tf32": 1024, "int8": 4096, "fp8": 4096, "int4": 8192, "fp64": 64}
CARD = load_machine("a100-pcie")
MACHINE = small_card("gemm-2:4", patterns=PATTERNS, macs_per_cycle=RATES, tiles=(TILE, (64, 32, 32)))
MACHINE = MACHINE.model_copy(
    update={"kernels": {"gemm-2:4": MACHINE.kernels["gemm-2:4"].model_copy(update={"formats": ("nm-*", "vnm-*")})}}
)
UNIT = MACHINE.unit
DENSE = small_card("gemm", macs_per_cycle=RATES, tiles=(TILE, (64, 32, 32))).unit
TABLE = load_energy_table("gpu-7nm")

every_type = pytest.mark.parametrize("dtype", PATTERNS)
VENOM = ("vnm-64:2:8", "vnm-2:2:8", "vnm-3:2:5", "vnm-1:2:4", "vnm-4:2:7-i32")


def pruned(name: str, shape=(64, 128), seed=0) -> SparseMatrix:
    weight = np.random.default_rng(seed).standard_normal(shape)
    return SparseMatrix.from_dense(np.where(pruner_by_name(name).mask(weight), weight, 0))


def op_of(a, form, dtype="fp16", columns=16, name="fc"):
    return matmul_op(a, DenseMatrix((a.shape[1], columns), seed=1), form, dtype, name=name)


def assert_product(unit, a, form, dtype, b) -> None:
    product = unit.execute(matmul_op(a, b, form, dtype))
    np.testing.assert_allclose(product, a.to_array().astype(np.float64) @ b.to_array(), rtol=1e-9, atol=1e-9)


@every_type
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_every_number_type_is_multiplied_through_its_own_pattern(dtype, data):
    storage = format_by_name(PATTERNS[dtype])
    a = data.draw(structured_matrices(storage))
    b = DenseMatrix((a.shape[1], data.draw(st.integers(0, 5))), seed=3)
    assert UNIT.compression(matmul_op(a, b, storage.name, dtype)) == (storage.keep, storage.of)
    assert_product(UNIT, a, storage.name, dtype, b)


@pytest.mark.parametrize("name", VENOM)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_venom_multiplies_through_column_locations_and_places(name, data):
    storage = format_by_name(name)
    a = data.draw(structured_matrices(storage))
    b = DenseMatrix((a.shape[1], data.draw(st.integers(0, 5))), seed=3)
    assert UNIT.compression(matmul_op(a, b, name, "fp16")) == (2, storage.of)
    assert_product(UNIT, a, name, "fp16", b)


@settings(max_examples=25, deadline=None)
@given(dense=dense_arrays(), dtype=st.sampled_from([*PATTERNS, "fp64"]))
def test_a_dense_operand_runs_the_dense_kernel_whatever_its_positions(dense, dtype):
    a = SparseMatrix.from_dense(dense)
    op = op_of(a, "dense", dtype)
    assert not UNIT.reads(op)
    assert DENSE.compression(op) == (1, 1)
    assert_product(DENSE, a, "dense", dtype, DenseMatrix((a.shape[1], 3), seed=2))
    if dtype != "fp8":  # which this card does not have
        (call,) = CARD.calls(op)
        assert (call.kernel, call.unpacked, call.note) == ("gemm", "", "")


@pytest.mark.parametrize(("keep", "of"), [(1, 4), (2, 8), (3, 8), (2, 6), (1, 1)])
def test_a_hypothetical_unit_may_have_any_pattern(keep, of):
    unit = MACHINE.with_accelerator(patterns={"fp16": f"nm-{keep}:{of}"}).unit
    a = nm(33, 50, keep, of, 1)
    assert unit.compression(op_of(a, f"nm-{keep}:{of}")) == (keep, of)
    assert_product(unit, a, f"nm-{keep}:{of}", "fp16", DenseMatrix((50, 7), seed=2))
    whole = drawn_nm(64, 16 * of, keep, of)
    dense = DENSE.plan(op_of(whole, "dense")).actions["mult_fp16"]
    assert unit.plan(op_of(whole, f"nm-{keep}:{of}")).actions["mult_fp16"] * of == dense * keep


def test_dense_2_in_4_and_venom_run_at_their_rates():
    """Each of two SMs computes 128 x 128 sums of 512 products (1024 per cycle), then stores 32 KiB (64 per cycle)."""
    sparse = MACHINE.with_accelerator(tiles=(TILE,))
    machines = {"dense": small_card("gemm"), "nm-2:4": sparse, "vnm-64:2:16": sparse}
    a = pruned("vnm-64:2:16", (256, 512))
    plans = {form: machine.unit.plan(op_of(a, form, columns=128)) for form, machine in machines.items()}
    products = {form: schedule.actions["mult_fp16"] for form, schedule in plans.items()}
    assert products == {"dense": 1 << 24, "nm-2:4": 1 << 23, "vnm-64:2:16": 1 << 21}
    cycles = {form: int(schedule.phases[0].compute_cycles.sum()) for form, schedule in plans.items()}
    assert cycles == {"dense": 8192 + 512, "nm-2:4": 4096 + 512, "vnm-64:2:16": 1024 + 512}
    results = {form: simulate(op_of(a, form, columns=4096), machine, TABLE) for form, machine in machines.items()}
    assert results["dense"].seconds > results["nm-2:4"].seconds > results["vnm-64:2:16"].seconds
    energies = {form: result.energy_pj["total"] for form, result in results.items()}
    assert energies["dense"] > energies["nm-2:4"] > energies["vnm-64:2:16"]


def test_column_locations_are_counted_by_tile_and_block():
    """64 x 64 weights in blocks of 32 x 16, one tile of 64 x 32: twice 16 rows of 32 fp16 numbers are gathered."""
    unit = MACHINE.with_accelerator(tiles=((64, 32, 32),)).unit
    a = pruned("vnm-32:2:16", (64, 64))
    actions = unit.plan(op_of(a, "vnm-32:2:16", columns=32)).actions
    gathers, located, location_bits = 2, 4 * 4, 4
    gathered = located * 32 * 16
    kept = 64 * 64 // 8 * (16 + 2)
    locations = gathers * located * location_bits
    assert actions["index_add"] == gathers * located
    assert actions["mult_fp16"] == actions["select"] == 64 * 64 * 32 // 8
    assert actions["shared_memory.sram_write_bits"] == kept + gathers * gathered + locations
    assert actions["shared_memory.sram_read_bits"] == kept + gathers * gathered + locations
    assert actions["l2_read_bits"] == kept + gathers * gathered + locations
    tall = pruned("vnm-64:2:16", (64, 64))
    assert unit.plan(op_of(tall, "vnm-64:2:16", columns=32)).actions["index_add"] == located


@given(rows=st.integers(0, 40), tile=st.integers(1, 12), block=st.integers(1, 12))
def test_overlaps_counts_tiles_and_blocks_with_a_common_row(rows, tile, block):
    assert overlaps(rows, tile, block) == len({(row // tile, row // block) for row in range(rows)})


@pytest.mark.parametrize("form", ["nm-1:4", "nm-2:8"])
def test_a_sparser_pattern_has_no_kernel_and_runs_dense(form):
    op = op_of(nm(64, 64, 1, 4, 0), form)
    assert not UNIT.reads(op)
    (call,) = CARD.calls(op)
    assert (call.kernel, call.unpacked, call.op.a.format.name) == ("gemm", "when loaded", "dense")
    with pytest.raises(PatternError, match=f"fc: {form} cannot run compressed: the unit multiplies fp16 as nm-2:4"):
        UNIT.plan(op)


@pytest.mark.parametrize(
    ("dtype", "form", "message"),
    [
        ("fp16", "nm-2:4", r"not 2:4: row 1, columns 4\.\.7 hold 3 non-zeros where at most 2"),
        ("tf32", "nm-1:2", r"not 1:2: row 1, columns 4\.\.5 hold 2 non-zeros where at most 1"),
        (
            "int4",
            "nm-pairs-4:8",
            r"not 4:8 in pairs: row 1, columns 0\.\.7 hold 3 pairs with non-zeros where at most 2",
        ),
    ],
)
def test_what_breaks_the_pattern_of_its_type_is_refused_with_its_place_or_runs_dense(dtype, form, message):
    a = SparseMatrix.from_dense([[0] * 8, [0, 1, 0, 0, 1, 1, 1, 0], [1] + [0] * 7])
    op = op_of(a, form, dtype)
    for refuse in (UNIT.plan, UNIT.execute):
        with pytest.raises(PatternError, match=message):
            refuse(op)
    with pytest.raises(PatternError, match=f"^fc: operand A in format {form}: {message}"):
        simulate(op, CARD, TABLE)
    (call,) = CARD.with_on_violation("dense").calls(op)
    assert (call.kernel, call.unpacked) == ("gemm", "when loaded")
    assert call.note == f"A breaks the pattern of {form}: unpacked to dense when loaded"
    assert DENSE.plan(call.op).actions == DENSE.plan(op_of(a, "dense", dtype)).actions
    assert_product(DENSE, a, "dense", dtype, DenseMatrix((8, 3)))


@pytest.mark.parametrize(
    ("dtype", "form", "own"),
    [("tf32", "nm-2:4", "multiplies tf32 as nm-1:2"), ("fp64", "nm-2:4", "has no pattern for")],
)
def test_a_pattern_of_another_type_is_not_multiplied(dtype, form, own):
    op = op_of(nm(8, 8, 2, 4, 0), form, dtype)
    with pytest.raises(PatternError, match=f"fc: {form} cannot run compressed: the unit {own}"):
        UNIT.plan(op)
    (call,) = CARD.calls(op)
    assert (call.kernel, call.unpacked) == ("gemm", "when loaded")


@pytest.mark.parametrize("form", ["vnm-2:2:8", "nm-2:4", "nm-pairs-4:8"])
def test_a_format_that_cannot_hold_the_matrix_is_refused_with_its_place(form):
    op = op_of(uniform(16, 16, 0.4, 1), form, "int4" if "pairs" in form else "fp16")
    message = rf"^fc: operand A in format {form}: not .*: rows? \d.*, columns \d+\.\.\d+ hold \d+"
    with pytest.raises(PatternError, match=message):
        simulate(op, MACHINE, TABLE)
    (refused,) = Simulator(MACHINE, TABLE).results([op], [Labels()])
    assert refused.status == "refused"
    assert "\n" not in refused.note


def test_v_n_m_is_multiplied_where_the_unit_has_n_of_4():
    assert UNIT.compression(op_of(pruned("vnm-64:2:8"), "vnm-64:2:8", "int8")) == (2, 8)
    for form, dtype in (("vnm-64:1:8", "fp16"), ("vnm-64:2:8", "tf32"), ("vnm-64:2:8", "int4")):
        op = op_of(pruned(form), form, dtype)
        assert not UNIT.reads(op)
        (call,) = CARD.calls(op)
        assert (call.kernel, call.unpacked) == ("gemm", "when loaded")


@every_type
@pytest.mark.parametrize("table", ["horowitz-45nm", "gpu-7nm", "sparch-40nm"])
def test_every_table_prices_every_type(dtype, table):
    form = PATTERNS[dtype]
    a = pruned(form)
    result = simulate(op_of(a, form, dtype), MACHINE, load_energy_table(table))
    assert result.energy_pj["mac"] > 0
    assert result.counts[f"mult_{dtype}"] * 2 == DENSE.plan(op_of(a, "dense", dtype)).actions[f"mult_{dtype}"]


@every_type
def test_weights_are_stored_in_the_pattern_of_their_type(dtype):
    for density in (0.1, 0.5, 1.0):
        assert UNIT.natural_format(density, dtype) == PATTERNS[dtype]


@pytest.mark.parametrize(
    ("patterns", "message"),
    [
        ({"fp8-e5m2": "nm-2:4"}, "fp8-e5m2 has no macs_per_cycle"),
        ({"fp16": "csr"}, r"patterns\.fp16: csr is not the pattern of a unit"),
        ({"fp16": "vnm-64:2:8"}, r"patterns\.fp16: vnm-64:2:8 is not the pattern of a unit"),
        ({"fp16": "nm-2-4"}, "unknown format 'nm-2-4'"),
        ({"fp16": "nm-5:4"}, "it must lie in"),
        ({}, "patterns"),
    ],
)
def test_patterns_that_make_no_sense_are_refused(patterns, message):
    with pytest.raises(InputError, match=message) as caught:
        MACHINE.with_accelerator(patterns=patterns)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", [name for name in KERNELS if name.endswith("/gemm-2:4") and "stc" not in name])
def test_the_shipped_units_have_patterns_of_their_types(name):
    unit = alone(name).unit
    assert unit.patterns.keys() == unit.macs_per_cycle.keys()
    for dtype, pattern in unit.patterns.items():
        assert isinstance(format_by_name(pattern), Structured)
        assert pattern in taken(name, dtype)
