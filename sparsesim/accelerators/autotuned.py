"""Units driven by a library that tries several plans and keeps the fastest."""

from abc import abstractmethod
from collections.abc import Iterable
from typing import Any

from sparsesim.accelerators.interface import Accelerator
from sparsesim.matmul import MatmulOp
from sparsesim.schedule import Schedule


class Autotuned(Accelerator):
    """A unit with several plans per operation.

    Which of them is fastest depends on the machine's DRAM and power cap, which a unit does not know; the simulation
    chooses.
    """

    @abstractmethod
    def candidates(self, op: MatmulOp) -> Iterable[Schedule]:
        """Plans worth trying, ordered by non-decreasing compute cycles; `plan` returns the first.

        The order lets a simulation stop at the first plan whose compute cycles alone exceed the best time so far.
        """


def candidates_of(unit: Accelerator, op: MatmulOp, work: Any = None) -> Iterable[Schedule]:
    """The plans a simulation has to try: just one, unless the unit is autotuned."""
    return unit.candidates(op) if isinstance(unit, Autotuned) else (unit.plan(op, work),)
