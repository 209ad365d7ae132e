"""`Machine`: clock, DRAM, accelerator, launch cost and power limit, each number with its source."""

from collections.abc import Iterator, Mapping
from functools import reduce
from math import gcd
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from sparsesim.accelerators import AcceleratorSpec, Patterned, TensorCore
from sparsesim.errors import InputError
from sparsesim.hardware.energy import EnergyTable, load_energy_table
from sparsesim.shipped import shipped_file, shipped_names
from sparsesim.units import ceil_div, parse_quantity, seconds_to_cycles
from sparsesim.yaml_file import BASE, Description, is_path, lineage, merged, naming, validated

_FOLDER, _SUFFIX = "models/hardware", ".yaml"

# Upper bounds lie far beyond any hardware. They catch a unit written twice, and keep cycles within 64 bits.
Hertz = Annotated[int, BeforeValidator(lambda value: parse_quantity(value, "Hz")), Field(gt=0, le=10**12)]
BytesPerSecond = Annotated[int, BeforeValidator(lambda value: parse_quantity(value, "B/s")), Field(gt=0, le=10**16)]
Nanoseconds = Annotated[float, Field(ge=0, le=1e9)]
Watts = Annotated[float, Field(ge=0, le=1e6)]
Table = Annotated[
    EnergyTable, BeforeValidator(lambda value: load_energy_table(value) if isinstance(value, str) else value)
]


class Dram(Description):
    """Off-chip memory: peak bandwidth, the share of it that streams reach, the size of a burst, and the latency."""

    kind: str
    bandwidth_bytes_per_s: BytesPerSecond
    channels: int = Field(gt=0, le=1 << 16)
    burst_bytes: int = Field(gt=0, le=1 << 20)
    efficiency: float = Field(default=1.0, gt=0, le=1)
    latency_ns: Nanoseconds


class Power(Description):
    """Card power: `cap_w` is never exceeded for long, `idle_w` is drawn whatever happens.

    `credit_j` may be drawn beyond the cap after the card has been idle, until the cap holds. `runs` equal runs after
    each other share it; a card that runs without end (None) has used it up.
    """

    cap_w: Watts = Field(gt=0)
    idle_w: Watts
    credit_j: float = Field(default=0.0, ge=0, le=1e9)
    runs: int | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _room_to_work(self) -> Self:
        if self.idle_w >= self.cap_w:
            raise ValueError(f"idle_w {self.idle_w} leaves nothing below cap_w {self.cap_w}")
        return self


