"""What of a tensor core grows with its SMs: the L2 delivers so much to each, so more of them get more slices of it."""

from typing import Final

from sparsesim.accelerators.scaling import Scaling

SCALING: Final = Scaling(
    width=("sms", "macs_per_cycle"),
    buffers=("l2.size_bytes",),
    fixed=(
        *("tiles", "splits", "walk", "warp_tile", "efficiency", "k_step_cycles", "round_cycles", "split_cycles"),
        *("l2_partitions", "l2_bytes_per_cycle", "cluster", "own_kernels", "stages", "warm_l2"),
    ),
    parts="sms",
)
