"""What datasets of HDF5 files take in memory, from their headers and the sizes of their packed chunks."""

import math
import zlib
from collections.abc import Iterator
from typing import Any, Final

from sparsesim.errors import InputError
from sparsesim.limits import budget_bytes, check_memory
from sparsesim.networks.arrays.archive import HIGHEST_COMPRESSION
from sparsesim.places import shown, within

_DEFLATE, _SHUFFLE, _CHECKSUM = 1, 2, 3  # numbers of HDF5
_FILTERS: Final = (_DEFLATE, _SHUFFLE, _CHECKSUM)
_PIECE_BYTES: Final = 1 << 20


def check_datasets(datasets: dict[str, Any]) -> None:
    """InputError if the datasets, or the buffers to unpack them, take more memory than one input may.

    A dataset may claim any shape, and a packed chunk may unpack to more than the dataset says that a chunk has.
    """
    check_memory("reading its datasets", sum(int(dataset.nbytes) for dataset in datasets.values()))
    for name, dataset in datasets.items():
        with within(f"dataset {shown(name)}"):
            if dataset.chunks is not None:
                _check_chunks(dataset)


def _check_chunks(dataset: Any) -> None:
    chunk_bytes = math.prod(int(size) for size in dataset.chunks) * dataset.dtype.itemsize
    check_memory("unpacking a chunk", chunk_bytes)
    filters = list(_filters(dataset))
    for number in filters:
        if number not in _FILTERS:
            raise InputError(f"filter {number}: only deflate, shuffle and checksums are read")
    if filters.count(_DEFLATE) > 1:
        raise InputError("filters: deflated more than once")
    if _DEFLATE in filters:
        _check_deflated(dataset, chunk_bytes)


def _filters(dataset: Any) -> Iterator[int]:
    settings = dataset.id.get_create_plist()
    for i in range(settings.get_nfilters()):
        yield settings.get_filter(i)[0]


def _check_deflated(dataset: Any, chunk_bytes: int) -> None:
    """The library unpacks a chunk to whatever it holds, so those that may hold too much are measured first."""
    for i in range(dataset.id.get_num_chunks()):
        chunk = dataset.id.get_chunk_info(i)
        if chunk.size * HIGHEST_COMPRESSION <= budget_bytes():
            continue
        check_memory("reading a packed chunk", chunk.size)
        _, packed = dataset.id.read_direct_chunk(chunk.chunk_offset)
        if _unpacks_to_more(packed, chunk_bytes):
            raise InputError(f"the chunk at {chunk.chunk_offset} unpacks to more than its {chunk_bytes} bytes")


def _unpacks_to_more(packed: bytes, size_bytes: int) -> bool:
    unpacker, found = zlib.decompressobj(), 0
    while packed and not unpacker.eof and found <= size_bytes:
        found += len(unpacker.decompress(packed, _PIECE_BYTES))
        packed = unpacker.unconsumed_tail
    return found > size_bytes
