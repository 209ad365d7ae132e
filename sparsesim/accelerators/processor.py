"""A CPU or GPU running library kernels: compute time = work / (peak x efficiency), overlapped with memory traffic."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final, Literal

import numpy as np
from pydantic import Field

from sparsesim.accelerators.arithmetic import shares, whole_cycles
from sparsesim.accelerators.interface import Accelerator
from sparsesim.accelerators.kernels import product_nnz
from sparsesim.accelerators.memories import Sram
from sparsesim.accelerators.scaling import Scaling
from sparsesim.array_types import FloatArray
from sparsesim.dtypes import ACCUMULATORS
from sparsesim.errors import InputError
from sparsesim.formats import Bsr, Coo, Csc, Csr, Dense, Dia
from sparsesim.matmul import MatmulOp
from sparsesim.quantities import Count, Fraction, PositiveWatts
from sparsesim.schedule import Phase, Schedule
from sparsesim.tensors import SparseMatrix
from sparsesim.units import BITS_PER_BYTE, bits_to_bytes, ceil_div

Kernel = Literal["gemm", "gemv", "spmm", "spmv", "spgemm"]

REGISTER_BLOCK: Final = 6
"""MACs per cache access of a dense kernel: the shorter side of a 6 x 16 register block (BLIS on AVX2)."""


class Processor(Accelerator):
    """A general-purpose processor.

    The formats of the operands select the kernel, as they select the library call: dense x dense runs GEMM (GEMV
    for one column), one compressed operand runs SpMM (SpMV) over its stored values, padding zeros included, and two
    compressed operands run SpGEMM over pairs of non-zeros.

    Attributes:
        efficiency: fraction of the peak that each kernel reaches.
        measured_power_w: mean power of the machine while a kernel runs, in W, idle power included, where a source
            states it.
        cache: last-level cache; decides how often B is read.
        chunks: pipeline steps that a product is split into, at most.
    """

    kind: Literal["processor"] = "processor"
    efficiency: Mapping[Kernel, Fraction]
    measured_power_w: Mapping[Kernel, PositiveWatts] = Field(default_factory=dict)
    cache: Sram
    chunks: Count = 64

    native: ClassVar = frozenset({Dense, Csr, Csc, Coo, Bsr, Dia})
    native_b: ClassVar = native
    scaling: ClassVar = Scaling(
        width=("macs_per_cycle",),
        buffers=("cache.size_bytes",),
        fixed=("efficiency", "chunks"),
        measured=("measured_power_w",),
    )

    def routine(self, op: MatmulOp) -> str:
        """gemm, gemv, spmm, spmv or spgemm."""
        return self.kernel_of(op)

    def measured_power(self, op: MatmulOp) -> float | None:
        """The power of the kernel, whatever the number type."""
        return self.measured_power_w.get(self.kernel_of(op))

    def natural_format(self, density: float, dtype: str) -> str:
        """CSR, or dense if every position is filled."""
        return "dense" if density == 1 else "csr"

    def plan(self, op: MatmulOp, work: Any = None) -> Schedule:
        """Equal chunks of the product, pipelined: fetch, compute, write back."""
        kernel = self.kernel_of(op)
        macs = _kernel_macs(kernel, op)
        c_bytes = _c_bytes(kernel, op)
        dram_bytes = {"A": op.a.dram_bytes, "B": self._b_bytes(op), "C": c_bytes}
        rate = self.peak_macs_per_cycle(op.a.dtype) * self._efficiency(kernel)
        cycles = whole_cycles(f"{op.name}: {kernel} at {rate:.3g} MACs per cycle", macs / rate)
        # A chunk is at least one row of C.
        chunks = max(1, min(self.chunks, op.groups * op.m))
        phase = Phase(
            fetch_bytes=shares(dram_bytes["A"] + dram_bytes["B"], chunks),
            compute_cycles=shares(cycles, chunks),
            write_bytes=shares(c_bytes, chunks),
            units=1,
            fetch_slots=2,
            write_slots=2,
            resources={"SIMD" if kernel in ("gemm", "gemv") else "gather": cycles},
        )
        return Schedule(
            phases=(phase,),
            actions=self._actions(op, kernel, macs, dram_bytes),
            dram_bytes=dram_bytes,
            repeat=op.repeat,
            details={"multiplies": macs},
        )

    def execute(self, op: MatmulOp) -> FloatArray | SparseMatrix:
        """The product in float64, by the kernel that the formats select."""
        kernel = self.kernel_of(op)
        if kernel in ("gemm", "gemv"):
            a, b = op.a.tensor.to_array().astype(np.float64), op.b.tensor.to_array()
            product: FloatArray = a.reshape(op.groups, op.m, op.k) @ b.reshape(op.groups, op.k, op.n)
            return product.reshape(op.groups * op.m, op.n)
        op = op.block_diagonal(with_values=True)
        left = op.a.tensor.to_sparse().to_scipy().astype(np.float64)
        if kernel == "spgemm":
            return SparseMatrix.from_scipy(left @ op.b.tensor.to_sparse().to_scipy())
        dense: FloatArray = left @ op.b.tensor.to_array()
        return dense

    def kernel_of(self, op: MatmulOp) -> Kernel:
        """The library kernel that the formats of the operands select."""
        compressed = (op.a.format.name != "dense") + (op.b.format.name != "dense")
        if compressed == 2:
            return "spgemm"
        if compressed == 1:
            return "spmv" if op.n == 1 else "spmm"
        return "gemv" if op.n == 1 else "gemm"

    def _efficiency(self, kernel: Kernel) -> float:
        if kernel not in self.efficiency:
            raise InputError(
                f"efficiency.{kernel} is missing from this processor (it has {', '.join(self.efficiency)})"
            )
        return self.efficiency[kernel]

    def _b_bytes(self, op: MatmulOp) -> int:
        """B is read once if it fits the cache, else once per cache-sized block of A."""
        if op.b.dram_bytes <= self.cache.size_bytes:
            return op.b.dram_bytes
        return op.b.dram_bytes * max(1, ceil_div(op.a.dram_bytes, self.cache.size_bytes))

    def _actions(self, op: MatmulOp, kernel: Kernel, macs: int, dram_bytes: dict[str, int]) -> dict[str, int]:
        """Action counts: operands of every MAC come from the cache, accumulators from registers."""
        bits, accumulator = op.a.dtype.bits, ACCUMULATORS[op.a.dtype.name]
        read = dram_bytes["A"] + dram_bytes["B"]
        # A dense kernel reuses both operands from registers; a sparse one reads a row of B for every stored value.
        reuse = REGISTER_BLOCK if kernel == "gemm" else 1
        indices = macs if kernel in ("spmv", "spmm", "spgemm") else 0
        return {
            f"mult_{op.a.dtype.name}": macs,
            f"add_{accumulator}": macs,
            "register_read_bits": 3 * bits * macs,
            "register_write_bits": bits * macs,
            "cache.sram_read_bits": 2 * bits * ceil_div(macs, reuse),
            "cache.sram_write_bits": BITS_PER_BYTE * read,
            "index_add": indices,
        }


def _kernel_macs(kernel: Kernel, op: MatmulOp) -> int:
    """Multiply-accumulates that the kernel executes."""
    if kernel == "spgemm":
        return op.effectual_macs
    if kernel in ("gemm", "gemv"):
        return op.dense_macs
    if op.a.format.name != "dense":
        return op.a.size.stored_values * op.n
    return op.b.size.stored_values * op.m


def _c_bytes(kernel: Kernel, op: MatmulOp) -> int:
    """Bytes of the product: dense, or for SpGEMM its non-zeros with a 4-byte column index each, plus row pointers."""
    if kernel != "spgemm":
        return bits_to_bytes(op.c_elements * op.c_dtype.bits)
    op = op.block_diagonal()
    left, right = op.a.tensor.to_sparse(), op.b.tensor.to_sparse()
    nnz = product_nnz(op.n, left.indptr, left.indices, right.indptr, right.indices)
    return bits_to_bytes(nnz * (op.c_dtype.bits + 32) + (op.m + 1) * 32)
