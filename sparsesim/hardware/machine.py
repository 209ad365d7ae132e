"""`Machine`: clock, DRAM, kernels, launch cost and power limit, with a source for every number."""

import re
from collections.abc import Mapping
from math import gcd
from typing import Annotated, Any, Self, get_args

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from sparsesim.accelerators import AcceleratorSpec
from sparsesim.errors import FaultsError, InputError, UnknownNameError
from sparsesim.faults import faults_of
from sparsesim.formats import Dense
from sparsesim.hardware.area import Area
from sparsesim.hardware.board import Dram, Power
from sparsesim.hardware.energy import EnergyTable, load_energy_table
from sparsesim.hardware.fields import sizes
from sparsesim.hardware.kernels import Call, Kernel, OnViolation, calls, inherited
from sparsesim.hardware.sources import all_are_covered, inherited_sources, number_paths
from sparsesim.matmul import MatmulOp
from sparsesim.quantities import Hertz, Nanoseconds
from sparsesim.units import ceil_div, seconds_to_cycles
from sparsesim.yaml_file import Description

_FIELD = r"[\w.-]+: "
"""How a fault of one field begins."""

Table = Annotated[EnergyTable, BeforeValidator(load_energy_table)]


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
        area: what it takes on a chip, without DRAM; None where that is not known.
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
    area: Area | None = None
    sources: Mapping[str, str]

    @model_validator(mode="before")
    @classmethod
    def _kernels_inherit(cls, given: Any) -> Any:
        """Resolve `based_on` between kernels; what one inherits has the source of its base."""
        if not isinstance(given, Mapping) or not isinstance(given.get("kernels"), Mapping):
            return given
        changes: dict[str, Any] = {"kernels": inherited(given["kernels"])}
        sources = given.get("sources")
        if isinstance(sources, Mapping) and all(isinstance(path, str) for path in sources):
            changes["sources"] = inherited_sources(given["kernels"], sources)
        return {**given, **changes}

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
        all_are_covered(number_paths(numbers), self.sources)
        return self

    @model_validator(mode="after")
    def _some_bandwidth(self) -> Self:
        bandwidth = self.dram.bandwidth_bytes_per_s
        for efficiency in (self.dram.efficiency, *(kernel.dram_efficiency for kernel in self.library.values())):
            if efficiency is not None and round(bandwidth * efficiency) < 1:
                raise ValueError(
                    f"dram.bandwidth_bytes_per_s: {bandwidth}: less than a byte at efficiency {efficiency:g}"
                )
        return self

    @model_validator(mode="after")
    def _areas_grow_with_sizes(self) -> Self:
        unknown = [] if self.area is None else self.area.missing(sizes(self))
        if unknown:
            raise ValueError(f"area: grows_with: {unknown[0]}: this machine has no such number or size")
        return self

    @property
    def area_mm2(self) -> float | None:
        """Area in mm2 at its own node, without DRAM, as its fields are now; None where it is not known."""
        parts = self.area_by_part_mm2
        return None if parts is None else sum(parts.values())

    @property
    def area_by_part_mm2(self) -> dict[str, float] | None:
        """The same by part."""
        return None if self.area is None else self.area.mm2(sizes(self))

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
    def has_dense_kernel(self) -> bool:
        """Whether one of its kernels multiplies dense weights as they are."""
        return any(kernel.names("dense") and Dense in kernel.unit.native for kernel in self.library.values())

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

        `warm`: whether a card's L2 may still hold operands of the previous run. Raises InputError for less than
        one run.
        """
        if runs is not None and runs < 1:
            raise InputError(f"{self.name}: power.runs: {runs}: must be at least 1, or None for runs without end")
        changes: dict[str, Any] = {}
        if self.power is not None:
            changes["power"] = self.power.model_copy(update={"runs": runs})
        warmed = {name: kernel.warmed(warm) for name, kernel in self.library.items()}
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
            place = f"kernels.{name}" if self.accelerator is None else "accelerator"
            faults = faults_of(error, type(unit), changes)
            raise FaultsError(f"{self.name}: {_below(place, fault)}" for fault in faults) from error
        update = {"kernels": {name: changed}} if self.accelerator is None else {"accelerator": changed}
        return self.model_copy(update=update)


def _below(place: str, fault: str) -> str:
    """A fault of a field of the unit at `place`; one between several fields is a fault of the unit as a whole."""
    return f"{place}{'.' if re.match(_FIELD, fault) else ': '}{fault}"
