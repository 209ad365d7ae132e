"""Number types that an operand may be stored in, and how wide they are."""

from dataclasses import dataclass

from sparsesim.errors import UnknownNameError


@dataclass(frozen=True)
class DType:
    """A number type: its name, width in bits, kind ("float" or "int") and stored fraction bits of a float."""

    name: str
    bits: int
    kind: str
    fraction_bits: int = 0

    def __str__(self) -> str:
        return self.name


DTYPES = {
    dtype.name: dtype
    for dtype in (
        DType("fp64", 64, "float", 52),
        DType("fp32", 32, "float", 23),
        DType("tf32", 32, "float", 10),
        DType("fp16", 16, "float", 10),
        DType("bf16", 16, "float", 7),
        DType("fp8", 8, "float", 3),
        DType("fp8-e5m2", 8, "float", 2),
        DType("int8", 8, "int"),
        DType("int4", 4, "int"),
    )
}

_OTHER_NAMES = {"fp8-e4m3": "fp8"}


def dtype_by_name(name: str) -> DType:
    """The number type called `name` ("fp8-e4m3" is "fp8"); UnknownNameError lists the known ones."""
    name = _OTHER_NAMES.get(name, name)
    if name not in DTYPES:
        raise UnknownNameError("number type", name, DTYPES)
    return DTYPES[name]


ACCUMULATORS = {
    "fp64": "fp64",
    "fp32": "fp32",
    "tf32": "fp32",
    "fp16": "fp32",
    "bf16": "fp32",
    "fp8": "fp32",
    "fp8-e5m2": "fp32",
    "int8": "int32",
    "int4": "int32",
}
"""The type in which products of each number type are summed."""

ACCUMULATOR_BITS = {"fp64": 64, "fp32": 32, "int32": 32}
