"""What the tensor cores of a GPU could have more of."""

from typing import Final

from sparsesim.accelerators.upgrades import Upgrade

UPGRADES: Final = {
    "MACs": Upgrade({"macs_per_cycle": 1}, ("math",)),
    # Each with its multipliers and its port of the L2; twice as many fill half as many waves.
    "SMs": Upgrade({"sms": 1, "macs_per_cycle": 1}, ("math", "L2", "wave tail"), endless=False),
    "L2 bandwidth": Upgrade({"l2_bytes_per_cycle": 1}, ("L2",)),
    "L2 size": Upgrade({"l2.size_bytes": 1}, ("memory",)),
    "k-loop latency": Upgrade({"k_step_cycles": -1}, ("k-loop latency",)),
    "tile prologue": Upgrade({"round_cycles": -1}, ("prologue",)),
    "reduction launch": Upgrade({"split_cycles": -1}, ("reduction",)),
    "stages in flight": Upgrade({"stages": 1}, ("latency",)),
}
