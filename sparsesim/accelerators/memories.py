"""On-chip memories, as described in machine files."""

from sparsesim.quantities import LargeCount
from sparsesim.yaml_file import Description


class Sram(Description):
    """An on-chip memory."""

    size_bytes: LargeCount
