"""Weights and pruners that the tests of this folder share."""

from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sparsesim.pruning import PRUNERS, Pruner, pruner_by_name

AMOUNTS: dict[str, dict[str, float]] = {
    "sparsity": {"sparsity": 0.6},
    "threshold": {"threshold": 0.7},
    "s": {"s": 0.8},
    "fixed": {},
}
EXTRA_NAMES = [
    "nm-1:4",
    "3:5",
    "nm-pairs-2:4",
    "nm-pairs-4:6",
    "vnm-2:2:4",
    "vnm-3:3:7",
    "vnm-1:1:5",
    "vector-3x1",
    "block-3x2",
    "block-1x1",
    "vector-50",
]


def example_pruners() -> list[Pruner]:
    """One pruner of every family, and a few more sizes."""
    examples = [pruner_by_name(f.example, **AMOUNTS[f.amount]) for f in PRUNERS.values()]
    sized = [pruner_by_name(n, **({} if ":" in n else AMOUNTS["sparsity"])) for n in EXTRA_NAMES]
    return examples + sized


def gaussian(shape: tuple[int, ...], seed: int = 0, dtype: Any = np.float32) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


# Few distinct values, so that ties are common, and sums and squares are exact in any order.
exact_values = st.integers(-12, 12).map(lambda i: i / 4)
wide_values = st.floats(-(2.0**100), 2.0**100, width=32) | st.sampled_from(
    [-0.0, 0.0, 2.0**-149, -(2.0**-149), 2.0**-148]
)
dtypes = st.sampled_from([np.dtype(np.float32), np.dtype(np.float64)])


def arrays(shapes: st.SearchStrategy[tuple[int, ...]], values: st.SearchStrategy[float] = exact_values):
    return dtypes.flatmap(lambda dtype: hnp.arrays(dtype, shapes, elements=values, fill=values))


vectors = arrays(st.tuples(st.integers(0, 70)), exact_values | wide_values)
matrices = arrays(st.tuples(st.integers(0, 6), st.integers(0, 24)))
wide_matrices = arrays(st.tuples(st.integers(0, 6), st.integers(0, 24)), exact_values | wide_values)
convolutions = arrays(st.tuples(st.integers(0, 4), st.integers(0, 5), st.integers(1, 3), st.integers(1, 3)))
weights = matrices | convolutions
