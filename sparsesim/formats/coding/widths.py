"""Widths of indices and pointers: how a format's name spells them, and whether they are wide enough for a matrix."""

from sparsesim.errors import InputError

INDEX = r"(?:-i(?P<index_bits>[0-9]{1,6}))?"
POINTER = r"(?:-p(?P<pointer_bits>[0-9]{1,6}))?"
DEFAULT_BITS = 32
WIDEST_BITS = 63
"""Positions are int64 everywhere; the sign bit is not for storage."""


def bits_for(count: int) -> int:
    """Bits that tell `count` things apart: ceil(log2(count)), 0 for a single thing."""
    return max(count - 1, 0).bit_length()


def width_suffix(index_bits: int = DEFAULT_BITS, pointer_bits: int = DEFAULT_BITS) -> str:
    """'-i16' and '-p16' for the widths that are not 32; matches INDEX + POINTER."""
    index = "" if index_bits == DEFAULT_BITS else f"-i{index_bits}"
    return index if pointer_bits == DEFAULT_BITS else f"{index}-p{pointer_bits}"


def check_range(format_name: str, field: str, value: int, lowest: int, highest: int) -> None:
    """Raise InputError for a parameter outside lowest..highest."""
    if not lowest <= value <= highest:
        raise InputError(f"format {format_name}: {field} is {value}, it must lie in {lowest}..{highest}")


def check_widths(format_name: str, **widths: int) -> None:
    """Raise InputError for a width of indices or pointers, named by its field, outside 1..63 bits."""
    for field, bits in widths.items():
        check_range(format_name, field, bits, 1, WIDEST_BITS)


def check_fits(format_name: str, what: str, largest: int, bits: int) -> None:
    """Raise InputError for a matrix whose largest index or pointer needs more than `bits` bits."""
    if largest.bit_length() > bits:
        raise InputError(f"format {format_name}: {what} {largest} needs {largest.bit_length()} bits, there are {bits}")


def check_index_fits(format_name: str, what: str, count: int, bits: int) -> None:
    """Raise InputError where the last of `count` rows, columns or the like has an index of more than `bits` bits."""
    check_fits(format_name, what, max(count, 1) - 1, bits)
