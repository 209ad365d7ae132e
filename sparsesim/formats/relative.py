"""Relative-index CSC: the gap to the entry above, few bits each, optionally with shared weights in a codebook."""

from dataclasses import dataclass
from typing import ClassVar

from sparsesim.dtypes import DType
from sparsesim.formats.base import Encoded, Format, FormatSize, Stream
from sparsesim.formats.coding.bit_stream import metadata_stream, pack, read_stream, value_stream
from sparsesim.formats.coding.codebook import MAX_CODE_BITS, codebook_of
from sparsesim.formats.coding.gaps import gap_entries, positions_of
from sparsesim.formats.coding.values import encode_values, values_of
from sparsesim.formats.coding.widths import POINTER, check_fits, check_range, check_widths, width_suffix
from sparsesim.formats.layout import lines_of, scattered
from sparsesim.formats.occupancy import gap_padding
from sparsesim.tensors import SparseMatrix, Tensor


@dataclass(frozen=True)
class Relative(Format):
    """Columns of entries, each the number of zeros above it (`gap_bits`) and a value, as in EIE and Deep Compression.

    A gap over 2**gap_bits - 1 inserts an entry with the value zero; every column starts anew, and `columns + 1`
    pointers of `pointer_bits` count entries with padding (EIE uses 16 bits, enough for one processing element's
    share of a layer; the 32 here are enough for any layer). With `code_bits` an entry holds a code into a codebook of
    2**code_bits values of the number type (metadata), of which the first is zero. The size does not look at values;
    `encode` raises InputError if there are more distinct ones than the codebook holds (`share_values` clusters them).
    """

    family: ClassVar[str] = "relative"
    gap_bits: int = 4
    code_bits: int | None = None
    pointer_bits: int = 32
    parameters: ClassVar[str] = r"(?:-(?P<gap_bits>[0-9]{1,6}))?(?:-codebook-(?P<code_bits>[0-9]{1,6}))?" + POINTER

    def __post_init__(self) -> None:
        check_range(self.name, "gap_bits", self.gap_bits, 1, 32)
        check_widths(self.name, pointer_bits=self.pointer_bits)
        if self.code_bits is not None:
            check_range(self.name, "code_bits", self.code_bits, 1, MAX_CODE_BITS)

    @property
    def name(self) -> str:
        """For example "relative-4", or "relative-4-codebook-4"."""
        codebook = "" if self.code_bits is None else f"-codebook-{self.code_bits}"
        return f"{self.family}-{self.gap_bits}{codebook}" + width_suffix(pointer_bits=self.pointer_bits)

    def size(self, tensor: Tensor, dtype: DType) -> FormatSize:
        """From a count of the gaps that are too long."""
        stored = tensor.nnz + gap_padding(tensor, self.gap_bits)
        check_fits(self.name, "column pointer", stored, self.pointer_bits)
        metadata = stored * self.gap_bits + (tensor.shape[1] + 1) * self.pointer_bits
        if self.code_bits is None:
            return FormatSize(stored, stored * dtype.bits, metadata)
        return FormatSize(stored, stored * self.code_bits, metadata + (dtype.bits << self.code_bits))

    def encode(self, matrix: SparseMatrix, dtype: DType) -> Encoded:
        """Streams "column_pointers", "gaps" and "values", or "codes" and "codebook"."""
        columns = matrix.transposed
        codes, header = encode_values(columns, dtype)
        pointers, gaps, slots = gap_entries(columns.indptr, columns.indices, self.gap_bits)
        check_fits(self.name, "column pointer", len(gaps), self.pointer_bits)
        streams: tuple[Stream, ...] = (
            metadata_stream("column_pointers", pointers, self.pointer_bits),
            metadata_stream("gaps", gaps, self.gap_bits),
        )
        if self.code_bits is None:
            streams += (value_stream(scattered(codes, slots, len(gaps)), dtype),)
        else:
            codebook, entries = codebook_of(codes, self.code_bits)
            stored = scattered(entries, slots, len(gaps))
            streams += (Stream("codes", "data", self.code_bits, len(gaps), pack(stored, self.code_bits)),)
            streams += (metadata_stream("codebook", codebook, dtype.bits),)
        return Encoded(self.name, matrix.shape, dtype, streams, header)

    def decode(self, encoded: Encoded) -> SparseMatrix:
        """The entries that are not zero."""
        pointers, gaps = (read_stream(encoded.stream(name)) for name in ("column_pointers", "gaps"))
        if self.code_bits is None:
            codes = read_stream(encoded.stream("values"))
        else:
            codes = read_stream(encoded.stream("codebook"))[read_stream(encoded.stream("codes"))]
        values = values_of(codes, encoded.dtype, encoded.header)
        real = values != 0
        rows, columns = positions_of(pointers, gaps)[real], lines_of(pointers)[real]
        return SparseMatrix.from_coo(encoded.shape, rows, columns, values[real])
