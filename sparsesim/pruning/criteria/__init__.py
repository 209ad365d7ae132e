"""How important weights and groups of weights are."""

from sparsesim.pruning.criteria.criterion import Criterion, Importance, Needs
from sparsesim.pruning.criteria.norms import L1
from sparsesim.pruning.criteria.registry import CRITERIA, criterion_by_name
from sparsesim.pruning.criteria.wanda import input_norm

__all__ = ["CRITERIA", "L1", "Criterion", "Importance", "Needs", "criterion_by_name", "input_norm"]
