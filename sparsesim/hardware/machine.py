"""`Machine`: clock, DRAM, kernels, launch cost and power limit, with a source for every number."""

from collections.abc import Iterator, Mapping
from functools import reduce
from math import gcd
from pathlib import Path
from typing import Annotated, Any, Self, get_args

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from sparsesim.accelerators import AcceleratorSpec, TensorCore
from sparsesim.errors import InputError, UnknownNameError
from sparsesim.hardware.energy import EnergyTable, load_energy_table
from sparsesim.hardware.kernels import Call, Kernel, Nanoseconds, OnViolation, calls, inherited
from sparsesim.matmul import MatmulOp
from sparsesim.shipped import shipped_file, shipped_names
from sparsesim.units import ceil_div, parse_quantity, seconds_to_cycles
from sparsesim.yaml_file import BASE, Description, is_path, lineage, merged, naming, validated

_FOLDER, _SUFFIX = "models/hardware", ".yaml"

# Upper bounds are far beyond any hardware: they catch a unit applied twice, and keep cycles within 64 bits.
Hertz = Annotated[int, BeforeValidator(lambda value: parse_quantity(value, "Hz")), Field(gt=0, le=10**12)]
BytesPerSecond = Annotated[int, BeforeValidator(lambda value: parse_quantity(value, "B/s")), Field(gt=0, le=10**16)]
Watts = Annotated[float, Field(ge=0, le=1e6)]
Table = Annotated[
    EnergyTable, BeforeValidator(lambda value: load_energy_table(value) if isinstance(value, str) else value)
]


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


