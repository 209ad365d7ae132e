"""What headers of files of arrays may ask for: names, shapes and sizes, checked before any value is read."""

from collections.abc import Collection, Sequence
from typing import Any, Final

import numpy as np

from sparsesim.errors import InputError
from sparsesim.limits import checked_size
from sparsesim.places import shown

MOST_ARRAYS: Final = 100_000
LONGEST_NAME: Final = 1000  # characters; names are searched with patterns
MOST_DIMENSIONS: Final = 64  # as NumPy


def checked_names(names: Collection[object]) -> None:
    """InputError for more than `MOST_ARRAYS` names, and for one that is no text, is empty or too long."""
    if len(names) > MOST_ARRAYS:
        raise InputError(f"{len(names)} arrays: at most {MOST_ARRAYS} are read")
    for name in names:
        checked_name(name)


def checked_name(name: object) -> str:
    """The name of an array; InputError for one that is no text, is empty, too long or not printable."""
    if not isinstance(name, str):
        raise InputError(f"array {shown(name)}: the name must be a text, found {type(name).__name__}")
    if not 0 < len(name) <= LONGEST_NAME:
        raise InputError(f"array {shown(name)}: the name must have 1 to {LONGEST_NAME} characters, found {len(name)}")
    if not name.isprintable():
        raise InputError(f"array {shown(name)}: the name must be printable")
    return name


def checked_bytes(shape: Sequence[int], dtype: "np.dtype[Any]") -> int:
    """Bytes of an array; InputError where its shape is beyond what arrays can have, even if one size of it is 0."""
    if len(shape) > MOST_DIMENSIONS:
        raise InputError(f"shape: {len(shape)} dimensions: at most {MOST_DIMENSIONS}")
    spanned = checked_size("shape", *(size for size in shape if size), max(dtype.itemsize, 1))
    return 0 if 0 in shape else spanned
