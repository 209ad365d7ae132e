"""The definitions behind `kernels.py`, by other and obvious means; slow, for tests."""

from collections import OrderedDict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparsesim.tensors import SparseMatrix


def product_nnz(a: SparseMatrix, b: SparseMatrix) -> int:
    """Non-zeros of the product of the two 0/1 patterns."""
    left, right = a.pattern().to_scipy().astype(np.int64), b.pattern().to_scipy().astype(np.int64)
    return int((left @ right).nnz)


def walk(tiles_m: int, tiles_n: int, band: int) -> list[tuple[int, int]]:
    """Tiles of C in order of execution: bands of tile rows, column by column within a band."""
    order = []
    for first in range(0, tiles_m, band):
        for j in range(tiles_n):
            order += [(i, j) for i in range(first, min(first + band, tiles_m))]
    return order


def panel_fetches(
    tiles_m: int, tiles_n: int, wave: int, capacity: int, a_panels: list[int], b_panels: list[int], band: int
) -> NDArray[np.int64]:
    """Bytes of A and of B per tile, with the L2 as an ordered dictionary from oldest to newest panel."""
    resident: OrderedDict[tuple[str, int], int] = OrderedDict()
    fetched = np.zeros((2, tiles_m * tiles_n), np.int64)
    streamed: set[tuple[str, int]] = set()
    for number, (i, j) in enumerate(walk(tiles_m, tiles_n, band)):
        if number % wave == 0:
            streamed = set()
        for operand, (panel, size) in enumerate(((("A", i), a_panels[i]), (("B", j), b_panels[j]))):
            if panel not in resident and panel not in streamed:
                fetched[operand, number] = size
            streamed.add(panel)
            if panel in resident:
                resident.move_to_end(panel)
            elif size <= capacity:
                while sum(resident.values()) + size > capacity:
                    resident.popitem(last=False)
                resident[panel] = size
    return fetched


def dense_product(a: Any, b: Any) -> NDArray[np.float64]:
    """A @ B of two tensors in float64 by NumPy."""
    product: NDArray[np.float64] = a.to_array().astype(np.float64) @ b.to_array().astype(np.float64)
    return product
