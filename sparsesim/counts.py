"""`Counts`: everything a run counted, as integers. Energy is a pure function of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True)
class Counts:
    """Everything counted in a finished simulation.

    Attributes:
        cycles: clock cycles from start to end, before a power cap stretches them.
        actions: how often each priced action happened, by the names in energy tables, such as "mult_fp16" or
            "dram_write_bits" (names ending in _bits count bits), with the component in front if there are several:
            "prefetch_buffer.sram_read_bits".
        dram_bytes: bytes moved to or from DRAM, by tensor ("A", "B", "C", "partial").
        busy_cycles: busy cycles of "dram", "compute" (averaged over units, rounded up) and "launch".
        resource_cycles: `cycles` by the resource that decided them (names in `sparsesim.resources`); they add up to it.
        details: further integers from the unit, such as "condensed_columns" or "tiles".
        note: remark for readers of the result.
    """

    cycles: int
    actions: Mapping[str, int]
    dram_bytes: Mapping[str, int]
    busy_cycles: Mapping[str, int] = field(default_factory=dict)
    details: Mapping[str, int | list[int]] = field(default_factory=dict)
    resource_cycles: Mapping[str, int] = field(default_factory=dict)
    note: str = ""

    def __post_init__(self) -> None:
        # Copied and read-only: one run may be shared by several results.
        for name in ("actions", "dram_bytes", "busy_cycles", "details", "resource_cycles"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

    def __reduce__(self) -> tuple[object, ...]:
        # Mapping proxies cannot be pickled, and results travel between the processes of a sweep.
        mappings = (self.actions, self.dram_bytes, self.busy_cycles, self.details, self.resource_cycles)
        return Counts, (self.cycles, *map(dict, mappings), self.note)

    @property
    def total_dram_bytes(self) -> int:
        """All DRAM traffic."""
        return sum(self.dram_bytes.values())
