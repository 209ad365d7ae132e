"""Entries of DEVIATIONS.md on SpMV kernels and on square blocks, with the effect that each states."""

import numpy as np
import pytest

from sparsesim.accelerators.gather_spmv import Rows, Traffic
from sparsesim.dtypes import dtype_by_name
from sparsesim.engines import run_schedule
from sparsesim.hardware import load_machine
from sparsesim.matmul import matmul_op
from sparsesim.simulation import simulate
from sparsesim.tensors import DenseMatrix
from sparsesim.tensors.generators import block
from sparsesim.validation.llm_decoding.published import LlmDecodingValues
from sparsesim.validation.llm_decoding.runs import dense_us, spmv_us
from sparsesim.validation.published import load_published
from sparsesim.validation.spmm.published import SpmmValues

PUBLISHED = load_published("llm-decoding", LlmDecodingValues)
CSR, MACKO = PUBLISHED.kernels["cusparse-csr"], PUBLISHED.kernels["macko"]


def test_csr_with_one_column_adds_up_with_conflicts():
    machine = load_machine("rtx-4090").only("spmv")
    assert "CSR_ALG1" in machine.library["spmv"].source

    def microseconds(columns):
        return spmv_us(load_machine("rtx-4090"), CSR, 2**27 // columns, columns, 1.0, "fp16")

    streamed = 6e6 * 2**27 / (machine.dram.bandwidth_bytes_per_s * machine.library["spmv"].dram_efficiency)
    assert microseconds(2048) == pytest.approx(streamed, rel=0.05)
    assert microseconds(32768) / streamed == pytest.approx(19, rel=0.05)
    # Whatever the width: what counts are entries of a row.
    dtype, traffic = dtype_by_name("fp16"), Traffic(6 * 2**27, 2**17, 2**13)
    counts = Rows(np.full(2**12, 2**15), np.zeros(2**12, np.int64))
    cycles = run_schedule(machine.unit.schedule(counts, traffic, dtype), machine).cycles
    assert 1e6 * cycles / machine.clock_hz == pytest.approx(microseconds(32768), rel=0.01)


def test_what_a_benchmark_adds_is_not_the_kernels():
    around = MACKO.around["RTX 4090"].written_back
    card = load_machine("rtx-4090")
    l2 = card.library["gemm"].unit.l2.size_bytes
    assert 0.5 * l2 < around.size_bytes < l2
    alone = spmv_us(card, MACKO, 8192, 8192, 0.5, "fp16")
    added = 1e6 * around.per_byte * 2.5 * 0.5 * 8192**2 / (card.dram.bandwidth_bytes_per_s * 0.955)
    assert added / alone == pytest.approx(0.33, abs=0.03)
    assert {name: given.around["RTX 3090"].overhead_us > 5 for name, given in PUBLISHED.kernels.items()} == {
        "macko": True,
        "cusparse-csr": True,
    }


def test_the_rate_of_unpacking_gaps_is_counted():
    for name in ("rtx-3090", "rtx-4090"):
        card = load_machine(name)
        macko = card.library["macko"]
        assert "counted" in card.sources["kernels.macko.unpack_values_per_cycle"]
        assert macko.unit.unpack_values_per_cycle == 6

        def microseconds(rate, card=card, macko=macko):
            unit = macko.unit.model_copy(update={"unpack_values_per_cycle": rate})
            changed = {**card.library, "macko": macko.model_copy(update={"unit": unit})}
            return spmv_us(card.model_copy(update={"kernels": changed}), MACKO, 16384, 8192, 0.5, "fp16")

        assert microseconds(3.0) < 1.15 * microseconds(6.0)
        assert microseconds(12.0) > 0.94 * microseconds(6.0)


def test_one_token_at_a_time():
    card = load_machine("rtx-4090")
    one = dense_us(card, 4096, 4096, "fp16") / spmv_us(card, MACKO, 4096, 4096, 0.1, "fp16")
    assert one > 2
    op = matmul_op(block(4096, 4096, 1, 1, 0.1), DenseMatrix((4096, 2)), "gaps-4", "fp16")
    assert simulate(op, card, card.energy_table).unpacked == "when loaded"


def test_square_blocks_are_fitted_on_one_figure():
    blocks = load_published("spmm", SpmmValues).blocks
    assert len(blocks.fitted) == 1
    card = load_machine("a100-pcie")
    for size in (8, 128):
        a = block(256, 256, size, size, 0.1)
        found = simulate(matmul_op(a, DenseMatrix((256, 64)), f"bsr-{size}x{size}", "fp16"), card, card.energy_table)
        assert (found.kernel, found.unpacked) == ("gemm", "when loaded")
