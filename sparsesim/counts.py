"""`Counts`: what a run did, in integers. Energy is a pure function of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True)
class Counts:
    """Everything that a finished simulation counted.

    Attributes:
        cycles: clock cycles from start to end, before a power cap stretches them.
        actions: how often each priced action happened; keys are the names that energy tables list, such as
            "mult_fp16", "sram_read_bits" or "dram_write_bits" (names ending in _bits count bits).
        dram_bytes: bytes moved to or from DRAM, by tensor ("A", "B", "C", "partial").
        busy_cycles: cycles that "dram", "compute" (averaged over units, rounded up) and "launch" were busy.
        extra: further integers worth reporting, such as "condensed_columns" or "tiles".
    """

    cycles: int
    actions: Mapping[str, int]
    dram_bytes: Mapping[str, int]
    busy_cycles: Mapping[str, int] = field(default_factory=dict)
    extra: Mapping[str, int | list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("actions", "dram_bytes", "busy_cycles", "extra"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

    def __reduce__(self) -> tuple[object, ...]:
        arguments = (dict(self.actions), dict(self.dram_bytes), dict(self.busy_cycles), dict(self.extra))
        return Counts, (self.cycles, *arguments)

    @property
    def total_dram_bytes(self) -> int:
        """All DRAM traffic."""
        return sum(self.dram_bytes.values())
