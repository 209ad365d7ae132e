"""What a reader must know about the energies of a table: whose prices they are, and what they leave out."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from sparsesim.energies import MEASURED_POWER
from sparsesim.results.record import Result

if TYPE_CHECKING:  # tables of results are read without loading machines
    import pandas as pd

    from sparsesim.hardware import EnergyTable, Machine


HBM_PJ_PER_BIT: Final = (4, 13)
"""From the stack alone (O'Connor et al., Fine-Grained DRAM, MICRO 2017) to the path through the controller (Antepara et
al., SC 2025: 13.1 on an A100, 11.7 on a GH200)."""

_TOLERANCE: Final = 1.25
"""Tables of HBM cards that were measured as a whole card come to 15 pJ/bit."""


Priced = Iterable[tuple[str, str]]
"""Machine and energy table, by name, of every result that has figures."""


def priced(results: Iterable[Result]) -> list[tuple[str, str]]:
    """Machine and energy table of these results; those that were refused have no energy."""
    return [(result.machine, result.energy_table) for result in results if result.status == "ok"]


def priced_points(points: "pd.DataFrame") -> list[tuple[str, str]]:
    """The same of a table of points, whose layers may have several tables."""
    shown = points[points["status"] == "ok"][["machine", "energy_table"]].drop_duplicates()
    return [(machine, name) for machine, told in shown.itertuples(index=False) for name in told.split(" + ")]


def prices_in_words(energies: Priced) -> str:
    """The tables behind these energies: "gpu-7nm", or "gpu-7nm (a100-pcie), sparch-40nm (sparch)"; empty for none."""
    machines = _machines_by_prices(energies)
    if len(machines) < 2:
        return next(iter(machines), "")
    return ", ".join(f"{prices} ({', '.join(names)})" for prices, names in machines.items())


def energy_remarks(energies: Priced, machines: "Sequence[Machine]", table: "EnergyTable | None") -> list[str]:
    """One line for each thing that these energies do not say by themselves.

    Args:
        energies: what is shown; see `priced`.
        machines: that it ran on.
        table: that priced all of them, None if each machine has its own prices.

    The lines: machines of several technologies at one table, HBM at the price of another DRAM, idle power that is not
    published.
    """
    by_prices = _machines_by_prices(energies)
    counted = [name for prices, names in by_prices.items() if prices != MEASURED_POWER for name in names]
    shown = [machine for machine in {machine.name: machine for machine in machines}.values() if machine.name in counted]
    lines = [*_one_table(shown, table), *_hbm(shown, table)] if table else []
    return [*lines, *_unpublished(shown)]


def _machines_by_prices(energies: Priced) -> dict[str, list[str]]:
    """Names of machines by that of their prices, in the order of the results."""
    found = dict[str, dict[str, None]]()
    for machine, prices in energies:
        found.setdefault(prices, {})[machine] = None
    return {prices: list(names) for prices, names in found.items()}


def _one_table(machines: "Sequence[Machine]", table: "EnergyTable") -> list[str]:
    nodes = {machine.name: machine.energy_table.node for machine in machines}
    if len(set(nodes.values())) < 2:
        return []
    (name, node), *others = ((name, node) for name, node in nodes.items() if node != table.node)
    foreign = _listed([f"{name} is {node}", *(f"{name} {node}" for name, node in others)])
    return [
        f"all machines at the prices of {table.name} ({table.node}), though {foreign}: "
        "designs are compared, not chips; --energy-table own prices each at its own"
    ]


def _hbm(machines: "Sequence[Machine]", table: "EnergyTable") -> list[str]:
    price, (low, high) = table.price_of("dram_read_bits"), HBM_PJ_PER_BIT
    names = ", ".join(machine.name for machine in machines if machine.dram.kind.startswith("HBM"))
    if not names or price.pj / price.per <= _TOLERANCE * high:
        return []
    return [
        f"{table.name} charges {price.pj / price.per:.3g} pJ for a bit of DRAM; HBM ({names}) takes {low} to {high}"
    ]


def _unpublished(machines: "Sequence[Machine]") -> list[str]:
    names = [machine.name for machine in machines if machine.idle_w is None]
    if not names:
        return []
    whose = "its energy is" if len(names) == 1 else "their energies are"
    advice = "; compare dynamic energies" if len(names) < len(machines) else ""
    return [f"no idle power is published for {_listed(names)}: {whose} dynamic alone{advice}"]


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
