"""What an array of multipliers could have more of."""

from typing import Final

from sparsesim.accelerators.upgrades import UNPACKING, Upgrade

UPGRADES: Final = {
    # More subcores with registers of their own; the rates of all types are the size of the array.
    "MACs": Upgrade({"macs_per_cycle": 1, "subcores": 1}, ("multipliers",), endless=False),
    "shared-memory bandwidth": Upgrade({"shared_bytes_per_cycle": 1}, ("shared memory",)),
    "shared memory": Upgrade({"shared_memory.size_bytes": 1}, ("memory",)),
    "register file": Upgrade({"register_file.size_bytes": 1}, ("memory", "shared memory")),
    "tiles in flight": Upgrade({"stages": 1}, ("latency",)),
    **UNPACKING,
}
