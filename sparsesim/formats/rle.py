"""Run-length storage: the number of zeros before each value."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from sparsesim.dtypes import DType
from sparsesim.formats.base import Encoded, Format, FormatSize
from sparsesim.formats.coding.bit_stream import metadata_stream, read_stream, value_stream
from sparsesim.formats.coding.gaps import gap_entries, positions_of
from sparsesim.formats.coding.values import decode_values, encode_values
from sparsesim.formats.coding.widths import check_range
from sparsesim.formats.layout import flat_positions, scattered
from sparsesim.formats.occupancy import run_padding
from sparsesim.tensors import SparseMatrix, Tensor


@dataclass(frozen=True)
class Rle(Format):
    """Pairs of a zero run of `run_bits` and a value, over the whole matrix in row-major order.

    A run over 2**run_bits - 1 inserts an explicit zero value, as in Eyeriss' run-length compression (Y.-H. Chen
    et al., JSSC 2017, section V-B: 5-bit runs). Zeros after the last value are known from the shape and not
    stored; Eyeriss' packing of three pairs into a 64-bit word is left out.
    """

    family: ClassVar[str] = "rle"
    run_bits: int = 5
    parameters: ClassVar[str] = r"(?:-(?P<run_bits>[0-9]{1,6}))?"

    def __post_init__(self) -> None:
        check_range(self.name, "run_bits", self.run_bits, 1, 32)

    @property
    def name(self) -> str:
        """For example "rle-5"."""
        return f"{self.family}-{self.run_bits}"

    def size(self, tensor: Tensor, dtype: DType) -> FormatSize:
        """From a count of the runs that are too long."""
        stored = tensor.nnz + run_padding(tensor, self.run_bits)
        return FormatSize(stored, stored * dtype.bits, stored * self.run_bits)

    def encode(self, matrix: SparseMatrix, dtype: DType) -> Encoded:
        """Streams "runs" and "values"."""
        codes, header = encode_values(matrix, dtype)
        whole = np.array([0, matrix.nnz], dtype=np.int64)
        _, runs, slots = gap_entries(whole, flat_positions(matrix), self.run_bits)
        streams = (
            metadata_stream("runs", runs, self.run_bits),
            value_stream(scattered(codes, slots, len(runs)), dtype),
        )
        return Encoded(self.name, matrix.shape, dtype, streams, header)

    def decode(self, encoded: Encoded) -> SparseMatrix:
        """The values that are not zero, wherever the runs place them."""
        runs, values = read_stream(encoded.stream("runs")), decode_values(encoded)
        places = positions_of(np.array([0, len(runs)], dtype=np.int64), runs)[values != 0]
        rows, columns = np.divmod(places, max(encoded.shape[1], 1))
        return SparseMatrix.from_coo(encoded.shape, rows, columns, values[values != 0])
