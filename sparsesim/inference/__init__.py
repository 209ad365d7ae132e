"""Runs networks with their masks: accuracy after pruning, and the real inputs of every layer."""

from sparsesim.inference.capturing import capture, capture_relu, densities, write_maps
from sparsesim.inference.evaluation import Evaluation, evaluate
from sparsesim.inference.sample_sets import Samples, load_samples, sample_file, sample_names, sample_record, with_labels
from sparsesim.inference.samples import SAMPLE_LAYOUTS, prepare_samples

__all__ = [
    "SAMPLE_LAYOUTS",
    "Evaluation",
    "Samples",
    "capture",
    "capture_relu",
    "densities",
    "evaluate",
    "load_samples",
    "prepare_samples",
    "sample_file",
    "sample_names",
    "sample_record",
    "with_labels",
    "write_maps",
]
