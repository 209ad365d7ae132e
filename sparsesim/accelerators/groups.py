"""Grouped operations on units that run one group after the other."""

from collections.abc import Container, Hashable, Sequence
from dataclasses import astuple, replace

import numpy as np

from sparsesim.accelerators.interface import Accelerator
from sparsesim.array_types import FloatArray
from sparsesim.formats import FormatSize
from sparsesim.matmul import MatmulOp, Operand
from sparsesim.schedule import Schedule, concatenated
from sparsesim.tensors import SparseMatrix


def plan_one_by_one(unit: Accelerator, op: MatmulOp, sums: Container[str] = ()) -> Schedule:
    """One schedule for all groups, which are stored together; groups with equal `plan_key` are planned once.

    Of the details, those that `sums` names are added up; of the others, one that differs is a list by group.
    """
    known: dict[Hashable, Schedule] = {}
    plans: list[Schedule] = []
    for part in as_stored(op):
        key = unit.plan_key(part)
        plan = known.get(key) if key is not None else None
        plans.append(plan or unit.plan(part))
        known[key] = plans[-1]
    details = {name: _detail([plan.details[name] for plan in plans], name in sums) for name in plans[0].details}
    return replace(concatenated(plans), details=details)


def _detail(by_group: Sequence[int | list[int]], is_sum: bool) -> int | list[int]:
    numbers = [number for number in by_group if isinstance(number, int)]
    if is_sum:
        return sum(numbers)
    return numbers[0] if len(set(numbers)) == 1 else numbers


def as_stored(op: MatmulOp) -> list[MatmulOp]:
    """Every group as an operation of its own, of which DRAM holds the same as of all groups together.

    Each operand is stored once, with all groups; where that takes more than its groups would one by one, they share
    the rest equally. Raises PatternError if a format cannot hold an operand.
    """
    parts = list(op.parts())
    paddings = [_paddings(getattr(op, side), [getattr(part, side) for part in parts]) for side in ("a", "b")]
    return [
        replace(part, a=replace(part.a, padding=a), b=replace(part.b, padding=b)) if a or b else part
        for part, a, b in zip(parts, *paddings, strict=True)
    ]


def _paddings(whole: Operand, parts: Sequence[Operand]) -> list[FormatSize | None]:
    """What each part has of the difference between the size of the whole and that of its parts, where that is more."""
    stored = [astuple(part.size) for part in parts]
    missing = [max(0, all_of - sum(sizes)) for all_of, *sizes in zip(astuple(whole.size), *stored, strict=True)]
    if not any(missing):
        return [None] * len(parts)
    return [
        FormatSize(*(size * (i + 1) // len(parts) - size * i // len(parts) for size in missing))
        for i in range(len(parts))
    ]


def execute_one_by_one(unit: Accelerator, op: MatmulOp) -> FloatArray:
    """float64[groups * M, N]: the products of all groups, stacked."""
    products = (unit.execute(part) for part in op.parts(with_values=True))
    return np.vstack([c.to_array() if isinstance(c, SparseMatrix) else c for c in products])
