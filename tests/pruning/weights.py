"""Weights and pruners that the tests of this folder share."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sparsesim.pruning import (
    CRITERIA,
    PRUNERS,
    Block,
    ByERK,
    ByLayer,
    BySparsity,
    Element,
    Kernel,
    Pruner,
    pruner_by_name,
    takes_sparsity,
)

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
    "vector-2",
    "block-1x2",
    "stride-3",
    "stride-4",
    "kernel-pattern-2",
    "kernel-pattern-4x2",
    "kernel-pattern-9",
]


def example_pruners() -> list[Pruner]:
    """One pruner of every family, and a few more sizes."""
    examples = [pruner_by_name(f.example, **AMOUNTS[f.amount]) for f in PRUNERS.values()]
    sized = [pruner_by_name(n, **(AMOUNTS["sparsity"] if takes_sparsity(n) else {})) for n in EXTRA_NAMES]
    rounded = [pruner_by_name(n, 0.6, round_to=4) for n in ("filter", "channel")]
    layered = [Pruner(Element(), ByLayer({"*": 0.6}), name="by-layer"), Pruner(Kernel(), ByERK(0.6), name="kernel-erk")]
    rows = [Pruner(Block(2, 2), BySparsity(0.6, "row"), name="block-rows")]
    return examples + sized + rounded + layered + rows


def every_combination() -> list[Pruner]:
    """One pruner of every family with every criterion."""
    examples = [pruner_by_name(f.example, **AMOUNTS[f.amount]) for f in PRUNERS.values()]
    return [replace(pruner, criterion=name) for pruner in examples for name in CRITERIA]


def data_for(pruner: Pruner, weight: np.ndarray) -> np.ndarray | None:
    """What the criterion of `pruner` needs of a layer; few small whole numbers, so that sums are exact."""
    k = int(np.prod(weight.shape[1:]))
    made = {
        None: lambda: None,
        "input_norm": lambda: np.arange(k) % 5 + 1.0,
        "gradient": lambda: (np.arange(weight.size) % 7 - 3.0).reshape(weight.shape),
        "importance": lambda: (np.arange(weight.size) % 11).reshape(weight.shape),
    }
    if pruner.needs not in made:
        pytest.fail(f"no test makes {pruner.needs!r}: add it to data_for in tests/pruning/weights.py")
    return made[pruner.needs]()


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
