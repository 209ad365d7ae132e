"""What every fixed pattern promises of its masks, and its definition."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

from sparsesim.pruning import NM, VNM, FixedPattern, KernelPattern, NMPairs, Stride, reference, to_matrix


def check_stride(pattern: Stride, mask: np.ndarray) -> None:
    """Kernels keep every n-th position, from an offset that all filters share."""
    kernels = flat_kernels(mask)
    np.testing.assert_array_equal(kernels, np.broadcast_to(kernels[:1], kernels.shape))
    step = min(pattern.stride, kernels.shape[2])
    for kernel in kernels[0] if len(kernels) else ():
        positions = np.flatnonzero(kernel)
        np.testing.assert_array_equal(positions, np.arange(positions[0], kernel.size, step))
        assert positions[0] < step


def check_kernel_pattern(pattern: KernelPattern, mask: np.ndarray) -> None:
    """Kernels keep the same number of positions, in few patterns."""
    kernels = flat_kernels(mask)
    assert (kernels.sum(axis=2) == min(pattern.keep, kernels.shape[2])).all()
    assert len(np.unique(kernels.reshape(-1, kernels.shape[2]), axis=0)) <= pattern.shapes


def flat_kernels(mask: np.ndarray) -> np.ndarray:
    return mask.reshape(*mask.shape[:2], int(np.prod(mask.shape[2:])))


def check_n_of_m(pattern: NM, mask: np.ndarray) -> None:
    """Every group of a row keeps its quota."""
    check_quota(to_matrix(mask), pattern.keep, pattern.of)


def check_pairs(pattern: NMPairs, mask: np.ndarray) -> None:
    """Pairs stand or fall together, and every group keeps its quota of them."""
    matrix = to_matrix(mask)
    padded = np.pad(matrix, ((0, 0), (0, matrix.shape[1] % 2)), mode="edge" if matrix.shape[1] else "empty")
    np.testing.assert_array_equal(padded[:, ::2], padded[:, 1::2])
    check_quota(padded[:, ::2], pattern.keep // 2, pattern.of // 2)


def check_vnm(pattern: VNM, mask: np.ndarray) -> None:
    """Every group of a row keeps its quota, in at most four columns of a block."""
    matrix = to_matrix(mask)
    check_quota(matrix, pattern.keep, pattern.of)
    for start in range(0, matrix.shape[1], pattern.of):
        for top in range(0, len(matrix), pattern.rows):
            assert matrix[top : top + pattern.rows, start : start + pattern.of].any(axis=0).sum() <= 4


def check_quota(matrix: np.ndarray, keep: int, of: int) -> None:
    for start in range(0, matrix.shape[1], of):
        group = matrix[:, start : start + of]
        assert (group.sum(axis=1) == -(-group.shape[1] * keep // of)).all()


class Rule(NamedTuple):
    """What a fixed pattern promises of every mask, and its definition on the array that it looks at.

    `again` tells whether pruning what is left once more gives the same mask: a located column without weights left
    may give way to another empty one, and kernels with zeros left are free to choose other patterns.
    """

    check: Callable[[Any, np.ndarray], None]
    define: Callable[[Any, np.ndarray], np.ndarray]
    again: bool = True


RULES: dict[type[FixedPattern], Rule] = {
    NM: Rule(check_n_of_m, lambda pattern, matrix: reference.n_of_m(matrix, pattern.keep, pattern.of)),
    NMPairs: Rule(check_pairs, lambda pattern, matrix: reference.n_of_m_pairs(matrix, pattern.keep, pattern.of)),
    VNM: Rule(
        check_vnm,
        lambda pattern, matrix: reference.v_n_m(matrix, pattern.rows, pattern.keep, pattern.of),
        again=False,
    ),
    Stride: Rule(check_stride, lambda pattern, weight: reference.kernel_stride(weight, pattern.stride)),
    KernelPattern: Rule(
        check_kernel_pattern,
        lambda pattern, weight: reference.kernel_patterns(weight, min(pattern.keep, weight[0, 0].size), pattern.shapes),
        again=False,
    ),
}


def rule_of(pattern: FixedPattern) -> Rule:
    if type(pattern) not in RULES:
        pytest.fail(
            f"pattern {type(pattern).__name__} has no definition to compare with: "
            "add one to sparsesim/pruning/reference.py and to RULES in tests/pruning/rules.py"
        )
    return RULES[type(pattern)]
