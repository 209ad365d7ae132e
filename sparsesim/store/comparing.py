"""Stored points beside their baseline, at the prices that they were simulated with or at others."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sparsesim.errors import InputError
from sparsesim.results import GAINS, IDENTITY, compare_to_baseline, compare_to_dense
from sparsesim.store.asked import POINT_ROLE, REFERENCE_ROLE
from sparsesim.store.conditions import Condition
from sparsesim.store.pricing import Repriced, repriced
from sparsesim.store.store import Store

if TYPE_CHECKING:
    import pandas as pd

    from sparsesim.hardware import EnergyTable


def compared(
    store: Store, where: Sequence[Condition] = (), *, everything: bool = False, prices: "EnergyTable | None" = None
) -> Repriced:
    """The table of points, with the columns of `sparsesim.results.PointTables.compared`, and what has no price.

    Args:
        store: to read from.
        where: conditions on the points that are shown; they are compared with any.
        everything: with points that are not asked for any more.
        prices: a table that all of them are priced with anew; see `sparsesim.store.pricing`.

    As long as no point that is the baseline has finished, nothing is gained over it: NaN. Raises InputError as
    `compare_to_baseline` once all have.
    """
    shown = _at(store, POINT_ROLE, prices, everything=everything)
    found = _beside_baseline(store, shown.table, prices)
    if where:
        met = store.table([IDENTITY], where, everything=everything)[IDENTITY]
        found = found[found[IDENTITY].isin(met)].reset_index(drop=True)
    return Repriced(found, shown.lacking)


def _beside_baseline(store: Store, total: "pd.DataFrame", prices: "EnergyTable | None") -> "pd.DataFrame":
    if not len(total):
        return total.assign(**dict.fromkeys(GAINS, math.nan))
    try:
        if store.baseline:
            return compare_to_baseline(total, store.baseline)
        return compare_to_dense(total, _at(store, REFERENCE_ROLE, prices).table)
    except InputError:
        if not store.counts()["missing"]:
            raise
        return total.assign(**dict.fromkeys(GAINS, math.nan))


def _at(store: Store, role: str, prices: "EnergyTable | None", *, everything: bool = False) -> Repriced:
    table = store.table(everything=everything, role=role)
    if prices is None or not len(table):
        return Repriced(table, {})
    return repriced(table, store.table(["count_*"], everything=everything, role=role), prices)
