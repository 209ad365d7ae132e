"""Deep Compression (S. Han, H. Mao, W. Dally, ICLR 2016): shared weights, relative indices and Huffman codes.

What is stored of a layer, byte for byte: the number of entries (uint32), a codebook of 2**weight_bits fp32 values of
which entry 0 is the zero, the biases in fp32, one code per entry and one gap per entry. Entries are the non-zero
weights in the order of the array, and padding zeros where a gap does not fit `index_bits`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sparsesim.array_types import FloatArray, IntArray
from sparsesim.errors import InputError
from sparsesim.formats.coding.gaps import gap_entries
from sparsesim.formats.coding.huffman import SymbolStream, encode_symbols
from sparsesim.formats.coding.kmeans import kmeans
from sparsesim.transforms.checks import finite_weight
from sparsesim.units import bits_to_bytes

Floats = NDArray[np.float32]
COUNT_BYTES = 4
FP32_BITS = 32
MAX_BITS = 16


@dataclass(frozen=True, eq=False)
class DeepCompressed:
    """One compressed layer.

    Attributes:
        shape: shape of the weights.
        nnz: weights that are stored; entries beyond them are padding.
        codebook: float32[2**weight_bits]; entry 0 is the zero of padding, unused ones are zero.
        biases: float32, stored as they are.
        codes: entry of the codebook, per entry.
        gaps: zeros before each entry.
    """

    shape: tuple[int, ...]
    nnz: int
    codebook: Floats
    biases: Floats
    codes: SymbolStream
    gaps: SymbolStream

    @property
    def entries(self) -> int:
        """Stored weights and padding."""
        return self.codes.count

    @property
    def fixed_bits(self) -> int:
        """Bits of an entry before Huffman coding, code and gap."""
        return self.codes.bits + self.gaps.bits

    @property
    def sizes(self) -> dict[str, int]:
        """Bytes of every part; their sum is the length of `to_bytes()`."""
        return {
            "count_bytes": COUNT_BYTES,
            "codebook_bytes": self.codebook.nbytes,
            "bias_bytes": self.biases.nbytes,
            "code_bytes": len(self.codes.payload),
            "gap_bytes": len(self.gaps.payload),
            "table_bytes": len(self.codes.table) + len(self.gaps.table),
        }

    @property
    def size_bytes(self) -> int:
        """Everything that is stored."""
        return sum(self.sizes.values())

    @property
    def dense_bytes(self) -> int:
        """Weights and biases as fp32."""
        return 4 * (int(np.prod(self.shape)) + len(self.biases))

    @property
    def pruned_bytes(self) -> int:
        """After pruning alone: entries as fp32 with gaps of fixed width, biases and the count."""
        entries = bits_to_bytes(self.entries * FP32_BITS) + bits_to_bytes(self.entries * self.gaps.bits)
        return COUNT_BYTES + entries + self.biases.nbytes

    @property
    def shared_bytes(self) -> int:
        """After pruning and weight sharing: codes and gaps of fixed width, codebook, biases and the count."""
        entries = bits_to_bytes(self.entries * self.codes.bits) + bits_to_bytes(self.entries * self.gaps.bits)
        return COUNT_BYTES + entries + self.codebook.nbytes + self.biases.nbytes

    def decoded(self) -> Floats:
        """The weights float32[shape], read from the streams alone; InputError where they are damaged."""
        weight = np.zeros(int(np.prod(self.shape)), np.float32)
        positions = np.cumsum(self.gaps.symbols() + 1) - 1
        if len(positions) and positions[-1] >= len(weight):
            raise InputError(f"an index of {positions[-1]} does not lie in weights of {self.shape}")
        weight[positions] = self.codebook[self.codes.symbols()]
        return weight.reshape(self.shape)

    def to_bytes(self) -> bytes:
        """Count, codebook, biases, table and payload of the codes, table and payload of the gaps."""
        count = np.array([self.entries], "<u4").tobytes()
        return count + self.body()

    def body(self) -> bytes:
        """`to_bytes` without the count."""
        streams = (part.tobytes() for s in (self.codes, self.gaps) for part in (s.table, s.payload))
        return self.codebook.astype("<f4").tobytes() + self.biases.astype("<f4").tobytes() + b"".join(streams)

    def coded(self, huffman: bool) -> "DeepCompressed":
        """The same entries with or without Huffman codes."""
        codes, gaps = (encode_symbols(s.symbols(), s.bits, huffman) for s in (self.codes, self.gaps))
        return DeepCompressed(self.shape, self.nnz, self.codebook, self.biases, codes, gaps)


def deep_compress(
    weight: FloatArray,
    weight_bits: int = 8,
    index_bits: int = 4,
    huffman: bool = True,
    biases: FloatArray | None = None,
    codebook: Floats | None = None,
) -> DeepCompressed:
    """A pruned weight, any shape, compressed; its zeros are the pruned weights and are not stored.

    The non-zeros are clustered to at most 2**weight_bits - 1 shared ones (see `kmeans`), or, where a
    `codebook` float32[2**weight_bits] is given, looked up in it. Raises InputError for NaN or infinity, for widths
    outside 1..16, and for a codebook that starts with another value than 0 or lacks one of the weights.
    """
    flat = finite_weight(weight, "weight").reshape(-1)
    positions = np.flatnonzero(flat)
    values = flat[positions]
    return compress_entries(weight.shape, positions, values, weight_bits, index_bits, huffman, biases, codebook)


def compress_entries(
    shape: tuple[int, ...],
    positions: IntArray,
    values: Floats,
    weight_bits: int = 8,
    index_bits: int = 4,
    huffman: bool = True,
    biases: FloatArray | None = None,
    codebook: Floats | None = None,
) -> DeepCompressed:
    """Like `deep_compress` of weights of `shape` that hold `values` at ascending flat `positions`, else zeros."""
    _check_bits(weight_bits=weight_bits, index_bits=index_bits)
    book, codes = _shared(values, weight_bits) if codebook is None else _looked_up(values, codebook)
    if len(book) != 1 << weight_bits:
        raise InputError(f"a codebook of {weight_bits} bits has {1 << weight_bits} entries, not {len(book)}")
    _, gaps, slots = gap_entries(np.array([0, len(positions)]), positions, index_bits)
    stored = np.zeros(len(gaps), np.int64)
    stored[slots] = codes
    return DeepCompressed(
        shape=tuple(shape),
        nnz=len(positions),
        codebook=book,
        biases=np.zeros(0, np.float32) if biases is None else finite_weight(biases, "biases"),
        codes=encode_symbols(stored, weight_bits, huffman),
        gaps=encode_symbols(gaps, index_bits, huffman),
    )


def _shared(values: Floats, weight_bits: int) -> tuple[Floats, IntArray]:
    """(codebook, code of each value)."""
    book = np.zeros(1 << weight_bits, np.float32)
    if not len(values):
        return book, np.zeros(0, np.int64)
    centroids, nearest = kmeans(values, len(book) - 1)
    book[1 : len(centroids) + 1] = centroids
    return book, nearest + 1


def _looked_up(values: Floats, codebook: Floats) -> tuple[Floats, IntArray]:
    book = finite_weight(codebook, "codebook")
    if book.ndim != 1 or not len(book) or book[0] != 0:
        raise InputError("a codebook is one row of values that starts with the zero of padding")
    order = np.argsort(book, kind="stable")
    places = np.minimum(np.searchsorted(book[order], values), len(book) - 1)
    codes = order[places]
    missing = np.flatnonzero(book[codes] != values)
    if len(missing):
        raise InputError(f"{len(missing)} weights, the first {values[missing[0]]}, are not in the codebook")
    return book, codes.astype(np.int64)


def _check_bits(**widths: int) -> None:
    for name, bits in widths.items():
        if not 1 <= bits <= MAX_BITS:
            raise InputError(f"{name} is {bits}, it must lie in 1..{MAX_BITS}")
