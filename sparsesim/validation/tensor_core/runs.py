"""Simulated times of the measured products."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np

from sparsesim.formats import Nm, Vnm, format_by_name
from sparsesim.hardware import Machine, load_machine
from sparsesim.matmul import matmul_op
from sparsesim.pruning import pruner_by_name
from sparsesim.simulation import simulate
from sparsesim.tensors import LOCATED, DenseMatrix, Tensor, tensor_from_array
from sparsesim.tensors.generators import drawn_nm
from sparsesim.units import ceil_div
from sparsesim.validation.tensor_core.published import Written
from sparsesim.validation.tensor_core.tables import Point

_SPARSE: Final = "gemm-2:4"


@dataclass(frozen=True)
class Card:
    """A card's dense and structured kernels; not every card has the latter."""

    machine: str

    @property
    def has_sparse(self) -> bool:
        """Whether there is a 2:4 kernel."""
        return _SPARSE in self._card.library

    @cached_property
    def dense(self) -> Machine:
        """The dense GEMM."""
        return self._card.only("gemm")

    @cached_property
    def sparse(self) -> Machine:
        """The 2:4 GEMM."""
        return self._card.only(_SPARSE)

    def structured(self, format: str) -> Machine:
        """The kernel of a structured format."""
        return self._card.only("spatha") if isinstance(format_by_name(format), Vnm) else self.sparse

    @cached_property
    def _card(self) -> Machine:
        return load_machine(self.machine)


@dataclass(frozen=True)
class Comparison:
    """A measured product and its simulated times in microseconds; None where nothing is compared."""

    point: Point
    fitted: bool
    dense_us: float | None = None
    sparse_us: float | None = None
    dense_bottleneck: str = ""
    sparse_bottleneck: str = ""

    @property
    def ratio(self) -> float | None:
        """How many times faster the sparse product is, in simulation."""
        return self.dense_us / self.sparse_us if self.dense_us and self.sparse_us else None

    @property
    def dense_error_pct(self) -> float | None:
        """Error of the dense time."""
        return _error_pct(self.dense_us, self.point.dense_us)

    @property
    def sparse_error_pct(self) -> float | None:
        """Error of the sparse time."""
        return _error_pct(self.sparse_us, self.point.sparse_us)

    @property
    def ratio_error_pct(self) -> float | None:
        """Error of the ratio."""
        return _error_pct(self.ratio, self.point.ratio)

    @property
    def sign_is_right(self) -> bool | None:
        """Whether the kernel that measured faster is the faster one in simulation too."""
        if self.ratio is None or self.point.ratio is None:
            return None
        return (self.ratio > 1) == (self.point.ratio > 1)


def _error_pct(simulated: float | None, measured: float | None) -> float | None:
    return None if simulated is None or measured is None else 100 * (simulated / measured - 1)


def compare(
    point: Point, card: Card, dtype: str, runs: int | None, fitted: bool = False, written: Written | None = None
) -> Comparison:
    """Both simulated times of a measured product, as far as they were measured; C is `written` as its kernels do."""
    written = written or Written()
    found = Comparison(point, fitted)
    shape = point.m, point.n, point.k, dtype
    if point.dense_us is not None:
        seconds, bottleneck = time_us(*shape, card.dense, False, runs, out_dtype=written.dense)
        found = replace(found, dense_us=seconds, dense_bottleneck=bottleneck)
    if point.sparse_us is not None:
        seconds, bottleneck = time_us(*shape, card.structured(point.format), True, runs, point.format, written.sparse)
        found = replace(found, sparse_us=seconds, sparse_bottleneck=bottleneck)
    return found


def time_us(
    m_tokens: int,
    n: int,
    k: int,
    dtype: str,
    machine: Machine,
    sparse: bool,
    runs: int | None,
    format: str = "nm-2:4",
    out_dtype: str = "",
) -> tuple[float, str]:
    """Microseconds of one of `runs` equal products with weights [n, k], and what limits it.

    The operands may lie in the L2 from the run before. Sparse weights have the pattern of `format` throughout. C is
    written as `out_dtype`, or as the operands.
    """
    weights = _weights(n, k, format) if sparse else DenseMatrix((n, k))
    op = matmul_op(weights, DenseMatrix((k, m_tokens)), format if sparse else "dense", dtype, out_dtype=out_dtype)
    result = simulate(op, machine.benchmarked(runs, warm=True), machine.energy_table)
    return 1e6 * result.seconds, result.bottleneck


def _weights(n: int, k: int, format: str) -> Tensor:
    """Weights that have the pattern of nm-N:M or vnm-V:N:M; for the latter one row of blocks is repeated."""
    pattern = format_by_name(format)
    assert isinstance(pattern, Nm | Vnm)
    if isinstance(pattern, Nm) or pattern.of == LOCATED:
        return drawn_nm(n, k, pattern.keep, pattern.of, 0)
    drawn = np.random.default_rng(0).standard_normal((pattern.rows, k), dtype=np.float32)
    kept = drawn * pruner_by_name(format).mask(drawn)
    return tensor_from_array(np.tile(kept, (ceil_div(n, pattern.rows), 1))[:n])
