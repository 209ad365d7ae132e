"""`Dram` and `Power`: what the kernels of a machine share."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from sparsesim.quantities import (
    BytesPerSecond,
    Count,
    Fraction,
    Joules,
    LargeCount,
    Nanoseconds,
    Number,
    PositiveWatts,
    Watts,
)
from sparsesim.yaml_file import Description


class Dram(Description):
    """Off-chip memory.

    Attributes:
        kind: technology, such as "HBM2e".
        bandwidth_bytes_per_s: peak of all channels together.
        channels: independent channels.
        burst_bytes: granularity of transfers.
        efficiency: fraction of the peak that streams reach.
        latency_ns: from the end of a transfer until its data can be used.
    """

    kind: str
    bandwidth_bytes_per_s: BytesPerSecond
    channels: Annotated[int, Field(ge=1, le=1 << 16), Number]
    burst_bytes: Count
    efficiency: Fraction = 1.0
    latency_ns: Nanoseconds


class Power(Description):
    """What a card draws without work, and the limit of what it draws.

    Attributes:
        cap_w: sustained limit; None for a machine that has none.
        idle_w: drawn at all times.
        credit_j: energy that a card which has been idle may draw beyond the cap before the cap applies.
        runs: identical runs in a row that share the credit; None for a card that runs indefinitely and has none left.
    """

    cap_w: PositiveWatts | None = None
    idle_w: Watts
    credit_j: Joules = 0.0
    runs: LargeCount | None = None

    @model_validator(mode="after")
    def _room_to_work(self) -> Self:
        if self.cap_w is not None and self.idle_w >= self.cap_w:
            raise ValueError(f"idle_w {self.idle_w} leaves nothing below cap_w {self.cap_w}")
        return self
