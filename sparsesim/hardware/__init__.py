"""Machines and energy tables: validated YAML with a source on every number.

`machine` is the description of a card: clock, DRAM and power limit (`board`), kernels, launch cost. `kernels` are units
with the formats that they take, and the choice between them. `energy` is where counts become picojoules. `power`
combines both: a card that would exceed its power cap slows down.
"""

from sparsesim.accelerators.memories import Sram
from sparsesim.hardware.area import Area, AreaPart
from sparsesim.hardware.board import Dram, Power
from sparsesim.hardware.energy import (
    COMPONENTS,
    DEFAULT_ENERGY_TABLE,
    DYNAMIC,
    ENERGIES,
    MEASURED_POWER,
    OWN,
    ActionEnergy,
    EnergyTable,
    common_table,
    energy_table_names,
    load_energy_table,
    price,
    price_measured,
)
from sparsesim.hardware.kernels import Call, Kernel, OnViolation
from sparsesim.hardware.load import load_machine, load_machines, machine_names
from sparsesim.hardware.machine import Machine
from sparsesim.hardware.scaling import amount_of, scaled_to
from sparsesim.hardware.variants import numeric_fields, with_fields

__all__ = [
    "COMPONENTS",
    "DEFAULT_ENERGY_TABLE",
    "DYNAMIC",
    "ENERGIES",
    "MEASURED_POWER",
    "OWN",
    "ActionEnergy",
    "Area",
    "AreaPart",
    "Call",
    "Dram",
    "EnergyTable",
    "Kernel",
    "Machine",
    "OnViolation",
    "Power",
    "Sram",
    "amount_of",
    "common_table",
    "energy_table_names",
    "load_energy_table",
    "load_machine",
    "load_machines",
    "machine_names",
    "numeric_fields",
    "price",
    "price_measured",
    "scaled_to",
    "with_fields",
]
