"""Runs networks with their masks: accuracy after pruning, and the real inputs of every layer."""

from sparsesim.execution.capturing import capture, capture_relu, densities
from sparsesim.execution.evaluation import Evaluation, evaluate

__all__ = ["Evaluation", "capture", "capture_relu", "densities", "evaluate"]
