"""What of SpArch grows with it: multipliers in equal groups, the throughput of the mergers, and their comparators.

Every group takes a row of B per cycle, so the fetchers grow with the groups, and the FIFOs with what passes through
them in a cycle. The ways of the merge tree are no width: with more of them there are fewer rounds, not wider ones.
"""

from collections.abc import Mapping
from typing import Any, Final

from sparsesim.accelerators.scaling import Scaling
from sparsesim.units import ceil_div

SCALING: Final = Scaling(
    width=(
        *("macs_per_cycle", "multiplier_groups", "merger_elements_per_cycle", "fifo_elements"),
        *("writer_fifo_elements", "outstanding_lines", "unpack_values_per_cycle"),
    ),
    buffers=("prefetch_lines", "lookahead_window"),
    fixed=(
        *("merge_ways", "prefetch_line_bytes", "partial_element_bytes", "index_bytes", "condensing", "huffman"),
        *("tie_order", "prefetcher", "steps_per_round", "max_steps"),
    ),
)

BLOCK: Final = 4
"""Side of the small comparator arrays that a wide merger is made of (assumed)."""


def comparators(width: int) -> int:
    """Comparators of a merger of two times `width` elements, built in two levels of BLOCK x BLOCK arrays.

    The upper level finds the blocks on the boundary, 2 width / BLOCK - 1 of them at most; each has an array below.
    """
    blocks = ceil_div(width, BLOCK)
    return blocks**2 + (2 * blocks - 1) * BLOCK**2


def in_equal_groups(changes: Mapping[str, Any]) -> dict[str, Any]:
    """The changes with as many multipliers in every group, as nearly as many in all as the changes have them."""
    groups = changes["multiplier_groups"]
    multipliers = {path: value for path, value in changes.items() if path.startswith("macs_per_cycle.")}
    return {**changes, **{path: groups * max(1, round(value / groups)) for path, value in multipliers.items()}}
