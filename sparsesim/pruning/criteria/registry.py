"""The criteria that have a name, and how a name becomes a criterion.

A new criterion is one file here, one row of CRITERIA, and its definition in `pruning/reference.py`; the tests run it
with every pattern.
"""

import re

from sparsesim.errors import UnknownNameError
from sparsesim.pruning.criteria.criterion import Criterion
from sparsesim.pruning.criteria.given import GIVEN
from sparsesim.pruning.criteria.norms import L1, L2, MAGNITUDE, norm
from sparsesim.pruning.criteria.random_scores import RANDOM, random_criterion
from sparsesim.pruning.criteria.taylor import TAYLOR
from sparsesim.pruning.criteria.wanda import WANDA

CRITERIA = {criterion.name: criterion for criterion in (MAGNITUDE, L1, L2, norm(3.0), RANDOM, WANDA, TAYLOR, GIVEN)}


def criterion_by_name(name: str) -> Criterion:
    """The criterion of that name: one of CRITERIA, 'lP' for any power P ('l1.5'), or 'random-SEED'.

    Raises UnknownNameError, or InputError on a power out of range.
    """
    if name in CRITERIA:
        return CRITERIA[name]
    if match := re.fullmatch(r"l(\d{1,3}(?:\.\d{1,6})?)", name):
        return norm(float(match.group(1)))
    if match := re.fullmatch(r"random-(\d{1,18})", name):
        return random_criterion(int(match.group(1)))
    raise UnknownNameError("criterion", name, CRITERIA)
