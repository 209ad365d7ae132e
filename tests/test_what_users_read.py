"""Figures of a result that were worked out by hand, down to the last digit where that is possible."""

from dataclasses import replace

import numpy as np
import pytest

from sparsesim.formats import format_by_name
from sparsesim.hardware import load_energy_table, load_machine
from sparsesim.lowering import lower
from sparsesim.matmul import matmul_op
from sparsesim.networks import Layer, Network
from sparsesim.simulation import simulate
from sparsesim.tensors import DenseMatrix, SparseMatrix

PRICES = load_energy_table("horowitz-45nm")

MACS = 64 * 32 * 128
"""Of one product of 64 x 128 by 128 x 32."""

DRAM_BYTES = 4 * (64 * 128 + 128 * 32 + 64 * 32)
"""A, B and C in fp32, each moved once."""

ENERGY_PJ = {
    "dram": 20 * 8 * DRAM_BYTES,  # 640 pJ per 32 bits
    "mac": (3.7 + 0.9) * MACS,
    "register": (3 + 1) * MACS,  # three operands read and one written, 1 pJ each
    # Two operands from the cache for every 6 MACs, begun or whole, and A and B into it: 5 pJ per 32 bits.
    "sram": 5 * (2 * 43_691 + 64 * 128 + 128 * 32),
    "logic": 0,
}


def gemm(repeat=1):
    op = matmul_op(DenseMatrix((64, 128)), DenseMatrix((128, 32)), "dense", "fp32")
    return replace(op, repeat=repeat)


def bits_read_from_sram(result):
    """Whatever buffer the accelerator says they came from."""
    return sum(count for action, count in result.counts.items() if action.endswith("sram_read_bits"))


@pytest.mark.parametrize("repeat", [1, 3])
@pytest.mark.parametrize("machine", ["core-i7-5930k", "titan-x"])
def test_energy_bytes_and_macs_by_hand(machine, repeat):
    result = simulate(gemm(repeat), load_machine(machine), PRICES)
    assert result.macs == repeat * MACS
    assert sum(result.dram_bytes.values()) == repeat * DRAM_BYTES
    parts = {component: result.energy_pj[component] for component in ENERGY_PJ}
    assert parts == pytest.approx({component: repeat * energy for component, energy in ENERGY_PJ.items()})
    assert result.energy_pj["dynamic"] == pytest.approx(repeat * sum(ENERGY_PJ.values()))
    static = {"core-i7-5930k": 0.0, "titan-x": 15e12 * result.seconds}[machine]
    assert result.energy_pj["static"] == pytest.approx(static)
    assert result.energy_pj["total"] == pytest.approx(repeat * sum(ENERGY_PJ.values()) + static)


@pytest.mark.parametrize("repeat", [1, 3])
@pytest.mark.parametrize(("machine", "peak"), [("core-i7-5930k", 96 * 3.5e9), ("titan-x", 3072 * 1.075e9)])
def test_utilisation_counts_every_repetition(machine, peak, repeat):
    result = simulate(gemm(repeat), load_machine(machine), PRICES)
    assert result.peak_macs_per_s == peak
    assert result.utilisation == pytest.approx(repeat * MACS / (peak * result.seconds))


@pytest.mark.parametrize(("machine", "bytes_per_s"), [("core-i7-5930k", 68e9), ("titan-x", 336.5e9)])
def test_bandwidth_utilisation_counts_every_repetition(machine, bytes_per_s):
    result = simulate(gemm(3), load_machine(machine), PRICES)
    assert result.peak_bytes_per_s == bytes_per_s
    assert result.bandwidth_utilisation == pytest.approx(3 * DRAM_BYTES / (bytes_per_s * result.seconds))


