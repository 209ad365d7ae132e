"""On-chip memories, as described in machine files."""

from pydantic import Field

from sparsesim.yaml_file import Description


class Sram(Description):
    """An on-chip memory."""

    size_bytes: int = Field(gt=0, le=1 << 40)
