"""Importances that the caller computed."""

from sparsesim.array_types import FloatArray
from sparsesim.pruning.criteria.criterion import Criterion, Data
from sparsesim.pruning.criteria.data_checks import check_not_negative, numbers_like_weight


def given(weight: FloatArray, data: Data, layer: str) -> FloatArray:
    """The caller's own numbers, at least 0, of the shape of the weight."""
    scores = numbers_like_weight("importance", data, weight, layer)
    check_not_negative("importance", scores, layer)
    return scores


GIVEN = Criterion("importance", "sum of numbers that are given", needs="importance", importance=given)
