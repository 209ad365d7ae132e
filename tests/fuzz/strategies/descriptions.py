"""Descriptions in YAML, and configurations in JSON, as trees to be changed."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

SMALL_CPU = """
name: small-cpu
description: Four cores of a made-up CPU
clock_hz: 3 GHz
dram: {kind: DDR4, bandwidth_bytes_per_s: 50 GB/s, channels: 2, burst_bytes: 64, latency_ns: 80, efficiency: 0.9}
accelerator:
  kind: processor
  macs_per_cycle: {fp32: 64, fp64: 32}
  efficiency: {gemm: 0.8, gemv: 0.1, spmm: 0.05, spmv: 0.04, spgemm: 0.01}
  measured_power_w: {gemm: 90.0}
  cache: {size_bytes: 8388608}
  chunks: 64
energy_table: horowitz-45nm
launch_ns: 10
launch_interval_ns: 5
power: {cap_w: 100, idle_w: 15}
sources: {clock_hz: a, dram: b, accelerator: c, launch_ns: d, launch_interval_ns: e, power: f}
"""
BASED = """
name: mine
description: a card with another memory
based_on: sparseloop-stc
clock_hz: 2 GHz
dram: {bandwidth_bytes_per_s: 64 GB/s}
kernels: {gemm: {subcores: 8}, gemm-2:4: null}
sources: {clock_hz: a, dram: b, kernels: c}
"""
PRICES = """
name: cheap
node: 5 nm
description: made up
based_on: horowitz-45nm
scale: {mac: {factor: 0.7, source: assumed}, dram: {factor: 2, source: assumed}}
"""
SWEEP = """
name: tiny
description: a sweep
networks: [digits-cnn, {name: lenet-5, layers: "ip*", seed: 3}]
pruners: [none, {name: magnitude, sparsity: [0.5, 0.9]}, {name: filter, sparsity: 0.5, criterion: l1, round_to: 2}]
formats: [dense, csr]
machines: [sparch]
batch: 2
dtype: fp16
activation_density: 0.5
activation_format: dense
energy_table: horowitz-45nm
engine: fast
on_violation: unpack
baseline: {format: dense, sparsity: 0.5}
"""
LAYERS = """
name: net
source: here
input: 1 x 8 x 8
notes: made up
weights: {distribution: normal, std: he, seed: 7}
variants:
  pruned: {source: there, notes: "", layers: {conv1: {weight_density: 0.5}}}
layers:
- {name: conv1, kind: conv2d, c_in: 1, c_out: 4, kernel: 3, input_size: 8, padding: 1, stride: 2}
- {name: grouped, kind: conv2d, c_in: 4, c_out: 4, kernel: [3, 1], input_size: [4, 4], groups: 2, bias: false}
- {name: up, kind: conv_transpose2d, c_in: 4, c_out: 2, kernel: 2, input_size: 4, stride: 2}
- {name: line, kind: conv1d, c_in: 2, c_out: 3, kernel: 3, input_size: 9}
- {name: fc, kind: linear, inputs: 16, outputs: 5, positions: 2, weight_density: 0.5, input_activation_density: 0.3}
"""
PLAN = """
network: digits-cnn
notes: by hand
layers:
  conv1: {pruner: magnitude, sparsity: 0.5}
  fc1: {pruner: '2:4'}
  fc2: {pruner: threshold, threshold: 0.01, criterion: l1}
"""
_SMALL = {"vocab_size": 20, "hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 12}
CONFIGS = (
    {"model_type": "bert", **_SMALL, "max_position_embeddings": 16},
    {"model_type": "llama", **_SMALL, "max_position_embeddings": 16, "num_key_value_heads": 1, "head_dim": 4},
    {"model_type": "gpt2", "vocab_size": 20, "n_embd": 8, "n_layer": 2, "n_head": 2, "n_positions": 16},
    {"model_type": "vit", **_SMALL, "image_size": 8, "patch_size": 4, "num_channels": 3},
)

SHIPPED_MACHINES = ("core-i7-5930k", "sparch", "sparseloop-stc", "sparseloop-tc", "a100-pcie")


@cache
def tree(text: str) -> Any:
    return yaml.safe_load(text)


@cache
def shipped(kind: str, name: str) -> Any:
    """The tree of a shipped description, such as hardware/sparch."""
    import sparsesim

    beside = Path(sparsesim.__file__).parent
    folder = next(folder for folder in (beside.parent / "models", beside / "_shipped" / "models") if folder.is_dir())
    return yaml.safe_load((folder / kind / f"{name}.yaml").read_text(encoding="utf-8"))
