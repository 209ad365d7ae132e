"""Entries of DEVIATIONS.md on how networks become operations, with the effect that each states."""

import numpy as np
import pytest

from sparsesim.hardware import load_energy_table, load_machine
from sparsesim.lowering import lower
from sparsesim.networks import Layer, Network, load_network
from sparsesim.simulation import simulate

A100 = load_machine("a100-pcie").only("gemm")


def lowered(batch=1, **layer):
    weight = np.ones(layer["weight_shape"], np.float32)
    layers = (Layer(name="layer", source=weight, **layer),)
    (op,) = lower(Network(name="test", layers=layers, weights_origin="imported", source="test"), batch=batch)
    return op


def test_only_what_multiplies_is_simulated():
    names = [layer.name for layer in load_network("bert-base").layers if layer.name.startswith("encoder.0.")]
    assert len(names) == 8
    op = lowered(kind="linear", weight_shape=(64, 32), positions=16)
    moved = A100.unit.plan(op).dram_bytes
    assert moved == {"A": 2 * 64 * 32, "B": 2 * 32 * 16, "C": 2 * 64 * 16}


def test_depthwise_convolutions_are_gemms():
    shape = {"weight_shape": (512, 1, 3, 3), "input_size": (14, 14), "padding": (1, 1), "groups": 512}
    op = lowered(batch=64, kind="conv2d", **shape)
    result = simulate(op, A100, load_energy_table("gpu-7nm"))
    assert result.seconds == pytest.approx(216e-6, rel=0.01)
    moved = 2 * 2 * 512 * 14 * 14 * 64
    assert moved / A100.dram.bandwidth_bytes_per_s == pytest.approx(13e-6, rel=0.03)
    assert result.bottleneck == "prologue"  # 512 small products: tiles begin and end more than they multiply
    assert result.counts["mult_fp16"] >= 16 * op.effectual_macs


def test_what_is_empty_is_left_out_and_what_depends_on_it_stays():
    """Two layers of 64 outputs: half of the first one's rows are gone, and the second reads all 64 inputs."""
    weight = np.ones((64, 64), np.float32)
    weight[::2] = 0
    layers = [Layer(name=name, kind="linear", weight_shape=(64, 64), source=weight, positions=16) for name in "ab"]
    first, second = lower(Network(name="test", layers=tuple(layers), weights_origin="imported", source="test"))
    assert A100.unit.plan(first).dram_bytes == {"A": 2 * 32 * 64, "B": 2 * 64 * 16, "C": 2 * 32 * 16}
    assert second.b.dram_bytes == 2 * 64 * 16
    shrunk = lowered(kind="linear", weight_shape=(32, 64), positions=16)
    table = load_energy_table("gpu-7nm")
    assert simulate(first, A100, table).cycles == simulate(shrunk, A100, table).cycles


def test_transposed_convolutions_write_their_product():
    shape = {"weight_shape": (64, 32, 4, 4), "input_size": (16, 16), "stride": (2, 2), "padding": (1, 1)}
    op = lowered(kind="conv_transpose2d", **shape)
    plan = A100.unit.plan(op)
    assert plan.dram_bytes["C"] == 4 * 2 * 32 * 32 * 32
    assert plan.actions["add_fp32"] == plan.actions["mult_fp16"]


def test_recurrent_layers_read_their_weights_at_every_step():
    op = lowered(kind="lstm", weight_shape=(4 * 256, 512), steps=10)
    result = simulate(op, A100, load_energy_table("gpu-7nm"))
    assert result.dram_bytes["A"] == 10 * 2 * 4 * 256 * 512
