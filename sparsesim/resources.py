"""What the time of an operation can go to: every name that `time_s`, `bottleneck` and schedules use."""

from collections.abc import Mapping
from typing import Final

RESOURCES: Final[Mapping[str, str]] = {
    "launch": "starting the operation: launch latency, and the interval between launches",
    "memory": "DRAM bandwidth",
    "latency": "waiting for data on its way from DRAM, with nothing else to do",
    "power": "the power cap: all time but the launch, because energy over the watts left decides it",
    "math": "tensor cores: multiply-accumulates of the busy SMs",
    "L2": "bytes per cycle from the L2 to the SMs",
    "k-loop latency": "tensor cores: the latency of one iteration of the k-loop after the other",
    "prologue": "tensor cores: first loads and epilogue of a tile, and its store to the L2",
    "reduction": "tensor cores: the kernel that adds up the parts of a split K",
    "wave tail": "tensor cores: SMs without a tile in the last of several waves",
    "SIMD": "dense kernels on a CPU or GPU: SIMD units at the rate that the library reaches",
    "gather": "sparse kernels on a CPU or GPU: SIMD units held back by gathering operands",
    "multipliers": "multipliers: of SpArch, of the MAC array, or those that an SpMM kernel uses",
    "issue": "SpMM kernels: issue slots of the warp schedulers",
    "L1": "SpMM and SpMV kernels: bytes per cycle that the L1 delivers to gathers",
    "row conflicts": "SpMV kernel for CSR: partial sums of one row that wait for each other",
    "warp latency": "SpMM kernels: too few warps on a scheduler to hide each other's latency",
    "imbalance": "SpMM kernels: schedulers without work while others still have some: bands are uneven, or too few",
    "shared memory": "MAC array: bytes per cycle from shared memory",
    "merger": "SpArch: the merger that the nodes of a tree layer share",
    "tree fill": "SpArch: filling the merge tree again after a wait",
    "B fetch": "SpArch: waiting for rows of B, of which only so many lines may be in flight",
    "writer": "SpArch: waiting for stored partial results to be written and to come back",
    "unpacking": "the decoder in front of a unit that unpacks formats on the way",
    "compute": "a unit that does not tell its resources apart",
}
"""One line per resource, in the order in which `sparsesim list bottlenecks` prints them."""
