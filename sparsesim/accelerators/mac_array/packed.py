"""Operand A of a MAC array as it lies on chip: kept values with their metadata."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sparsesim.array_types import IntArray
from sparsesim.formats.kernels import group_slots
from sparsesim.tensors import SparseMatrix


class Packed(NamedTuple):
    """Operand A on chip.

    Attributes:
        kept, of: how many of every `of` positions along K are multiplied.
        slots: values per row, unused slots included.
        place_bits: metadata per value.
    """

    kept: int
    of: int
    slots: int
    place_bits: int


def compressed(a: SparseMatrix, packed: Packed) -> tuple[IntArray, NDArray[np.float64]]:
    """Row of B (int64) and value (float64) of every slot, both [rows, slots]; unused slots hold the value 0."""
    groups = packed.slots // packed.kept
    sources, places = group_slots(a.indptr, a.indices, groups, packed.kept, packed.of)
    values = np.append(a.value_array().astype(np.float64), 0.0)[sources]
    group = np.arange(len(places)) // packed.kept % max(groups, 1)
    shape = (a.shape[0], packed.slots)
    return (group * packed.of + places).reshape(shape), values.reshape(shape)
