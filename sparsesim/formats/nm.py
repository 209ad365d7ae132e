"""N:M compressed storage, such as the 2:4 operand of a sparse tensor core."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from sparsesim.errors import PatternError
from sparsesim.formats.base import Encoded, Format, FormatSize
from sparsesim.formats.kernels import group_slots
from sparsesim.formats.pack import metadata_stream, read_stream, value_stream
from sparsesim.formats.value_type import ValueType
from sparsesim.formats.values import decode_values, encode_values
from sparsesim.formats.widths import bits_for, check_range
from sparsesim.tensors import SparseMatrix, Tensor, group_violation
from sparsesim.units import ceil_div


@dataclass(frozen=True)
class Nm(Format):
    """Exactly `keep` values for every `of` consecutive columns, each with its place of ceil(log2(of)) bits.

    The columns are padded to whole groups. Within a group the places ascend and are distinct; slots that a group
    does not need hold the value zero at its first free places. 2:4 takes 56.25 % of dense fp16 and 62.5 % of
    dense int8 (NVIDIA, Ampere architecture whitepaper; PTX ISA, mma.sp).
    """

    keep: int = 2
    of: int = 4
    PARAMETERS: ClassVar[str] = r"(?:-(?P<keep>[0-9]{1,6}):(?P<of>[0-9]{1,6}))?"

    def __post_init__(self) -> None:
        check_range(self.name, "of", self.of, 1, 1 << 16)
        check_range(self.name, "keep", self.keep, 1, self.of)

    @property
    def name(self) -> str:
        """For example "nm-2:4"."""
        return f"nm-{self.keep}:{self.of}"

    @property
    def place_bits(self) -> int:
        """Metadata bits per stored value."""
        return bits_for(self.of)

    def size(self, tensor: Tensor, value_type: ValueType) -> FormatSize:
        """From the shape alone, once no group holds too many non-zeros; else PatternError."""
        self._check(tensor)
        stored = tensor.shape[0] * ceil_div(tensor.shape[1], self.of) * self.keep
        return FormatSize(stored, stored * value_type.bits, stored * self.place_bits)

    def encode(self, matrix: SparseMatrix, value_type: ValueType) -> Encoded:
        """Streams "places" and "values"; PatternError names the first group with too many non-zeros."""
        self._check(matrix)
        codes, header = encode_values(matrix, value_type)
        groups = ceil_div(matrix.shape[1], self.of)
        sources, places = group_slots(matrix.indptr, matrix.indices, groups, self.keep, self.of)
        slots = np.append(codes, 0)[sources]
        streams = (metadata_stream("places", places, self.place_bits), value_stream(slots, value_type))
        return Encoded(self.name, matrix.shape, value_type, streams, header)

    def decode(self, encoded: Encoded) -> SparseMatrix:
        """The slots with a value that is not zero."""
        places, values = read_stream(encoded.stream("places")), decode_values(encoded)
        stored = np.flatnonzero(values)
        rows, group = np.divmod(stored // self.keep, max(ceil_div(encoded.shape[1], self.of), 1))
        return SparseMatrix.from_coo(encoded.shape, rows, group * self.of + places[stored], values[stored])

    def _check(self, tensor: Tensor) -> None:
        violation = group_violation(tensor, self.keep, self.of)
        if violation is not None:
            raise PatternError(f"format {self.name}: {violation.describe(self.keep, self.of)}")
