"""What every storage format offers: a size exact to the bit, `encode` and `decode`."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from sparsesim.dtypes import DType
from sparsesim.limits import checked_size
from sparsesim.tensors import SparseMatrix, Tensor
from sparsesim.units import bits_to_bytes


@dataclass(frozen=True)
class FormatSize:
    """How much storage an encoded matrix takes.

    Attributes:
        stored_values: values in storage, padding zeros included.
        data_bits: bits of those values.
        metadata_bits: bits of indices, pointers, masks and codebooks.

    Raises InputError for more bits than 64 bits can count.
    """

    stored_values: int
    data_bits: int
    metadata_bits: int

    def __post_init__(self) -> None:
        checked_size("bits of a stored matrix", self.data_bits + self.metadata_bits)

    @property
    def size_bits(self) -> int:
        """Data and metadata together."""
        return self.data_bits + self.metadata_bits

    @property
    def size_bytes(self) -> int:
        """Whole bytes that hold everything."""
        return bits_to_bytes(self.size_bits)


@dataclass(frozen=True, eq=False)
class Stream:
    """A packed run of items of equal width.

    Attributes:
        name: what the items are, such as "row_pointers".
        role: "data" for values, or codes that stand for them; "metadata" for everything else.
        item_bits: width of an item.
        count: number of items.
        payload: uint8, least significant bit first.
    """

    name: str
    role: str
    item_bits: int
    count: int
    payload: NDArray[np.uint8]

    @property
    def bits(self) -> int:
        """Bits that the items take, without the padding of the last byte."""
        return self.item_bits * self.count


@dataclass(frozen=True, eq=False)
class Encoded:
    """An encoded matrix: its streams, and a header that a reader needs beside them and no size counts.

    `header` holds plain numbers only, such as the scale of integer values.
    """

    format_name: str
    shape: tuple[int, int]
    dtype: DType
    streams: tuple[Stream, ...]
    header: dict[str, Any]

    def stream(self, name: str) -> Stream:
        """The stream called `name`."""
        return next(stream for stream in self.streams if stream.name == name)

    @property
    def data_bits(self) -> int:
        """Emitted bits that hold values."""
        return sum(stream.bits for stream in self.streams if stream.role == "data")

    @property
    def metadata_bits(self) -> int:
        """Emitted bits that do not hold values."""
        return sum(stream.bits for stream in self.streams if stream.role == "metadata")

    @property
    def size_bits(self) -> int:
        """All emitted bits."""
        return self.data_bits + self.metadata_bits


class Format(ABC):
    """A storage format. Members are frozen dataclasses whose fields are the format's parameters.

    Attributes:
        family: the name without parameters, such as "bsr".
        parameters: a regular expression for what may follow `family` in a name; its named groups are fields.
    """

    family: ClassVar[str]
    parameters: ClassVar[str] = ""

    @property
    @abstractmethod
    def name(self) -> str:
        """Short name with parameters, such as "csr" or "bsr-4x4"; `format_by_name` reads it back."""

    @property
    def grain(self) -> tuple[int, int]:
        """(rows, columns) in which the pattern is laid out from the top left corner; (1, 1) without a pattern.

        Rows and columns that are removed in whole grains leave the pattern of the others as it was.
        """
        return 1, 1

    @abstractmethod
    def size(self, tensor: Tensor, dtype: DType) -> FormatSize:
        """Exact size of `tensor`; raises PatternError if the format cannot hold its pattern."""

    @abstractmethod
    def encode(self, matrix: SparseMatrix, dtype: DType) -> Encoded:
        """Packed streams of `matrix`; values are rounded to `dtype`, a pattern is stored as ones."""

    @abstractmethod
    def decode(self, encoded: Encoded) -> SparseMatrix:
        """The matrix behind the streams, read from the streams and header alone."""
