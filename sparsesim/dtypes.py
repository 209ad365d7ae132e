"""Number types that an operand may be stored in, and how wide they are."""

from dataclasses import dataclass

from sparsesim.errors import UnknownNameError


@dataclass(frozen=True)
class ValueType:
    """A number type: its name, width in bits, kind ("float" or "int") and stored fraction bits of a float."""

    name: str
    bits: int
    kind: str
    fraction_bits: int = 0

    def __str__(self) -> str:
        return self.name


VALUE_TYPES = {
    value_type.name: value_type
    for value_type in (
        ValueType("fp64", 64, "float", 52),
        ValueType("fp32", 32, "float", 23),
        ValueType("tf32", 32, "float", 10),
        ValueType("fp16", 16, "float", 10),
        ValueType("bf16", 16, "float", 7),
        ValueType("fp8", 8, "float", 3),
        ValueType("fp8-e5m2", 8, "float", 2),
        ValueType("int8", 8, "int"),
        ValueType("int4", 4, "int"),
    )
}

_OTHER_NAMES = {"fp8-e4m3": "fp8"}


def value_type_by_name(name: str) -> ValueType:
    """The number type called `name` ("fp8-e4m3" is "fp8"); UnknownNameError lists the known ones."""
    name = _OTHER_NAMES.get(name, name)
    if name not in VALUE_TYPES:
        raise UnknownNameError("value type", name, VALUE_TYPES)
    return VALUE_TYPES[name]
