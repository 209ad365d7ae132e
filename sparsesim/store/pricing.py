"""Energies of stored points at the prices of another table, from what was counted; nothing is simulated."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sparsesim.energies import DYNAMIC
from sparsesim.errors import InputError
from sparsesim.results.columns import COUNTS, ENERGY
from sparsesim.store.asked import FAILED
from sparsesim.units import joule_to_pj

if TYPE_CHECKING:
    import pandas as pd

    from sparsesim.hardware import EnergyTable


class Repriced(NamedTuple):
    """Points at other prices.

    Attributes:
        table: as it was given, with other energies; NaN where a price is missing.
        lacking: how many points have no energy, by the reason.
    """

    table: "pd.DataFrame"
    lacking: dict[str, int]


def repriced(table: "pd.DataFrame", counts: "pd.DataFrame", prices: "EnergyTable") -> Repriced:
    """A table of points at these prices, by the rules of `sparsesim.hardware.energy.price`.

    `counts` has the columns `count_*` of the same points in the same order. Each action costs its price in its
    component (`prefetch_buffer.sram_read_bits`), else that of the action in general; a point with an action that has
    none gets no energy. Static energy is idle power x seconds. Points whose power was measured are priced by what they
    counted, as a simulation at this table does.
    """
    done = (table["status"] == "ok").to_numpy()
    energy_pj = {part: np.zeros(len(table)) for part in DYNAMIC}
    known, lacking = done.copy(), dict[str, int]()
    for action, column in COUNTS.among(counts.columns).items():
        counted = counts[column].fillna(0).to_numpy(np.float64)
        if not (counted[done] != 0).any():
            continue
        try:
            entry = prices.price_of(action)
        except InputError as error:
            lacking[str(error)] = int((counted[known] != 0).sum())
            known &= counted == 0
            continue
        energy_pj[entry.component] += counted * entry.pj / entry.per
    static = joule_to_pj(1.0) * table["idle_w"].fillna(0.0).to_numpy() * table["seconds"].to_numpy(np.float64)
    dynamic = np.sum(list(energy_pj.values()), axis=0)
    energy_pj |= {"static": static, "dynamic": dynamic, "total": dynamic + static}
    figures = {ENERGY.column(part): np.where(known, values, np.nan) for part, values in energy_pj.items()}
    named = table["energy_table"].where(table["status"] == FAILED, prices.name)
    lacking = {reason: points for reason, points in lacking.items() if points}
    return Repriced(table.assign(**figures, energy_table=named), lacking)
