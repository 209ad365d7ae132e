"""What SpArch could have more of."""

from typing import Final

from sparsesim.accelerators.upgrades import UNPACKING, Upgrade

UPGRADES: Final = {
    "MACs": Upgrade({"macs_per_cycle": 1, "multiplier_groups": 1}, ("multipliers",)),
    "merger": Upgrade({"merger_elements_per_cycle": 1}, ("merger",)),
    # Fewer rounds, and so fewer partial results on their way to DRAM and back.
    "merge width": Upgrade({"merge_ways": 1}, ("writer", "memory"), endless=False),
    "prefetch buffer": Upgrade({"prefetch_lines": 1}, ("memory", "B fetch")),
    "look-ahead window": Upgrade({"lookahead_window": 1}, ("memory", "B fetch")),
    "lines in flight": Upgrade({"outstanding_lines": 1}, ("B fetch",)),
    "write buffer": Upgrade({"writer_fifo_elements": 1}, ("writer",)),
    **UNPACKING,
}
