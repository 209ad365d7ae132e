"""`Dram` and `Power`: what the kernels of a machine share."""

from typing import Annotated, Self

from pydantic import BeforeValidator, Field, model_validator

from sparsesim.units import parse_quantity
from sparsesim.yaml_file import Description

# Upper bounds are far beyond any hardware: they catch a unit applied twice, and keep cycles within 64 bits.
Hertz = Annotated[int, BeforeValidator(lambda value: parse_quantity(value, "Hz")), Field(gt=0, le=10**12)]
BytesPerSecond = Annotated[int, BeforeValidator(lambda value: parse_quantity(value, "B/s")), Field(gt=0, le=10**16)]
Watts = Annotated[float, Field(ge=0, le=1e6)]
Nanoseconds = Annotated[float, Field(ge=0, le=1e9)]


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
    channels: int = Field(gt=0, le=1 << 16)
    burst_bytes: int = Field(gt=0, le=1 << 20)
    efficiency: float = Field(default=1.0, gt=0, le=1)
    latency_ns: Nanoseconds


class Power(Description):
    """What a card draws without work, and the limit of what it draws.

    Attributes:
        cap_w: sustained limit; None for a machine that has none.
        idle_w: drawn at all times.
        credit_j: energy that a card which has been idle may draw beyond the cap before the cap applies.
        runs: identical runs in a row that share the credit; None for a card that runs indefinitely and has none left.
    """

    cap_w: Watts | None = Field(default=None, gt=0)
    idle_w: Watts
    credit_j: float = Field(default=0.0, ge=0, le=1e9)
    runs: int | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _room_to_work(self) -> Self:
        if self.cap_w is not None and self.idle_w >= self.cap_w:
            raise ValueError(f"idle_w {self.idle_w} leaves nothing below cap_w {self.cap_w}")
        return self
