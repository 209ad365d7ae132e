"""How the bytes of a GEMM are spread over steps, and which of them an L2 keeps from one run to the next."""

import numpy as np
from numpy.typing import NDArray


def in_parts(sizes: NDArray[np.int64], parts: int) -> NDArray[np.int64]:
    """Every size in `parts` numbers that add up to it and differ by at most one."""
    quotient, remainder = np.divmod(sizes[:, None], parts)
    return (quotient + (np.arange(parts) < remainder)).ravel()


def distinct_bytes(l2_bytes: int, partitions: int) -> int:
    """What an L2 holds of data that is read by all SMs.

    In two partitions lines that SMs of both read are kept twice; three quarters of the whole are then distinct
    (assumed, between half and all of it).
    """
    return l2_bytes if partitions == 1 else 3 * l2_bytes // 4


def not_kept(size_bytes: int, l2_bytes: int, partitions: int) -> tuple[int, int]:
    """The share of operands, as a fraction, that an L2 does not keep from one run to the next.

    They are kept as far as they fit: in one partition up to its size; in two, up to half of the L2, from three quarters
    on none is, and in between it falls linearly (assumed).
    """
    low, high = l2_bytes // partitions, distinct_bytes(l2_bytes, partitions)
    between = max(high - low, 1)
    return min(max(size_bytes - low, 0), between), between
