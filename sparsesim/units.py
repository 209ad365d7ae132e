"""The only place where units are converted. Elsewhere, names end in their unit."""

import math
import re

from sparsesim.errors import InputError
from sparsesim.places import shown

BITS_PER_BYTE = 8
PJ_PER_J = 1e12

_SCALES = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}
_EXAMPLES = {"B": "40 MiB", "Hz": "1.41 GHz", "B/s": "1935 GB/s"}
# YAML reads 128e9 as text: its floats need a point.
_NUMBER = r"[0-9]*\.?[0-9]+(?:[eE][+-]?\d+)?|[0-9]+\.(?:[eE][+-]?\d+)?"
_LONGEST = 64
"""Characters of a quantity; the pattern takes a time that grows with their square."""
_QUANTITY = re.compile(rf"\s*({_NUMBER})\s*(?:(Ki|Mi|Gi|[kKMGT]?)(B/s|B|Hz))?\s*")


def parse_quantity(text: str | int | float, unit: str) -> int:
    """Read '40 MiB', '1.41 GHz', '1935 GB/s' or a plain number of `unit` as an integer in `unit`.

    `unit` is 'B', 'Hz' or 'B/s'. A plain number may be written as 128e9, and must be whole: 1.41 was meant to be GHz.
    Raises InputError for any other text or unit, truth values, infinity and NaN.
    """
    value = _number(text, unit)
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        allowed = f"a whole number of {unit} is needed, or one with a unit such as {_EXAMPLES[unit]}"
        raise InputError(f"{shown(text)}: {allowed}")
    return round(value)


def _number(text: str | int | float, unit: str) -> float | None:
    # YAML reads `yes` as true, and in Python True is the integer 1.
    if isinstance(text, bool) or not isinstance(text, str | int | float):
        return None
    if isinstance(text, int):
        return text
    if not isinstance(text, str):
        return text if math.isfinite(text) and text == int(text) else None
    match = _QUANTITY.fullmatch(text) if len(text) <= _LONGEST else None
    if match is None:
        return None
    number, prefix, found = match.groups()
    if found is None:
        return _number(float(number), unit)
    return float(number) * _SCALES["k" if prefix == "K" else prefix] if found == unit else None


def bits_to_bytes(bits: int) -> int:
    """Bytes that hold `bits`, rounded up."""
    return -(-bits // BITS_PER_BYTE)


def ceil_div(numerator: int, denominator: int) -> int:
    """Integer division, rounded up."""
    return -(-numerator // denominator)


def cycles_to_seconds(cycles: int, clock_hz: int) -> float:
    """Seconds that `cycles` take at `clock_hz`."""
    return cycles / clock_hz


def seconds_to_cycles(seconds: float, clock_hz: int) -> int:
    """Whole cycles at `clock_hz` that cover `seconds`, rounded up."""
    return math.ceil(seconds * clock_hz - 1e-9)


def joule_to_pj(energy_j: float) -> float:
    """Picojoules in so many joules."""
    return energy_j * PJ_PER_J


def pj_to_joule(energy_pj: float) -> float:
    """Picojoule to joule."""
    return energy_pj / PJ_PER_J
