"""What kernels, criteria and fixed patterns mean, written with NumPy sorts and slices.

Slow and obvious; the tests compare with it. Every name in `CRITERIA` of the package has a row in `CRITERIA` here.
"""

import zlib
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sparsesim.array_types import BoolArray, FloatArray, IntArray


def keep_largest(parts: Sequence[FloatArray], keep: int) -> list[BoolArray]:
    """Masks of the `keep` largest magnitudes over all 1-D `parts` together; ties go to the earlier element."""
    sizes = np.abs(np.concatenate([part.astype(np.float64) for part in parts]))
    mask = np.zeros(sizes.size, dtype=np.bool_)
    mask[np.argsort(-sizes, kind="stable")[:keep]] = True
    return np.split(mask, np.cumsum([part.size for part in parts])[:-1])


def n_of_m(matrix: FloatArray, keep: int, of: int) -> BoolArray:
    """The `keep` largest magnitudes of every `of` along each row; a tail of r keeps ceil(r * keep / of)."""
    mask = np.zeros(matrix.shape, dtype=np.bool_)
    for i, row in enumerate(np.abs(matrix)):
        for start in range(0, row.size, of):
            group = row[start : start + of]
            quota = -(-group.size * keep // of)
            mask[i, start + np.argsort(-group, kind="stable")[:quota]] = True
    return mask


def n_of_m_pairs(matrix: FloatArray, keep: int, of: int) -> BoolArray:
    """The keep / 2 pairs of adjacent columns with the largest |a| + |b| of every of / 2 along each row."""
    padded = np.abs(np.pad(matrix.astype(np.float64), ((0, 0), (0, matrix.shape[1] % 2))))
    pairs = n_of_m(padded[:, ::2] + padded[:, 1::2], keep // 2, of // 2)
    return np.repeat(pairs, 2, axis=1)[:, : matrix.shape[1]]


def v_n_m(matrix: FloatArray, rows: int, keep: int, of: int) -> BoolArray:
    """Block by block: the four columns with the largest sums of |w|, then the `keep` largest of each row in them."""
    mask = np.zeros(matrix.shape, dtype=np.bool_)
    for top in range(0, matrix.shape[0], rows):
        for left in range(0, matrix.shape[1], of):
            block = np.abs(matrix[top : top + rows, left : left + of].astype(np.float64))
            columns = np.flatnonzero(n_of_m(block.sum(axis=0, keepdims=True), 4, of)[0])
            quota = -(-block.shape[1] * keep // of)
            for row in range(block.shape[0]):
                best = np.argsort(-block[row, columns], kind="stable")[:quota]
                mask[top + row, left + columns[best]] = True
    return mask


def tile_sums(matrix: FloatArray, rows: int, cols: int, squared: bool) -> NDArray[np.float64]:
    """Sum of |w| (or w**2) over each rows x cols tile, in float64."""
    values = np.abs(matrix.astype(np.float64)) ** (2 if squared else 1)
    height, width = (-(-size // step) for size, step in zip(matrix.shape, (rows, cols), strict=True))
    sums = np.zeros((height, width))
    for i, j in np.ndindex(height, width):
        sums[i, j] = values[i * rows : (i + 1) * rows, j * cols : (j + 1) * cols].sum()
    return sums


def spread_tiles(kept: BoolArray, rows: int, cols: int, shape: tuple[int, int]) -> BoolArray:
    """Every element's flag is that of its tile."""
    return np.kron(kept, np.ones((rows, cols), dtype=np.bool_))[: shape[0], : shape[1]]


def first_non_finite(values: FloatArray) -> int:
    """Index of the first NaN or infinity, or -1."""
    bad = np.flatnonzero(~np.isfinite(values))
    return int(bad[0]) if bad.size else -1


def kernel_stride(sizes: FloatArray, stride: int) -> BoolArray:
    """Per input channel of `sizes [c_out, c_in, kh, kw]`, every `stride`-th position from the heaviest offset."""
    c_out, c_in, kh, kw = sizes.shape
    mask = np.zeros(sizes.shape, dtype=np.bool_)
    for channel in range(c_in):
        flat = np.abs(sizes[:, channel].reshape(c_out, kh * kw))
        offsets = range(min(stride, kh * kw))
        best = max(offsets, key=lambda offset: (float(flat[:, offset :: len(offsets)].sum()), -offset))
        for position in range(best, kh * kw, len(offsets)):
            mask[:, channel, position // kw, position % kw] = True
    return mask


def kernel_patterns(sizes: FloatArray, keep: int, shapes: int) -> BoolArray:
    """Every kernel of `sizes [c_out, c_in, kh, kw]` in the best of the layer's most frequent natural patterns."""
    kh, kw = sizes.shape[2:]
    kernels = np.abs(sizes.reshape(-1, kh * kw))
    centre = kh // 2 * kw + kw // 2
    counts: dict[tuple[int, ...], int] = {}
    for kernel in kernels:
        others = sorted((p for p in range(kh * kw) if p != centre), key=lambda p: (-kernel[p], p))
        natural = tuple(sorted([centre, *others[: keep - 1]]))
        counts[natural] = counts.get(natural, 0) + 1
    library = sorted(counts, key=lambda pattern: (-counts[pattern], pattern))[:shapes]
    mask = np.zeros(kernels.shape, dtype=np.bool_)
    for kernel, out in zip(kernels, mask, strict=True):
        out[list(max(library, key=lambda pattern: kernel[list(pattern)].sum()))] = True
    return mask.reshape(sizes.shape)


class CriterionDefinition(NamedTuple):
    """A criterion by its formulas.

    Attributes:
        importance: of every single weight, from the weight, the data that the criterion needs (None if it needs none)
            and the column of every weight in the lowered matrix, all of the shape of the weight but for input norms
            [K]; the layer is called "weight".
        score: of a group, from the importances of its weights, 1-D.
    """

    importance: Callable[[FloatArray, Any, IntArray], NDArray[Any]]
    score: Callable[[FloatArray], Any]


def _magnitude(weight: FloatArray, data: Any, column: IntArray) -> NDArray[Any]:
    return np.abs(weight)


def _random(weight: FloatArray, data: Any, column: IntArray) -> NDArray[Any]:
    return np.random.default_rng([0, zlib.crc32(b"weight")]).random(weight.shape)


CRITERIA = {
    "magnitude": CriterionDefinition(_magnitude, np.mean),
    "l1": CriterionDefinition(_magnitude, np.sum),
    "l2": CriterionDefinition(_magnitude, np.linalg.norm),
    "l3": CriterionDefinition(_magnitude, lambda group: np.linalg.norm(group, 3)),
    "random": CriterionDefinition(_random, np.mean),
    "wanda": CriterionDefinition(lambda weight, data, column: np.abs(weight) * data[column], np.sum),
    "taylor": CriterionDefinition(lambda weight, data, column: (weight * data) ** 2, np.sum),
    "importance": CriterionDefinition(lambda weight, data, column: data, np.sum),
}
