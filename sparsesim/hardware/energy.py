"""Energy tables, and the only place where counts become picojoules."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final

from pydantic import Field

from sparsesim.counts import Counts
from sparsesim.energies import COMPONENTS, DYNAMIC, ENERGIES, MEASURED_POWER, SUMS, Component
from sparsesim.errors import InputError
from sparsesim.quantities import Factor, LargeCount, Picojoules
from sparsesim.shipped import shipped_file, shipped_names
from sparsesim.units import joule_to_pj
from sparsesim.yaml_file import Description, Given, lineage, naming, origin_of, validated

DEFAULT_ENERGY_TABLE: Final = "horowitz-45nm"
OWN: Final = "own"
"""In place of the name of a table: every machine at the prices of its own technology."""

_FOLDER, _SUFFIX = "models/energy", ".yaml"

__all__ = [
    "COMPONENTS",
    "DEFAULT_ENERGY_TABLE",
    "DYNAMIC",
    "ENERGIES",
    "MEASURED_POWER",
    "OWN",
    "SUMS",
    "ActionEnergy",
    "EnergyTable",
    "ScaledTable",
    "Scaling",
    "common_table",
    "energy_table_names",
    "load_energy_table",
    "price",
    "price_measured",
]


class ActionEnergy(Description):
    """The price of one action.

    Attributes:
        pj: picojoules for every `per` counted units (bits for actions that count bits).
        per: counted units that `pj` pays for.
        component: where the energy is reported.
        source: where the number comes from.
    """

    pj: Picojoules
    per: LargeCount = 1
    component: Component
    source: str = Field(min_length=1)


class EnergyTable(Description):
    """Energy of every priced action at one technology node.

    Attributes:
        name, node, description: as shown to users.
        actions: prices by action name, optionally with the component in front (`prefetch_buffer.sram_read_bits`).
    """

    name: str
    node: str
    description: str
    actions: Mapping[str, ActionEnergy]

    def price_of(self, action: str) -> ActionEnergy:
        """The price of an action in its component (`prefetch_buffer.sram_read_bits`), else of the action in general.

        Raises InputError naming the action if the table has neither.
        """
        entry = self.actions.get(action) or self.actions.get(action.rpartition(".")[2])
        if entry is None:
            raise InputError(f"energy table {self.name}: no entry for action {action!r}, which this run counted")
        return entry


class Scaling(Description):
    """Factor on the prices of one component of another table, and its source."""

    factor: Factor
    source: str = Field(min_length=1)


class ScaledTable(Description):
    """A table described by its differences from another.

    Attributes:
        name, node, description: those of the new table.
        based_on: the other table.
        scale: factors by component; components without one keep their prices.
        actions: prices that replace single ones or add to them.
    """

    name: str
    node: str
    description: str
    based_on: str
    scale: Mapping[Component, Scaling] = Field(default_factory=dict)
    actions: Mapping[str, ActionEnergy] = Field(default_factory=dict)

    def applied(self, base: EnergyTable) -> EnergyTable:
        """The complete table; the source of a scaled price names the factor, its source and that of the base price."""
        prices = {action: self._scaled(entry, base.name) for action, entry in base.actions.items()}
        return EnergyTable(
            name=self.name, node=self.node, description=self.description, actions={**prices, **self.actions}
        )

    def _scaled(self, entry: ActionEnergy, base: str) -> ActionEnergy:
        if entry.component not in self.scale:
            return entry.model_copy(update={"source": f"as {base}: {entry.source}"})
        scaling = self.scale[entry.component]
        source = f"scaled: {scaling.factor:g} x {base} ({scaling.source}); {base}: {entry.source}"
        return entry.model_copy(update={"pj": round(entry.pj * scaling.factor, 6), "source": source})


def price(
    counts: Counts, table: Given | EnergyTable, seconds: float = 0.0, idle_w: float | None = None
) -> dict[str, float]:
    """Energy in pJ of a run, by the names in `ENERGIES`.

    "static" is the idle power over the `seconds` of the run, 0 where no idle power is published (None). "dynamic" is
    the sum of the counted actions by component, "total" that and "static".

    `table` as `load_energy_table` takes it. A pure function, so a finished run can be priced again with another table.
    Raises InputError naming the action if the table lacks one that was counted.

    >>> import sparsesim as ss
    >>> from sparsesim.counts import Counts
    >>> energy_pj = ss.price(Counts(cycles=1, actions={"dram_read_bits": 8}, dram_bytes={"A": 1}), "horowitz-45nm")
    >>> energy_pj["dram"], energy_pj["total"]
    (160.0, 160.0)
    """
    table = load_energy_table(table)
    energy_pj: dict[str, float] = dict.fromkeys(DYNAMIC, 0.0)
    for action, count in counts.actions.items():
        if count == 0:
            continue
        entry = table.price_of(action)
        energy_pj[entry.component] += count * entry.pj / entry.per
    return _with_sums(energy_pj, _idling_pj(seconds, idle_w))


def price_measured(power_w: float, seconds: float, idle_w: float | None = None) -> dict[str, float]:
    """Energy in pJ of a run at a measured mean power in W, by the names in `ENERGIES`.

    The measured power contains the idle power: "measured" is what it exceeds that by, at least 0. Nothing is known
    of other components.
    """
    static = _idling_pj(seconds, idle_w)
    energy_pj: dict[str, float] = dict.fromkeys(DYNAMIC, 0.0)
    energy_pj["measured"] = max(0.0, joule_to_pj(power_w * seconds) - static)
    return _with_sums(energy_pj, static)


def _idling_pj(seconds: float, idle_w: float | None) -> float:
    return joule_to_pj((idle_w or 0.0) * seconds)


def _with_sums(dynamic_pj: dict[str, float], static_pj: float) -> dict[str, float]:
    dynamic = sum(dynamic_pj.values())
    return {**dynamic_pj, "static": static_pj, "dynamic": dynamic, "total": dynamic + static_pj}


def energy_table_names() -> list[str]:
    """Names of the shipped energy tables."""
    return shipped_names(_FOLDER, _SUFFIX)


def _shipped(name: str) -> Path:
    return shipped_file("energy table", name, _FOLDER, _SUFFIX)


def load_energy_table(given: Given | EnergyTable) -> EnergyTable:
    """A shipped energy table by name, one described in a `.yaml` file or in a mapping with the fields of such a file.

    A description with `based_on: NAME` (a shipped table, or a `.yaml` file in the same folder) gives factors by
    component under `scale`, and prices that replace those of the base under `actions`. An EnergyTable is returned as it
    is. Raises InputError naming file, field and fault, UnknownNameError for a name that is not shipped.

    >>> import sparsesim as ss
    >>> table = ss.load_energy_table("horowitz-45nm")
    >>> price = table.price_of("dram_read_bits")
    >>> price.pj / price.per, price.component  # pJ per bit
    (20.0, 'dram')
    """
    if isinstance(given, EnergyTable):
        return given
    path = origin_of(given, _shipped)
    with naming(path):
        (first, content), *later = lineage(path, _shipped)
        table = validated(first, content, EnergyTable)
        for file, changes in later:
            table = validated(file, changes, ScaledTable).applied(table)
    return table


def common_table(choice: Given | EnergyTable | None, machines: Collection[str]) -> EnergyTable | None:
    """The table that prices all of these machines (by name), or None if each has the prices of its own technology.

    `choice` is as `load_energy_table` takes it, "own", or None (or "") to decide: an answer about one machine uses its
    own prices, a comparison of several one table, because their own would compare technologies and how they were
    measured.
    Raises UnknownNameError and InputError as `load_energy_table`.
    """
    if choice in (None, ""):
        choice = OWN if len(set(machines)) == 1 else DEFAULT_ENERGY_TABLE
    return None if choice is None or choice == OWN else load_energy_table(choice)
