"""How the bytes of a GEMM are spread over steps, and which of them an L2 keeps from one run to the next."""

import numpy as np
from numpy.typing import NDArray


def in_parts(sizes: NDArray[np.int64], parts: int) -> NDArray[np.int64]:
    """Every size in `parts` numbers that add up to it and differ by at most one."""
    quotient, remainder = np.divmod(sizes[:, None], parts)
    return (quotient + (np.arange(parts) < remainder)).ravel()


def not_kept(size_bytes: int, l2_bytes: int) -> tuple[int, int]:
    """The share of operands, as a fraction, that an L2 does not keep from one run to the next.

    All of them are kept up to half of the L2, none from three quarters on (where the lines of both halves would have
    to be distinct), and in between it falls linearly (assumed).
    """
    low, high = l2_bytes // 2, 3 * l2_bytes // 4
    between = max(high - low, 1)
    return min(max(size_bytes - low, 0), between), between
