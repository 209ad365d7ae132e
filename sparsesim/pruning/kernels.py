"""Jitted loops that several families of pruning share: the search for NaN, sums over tiles, masks from tiles.

Those of one family lie beside it: `patterns/n_of_m_kernels.py`, `ranking/kernels.py`, `selectors/kernels.py`. The
caller passes every output; nothing here allocates more than one row.
"""

import numpy as np
from numpy.typing import NDArray

from sparsesim._jit import kernel
from sparsesim.array_types import BoolArray, FloatArray

CHUNK = 1024  # elements per inner loop: short enough to stay in L1
SHORT = 32  # runs up to this length are written across, longer ones along


@kernel
def first_non_finite(values: FloatArray) -> int:
    """Index of the first NaN or infinity in `values [n]`, or -1."""
    for start in range(0, values.size, CHUNK):
        part = values[start : start + CHUNK]
        bad = 0
        for i in range(part.size):
            bad += (part[i] - part[i]) != 0  # 0 for every finite value, NaN for the others
        if bad > 0:
            for i in range(part.size):
                if (part[i] - part[i]) != 0:
                    return start + i
    return -1


@kernel
def sum_tiles(matrix: FloatArray, rows: int, cols: int, squared: bool, sums: NDArray[np.float64]) -> None:
    """Set `sums [ceil(R/rows), ceil(C/cols)]` to the sum of |w| (or w**2) of every rows x cols tile of `matrix [R, C]`.

    The rows of a tile are added up first, in straight loops over a strip of whole tiles, then the runs of the strip:
    short inner loops over a tile could not use vector instructions.
    """
    strip = max(cols, CHUNK // cols * cols)
    total = np.empty(min(strip, matrix.shape[1]), np.float64)
    for top in range(0, matrix.shape[0], rows):
        for left in range(0, matrix.shape[1], strip):
            width = min(strip, matrix.shape[1] - left)
            for i in range(top, min(top + rows, matrix.shape[0])):
                _add_row(matrix[i, left : left + width], squared, i == top, total)
            _sum_runs(total[:width], cols, sums[top // rows, left // cols :])


@kernel
def _add_row(row: FloatArray, squared: bool, first: bool, total: NDArray[np.float64]) -> None:
    """Add |w| or w**2 of a row to `total`, which the first row sets."""
    for j in range(row.size):
        size = np.float64(abs(row[j]))
        size = size * size if squared else size
        total[j] = size if first else total[j] + size


@kernel
def _sum_runs(total: NDArray[np.float64], cols: int, sums: NDArray[np.float64]) -> None:
    """Add up every `cols` values, in four partial sums that do not wait for each other."""
    # The order of the additions is part of the result: every route to a mask has to add up in this order.
    whole = total.size // cols
    if cols == 4:
        for run in range(whole):
            j = 4 * run
            sums[run] = (total[j] + total[j + 1]) + (total[j + 2] + total[j + 3])
    for run in range(whole if cols == 4 else 0, (total.size + cols - 1) // cols):
        part = total[run * cols : (run + 1) * cols]
        fours = part.size // 4 * 4
        a, b, c, d, rest = 0.0, 0.0, 0.0, 0.0, 0.0
        for j in range(0, fours, 4):
            a += part[j]
            b += part[j + 1]
            c += part[j + 2]
            d += part[j + 3]
        for j in range(fours, part.size):
            rest += part[j]
        sums[run] = (a + b) + (c + d) + rest


@kernel
def spread_tiles(kept: BoolArray, rows: int, cols: int, mask: BoolArray) -> None:
    """Set every element of `mask [R, C]` to the flag of its rows x cols tile in `kept`."""
    for top in range(0, mask.shape[0], rows):
        first = mask[top]
        _repeat(kept[top // rows], cols, first)
        for i in range(top + 1, min(top + rows, mask.shape[0])):
            mask[i] = first


@kernel
def _repeat(flags: BoolArray, cols: int, out: BoolArray) -> None:
    """Write every flag `cols` times: four at once, short runs in straight loops per offset, long ones run by run."""
    if cols == 4:
        for run in range(out.size // 4):
            j, flag = 4 * run, flags[run]
            out[j], out[j + 1], out[j + 2], out[j + 3] = flag, flag, flag, flag
        for j in range(out.size // 4 * 4, out.size):
            out[j] = flags[-1]
    elif cols <= SHORT:
        for offset in range(min(cols, out.size)):
            part = out[offset:]
            for run in range((part.size + cols - 1) // cols):
                part[run * cols] = flags[run]
    else:
        for run in range(flags.size):
            out[run * cols : (run + 1) * cols] = flags[run]
