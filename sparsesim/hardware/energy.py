"""Energy tables, and the one place where counts become picojoules."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from sparsesim.counts import Counts
from sparsesim.errors import InputError
from sparsesim.shipped import shipped_file, shipped_names
from sparsesim.yaml_file import is_path, load_description

Component = Literal["dram", "sram", "register", "mac", "logic"]
COMPONENTS: Final[tuple[Component, ...]] = ("dram", "sram", "register", "mac", "logic")
DEFAULT_ENERGY_TABLE: Final = "horowitz-45nm"

_FOLDER, _SUFFIX = "models/energy", ".yaml"


class ActionEnergy(BaseModel):
    """What one action costs: `pj` for every `per` counted units (bits for actions that count bits)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pj: float = Field(ge=0, allow_inf_nan=False)
    per: int = Field(default=1, gt=0)
    component: Component
    source: str = Field(min_length=1)


class EnergyTable(BaseModel):
    """Energy of every priced action at one technology node."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    node: str
    description: str
    actions: Mapping[str, ActionEnergy]


def price(counts: Counts, table: EnergyTable) -> dict[str, float]:
    """Energy in pJ by component ("dram", "sram", "register", "mac", "logic") and "total".

    A pure function: a finished run can be priced again with another table. Raises InputError that names the
    action if the table lacks one that was counted.
    """
    energy_pj: dict[str, float] = dict.fromkeys(COMPONENTS, 0.0)
    for action, count in counts.actions.items():
        if count == 0:
            continue
        if action not in table.actions:
            raise InputError(f"energy table {table.name}: no entry for action {action!r}, which this run counted")
        entry = table.actions[action]
        energy_pj[entry.component] += count * entry.pj / entry.per
    energy_pj["total"] = sum(energy_pj.values())
    return energy_pj


def energy_table_names() -> list[str]:
    """Names of the shipped energy tables."""
    return shipped_names(_FOLDER, _SUFFIX)


def load_energy_table(name: str | Path) -> EnergyTable:
    """A shipped energy table by name, or one described in a `.yaml` file."""
    path = Path(name) if is_path(name) else shipped_file("energy table", str(name), _FOLDER, _SUFFIX)
    return load_description(path, EnergyTable)
