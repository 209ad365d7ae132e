"""One product, given by two matrices or by its sizes."""

import re
import tracemalloc

import numpy as np
import pytest

from sparsesim.errors import InputError
from sparsesim.formats import Csr
from sparsesim.hardware import load_energy_table, load_machine
from sparsesim.limits import MAX_MACS, memory_budget
from sparsesim.matmul import matmul_op
from sparsesim.products import drawn_weights, gemm, multiply
from sparsesim.tensors import DenseMatrix, SparseMatrix, uniform

TABLE = load_energy_table("gpu-7nm")
PROCESSOR, CARD = load_machine("core-i7-5930k"), load_machine("a100-pcie")


def test_every_format_on_every_machine():
    a = SparseMatrix.from_dense(np.diag([1.0, 2.0, 3.0, 4.0]))
    results = multiply(a, DenseMatrix((4, 5)), [PROCESSOR, CARD], ["csr", "dense"], "fp32", table=TABLE, name="mine")
    assert [(r.machine, r.format) for r in results] == [
        ("core-i7-5930k", "csr"),
        ("core-i7-5930k", "dense"),
        ("a100-pcie", "csr"),
        ("a100-pcie", "dense"),
    ]
    for result in results:
        assert (result.layer, result.dtype, result.energy_table) == ("mine", "fp32", "gpu-7nm")
        assert (result.m, result.n, result.k, result.macs) == (4, 5, 4, 4 * 5)


def test_different_formats_of_one_name_are_refused():
    class Narrow(Csr):
        name = "csr"

    a = SparseMatrix.from_dense(np.eye(4))
    with pytest.raises(InputError, match=r"^formats: Csr\(.*32\) and .*Narrow\(index_bits=8.*\) are both called 'csr'"):
        multiply(a, None, PROCESSOR, ["csr", Narrow(8)], "fp32", table=TABLE)
    told_apart = multiply(a, None, PROCESSOR, [Csr(), Csr(8), "csr"], "fp32", table=TABLE)
    assert [result.format for result in told_apart] == ["csr", "csr-i8"]


def test_each_machine_has_its_own_format_and_number_type_where_none_is_given():
    results = gemm(8, 16, 32, [PROCESSOR, CARD.only("gemm-2:4")], sparsity="2:4", table=TABLE)
    assert [(r.format, r.dtype) for r in results] == [("csr", "fp32"), ("nm-2:4", "fp16")]


def test_a_card_takes_the_fastest_of_the_formats_of_its_kernels():
    """4096 tokens: 2:4 weights on their kernel; without the pattern the dense kernel, unless little is left."""
    chosen = {}
    for sparsity in ("2:4", "0.3", "0.995"):
        (result,) = gemm(4096, 4096, 4096, [CARD], sparsity=sparsity, table=TABLE)
        chosen[sparsity] = (result.format, result.kernel)
    assert chosen == {"2:4": ("nm-2:4", "gemm-2:4"), "0.3": ("dense", "gemm"), "0.995": ("csr", "spmm")}


@pytest.mark.parametrize("product", ["gemm", "multiply"])
def test_the_engine_that_is_asked_for_is_used(product):
    """The analytic engines bound the others from both sides, and 4096 columns are no tie."""
    cycles = {}
    for engine in ("lower-bound", "fast", "upper-bound"):
        if product == "gemm":
            (result,) = gemm(4096, 256, 256, [PROCESSOR], table=TABLE, engine=engine)
        else:
            a, b = DenseMatrix((256, 256)), DenseMatrix((256, 4096))
            (result,) = multiply(a, b, [PROCESSOR], table=TABLE, engine=engine)
        cycles[engine] = result.cycles
    assert cycles["lower-bound"] < cycles["fast"] < cycles["upper-bound"]


def test_a_gemm_is_tokens_times_weights():
    """3 tokens, 8 x 16 weights of which a quarter stay: 32 products for every token."""
    (result,) = gemm(3, 8, 16, [PROCESSOR], ["csr"], sparsity="0.75", table=TABLE)
    assert (result.m, result.k, result.n) == (8, 16, 3)
    assert (result.a_nnz, result.macs) == (32, 3 * 32)
    assert (result.network, result.layer, result.weights) == ("gemm", "gemm 3 x 8 x 16", "seeded")
    assert (result.pruner, result.sparsity) == ("seeded 0.75", 0.75)


