"""On-chip memories as machine files describe them."""

from pydantic import Field

from sparsesim.yaml_file import Description


class Sram(Description):
    """An on-chip memory."""

    size_bytes: int = Field(gt=0, le=1 << 40)
