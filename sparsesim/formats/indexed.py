"""What formats with indices share: widths that are fields, told by the name, and checked when the format is made."""

from dataclasses import dataclass
from typing import ClassVar

from sparsesim.formats.base import Format
from sparsesim.formats.coding.widths import INDEX, POINTER, check_widths, width_suffix


@dataclass(frozen=True)
class IndexedFormat(Format):
    """A format with one index of `index_bits` per entry; its name tells widths other than 32: "coo-i16"."""

    index_bits: int = 32
    parameters: ClassVar[str] = INDEX

    def __post_init__(self) -> None:
        check_widths(self.name, index_bits=self.index_bits)

    @property
    def name(self) -> str:
        """The family, and the width if it is not 32."""
        return self.family + width_suffix(self.index_bits)


@dataclass(frozen=True)
class CompressedFormat(IndexedFormat):
    """A format that also has pointers of `pointer_bits` to where rows or columns begin: "csr-i16-p64"."""

    pointer_bits: int = 32
    parameters: ClassVar[str] = INDEX + POINTER

    def __post_init__(self) -> None:
        check_widths(self.name, index_bits=self.index_bits, pointer_bits=self.pointer_bits)

    @property
    def name(self) -> str:
        """The family, and the widths that are not 32."""
        return self.family + width_suffix(self.index_bits, self.pointer_bits)
