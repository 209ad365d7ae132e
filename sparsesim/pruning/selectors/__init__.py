"""How many groups are dropped, and from which layers."""

from sparsesim.pruning.selectors.base import Candidates, Selector
from sparsesim.pruning.selectors.by_erk import ByERK
from sparsesim.pruning.selectors.by_lamp import ByLAMP
from sparsesim.pruning.selectors.by_layer import ByLayer
from sparsesim.pruning.selectors.by_sigma import BySigma
from sparsesim.pruning.selectors.by_sparsity import BySparsity
from sparsesim.pruning.selectors.by_threshold import ByThreshold
from sparsesim.pruning.selectors.rounded_up import RoundedUp
from sparsesim.pruning.selectors.threshold import ThresholdSelector

__all__ = [
    "ByERK",
    "ByLAMP",
    "ByLayer",
    "BySigma",
    "BySparsity",
    "ByThreshold",
    "Candidates",
    "RoundedUp",
    "Selector",
    "ThresholdSelector",
]
