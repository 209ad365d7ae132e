"""Storage formats: how a matrix is laid out in memory, and exactly how many bits that takes."""

import re
from collections.abc import Iterable
from functools import lru_cache

from sparsesim.errors import InputError, UnknownNameError
from sparsesim.formats.base import Encoded, Format, FormatSize, Stream
from sparsesim.formats.bitmap import Bitmap
from sparsesim.formats.bsr import Bsr
from sparsesim.formats.coding.codebook import share_values
from sparsesim.formats.coding.values import round_to
from sparsesim.formats.condensed import CondensedCsr
from sparsesim.formats.coo import Coo
from sparsesim.formats.csc import Csc
from sparsesim.formats.csr import Csr
from sparsesim.formats.dense import Dense
from sparsesim.formats.dia import Dia
from sparsesim.formats.ell import Ell
from sparsesim.formats.gaps import Gaps
from sparsesim.formats.nm import Nm
from sparsesim.formats.nm_pairs import NmPairs
from sparsesim.formats.relative import Relative
from sparsesim.formats.rle import Rle
from sparsesim.formats.structured import Structured
from sparsesim.formats.two_of_four import TwoOfFour, compress_2_4, decompress_2_4
from sparsesim.formats.vnm import Vnm
from sparsesim.several import several

FORMATS: dict[str, tuple[type[Format], str]] = {
    cls.family: (cls, description)
    for cls, description in (
        (Dense, "every entry, row by row"),
        (Coo, "row and column of every non-zero"),
        (Csr, "compressed rows: row pointers and columns"),
        (Csc, "compressed columns: column pointers and rows"),
        (Bsr, "compressed rows of dense blocks, padded at the edges"),
        (Ell, "every row padded to the longest one"),
        (Dia, "every occupied diagonal in full"),
        (Bitmap, "one bit per position and the non-zero values"),
        (Rle, "run length of zeros before each value"),
        (Relative, "columns with few-bit gaps, optionally a codebook of shared values"),
        (Gaps, "rows with few-bit gaps and row pointers, such as MACKO's"),
        (Nm, "N values for every M consecutive columns, such as 2:4"),
        (NmPairs, "N of every M columns in pairs of adjacent ones, such as 4:8 of int4"),
        (Vnm, "four columns of every V x M block, and N:4 within them (VENOM)"),
        (CondensedCsr, "rows pushed left, stored column by condensed column"),
    )
}
"""Every format by its family, with one line that describes it."""


def format_names() -> tuple[str, ...]:
    """The name of every format with its usual parameters, such as "bsr-4x4"."""
    return tuple(cls().name for cls, _ in FORMATS.values())


@lru_cache(maxsize=256)
def format_by_name(name: str | Format) -> Format:
    """The format called `name`; parameters left out take their usual values ("bsr" is "bsr-4x4").

    A Format is returned as it is. Raises UnknownNameError, and InputError for parameters that make no sense.

    >>> import sparsesim as ss
    >>> matrix = ss.read_matrix("karate")  # 34 x 34 with 156 non-zeros
    >>> csr = ss.format_by_name("csr")
    >>> from sparsesim.dtypes import dtype_by_name
    >>> csr.size(matrix, dtype_by_name("fp32")).size_bytes
    1388
    >>> ss.format_by_name("bsr").name
    'bsr-4x4'
    """
    if isinstance(name, Format):
        return name
    for family, (cls, _) in FORMATS.items():
        match = re.fullmatch(re.escape(family) + cls.parameters, name)
        if match:
            return cls(**{field: int(text) for field, text in match.groupdict().items() if text})
    raise UnknownNameError("format", name, format_names())


def formats_by_name(given: str | Format | Iterable[str | Format]) -> list[Format]:
    """One or several formats, each as `format_by_name` takes it; what is given twice is there once.

    Raises InputError also for different formats of one name, which nothing would tell apart in results.
    """
    by_name: dict[str, Format] = {}
    for found in map(format_by_name, several(given)):
        other = by_name.setdefault(found.name, found)
        if other != found:
            raise InputError(f"formats: {other} and {found} are both called {found.name!r}: give one of them at a time")
    return list(by_name.values())


__all__ = [
    "FORMATS",
    "Bitmap",
    "Bsr",
    "CondensedCsr",
    "Coo",
    "Csc",
    "Csr",
    "Dense",
    "Dia",
    "Ell",
    "Encoded",
    "Format",
    "FormatSize",
    "Gaps",
    "Nm",
    "NmPairs",
    "Relative",
    "Rle",
    "Stream",
    "Structured",
    "TwoOfFour",
    "Vnm",
    "compress_2_4",
    "decompress_2_4",
    "format_by_name",
    "format_names",
    "formats_by_name",
    "round_to",
    "share_values",
]