@pytest.mark.parametrize(("out_dtype", "size_bytes"), [("", 1), ("bf16", 2), ("int32", 4), ("fp64", 8)])
def test_c_is_written_in_the_type_that_is_asked_for(out_dtype, size_bytes):
    (result,) = gemm(16, 32, 64, [CARD], dtype="int8", out_dtype=out_dtype, table=TABLE, cold=True)
    assert result.dram_bytes["C"] == 16 * 32 * size_bytes
    assert result.dtype == "int8"
    (product,) = multiply(
        DenseMatrix((32, 64)), DenseMatrix((64, 16)), [CARD], [], "int8", table=TABLE, out_dtype=out_dtype
    )
    assert product.dram_bytes == result.dram_bytes


def test_wider_results_take_longer():
    seconds = [
        gemm(8192, 8192, 64, [CARD], dtype="int8", out_dtype=out, table=TABLE, cold=True)[0].seconds
        for out in ("", "int32")
    ]
    assert seconds[1] > 2 * seconds[0]


def test_a_gemm_without_zeros_is_not_pruned():
    (result,) = gemm(1, 1, 1, [PROCESSOR], table=TABLE)
    assert (result.pruner, result.sparsity, result.format, result.macs) == ("none", 0, "dense", 1)


@pytest.mark.parametrize(("sides", "message"), [((0, 1, 1), "M is 0"), ((1, -1, 1), "N is -1"), ((1, 1, 0), "K is 0")])
def test_a_product_has_sides(sides, message):
    with pytest.raises(InputError, match=f"^{message}; it must be at least 1"):
        gemm(*sides, [PROCESSOR], table=TABLE)


def test_weights_follow_the_seed():
    """30 of 200 positions: two seeds that choose the same ones are out of the question."""
    alike, again = (drawn_weights(10, 20, "0.85", seed=4) for _ in range(2))
    assert alike.nnz == 30
    assert alike.equals(again)
    assert not alike.equals(drawn_weights(10, 20, "0.85", seed=5))
    assert drawn_weights(10, 20, "0.85").equals(drawn_weights(10, 20, "0.85", seed=0))
    results = [gemm(1, 40, 50, [load_machine("sparch")], sparsity="0.9", table=TABLE, seed=seed)[0] for seed in (0, 7)]
    assert results[0].details["condensed_columns"] != results[1].details["condensed_columns"]


@pytest.mark.parametrize(("sparsity", "kept"), [("2:4", 2), ("1:4", 1), ("4:4", 4)])
def test_n_of_m_keeps_n_in_every_m(sparsity, kept):
    weights = drawn_weights(6, 16, sparsity).to_array() != 0
    assert (weights.reshape(6, 4, 4).sum(axis=2) == kept).all()


@pytest.mark.parametrize("seed", [0, 3])
def test_a_fixed_pattern_keeps_the_largest_of_dense_weights(seed):
    """V:N:M 4:2:8: every 4 rows choose 4 of 8 columns, every row 2 of those."""
    dense, kept = DenseMatrix((8, 16), seed=seed).to_array(), drawn_weights(8, 16, "vnm-4:2:8", seed).to_array()
    assert (kept[kept != 0] == dense[kept != 0]).all()
    assert ((kept != 0).reshape(8, 2, 8).sum(axis=2) == 2).all()
    columns = (kept != 0).reshape(2, 4, 2, 8).any(axis=1).sum(axis=2)
    assert (columns <= 4).all()
    assert np.abs(kept).sum() > 1.5 * np.abs(dense).mean() * 32


@pytest.mark.parametrize("sparsity", ["5:4", "0:4", "a:4", "2:b", "2:", ":4", "1.5:4"])
def test_what_is_not_n_of_m_is_refused(sparsity):
    with pytest.raises(InputError, match="is not N:M"):
        drawn_weights(8, 8, sparsity)


@pytest.mark.parametrize("sparsity", ["1", "1.5", "-0.1", "nan"])
def test_a_sparsity_lies_below_one(sparsity):
    with pytest.raises(InputError, match=r"must lie in \[0, 1\)"):
        drawn_weights(8, 8, sparsity)


def test_a_sparsity_is_a_number_or_a_pattern():
    with pytest.raises(InputError, match="'much' is neither N:M nor a fraction"):
        drawn_weights(8, 8, "much")
    assert isinstance(drawn_weights(8, 8, "0"), DenseMatrix)


