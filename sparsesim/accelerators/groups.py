"""Grouped operations on units that run one group after the other."""

from collections.abc import Hashable

import numpy as np

from sparsesim.accelerators.interface import Accelerator
from sparsesim.array_types import FloatArray
from sparsesim.matmul import MatmulOp
from sparsesim.schedule import Schedule, concatenated
from sparsesim.tensors import SparseMatrix


def plan_one_by_one(unit: Accelerator, op: MatmulOp) -> Schedule:
    """One schedule for all groups; groups with equal `plan_key` are planned once."""
    known: dict[Hashable, Schedule] = {}
    plans = []
    for part in op.parts():
        key = unit.plan_key(part)
        plan = known.get(key) if key is not None else None
        plans.append(plan or unit.plan(part))
        known[key] = plans[-1]
    return concatenated(plans)


def execute_one_by_one(unit: Accelerator, op: MatmulOp) -> FloatArray:
    """float64[groups * M, N]: the products of all groups, stacked."""
    products = (unit.execute(part) for part in op.parts(with_values=True))
    return np.vstack([c.to_array() if isinstance(c, SparseMatrix) else c for c in products])
