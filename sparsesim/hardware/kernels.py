"""`Kernel`: a unit as one routine of a card's library drives it; and which kernels take an operation."""

from collections.abc import Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any, Final, Literal, NamedTuple

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from sparsesim.accelerators import AcceleratorSpec, TensorCore
from sparsesim.errors import InputError, PatternError
from sparsesim.faults import BASE
from sparsesim.formats import format_by_name
from sparsesim.matmul import MatmulOp
from sparsesim.quantities import Fraction, Nanoseconds
from sparsesim.yaml_file import Description, merged

Unpacked = Literal["", "on the way", "when loaded"]

OnViolation = Literal["unpack", "refuse", "dense"]
"""What happens to weights that no kernel takes as they are stored.

- "unpack": formats without a kernel are unpacked when the weights are loaded; a broken pattern is refused.
- "refuse": both are refused.
- "dense": both run dense.
"""

ANY: Final = "*"


class Kernel(Description):
    """A unit and the formats that it takes. In YAML the fields of the unit stand beside those below.

    Attributes:
        unit: the compute unit with its on-chip memories.
        formats: names of formats of A, where * stands for any part of a name; of those, what the unit reads.
        source: the library that has this kernel, and how its speed is known.
        launch_ns, launch_interval_ns: those of the machine unless given.
        dram_efficiency: fraction of the DRAM's peak that its streams reach, unless that is the machine's.
    """

    unit: AcceleratorSpec = Field(discriminator="kind")
    formats: tuple[str, ...] = Field(default=(ANY,), min_length=1)
    source: str = ""
    launch_ns: Nanoseconds | None = None
    launch_interval_ns: Nanoseconds | None = None
    dram_efficiency: Fraction | None = None

    @model_validator(mode="before")
    @classmethod
    def _unit_beside(cls, given: Any) -> Any:
        """Move the fields of the unit, which stand beside those of the kernel, below `unit`."""
        if not isinstance(given, Mapping) or "unit" in given:
            return given
        own = {name: value for name, value in given.items() if name in cls.model_fields}
        return own | {"unit": {name: value for name, value in given.items() if name not in cls.model_fields}}

    @model_serializer(mode="wrap")
    def _flat(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """The fields of the unit beside those of the kernel, as in YAML."""
        fields = handler(self)
        unit = fields.pop("unit")
        return {**unit, **{name: value for name, value in fields.items() if value not in (None, "")}}

    def names(self, format: str) -> bool:
        """Whether a format is among those that the kernel is listed for."""
        return any(fnmatchcase(format, pattern) for pattern in self.formats)

    def takes(self, op: MatmulOp) -> bool:
        """Whether the kernel multiplies the operands as they are stored."""
        return self.names(op.a.format.name) and self.unit.reads(op)

    def unpacks(self, op: MatmulOp) -> bool:
        """Whether the kernel multiplies the operands after unpacking them on the way."""
        return self.names(op.a.format.name) and self.unit.unpacks(op)

    def warmed(self, warm: bool) -> "Kernel":
        """The kernel where the L2 of tensor cores may (`warm`) or may not hold operands of the previous run."""
        if not isinstance(self.unit, TensorCore):
            return self
        return self.model_copy(update={"unit": self.unit.model_copy(update={"warm_l2": warm})})


class Call(NamedTuple):
    """An operation as a kernel gets it.

    Attributes:
        kernel: name of the kernel.
        op: the operation with its operands as they lie in memory.
        unpacked: whether A or B is stored in another format than was asked for, or unpacked by the kernel.
        note: remark for readers of the result.
    """

    kernel: str
    op: MatmulOp
    unpacked: Unpacked = ""
    note: str = ""


def calls(op: MatmulOp, machine: str, kernels: Mapping[str, Kernel], on_violation: OnViolation) -> list[Call]:
    """What a library could call for this operation, each of the kernels that take it; at least one.

    A format that no kernel takes is unpacked on the way by a kernel that can, else once when the operands are loaded:
    B alone where that is enough, else both. The product then runs dense, or in the format that a machine without dense
    kernels is made for. Raises InputError for a number type that no kernel has, and PatternError for what
    `on_violation` refuses.
    """
    _has_type(op, machine, kernels)
    found = [Call(name, op) for name, kernel in kernels.items() if kernel.takes(op)]
    found = found or [Call(name, op, "on the way") for name, kernel in kernels.items() if kernel.unpacks(op)]
    stored = f"{op.a.format.name} x {op.b.format.name}" if op.b.format.name != "dense" else op.a.format.name
    note = f"no kernel of {machine} takes {stored}"
    if not found and on_violation == "refuse":
        raise PatternError(f"{op.name}: {note} (it has {in_words(kernels)})")
    found = found or _loaded_as(op.a.format.name, op, f"{note}: B unpacked when loaded", kernels)
    try:
        op.a.size  # noqa: B018  # raises PatternError for an A that the format could not have held in the first place
    except PatternError as error:
        if on_violation != "dense":
            raise PatternError(f"{op.name}: operand A in {error}") from error
        return _when_loaded(op, f"A breaks the pattern of {op.a.format.name}", kernels)
    return found or _when_loaded(op, note, kernels)


def in_words(kernels: Mapping[str, Kernel]) -> str:
    """The kernels with their formats, such as "gemm (dense), gemm-2:4 (nm-2:4)"."""
    return ", ".join(f"{name} ({', '.join(kernel.formats)})" for name, kernel in kernels.items())


def _when_loaded(op: MatmulOp, note: str, kernels: Mapping[str, Kernel]) -> list[Call]:
    """The operation with both operands unpacked to a format that a kernel takes."""
    for format in dict.fromkeys(["dense", *(_made_for(kernel, op) for kernel in kernels.values())]):
        found = _loaded_as(format, op, f"{note}: unpacked to {format} when loaded", kernels)
        if found:
            return found
    raise InputError(f"{op.name}: {note}, and none takes {op.a.dtype} weights that are unpacked")


def _loaded_as(format: str, op: MatmulOp, note: str, kernels: Mapping[str, Kernel]) -> list[Call]:
    """Calls of the kernels that take the operation with A in `format` and B dense."""
    a, b = replace(op.a, format=format_by_name(format)), replace(op.b, format=format_by_name("dense"))
    loaded = replace(op, a=a, b=b)
    return [Call(name, loaded, "when loaded", note) for name, kernel in kernels.items() if kernel.takes(loaded)]


def _made_for(kernel: Kernel, op: MatmulOp) -> str:
    return kernel.unit.natural_format(op.a.tensor.density, op.a.dtype.name)


def _has_type(op: MatmulOp, machine: str, kernels: Mapping[str, Kernel]) -> None:
    name = op.a.dtype.name
    known = dict.fromkeys(known for kernel in kernels.values() for known in kernel.unit.macs_per_cycle)
    if name not in known:
        raise InputError(f"number type {name} is not offered by {machine} (it has {', '.join(known)})")


def inherited(kernels: Mapping[str, Any]) -> dict[str, Any]:
    """Kernels with `based_on: NAME` resolved: fields that one does not give are those of another of the same machine.

    `null` removes a field, or a kernel. Raises InputError for an unknown name or a circle.
    """

    def resolved(name: str, seen: tuple[str, ...]) -> Any:
        own = kernels[name]
        if not isinstance(own, Mapping):
            return own
        base = own.get(BASE)
        if base is None:
            return merged({}, own)
        if not isinstance(base, str) or not isinstance(kernels.get(base), Mapping):
            raise InputError(
                f"kernels.{name}.{BASE}: no kernel {base!r} here (there are {', '.join(map(str, kernels))})"
            )
        if base in seen:
            raise InputError(f"kernels.{name}.{BASE}: a circle, {base} is based on itself")
        return merged(resolved(base, (*seen, base)), {**own, BASE: None})

    return {name: resolved(name, (name,)) for name, own in kernels.items() if own is not None}
