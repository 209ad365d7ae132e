"""On-chip memories as machine files describe them."""

from pydantic import PositiveInt

from sparsesim.yaml_file import Description


class Sram(Description):
    """An on-chip memory."""

    size_bytes: PositiveInt