class Machine(Description):
    """Everything that decides how long a schedule takes and what it costs.

    `energy_table` is the table of the machine's own technology; it decides what the power cap allows.
    `launch_ns` passes before the first step of an operation; no operation takes less than `launch_interval_ns`, because
    launches cannot follow each other any faster.
    `sources` maps dotted field paths (or their parents) to where the number comes from; every number needs one.
    """

    name: str
    description: str
    clock_hz: Hertz
    dram: Dram
    accelerator: AcceleratorSpec = Field(discriminator="kind")
    energy_table: Table
    launch_ns: Nanoseconds = 0.0
    launch_interval_ns: Nanoseconds = 0.0
    power: Power | None = None
    sources: Mapping[str, str]

    @model_validator(mode="after")
    def _every_number_has_a_source(self) -> Self:
        numbers = self.model_dump(exclude={"sources", "name", "description", "energy_table"}, exclude_unset=True)
        missing = [path for path in _number_paths(numbers) if not _is_covered(path, self.sources)]
        if missing:
            raise ValueError(f"sources: no entry covers {', '.join(missing[:5])}")
        return self

    @property
    def launch_cycles(self) -> int:
        """Cycles before the first step of an operation."""
        return seconds_to_cycles(self.launch_ns * 1e-9, self.clock_hz)

    @property
    def launch_interval_cycles(self) -> int:
        """Cycles that any operation takes at least."""
        return seconds_to_cycles(self.launch_interval_ns * 1e-9, self.clock_hz)

    def arrival_cycles(self, size_bytes: int) -> int:
        """Cycles from the end of a transfer until its data can be used.

        Transfers are counted at the bandwidth of all channels together. The last burst comes from one of them, so the
        time that it takes there is added to the latency.
        """
        numerator, denominator = self.dram_rate
        last = min(size_bytes, self.dram.burst_bytes) * denominator
        on_its_channel = ceil_div(last * self.dram.channels, numerator) - ceil_div(last, numerator)
        return seconds_to_cycles(self.dram.latency_ns * 1e-9, self.clock_hz) + on_its_channel

    @property
    def dram_rate(self) -> tuple[int, int]:
        """DRAM bytes per cycle that streams reach, as a reduced fraction (numerator, denominator)."""
        reached = round(self.dram.bandwidth_bytes_per_s * self.dram.efficiency)
        divisor = gcd(reached, self.clock_hz)
        return reached // divisor, self.clock_hz // divisor

    def transfer_cycles(self, size_bytes: int) -> int:
        """Cycles that a transfer occupies the DRAM, in whole bursts, rounded up."""
        numerator, denominator = self.dram_rate
        bursts = ceil_div(size_bytes, self.dram.burst_bytes)
        return ceil_div(bursts * self.dram.burst_bytes * denominator, numerator)

    def benchmarked(self, runs: int | None, warm: bool) -> "Machine":
        """The machine as a benchmark meets it: `runs` equal runs after a pause (None: without end).

        `warm`: small operands still lie in the L2 of a card from the run before.
        """
        changes: dict[str, Any] = {}
        if self.power is not None:
            changes["power"] = self.power.model_copy(update={"runs": runs})
        if isinstance(self.accelerator, TensorCore):
            changes["accelerator"] = self.accelerator.model_copy(update={"warm_l2": warm})
        return self.model_copy(update=changes)

    def with_on_violation(self, choice: str) -> "Machine":
        """The machine told to "refuse" a matrix that breaks its pattern or to run it "dense"; InputError otherwise."""
        if not isinstance(self.accelerator, Patterned):
            return self
        return self.with_accelerator(on_violation=choice)

    def with_accelerator(self, **changes: Any) -> "Machine":
        """A copy whose accelerator has other parameters; InputError for unknown ones and for values out of range."""
        try:
            spec = type(self.accelerator).model_validate({**self.accelerator.model_dump(), **changes})
        except ValidationError as error:
            fault = error.errors(include_url=False)[0]
            field = ".".join(str(part) for part in fault["loc"])
            raise InputError(f"{self.name}: accelerator.{field}: {fault['msg']} (got {fault['input']!r})") from error
        return self.model_copy(update={"accelerator": spec})


def _number_paths(value: Any, path: str = "") -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, child in value.items():
            yield from _number_paths(child, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list | tuple):
        for child in value:
            yield from _number_paths(child, path)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield path


def _is_covered(path: str, sources: Mapping[str, str]) -> bool:
    parts = path.split(".")
    return any(".".join(parts[:length]) in sources for length in range(1, len(parts) + 1))


def machine_names() -> list[str]:
    """Names of the shipped machines."""
    return shipped_names(_FOLDER, _SUFFIX)


def _shipped(name: str) -> Path:
    return shipped_file("machine", name, _FOLDER, _SUFFIX)


def load_machine(name: str | Path) -> Machine:
    """A shipped machine by name, or one described in a `.yaml` file.

    A file may say `based_on: NAME` (a shipped machine, or a `.yaml` file beside it) and then gives only what differs:
    mappings merge, lists are replaced, `null` removes a field. Its own numbers need sources in the same file, because
    those of the base speak of other numbers.
    """
    path = Path(name) if is_path(name) else _shipped(str(name))
    with naming(path):
        *ancestors, own = lineage(path, _shipped).values()
        machine = validated(path, reduce(_based, [*ancestors, own]), Machine)
        if ancestors:
            _own_numbers_have_own_sources(own, machine)
    return machine


def _based(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """All of a description but what each file says for itself."""
    inherited = {field: value for field, value in base.items() if field not in ("name", "description")}
    return merged(inherited, {**own, BASE: None})


def _own_numbers_have_own_sources(own: Mapping[str, Any], machine: Machine) -> None:
    numbers = set(_number_paths(machine.model_dump(exclude={"energy_table"}))) & set(_leaf_paths(own))
    missing = sorted(field for field in numbers if not _is_covered(field, own.get("sources") or {}))
    if missing:
        raise InputError(f"sources: no entry of this file covers {', '.join(missing[:5])}")


def _leaf_paths(value: Any, path: str = "") -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield path
        return
    for key, child in value.items():
        yield from _leaf_paths(child, f"{path}.{key}" if path else str(key))
