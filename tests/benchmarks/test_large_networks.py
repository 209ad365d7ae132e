"""A large language model on one machine: all layers drawn, pruned, lowered and simulated.

    pytest tests/benchmarks/test_large_networks.py --benchmark-only -s

Six and a half thousand million weights do not fit in memory; times and the peak are those of the whole process.
"""

import resource
import sys

import pytest

from sparsesim.hardware import load_machine
from sparsesim.lowering import Lowering, lower
from sparsesim.networks import Layer, Network, SyntheticWeights, load_network
from sparsesim.pruning import pruner_by_name
from sparsesim.studies.networks import simulate_network
from sparsesim.transforms import prune_network

WIDTH, INNER, WORDS, HEADS, BLOCKS = 4096, 11008, 32000, 32, 32
"""LLaMA-7B (H. Touvron et al., arXiv:2302.13971, table 2)."""
MACHINES = {
    "unpruned": ("none", "dense", "a100-pcie", "fp16"),
    "2:4": ("2:4", "nm-2:4", "a100-pcie", "fp16"),
    "half by magnitude": ("magnitude", "csr", "titan-x", "fp32"),
}


def linear(name, outputs, inputs, tokens):
    shape = (outputs, inputs)
    return Layer(name=name, kind="linear", weight_shape=shape, source=SyntheticWeights(), positions=tokens)


def block(number, tokens):
    sizes = dict.fromkeys("qkvo", (WIDTH, WIDTH))
    sizes |= {"gate": (INNER, WIDTH), "up": (INNER, WIDTH), "down": (WIDTH, INNER)}
    products = {"scores": (tokens, WIDTH // HEADS, tokens), "context": (tokens, tokens, WIDTH // HEADS)}
    yield from (linear(f"{number}.{name}", *size, tokens) for name, size in sizes.items())
    for name, (m, k, n) in products.items():
        yield Layer(name=f"{number}.{name}", kind="matmul", m=m, k=k, n=n, batch=HEADS)


def language_model(tokens=128):
    layers = [layer for number in range(BLOCKS) for layer in block(number, tokens)]
    layers.append(linear("lm_head", WORDS, WIDTH, tokens))
    return Network(name="7b", layers=tuple(layers), weights_origin="synthetic", source="arXiv:2302.13971")


def peak_gb():
    """Most memory that this process has held so far; Linux counts in KiB, macOS in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e9 if sys.platform == "darwin" else peak * 1024 / 1e9


@pytest.mark.parametrize("case", MACHINES)
def test_a_large_language_model(benchmark, case):
    pruner, form, name, dtype = MACHINES[case]
    machine, chosen = load_machine(name), pruner_by_name(pruner, 0.5 if pruner == "magnitude" else None)
    arguments = (language_model(), chosen, [form], [machine], machine.energy_table, Lowering(dtype))
    results = benchmark.pedantic(simulate_network, args=arguments, rounds=1)
    # Products of activations have no pattern, which the 2:4 unit refuses.
    assert sum(result.status == "ok" for result in results) >= BLOCKS * 7 + 1
    assert peak_gb() < 3
    assert benchmark.stats is None or benchmark.stats["min"] < 120


@pytest.mark.parametrize("pruner", ["none", "2:4"])
def test_lowering_resnet50(benchmark, pruner):
    network = load_network("resnet50")

    def lowered():
        return lower(prune_network(network, pruner))

    lowered()
    assert len(benchmark.pedantic(lowered, rounds=3)) == 54
    assert benchmark.stats is None or benchmark.stats["min"] < 2
