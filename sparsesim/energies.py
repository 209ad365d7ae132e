"""The names of what energy can go to: components, and sums of them."""

from typing import Final, Literal

Component = Literal["dram", "sram", "register", "mac", "logic"]
COMPONENTS: Final[tuple[Component, ...]] = ("dram", "sram", "register", "mac", "logic")
"""Where the energy of counted actions is reported; tables price these."""

DYNAMIC: Final = (*COMPONENTS, "measured")
"""What a run adds to idling: counted actions, or `measured` where the power of a kernel was measured as a whole."""

SUMS: Final = ("dynamic", "total")
"""Entries of an energy that add up others."""

ENERGIES: Final = (*DYNAMIC, "static", *SUMS)
"""Every entry of an energy: the dynamic components, `static` (idle power), and the sums without and with it."""

MEASURED_POWER: Final = "measured power"
"""Stands for the name of a table where energy is measured power x time."""