@pytest.mark.parametrize(
    ("machine", "format", "sparsity"),
    [("a100-pcie", "nm-2:4", "2:4"), ("a100-pcie", "vnm-64:2:16", "vnm-64:2:16"), ("sparch", "csr", "0.9")],
)
def test_formats_that_are_particular_about_shapes_run_as_well(machine, format, sparsity):
    (result,) = gemm(16, 128, 64, [load_machine(machine)], [format], sparsity=sparsity, table=TABLE)
    assert (result.status, result.format) == ("ok", format)


@pytest.mark.parametrize("values", [True, False])
def test_a_sparse_b_without_zeros_is_a_dense_one(values):
    """A file of a dense matrix asks for SpMM, whatever the file's format."""
    a, full = uniform(64, 32, 0.1, seed=1), uniform(32, 8, 1.0, seed=2)
    b = full if values else full.pattern()
    op = matmul_op(a, b, "csr", "fp32")
    assert isinstance(op.b.tensor, DenseMatrix)
    assert op.b.format.name == "dense"
    np.testing.assert_array_equal(op.b.tensor.to_array(), b.to_array())
    given, meant = (multiply(a, x, [PROCESSOR], table=TABLE)[0] for x in (b, DenseMatrix((32, 8))))
    assert (given.cycles, given.dram_bytes) == (meant.cycles, meant.dram_bytes)


def test_a_b_with_one_zero_stays_sparse():
    a, b = uniform(64, 32, 0.1, seed=1), uniform(32, 8, 255 / 256, seed=2)
    assert matmul_op(a, b, "csr", "fp32").b.format.name == "csr"
    assert matmul_op(a, SparseMatrix.from_dense(np.zeros((32, 0))), "csr", "fp32").b.format.name == "csr"


@pytest.mark.parametrize(
    ("side", "warm", "operands"),
    [(2048, True, "L2"), (2048, False, "DRAM"), (3400, True, "L2 and DRAM"), (4096, True, "DRAM")],
)
def test_results_say_where_the_operands_were(side, warm, operands):
    """An A100 keeps up to half of its 40 MB of L2 for the next run, and nothing beyond three quarters."""
    (result,) = gemm(16, side, side, [CARD], table=TABLE, cold=not warm)
    assert result.operands == operands
    assert result.as_object()["operands"] == operands
    (other,) = gemm(16, 64, 64, [PROCESSOR], table=TABLE, cold=not warm)
    assert other.operands == "DRAM"


def test_operands_from_dram_are_so_in_every_format():
    """Whatever is larger as stored than dense: none of it was in the L2 before."""
    formats = ["csr", "coo", "bitmap"]
    for result in gemm(16, 256, 256, [CARD, PROCESSOR], formats, sparsity="0.1", table=TABLE, cold=True):
        assert result.operands == "DRAM"


@pytest.mark.parametrize(
    ("sides", "options", "message"),
    [
        (
            (2**31, 2**31, 2**31),
            {},
            r"^gemm: M x N x K: 2147483648 x .* is more than the 7\.2e\+16 that can be counted$",
        ),
        ((2**56, 1, 2), {}, r"^gemm: M x N x K: 7\.2e\+16 x 1 x 2 is more"),
        ((np.int64(2**32), np.int64(2**32), 1), {}, "^gemm: M x N x K: 4294967296 x 4294967296 x 1 is more"),
        ((8.0, 8, 8), {}, r"^M: 8\.0: must be a whole number$"),
        ((8, 8, 8), {"seed": -1}, "^seed: -1: must be at least 0$"),
        ((8, 8, 8), {"seed": 0.5}, r"^seed: 0\.5: must be a whole number$"),
        ((8, 8, 8), {"sparsity": "²:4"}, "^sparsity '²:4' is not N:M"),
        ((8, 8, 8), {"sparsity": "2:" + "4" * 5000}, "is not N:M"),
        ((8, 8, 8), {"sparsity": "nan"}, r"^sparsity nan must lie in \[0, 1\)"),
        (
            (8, 2**20, 2**20),
            {"sparsity": "0.5"},
            r"^drawing 1048576 x 1048576 weights needs 26\.4 TB of memory, more than",
        ),
        ((8, 2**20, 2**20), {"sparsity": "vnm-64:2:16"}, r"^drawing 1048576 x 1048576 weights needs 26\.4 TB"),
    ],
)
def test_sizes_that_cannot_be_counted_or_drawn_are_refused_before_any_memory_is_taken(sides, options, message):
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match=message):
            gemm(*sides, [PROCESSOR], table=TABLE, **options)
        assert tracemalloc.get_traced_memory()[1] < 50e6
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("sparsity", "needed"), [("0.5", 48 * 2000), ("2:4", 2 * 4000 + 24 * 2000), ("vnm-64:2:16", 24 * 4096)]
)
def test_drawing_asks_for_what_it_takes(sparsity, needed):
    """The budget is exact, and at larger sizes more than what NumPy takes."""
    rows, columns = (64, 64) if sparsity.startswith("vnm") else (40, 100)
    with memory_budget(needed + 24 * rows):
        drawn_weights(rows, columns, sparsity).to_sparse()
    with memory_budget(needed + 24 * rows - 1), pytest.raises(InputError, match=r"^drawing .* weights needs"):
        drawn_weights(rows, columns, sparsity).to_sparse()
    needed = needed // 2000 * 10**6 if sparsity != "vnm-64:2:16" else 24 * 2**20
    tracemalloc.start()
    drawn_weights(1024, 1024, sparsity).to_sparse()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert 0.2 * needed < peak < 1.1 * needed


