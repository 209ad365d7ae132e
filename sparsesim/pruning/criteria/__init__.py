"""How important weights and groups of weights are."""

from sparsesim.pruning.criteria.group_scores import CRITERIA, Criterion, Needs, criterion_by_name
from sparsesim.pruning.criteria.weight_scores import Importance, input_norm

__all__ = ["CRITERIA", "Criterion", "Importance", "Needs", "criterion_by_name", "input_norm"]