class Machine(Description):
    """A card with its library of kernels: everything that decides how long a schedule takes and what it costs.

    Attributes:
        name, description: as shown to users.
        clock_hz: clock that all cycles refer to.
        dram: off-chip memory.
        kernels: units by name, each with the formats that it takes; `based_on` names another kernel of the machine.
        accelerator: instead of `kernels`, the unit of a machine that has just one.
        on_violation: what happens to weights that no kernel takes as they are stored.
        energy_table: table of the machine's own technology; the power cap is checked against it.
        launch_ns: time before the first step of an operation.
        launch_interval_ns: shortest time between two launches, and so the minimum for any operation.
        power: idle power, and the limit if there is one; None where neither is published.
        sources: source of every number, by dotted field path or a parent of it.
    """

    name: str
    description: str
    clock_hz: Hertz
    dram: Dram
    kernels: Mapping[str, Kernel] = Field(default_factory=dict)
    accelerator: Kernel | None = None
    on_violation: OnViolation = "unpack"
    energy_table: Table
    launch_ns: Nanoseconds = 0.0
    launch_interval_ns: Nanoseconds = 0.0
    power: Power | None = None
    sources: Mapping[str, str]

    @model_validator(mode="before")
    @classmethod
    def _kernels_inherit(cls, given: Any) -> Any:
        """Resolve `based_on` between kernels; what one inherits has the source of its base."""
        if not isinstance(given, Mapping) or not isinstance(given.get("kernels"), Mapping):
            return given
        sources = dict(given.get("sources") or {})
        for name, kernel in given["kernels"].items():
            base = kernel.get(BASE) if isinstance(kernel, Mapping) else None
            above = {path: text for path, text in sources.items() if path.startswith(f"kernels.{base}.")}
            for path, text in above.items():
                sources.setdefault(path.replace(f"kernels.{base}.", f"kernels.{name}.", 1), f"as {base}: {text}")
        return {**given, "kernels": inherited(given["kernels"]), "sources": sources}

    @model_validator(mode="after")
    def _has_kernels(self) -> Self:
        if bool(self.kernels) == bool(self.accelerator):
            raise ValueError("kernels: a machine has either kernels, or one accelerator")
        missing = [name for name, kernel in self.kernels.items() if not kernel.source]
        if missing and len(self.kernels) > 1:
            raise ValueError(f"kernels.{missing[0]}.source: a kernel names the library that has it")
        return self

    @model_validator(mode="after")
    def _every_number_has_a_source(self) -> Self:
        # Defaults need no source: a file that does not mention them makes no claim.
        numbers = self.model_dump(exclude={"sources", "name", "description", "energy_table"}, exclude_unset=True)
        missing = [path for path in _number_paths(numbers) if not _is_covered(path, self.sources)]
        if missing:
            raise ValueError(f"sources: no entry covers {', '.join(missing[:5])}")
        return self

    @property
    def library(self) -> Mapping[str, Kernel]:
        """Every kernel by name; that of a single `accelerator` is called after its kind."""
        return self.kernels if self.accelerator is None else {self.accelerator.unit.kind: self.accelerator}

    @property
    def unit(self) -> AcceleratorSpec:
        """The compute unit of a machine that has one kernel; InputError if there are several."""
        return self._only_kernel.unit

    @property
    def idle_w(self) -> float | None:
        """Power in W that is drawn at all times; None where it is not published."""
        return None if self.power is None else self.power.idle_w

    def only(self, kernel: str) -> "Machine":
        """The machine with one of its kernels; UnknownNameError for a name that it does not have."""
        if kernel not in self.library:
            raise UnknownNameError(f"kernel of {self.name}", kernel, self.library)
        return self.model_copy(update={"kernels": {kernel: self.library[kernel]}, "accelerator": None})

    def calls(self, op: MatmulOp) -> list[Call]:
        """What its library could call for this operation; see `kernels.calls`."""
        return calls(op, self.name, self.library, self.on_violation)

    @property
    def default_dtype(self) -> str:
        """Number type used if the user names none: the first of the first kernel."""
        return next(iter(self.library.values())).unit.default_dtype

    def natural_formats(self, density: float, dtype: str) -> tuple[str, ...]:
        """The formats that its kernels with this number type are made for, each once."""
        units = [kernel.unit for kernel in self.library.values() if dtype in kernel.unit.macs_per_cycle]
        return tuple(dict.fromkeys(unit.natural_format(density, dtype) for unit in units)) or ("dense",)

    @property
    def _only_kernel(self) -> Kernel:
        if len(self.library) > 1:
            raise InputError(f"{self.name} has several kernels, of which one must be named: {', '.join(self.library)}")
        return next(iter(self.library.values()))

    @property
    def launch_cycles(self) -> int:
        """Cycles before the first step of an operation, on a machine with one kernel."""
        own = self._only_kernel.launch_ns
        return seconds_to_cycles((self.launch_ns if own is None else own) * 1e-9, self.clock_hz)

    @property
    def launch_interval_cycles(self) -> int:
        """Minimum cycles of any operation, on a machine with one kernel."""
        own = self._only_kernel.launch_interval_ns
        return seconds_to_cycles((self.launch_interval_ns if own is None else own) * 1e-9, self.clock_hz)

    def arrival_cycles(self, size_bytes: int) -> int:
        """Cycles from the end of a transfer until its data can be used.

        Transfers run at the bandwidth of all channels together, but the last burst comes from a single channel: the
        extra time that it takes there is added to the latency.
        """
        numerator, denominator = self.dram_rate
        last = min(size_bytes, self.dram.burst_bytes) * denominator
        on_its_channel = ceil_div(last * self.dram.channels, numerator) - ceil_div(last, numerator)
        return seconds_to_cycles(self.dram.latency_ns * 1e-9, self.clock_hz) + on_its_channel

    @property
    def dram_rate(self) -> tuple[int, int]:
        """Sustained DRAM bytes per cycle as a reduced fraction (numerator, denominator); exact, so cycles are too."""
        own = self._only_kernel.dram_efficiency
        reached = round(self.dram.bandwidth_bytes_per_s * (self.dram.efficiency if own is None else own))
        divisor = gcd(reached, self.clock_hz)
        return reached // divisor, self.clock_hz // divisor

    def transfer_cycles(self, size_bytes: int) -> int:
        """Cycles for which a transfer occupies the DRAM: whole bursts, rounded up."""
        numerator, denominator = self.dram_rate
        bursts = ceil_div(size_bytes, self.dram.burst_bytes)
        return ceil_div(bursts * self.dram.burst_bytes * denominator, numerator)

    def benchmarked(self, runs: int | None, warm: bool) -> "Machine":
        """The machine in a benchmark of `runs` identical runs after a pause (None: indefinitely many).

        `warm`: whether a card's L2 may still hold operands of the previous run.
        """
        changes: dict[str, Any] = {}
        if self.power is not None:
            changes["power"] = self.power.model_copy(update={"runs": runs})
        warmed = {name: _warmed(kernel, warm) for name, kernel in self.library.items()}
        if self.accelerator is None:
            return self.model_copy(update={**changes, "kernels": warmed})
        return self.model_copy(update={**changes, "accelerator": next(iter(warmed.values()))})

    def with_on_violation(self, choice: str) -> "Machine":
        """A copy that treats weights without a kernel as `choice` says, see `OnViolation`; InputError otherwise."""
        if choice not in get_args(OnViolation):
            raise InputError(f"on_violation: {choice!r} is none of {', '.join(map(repr, get_args(OnViolation)))}")
        return self.model_copy(update={"on_violation": choice})

    def with_accelerator(self, **changes: Any) -> "Machine":
        """A copy with other parameters of its one unit; InputError for unknown names and values out of range."""
        (name, kernel), unit = next(iter(self.library.items())), self.unit
        try:
            changed = kernel.model_copy(update={"unit": type(unit).model_validate({**unit.model_dump(), **changes})})
        except ValidationError as error:
            fault = error.errors(include_url=False)[0]
            field = ".".join(str(part) for part in fault["loc"])
            raise InputError(f"{self.name}: accelerator.{field}: {fault['msg']} (got {fault['input']!r})") from error
        update = {"kernels": {name: changed}} if self.accelerator is None else {"accelerator": changed}
        return self.model_copy(update=update)


def _warmed(kernel: Kernel, warm: bool) -> Kernel:
    if not isinstance(kernel.unit, TensorCore):
        return kernel
    return kernel.model_copy(update={"unit": kernel.unit.model_copy(update={"warm_l2": warm})})


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

    A file with `based_on: NAME` (a shipped machine, or a `.yaml` file in the same folder) gives only what differs:
    mappings merge, lists are replaced, `null` removes a field. Its own numbers need sources in the same file, because
    those of the base describe other numbers. Raises InputError naming the file and the fault, UnknownNameError for a
    name that is not shipped.
    """
    path = Path(name) if is_path(name) else _shipped(str(name))
    with naming(path):
        *ancestors, own = lineage(path, _shipped).values()
        machine = validated(path, reduce(_based, [*ancestors, own]), Machine)
        if ancestors:
            _own_numbers_have_own_sources(own, machine)
    return machine


def _based(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """`own` merged over `base`, without what a file does not inherit: name and description."""
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