def test_groups_that_are_never_drawn_need_no_memory():
    weights = drawn_weights(2**18, 2**18, "2:4")
    assert weights.nnz == 2**35
    with pytest.raises(InputError, match=r"^drawing 262144 x 262144 weights needs 962 GB of memory"):
        weights.to_sparse()


def test_a_product_that_can_be_counted_is_simulated():
    (result,) = gemm(2**28, 2**28, 1, [PROCESSOR], table=TABLE)
    assert result.macs == MAX_MACS


@pytest.mark.parametrize("machine", ["a100-pcie", "v100", "core-i7-5930k", "sparch", "sparseloop-stc"])
@pytest.mark.parametrize("sides", [(16, 32), (512, 8)])
def test_planning_takes_what_one_input_may_take_at_most(machine, sides):
    """Whatever the number of tokens is: larger ones are refused before their tiles are laid out."""
    budget = 64 * 2**20
    gemm(64, *sides, machine)  # compiled
    refusals = []
    for power in range(16, 32, 3):
        tracemalloc.start()
        with memory_budget(budget):
            try:
                gemm(2**power, *sides, machine)
            except InputError as error:
                refusals.append(str(error))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 1.3 * budget
    assert all(re.search("--memory allows more|at most", line) for line in refusals)
    assert refusals or machine in ("core-i7-5930k", "v100")


@pytest.mark.parametrize("machine", ["a100-pcie", "sparseloop-tc", "sparseloop-stc"])
def test_more_tiles_than_are_planned_in_time_are_refused(machine):
    """Whatever memory there is, and before it is taken."""
    gemm(8, 8, 8, machine, "dense")  # compiled
    tracemalloc.start()
    with memory_budget(2**60), pytest.raises(InputError, match="x 1 tiles, and they are planned one by one: at most"):
        gemm(1, 2**36, 1, machine, "dense")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**24


def test_dense_weights_need_no_room_for_formats_that_cannot_win():
    """A card with SpMM kernels also tries CSR, which takes several times the memory of dense weights."""
    with memory_budget(8 * 2**20):
        (found,) = gemm(64, 2048, 2048, "a100-pcie")
        with pytest.raises(InputError, match="--memory allows more"):
            gemm(64, 2048, 2048, "a100-pcie", "csr")
    assert (found.format, found.kernel) == ("dense", "gemm")


def test_weights_are_drawn_for_any_pruner_that_needs_no_data():
    drawn = drawn_weights(64, 96, "block-8x1@0.75", seed=3).to_sparse().to_array()
    whole = drawn_weights(64, 96, "0", seed=3).to_array()
    kept = drawn.reshape(8, 8, 96) != 0
    assert (kept.any(axis=1) == kept.all(axis=1)).all()
    assert (drawn[drawn != 0] == whole[drawn != 0]).all()
    assert np.count_nonzero(drawn) == 64 * 96 // 4
    with pytest.raises(InputError, match="'x' is no fraction"):
        drawn_weights(8, 8, "block-8x1@x")
