"""Runs networks with their masks: accuracy after pruning, and the real inputs of every layer."""

from sparsesim.inference.capturing import capture, capture_relu, densities, write_maps
from sparsesim.inference.evaluation import Evaluation, evaluate
from sparsesim.inference.samples import SAMPLE_LAYOUTS, prepare_samples

__all__ = [
    "SAMPLE_LAYOUTS",
    "Evaluation",
    "capture",
    "capture_relu",
    "densities",
    "evaluate",
    "prepare_samples",
    "write_maps",
]
