"""Units driven by a library that tries several plans and keeps the fastest."""

from abc import abstractmethod
from collections.abc import Iterable
from typing import Any

from sparsesim.accelerators.interface import Accelerator
from sparsesim.matmul import MatmulOp
from sparsesim.schedule import Schedule


class Autotuned(Accelerator):
    """Which plan is fastest depends on the machine around the unit, so that whoever simulates has to choose."""

    @abstractmethod
    def candidates(self, op: MatmulOp) -> Iterable[Schedule]:
        """Plans worth trying, ordered by non-decreasing compute cycles; `plan` is the first of them."""


def candidates_of(unit: Accelerator, op: MatmulOp, work: Any = None) -> Iterable[Schedule]:
    """The plans that a simulation has to try: one, unless the unit is autotuned."""
    return unit.candidates(op) if isinstance(unit, Autotuned) else (unit.plan(op, work),)
