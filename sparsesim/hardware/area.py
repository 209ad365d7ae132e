"""`Area`: what the parts of a machine take on a chip, and which of its sizes each grows with."""

from collections.abc import Mapping

from pydantic import Field

from sparsesim.quantities import Positive
from sparsesim.yaml_file import Description


class AreaPart(Description):
    """A part of the chip.

    Attributes:
        mm2: its area where every size is as `grows_with` says.
        grows_with: sizes that it grows in proportion to, all of them together: numbers of the machine or `sizes` of its
            unit by path, such as `accelerator.prefetch_bytes`, each with the value at which the area was published.
            None for a part that stays as it is.
    """

    mm2: Positive
    grows_with: Mapping[str, Positive] = Field(default_factory=dict)


class Area(Description):
    """What the unit of a machine takes, without DRAM. Areas of different nodes are not compared.

    Attributes:
        node_nm: process node, by its name.
        parts: by name; each has its source, as every number of a machine.
    """

    node_nm: Positive
    parts: Mapping[str, AreaPart] = Field(min_length=1)

    def mm2(self, sizes: Mapping[str, float]) -> dict[str, float] | None:
        """Area in mm2 by part, given sizes by path; None where one is missing, as of a kernel that was left out."""
        if self.missing(sizes):
            return None
        found: dict[str, float] = {}
        for name, part in self.parts.items():
            found[name] = part.mm2
            for path, published in part.grows_with.items():
                found[name] = found[name] * sizes[path] / published
        return found

    def missing(self, sizes: Mapping[str, float]) -> list[str]:
        """Paths that parts grow with and that are no sizes of the machine."""
        return [path for part in self.parts.values() for path in part.grows_with if path not in sizes]
