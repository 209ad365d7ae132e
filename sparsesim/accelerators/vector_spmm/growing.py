"""What of a card that runs SpMM kernels grows with its SMs: the L2 with its bandwidth, in slices, and both peaks."""

from typing import Final

from sparsesim.accelerators.scaling import Scaling

SCALING: Final = Scaling(
    width=("sms", "macs_per_cycle", "cuda_macs_per_cycle", "l2_bytes_per_cycle"),
    buffers=("l2.size_bytes",),
    fixed=(
        *("schedulers", "resident_warps", "tile_n", "vector_lengths", "square_blocks", "row_swizzle"),
        *("issue_cycles", "issue_cycles_per_row", "latency_cycles", "setup_groups", "l1", "l1_bytes_per_cycle"),
    ),
    parts="sms",
)
