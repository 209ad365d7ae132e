"""Runs networks with their masks: accuracy after pruning, and the real inputs of every layer."""

from sparsesim.execution.capturing import capture, capture_relu, densities
from sparsesim.execution.evaluation import Evaluation, evaluate
from sparsesim.execution.samples import SAMPLE_LAYOUTS, prepare_samples

__all__ = ["SAMPLE_LAYOUTS", "Evaluation", "capture", "capture_relu", "densities", "evaluate", "prepare_samples"]
