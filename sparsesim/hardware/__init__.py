"""Machines, their memories and energy tables: validated YAML with a source on every number."""

from sparsesim.accelerators.memories import Sram
from sparsesim.hardware.energy import (
    COMPONENTS,
    DEFAULT_ENERGY_TABLE,
    ActionEnergy,
    EnergyTable,
    energy_table_names,
    load_energy_table,
    price,
)
from sparsesim.hardware.machine import Dram, Machine, Power, load_machine, machine_names

__all__ = [
    "COMPONENTS",
    "DEFAULT_ENERGY_TABLE",
    "ActionEnergy",
    "Dram",
    "EnergyTable",
    "Machine",
    "Power",
    "Sram",
    "energy_table_names",
    "load_energy_table",
    "load_machine",
    "machine_names",
    "price",
]
