"""What an SpMV kernel on a GPU could have more of."""

from typing import Final

from sparsesim.accelerators.upgrades import Upgrade

UPGRADES: Final = {
    "SMs": Upgrade({"sms": 1}, ("L1", "unpacking"), endless=False),
    "L1 bandwidth": Upgrade({"l1_bytes_per_cycle": 1}, ("L1",)),
    "unpacking": Upgrade({"unpack_values_per_cycle": 1}, ("unpacking",)),
    "warp latency": Upgrade({"latency_cycles": -1}, ("unpacking",)),
    # Their cycles go with the square of the entries that wait for each other.
    "atomic updates": Upgrade({"conflict_entries": 0.5}, ("row conflicts",)),
}
