"""Up to six constants of a card and number type, fitted on measured times.

They are what no datasheet says: the share of the peak that the inner loop reaches and the cycles of a step of the
k-loop, each for the dense and the 2:4 kernel, and the energy of a product and of selecting its operand.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from sparsesim.hardware import EnergyTable, Machine
from sparsesim.validation.tensor_core.published import Written
from sparsesim.validation.tensor_core.runs import Card, time_us
from sparsesim.validation.tensor_core.tables import Point

Errors = NDArray[np.float64]


class Constants(NamedTuple):
    """The constants; energies in pJ, steps in cycles."""

    dense_efficiency: float
    sparse_efficiency: float
    dense_step_cycles: float
    sparse_step_cycles: float
    product_pj: float
    select_pj: float

    @classmethod
    def of(cls, card: Card, dtype: str) -> Self:
        """Those of the shipped machines."""
        dense, sparse, prices = card.dense.unit, card.sparse.unit, card.dense.energy_table.actions
        return cls(
            _entry(dense, "efficiency", dtype),
            _entry(sparse, "efficiency", dtype),
            _entry(dense, "k_step_cycles", dtype),
            _entry(sparse, "k_step_cycles", dtype),
            prices[f"mult_{dtype}"].pj,
            prices["select"].pj,
        )

    def machines(self, card: Card, dtype: str) -> tuple[Machine, Machine]:
        """The dense and the 2:4 machine of a card with these constants."""
        prices = {f"mult_{dtype}": self.product_pj, "select": self.select_pj}
        dense = _changed(card.dense, dtype, self.dense_efficiency, self.dense_step_cycles)
        sparse = _changed(card.sparse, dtype, self.sparse_efficiency, self.sparse_step_cycles)
        return _repriced(dense, prices), _repriced(sparse, prices)


@dataclass(frozen=True)
class MeasuredCard:
    """Measured products of one card and number type, each dense and 2:4, and its `free` constants."""

    card: Card
    dtype: str
    runs: int | None
    points: Sequence[Point]
    free: Sequence[str]
    written: Written = field(default_factory=Written)

    def errors(self, constants: Constants) -> Errors:
        """float64[points, 2]: logarithm of simulated over measured time, dense and 2:4."""
        machines = constants.machines(self.card, self.dtype)
        return np.array([self._point_errors(point, *machines) for point in self.points]).reshape(-1, 2)

    def _point_errors(self, point: Point, dense: Machine, sparse: Machine) -> tuple[float, float]:
        shape = point.m, point.n, point.k, self.dtype
        dense_us, _ = time_us(*shape, dense, False, self.runs, out_dtype=self.written.dense)
        sparse_us, _ = time_us(*shape, sparse, True, self.runs, point.format, self.written.sparse)
        assert point.dense_us is not None
        assert point.sparse_us is not None
        return float(np.log(dense_us / point.dense_us)), float(np.log(sparse_us / point.sparse_us))

    def without(self, families: set[tuple[int, int]]) -> "MeasuredCard":
        """All but the points of some weight shapes."""
        return replace(self, points=[point for point in self.points if (point.n, point.k) not in families])

    def only(self, families: set[tuple[int, int]]) -> "MeasuredCard":
        """The points of some weight shapes."""
        return replace(self, points=[point for point in self.points if (point.n, point.k) in families])


def loss(errors: Errors) -> float:
    """Mean absolute errors of both times and of their ratio, and a fifth of the root mean squares of the former.

    The root mean square keeps single points from being given up.
    """
    dense, sparse = errors[:, 0], errors[:, 1]
    means = [float(np.abs(part).mean()) for part in (dense, sparse, dense - sparse)]
    spread = [float(np.sqrt((part**2).mean())) for part in (dense, sparse)]
    return sum(means) + 0.2 * sum(spread)


def fit(measured: MeasuredCard, start: Constants, free: Sequence[str], evaluations: int) -> Constants:
    """The `free` constants with the least `loss`, by a simplex search (Nelder and Mead) from `start`."""
    from scipy.optimize import minimize

    def scaled(scales: Errors) -> Constants:
        return start._replace(**{name: float(getattr(start, name) * by) for name, by in zip(free, scales, strict=True)})

    def objective(scales: Errors) -> float:
        found = scaled(scales)
        possible = min(scales) > 0 and max(found.dense_efficiency, found.sparse_efficiency) <= 1
        return loss(measured.errors(found)) if possible else float("inf")

    search: Any = minimize  # the stubs take no function of an array of any shape
    scales = np.ones(len(free))
    for step, share in ((0.12, 2), (-0.08, 1)):
        simplex = np.vstack([scales, scales * (1 + step * np.eye(len(free)))])
        options = {"maxfev": evaluations * share // 3, "initial_simplex": simplex}
        scales = search(objective, scales, method="Nelder-Mead", options=options).x
    return scaled(scales)


def _entry(unit: Any, field: str, dtype: str) -> float:
    entries = getattr(unit, field)
    return float(entries.get(dtype, entries.get("other")))


def _changed(machine: Machine, dtype: str, efficiency: float, step_cycles: float) -> Machine:
    unit: Any = machine.unit
    return machine.with_accelerator(
        efficiency={**unit.efficiency, dtype: efficiency},
        k_step_cycles={**unit.k_step_cycles, dtype: step_cycles},
    )


def _repriced(machine: Machine, prices: dict[str, float]) -> Machine:
    table = machine.energy_table
    changed = {action: table.actions[action].model_copy(update={"pj": pj}) for action, pj in prices.items()}
    actions: EnergyTable = table.model_copy(update={"actions": {**table.actions, **changed}})
    return machine.model_copy(update={"energy_table": actions})