def test_zeros_are_no_use():
    """Half of the weights are zero: the processor multiplies by them all the same, but to no use."""
    half = np.ones((64, 128), np.float32)
    half[:, ::2] = 0
    op = matmul_op(SparseMatrix.from_dense(half), DenseMatrix((128, 32)), "dense", "fp32")
    result = simulate(op, load_machine("core-i7-5930k"), PRICES)
    assert result.macs == MACS // 2
    assert result.utilisation == pytest.approx(MACS / 2 / (96 * 3.5e9 * result.seconds))


@pytest.mark.parametrize(("machine", "idle_w"), [("titan-x", 15.0), ("core-i7-5930k", 0.0)])
def test_power_is_idle_power_and_the_energy_over_the_time(machine, idle_w):
    """The card of the first machine draws 15 W whatever happens; the file of the second names no power."""
    result = simulate(gemm(3), load_machine(machine).with_accelerator(measured_power_w={}), PRICES)
    joule = 3 * sum(ENERGY_PJ.values()) * 1e-12
    assert result.power_w == pytest.approx(idle_w + joule / result.seconds)
    assert result.power_w > idle_w + 0.5


@pytest.mark.parametrize(("machine", "watts"), [("titan-x", 169.0), ("core-i7-5930k", 90.57)])
@pytest.mark.parametrize("table", [None, PRICES])
def test_power_is_what_was_measured_where_something_was(machine, watts, table):
    assert simulate(gemm(3), load_machine(machine), table).power_w == pytest.approx(watts)


@pytest.mark.parametrize(
    ("shape", "blocks"), [((4, 3, 2), 4), ((5, 5, 1), 5), ((6, 7, 6), 42), ((64, 32, 128), 43_691)]
)
def test_a_dense_kernel_reads_the_cache_once_for_six_macs(shape, blocks):
    """A register block of 6 x 16 reads 22 operands for 96 MACs: both operands of every sixth are counted."""
    m, n, k = shape
    op = matmul_op(DenseMatrix((m, k)), DenseMatrix((k, n)), "dense", "fp32")
    result = simulate(op, load_machine("core-i7-5930k"), PRICES)
    assert bits_read_from_sram(result) == 2 * 32 * blocks


@pytest.mark.parametrize(
    ("elements_of_the_map", "size_bytes"),
    [
        (16, 32),  # overlapping windows: the map is smaller than its view
        (128, 256),
        (512, 256),  # windows that leave out three quarters of the map: nobody reads those
        (None, 256),
    ],
)
def test_a_view_of_a_map_costs_the_smaller_of_both(elements_of_the_map, size_bytes):
    op = matmul_op(DenseMatrix((4, 16)), DenseMatrix((16, 8)), "dense", "fp16")
    viewed = replace(op, b=replace(op.b, distinct=elements_of_the_map))
    assert viewed.b.dram_bytes == size_bytes
    assert simulate(viewed, load_machine("core-i7-5930k"), PRICES).dram_bytes["B"] == size_bytes


@pytest.mark.parametrize(
    ("kernel", "stride", "elements"),
    [
        (1, 1, 3 * 8 * 8),  # every pixel once
        (1, 2, 3 * 4 * 4),  # every fourth pixel
        (3, 1, 3 * 8 * 8),  # nine windows over each pixel, which is read once
        (2, 4, 3 * 4 * 4),  # 2 x 2 of every 4 x 4 pixels
    ],
)
def test_a_strided_convolution_reads_no_pixel_that_it_does_not_need(kernel, stride, elements):
    weights = np.ones((5, 3, kernel, kernel), np.float32)
    layer = Layer(
        name="conv",
        kind="conv2d",
        weight_shape=weights.shape,
        source=weights,
        input_size=(8, 8),
        stride=(stride, stride),
        padding=(0, 0, 0, 0) if kernel < 3 else (1, 1, 1, 1),
    )
    (op,) = lower(Network(name="net", layers=(layer,), weights_origin="imported", source="test"))
    assert op.b.format == format_by_name("dense")
    assert simulate(op, load_machine("core-i7-5930k"), PRICES).dram_bytes["B"] == 2 * elements
