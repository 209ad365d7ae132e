"""`Work`: what of planning one multiplication its formats and machines share."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from typing import Any, Final

from sparsesim.accelerators import Accelerator, candidates_of
from sparsesim.matmul import MatmulOp
from sparsesim.schedule import Schedule
from sparsesim.tensors import DenseMatrix

MOST_KEPT_NNZ: Final = 1 << 22
"""Non-zeros whose plans and work are kept for further machines (some 100 bytes each)."""
UNITS_OF_A_CARD: Final = 8
"""Work that is kept however large it is: each format asks all units of a card."""


class Work:
    """What positions and units decide of one multiplication, whatever memory and clock the machines have.

    It is computed at first use: plans that are found by their key never need it. Operations are told apart by
    themselves, so that who hands over the same one for several machines plans it once.
    """

    def __init__(self, op: MatmulOp) -> None:
        self._op = op
        self._work: OrderedDict[str, Any] = OrderedDict()
        self._plans: OrderedDict[tuple[str, int], tuple[MatmulOp, _Replayed]] = OrderedDict()
        nnz = sum(each.nnz for each in (op.a.tensor, op.b.tensor) if not isinstance(each, DenseMatrix))
        self._most = MOST_KEPT_NNZ // max(1, nnz)

    def plans(self, unit: Accelerator, key: str, op: MatmulOp) -> Iterable[Schedule]:
        """The plans that a simulation has to try, for the multiplication in the formats of `op`.

        `key` is equal for equal units.
        """
        known = self._plans.get((key, id(op)))
        if known is None:
            # The operation is kept as well: another one might get its number.
            known = op, _Replayed(candidates_of(unit, op, self._of_positions(unit, key)))
            self._plans[key, id(op)] = known
            while len(self._plans) > self._most:
                self._plans.popitem(last=False)
        return known[1]

    def _of_positions(self, unit: Accelerator, key: str) -> Any:
        if key not in self._work:
            self._work[key] = unit.work(self._op)
            while len(self._work) > max(self._most, UNITS_OF_A_CARD):
                self._work.popitem(last=False)
        return self._work[key]


class _Replayed:
    """Plans that are made when they are first asked for, and kept for who asks next."""

    def __init__(self, plans: Iterable[Schedule]) -> None:
        self._made, self._more = list[Schedule](), iter(plans)
        self._refusal: Exception | None = None

    def __iter__(self) -> Iterator[Schedule]:
        number = 0
        while number < len(self._made) or self._has_another():
            yield self._made[number]
            number += 1

    def _has_another(self) -> bool:
        if self._refusal is not None:
            raise self._refusal
        try:
            self._made.append(next(self._more))
        except StopIteration:
            return False
        except Exception as error:
            self._refusal = error
            raise
        return True
