"""What an SpMM kernel on a GPU could have more of."""

from typing import Final

from sparsesim.accelerators.upgrades import Upgrade

UPGRADES: Final = {
    "MACs": Upgrade({"macs_per_cycle": 1, "cuda_macs_per_cycle": 1}, ("multipliers",)),
    # Each with its multipliers, schedulers, L1 and port of the L2.
    "SMs": Upgrade(
        {"sms": 1, "macs_per_cycle": 1, "cuda_macs_per_cycle": 1, "l2_bytes_per_cycle": 1},
        ("multipliers", "L1", "L2", "issue", "warp latency"),
        endless=False,
    ),
    "L2 bandwidth": Upgrade({"l2_bytes_per_cycle": 1}, ("L2",)),
    "L2 size": Upgrade({"l2.size_bytes": 1}, ("memory",)),
    "L1 bandwidth": Upgrade({"l1_bytes_per_cycle": 1}, ("L1",)),
    "L1 size": Upgrade({"l1.size_bytes": 1}, ("L2",)),
    "issue slots": Upgrade({"issue_cycles": -1, "issue_cycles_per_row": -1}, ("issue",)),
    "warp latency": Upgrade({"latency_cycles": -1}, ("warp latency",)),
    "resident warps": Upgrade({"resident_warps": 1}, ("warp latency",), endless=False),
}
