"""Files of Deep Compression as its authors published them for SqueezeNet (`compressed_SqueezeNet.net`).

Little-endian: the number of entries of every layer (uint32), then layer by layer a codebook of 256 fp32 values, the
biases in fp32, one byte of code per entry and 4-bit gaps, two per byte, low nibble first. Nothing tells names and
shapes; a reader must know them.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sparsesim.errors import InputError
from sparsesim.formats.coding.huffman import SymbolStream
from sparsesim.transforms.deep_compression.arrays import DeepCompressed
from sparsesim.units import bits_to_bytes

CODE_BITS, GAP_BITS = 8, 4
Shapes = Mapping[str, tuple[int, ...]]
_NO_TABLE = np.zeros(0, np.uint8)

_FIRE = {2: (96, 16, 64), 3: (128, 16, 64), 4: (128, 32, 128), 5: (256, 32, 128), 6: (256, 48, 192)}
_FIRE |= {7: (384, 48, 192), 8: (384, 64, 256), 9: (512, 64, 256)}


def squeezenet_shapes() -> dict[str, tuple[int, ...]]:
    """Weight shapes of SqueezeNet v1.0 in the order of the file (F. Iandola et al., arXiv 1602.07360, Table 1)."""
    shapes: dict[str, tuple[int, ...]] = {"conv1": (96, 3, 7, 7)}
    for fire, (inputs, squeeze, expand) in _FIRE.items():
        shapes[f"fire{fire}_conv1x1_1"] = (squeeze, inputs, 1, 1)
        shapes[f"fire{fire}_conv1x1_2"] = (expand, squeeze, 1, 1)
        shapes[f"fire{fire}_conv3x3_2"] = (expand, squeeze, 3, 3)
    return shapes | {"conv_final": (1000, 512, 1, 1)}


def read_deep_compression(path: str | Path, shapes: Shapes | None = None) -> dict[str, DeepCompressed]:
    """The layers of a file by name; every layer has a bias per output channel.

    `shapes` are the weight shapes in the order of the file, those of SqueezeNet v1.0 if left out. Raises InputError,
    naming the file, where it is too short or too long, where entries leave the weights, and for codebooks and biases
    with NaN or infinity, or without the zero of padding.
    """
    source = Path(path)
    try:
        return _read(source.read_bytes(), squeezenet_shapes() if shapes is None else shapes)
    except OSError as error:
        raise InputError(f"{source}: {error.strerror}") from error
    except InputError as error:
        raise InputError(f"{source}: not a file of Deep Compression: {error}") from error


def deep_compression_bytes(layers: Mapping[str, DeepCompressed]) -> bytes:
    """The file that `read_deep_compression` reads back; InputError for layers with other widths or Huffman codes."""
    for name, layer in layers.items():
        widths = (layer.codes.bits, layer.gaps.bits)
        if widths != (CODE_BITS, GAP_BITS) or len(layer.codes.table) or len(layer.gaps.table):
            raise InputError(f"layer {name!r} has {widths[0]}-bit codes, {widths[1]}-bit gaps or Huffman tables")
    counts = np.array([layer.entries for layer in layers.values()], "<u4").tobytes()
    return counts + b"".join(layer.body() for layer in layers.values())


class _Cursor:
    """Reads one run after another, and no further than the end."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.place = 0

    def take(self, dtype: str, count: int, what: str) -> NDArray[np.generic]:
        size = np.dtype(dtype).itemsize * count
        left = len(self.content) - self.place
        if size > left:
            raise InputError(f"{what} takes {size} bytes at byte {self.place}, {left} are left")
        run: NDArray[np.generic] = np.frombuffer(self.content, dtype, count, self.place)
        self.place += size
        return run


def _read(content: bytes, shapes: Shapes) -> dict[str, DeepCompressed]:
    cursor = _Cursor(content)
    counts = cursor.take("<u4", len(shapes), "the table of counts").astype(np.int64)
    layers = {}
    for (name, shape), entries in zip(shapes.items(), counts, strict=True):
        if entries > np.prod(shape):
            raise InputError(f"layer {name!r} has {entries} entries for weights of {shape}")
        layers[name] = _layer(cursor, name, shape, int(entries))
    if cursor.place != len(content):
        raise InputError(f"{len(content) - cursor.place} bytes are left over")
    return layers


def _layer(cursor: _Cursor, name: str, shape: tuple[int, ...], entries: int) -> DeepCompressed:
    codebook = cursor.take("<f4", 1 << CODE_BITS, f"the codebook of {name!r}").astype(np.float32)
    biases = cursor.take("<f4", shape[0], f"the bias of {name!r}").astype(np.float32)
    if not (np.isfinite(codebook).all() and np.isfinite(biases).all()):
        raise InputError(f"codebook or biases of {name!r} hold NaN or infinity")
    if codebook[0] != 0:
        raise InputError(f"the codebook of {name!r} starts with {codebook[0]}, not with the zero of padding")
    codes = cursor.take("u1", entries, f"the codes of {name!r}").astype(np.uint8)
    packed = cursor.take("u1", bits_to_bytes(entries * GAP_BITS), f"the gaps of {name!r}").astype(np.uint8)
    gaps = SymbolStream(GAP_BITS, entries, packed, _NO_TABLE)
    end = int((gaps.symbols() + 1).sum())
    if end > np.prod(shape):
        raise InputError(f"entries of {name!r} reach weight {end}, it has {np.prod(shape)}")
    nnz = int(np.count_nonzero(codes))
    return DeepCompressed(shape, nnz, codebook, biases, SymbolStream(CODE_BITS, entries, codes, _NO_TABLE), gaps)
