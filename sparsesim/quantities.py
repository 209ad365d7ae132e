"""The numbers that descriptions may hold: each has bounds, and none takes a truth value for a number.

Upper bounds are far beyond any hardware: they catch a unit that is applied twice, and keep counts within 64 bits. Lower
bounds of rates keep times finite. YAML reads `yes`, `no`, `on` and `off` as truth values, and to Python true is 1.
"""

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from sparsesim.dtypes import DTYPES
from sparsesim.errors import UnknownNameError
from sparsesim.units import parse_quantity


def _number(value: Any) -> Any:
    """The value, unless it is a truth value."""
    if isinstance(value, bool):
        raise ValueError("must be a number, not a truth value (yes, no, on, off, true, false)")
    return value


def _hertz(value: Any) -> int:
    return parse_quantity(value, "Hz")


def _bytes_per_second(value: Any) -> int:
    return parse_quantity(value, "B/s")


def _number_type(name: str) -> str:
    if name not in DTYPES:
        raise UnknownNameError("number type", name, DTYPES)
    return name


def _number_type_or_other(name: str) -> str:
    return name if name == "other" else _number_type(name)


Number = BeforeValidator(_number)
"""For a type that has bounds of its own: `Annotated[int, Field(ge=2, le=9), Number]`."""

MAX_COUNT = 2**20
MAX_LARGE_COUNT = 2**40

Count = Annotated[int, Field(ge=1, le=MAX_COUNT), Number]
"""Things of which there is at least one: SMs, stages, lines of a buffer, elements along a side."""
CountOrNone = Annotated[int, Field(ge=0, le=MAX_COUNT), Number]
"""Things of which there may be none."""
LargeCount = Annotated[int, Field(ge=1, le=MAX_LARGE_COUNT), Number]
"""Bytes of a memory, multipliers of a whole unit, actions."""
Index = Annotated[int, Field(ge=0, le=2**63 - 1), Number]
"""A seed, or a place in a list."""

Positive = Annotated[float, Field(gt=0, le=1e15), Number]
"""A threshold, or a figure in some unit."""
NotNegative = Annotated[float, Field(ge=0, le=1e15), Number]
"""One that may be zero."""
Sparsity = Annotated[float, Field(ge=0, lt=1), Number]
"""Share of what is left out; never all of it."""
Fraction = Annotated[float, Field(ge=1e-9, le=1), Number]
"""An efficiency: above zero, at most one."""
Share = Annotated[float, Field(ge=0, le=1), Number]
"""A density, or a part of a whole; zero for none of it."""
PerCycle = Annotated[float, Field(ge=1e-6, le=MAX_COUNT), Number]
"""Bytes or values in a cycle."""
Cycles = Annotated[float, Field(ge=0, le=1e9), Number]
"""A latency in cycles, or part of one."""

Hertz = Annotated[int, Field(gt=0, le=10**12), BeforeValidator(_hertz)]
BytesPerSecond = Annotated[int, Field(gt=0, le=10**16), BeforeValidator(_bytes_per_second)]
Nanoseconds = Annotated[float, Field(ge=0, le=1e9), Number]
Watts = Annotated[float, Field(ge=0, le=1e6), Number]
PositiveWatts = Annotated[float, Field(ge=1e-6, le=1e6), Number]
Joules = Annotated[float, Field(ge=0, le=1e9), Number]
Picojoules = Annotated[float, Field(ge=0, le=1e12), Number]
"""The price of an action."""
Factor = Annotated[float, Field(ge=1e-9, le=1e9), Number]
"""On a price of another table."""

Figure = Annotated[float, Field(ge=-1e15, le=1e15), Number]
"""A published figure of any kind."""
WholeFigure = Annotated[int, Field(ge=-(2**53), le=2**53), Number]
"""One that is counted."""

NumberType = Annotated[str, AfterValidator(_number_type)]
"""The name of a number type; a misspelt one would be a rate that nothing ever has."""
NumberTypeOrOther = Annotated[str, AfterValidator(_number_type_or_other)]
"""The same, or "other" for all that are not named."""
