"""Searches that take a moment."""

import pytest


@pytest.fixture
def sizes():
    """Two sizes of SpArch, 15 candidates in all, on a graph of 34 nodes."""
    fields = {"accelerator.merge_ways": {"log2": [2, 32]}, "accelerator.macs_per_cycle.fp64": [2, 8, 16]}
    return {
        "name": "sizes",
        "matrices": "karate",
        "formats": "csr",
        "machine": "sparch",
        "dtype": "fp64",
        "search": {"machine": fields},
        "objectives": "seconds",
        "trials": 12,
    }


@pytest.fixture
def layers():
    """Three sparsities of the four layers of the digits CNN."""
    return {
        "name": "layers",
        "networks": "digits-cnn",
        "formats": ["csr", "dense"],
        "machine": "sparch",
        "dtype": "fp16",
        "samples": "digits",
        "search": {"plan": {"sparsity": [0, 0.5, 0.8]}},
        "objectives": ["seconds", "accuracy"],
        "trials": 12,
    }
