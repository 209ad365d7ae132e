"""`CondensedOuterProduct`: SpArch, an outer-product unit that merges condensed columns while it multiplies.

Zhang, Wang, Han, Dally: SpArch, HPCA 2020 (arXiv 2002.08947). What the paper leaves open is assumed here: the two
groups of eight multipliers, one comparator operation for every element that enters a merge layer, the depth of the
FIFOs in the tree, the lines of B under way, and that multipliers of other types than fp64 are as many.
"""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

import numpy as np
from pydantic import Field

from sparsesim.accelerators.base import Accelerator, decode_adds, weighted_shares
from sparsesim.accelerators.condensed_outer_product.leaves import Leaves, leaves_of
from sparsesim.accelerators.condensed_outer_product.numeric_merge import NumericMerge, matrix_of, with_values
from sparsesim.accelerators.condensed_outer_product.pattern_merge import PatternMerge
from sparsesim.accelerators.condensed_outer_product.plan import BRecords, Work, work_of
from sparsesim.accelerators.condensed_outer_product.rounds import (
    TieOrder,
    first_fan_in,
    leaf_weights,
    merge_leaves,
    round_count,
)
from sparsesim.accelerators.condensed_outer_product.timing import Chunks, slots, timed_steps
from sparsesim.dtypes import ACCUMULATORS, DType
from sparsesim.matmul import MatmulOp
from sparsesim.schedule import Schedule
from sparsesim.tensors import SparseMatrix
from sparsesim.units import BITS_PER_BYTE, bits_to_bytes, ceil_div

NATIVE: Final = ("csr", "condensed")
"""Formats of A that the column fetchers read without unpacking."""


class Trace(NamedTuple):
    """What the positions of the non-zeros of A and B decide."""

    leaves: Leaves
    work: Work


class CondensedOuterProduct(Accelerator):
    """SpArch with every size a parameter; the defaults are the paper's.

    `macs_per_cycle` is the number of multipliers. B and C are held as a 4-byte index and a value per element, B in rows
    with a length in front, whatever format op.b names; A is read once in its own format.
    """

    kind: Literal["condensed_outer_product"] = "condensed_outer_product"
    macs_per_cycle: Mapping[str, int] = Field(default_factory=lambda: dict.fromkeys(ACCUMULATORS, 16), min_length=1)

    multiplier_groups: int = Field(default=2, gt=0)
    """Groups of multipliers; each takes one element of A per cycle at most, so short rows of B leave lanes idle."""

    merge_ways: int = Field(default=64, ge=2)
    merger_elements_per_cycle: int = Field(default=16, gt=0)
    """Elements per cycle of the one merger that every layer of the tree shares."""

    prefetch_lines: int = Field(default=1024, gt=0)
    prefetch_line_bytes: int = Field(default=576, gt=0)
    lookahead_window: int = Field(default=8192, gt=0)
    """Line accesses that the column fetchers know in advance."""

    partial_element_bytes: int = Field(default=16, gt=0)
    index_bytes: int = Field(default=4, gt=0)

    condensing: bool = True
    """Off: the leaves are the raw columns of A."""

    huffman: bool = True
    """Off: level order, all leaves from the first on, then their results."""

    tie_order: TieOrder = "introsort"
    """Order in which the Huffman scheduler takes equally long condensed columns.

    The paper leaves it open, and it does not change what has to be multiplied. "introsort" is what the unstable sort of
    the C++ standard library does to them: the published figures were made with it, and only it meets them exactly.
    It scatters them, though. "right_to_left" and "stable" (left to right) keep neighbours together, which reads less of
    B where most columns are equally long, as in a pruned network.
    """

    prefetcher: bool = True
    """Off: a single line."""

    fifo_elements: int = Field(default=32, gt=0)
    """Elements that the FIFO on either side of a merger holds."""

    writer_fifo_elements: int = Field(default=1024, gt=0)
    outstanding_lines: int = Field(default=64, gt=0)
    """Lines of B that the fetchers have under way at most."""

    steps_per_round: int = Field(default=128, gt=0)
    max_steps: int = Field(default=4096, gt=0)
    """Steps of a whole schedule; more rounds than that still make one step each."""

    @property
    def layers(self) -> int:
        """Layers of the binary merge tree."""
        return (self.merge_ways - 1).bit_length()

    def element_bytes(self, dtype: DType) -> int:
        """One element of B or C: index and value, in whole bytes."""
        return self.index_bytes + bits_to_bytes(dtype.bits)

    def natural_format(self, density: float) -> str:
        """CSR, which the column fetchers read as condensed columns without any change."""
        return "csr"

    def trace(self, op: MatmulOp) -> Trace:
        """Merge rounds and row prefetches, which do not depend on the format of A.

        Groups are one product whose A is block-diagonal.
        """
        op = op.block_diagonal()
        leaves = leaves_of(op.a.tensor.to_sparse(), self.condensing, self.huffman, self.tie_order)
        return Trace(leaves, self._work(op, leaves))

    def plan(self, op: MatmulOp, trace: Trace | None = None) -> Schedule:
        """Steps of chunks of rows, round by round, from the real non-zeros."""
        leaves, work = trace or self.trace(op)
        read = work.stored_read * self.partial_element_bytes
        c_bytes, partial_bytes = self.element_bytes(op.c_dtype), self.partial_element_bytes
        dram_bytes = {
            "A": op.a.size.size_bytes,
            "B": int(work.b_lines[:, 0].sum()),
            "partial": int(read.sum()) + work.stored_nnz * partial_bytes,
            "C": work.result_nnz * c_bytes,
        }
        chunks = Chunks(
            a_bytes=weighted_shares(op.a.size.size_bytes, work.a_elements),
            b_bytes=work.b_lines[:, 0],
            stored_bytes=read,
            write_bytes=work.results * np.where(work.is_last_round, c_bytes, partial_bytes),
            lines=work.b_lines[:, 2],
            cycles=work.tree_cycles(self.multiplier_groups, self.merger_elements_per_cycle),
            first=work.first_step,
            reads=work.reads,
        )
        return Schedule(
            **timed_steps(chunks, self.layers, self.outstanding_lines)._asdict(),
            units=1,
            fetch_slots=slots(self.lookahead_window, work.a_elements),
            write_slots=slots(self.writer_fifo_elements, work.results),
            actions=self._actions(op, work, int(read.sum())),
            dram_bytes=dram_bytes,
            repeat=op.repeat,
            extra=self._extra(leaves, work),
        )

    def execute(self, op: MatmulOp) -> SparseMatrix:
        """The product in float64: leaves multiplied and merged pair by pair in the planned rounds."""
        op = op.block_diagonal(with_values=True)
        a, b = with_values(op.a.tensor), with_values(op.b.tensor)
        leaves = leaves_of(a, self.condensing, self.huffman, self.tie_order)
        weights = leaf_weights(leaves.lengths, b.nnz / max(b.shape[0], 1))
        product = merge_leaves(weights, self.merge_ways, self.huffman, NumericMerge(leaves, b, self.layers))
        return matrix_of(product, (op.m, op.n))

    def _work(self, op: MatmulOp, leaves: Leaves) -> Work:
        b = op.b.tensor.to_sparse()
        lanes = ceil_div(self.peak_macs_per_cycle(op.a.dtype), self.multiplier_groups)
        rounds = round_count(len(leaves.lengths), self.merge_ways)
        chunks = max(1, min(self.steps_per_round, self.max_steps // max(rounds, 1)))
        merge = PatternMerge(leaves, b, self.layers, lanes, chunks)
        weights = leaf_weights(leaves.lengths, b.nnz / max(b.shape[0], 1))
        merge_leaves(weights, self.merge_ways, self.huffman, merge)
        element_bytes = self.element_bytes(op.b.dtype)
        records = BRecords(element_bytes, self.index_bytes, self.index_bytes, self.prefetch_line_bytes)
        return work_of(merge, records, self.prefetch_lines if self.prefetcher else 1, self.lookahead_window)

    def _actions(self, op: MatmulOp, work: Work, stored_read_bytes: int) -> dict[str, int]:
        """Counts of one repetition.

        The prefetch buffer is written once per fetched line and read once per multiplication; every element that
        enters a merge layer is written to the FIFO in front of it, read from it and compared once.
        """
        loads, b_bytes = sum(work.layer_loads), int(work.b_lines[:, 0].sum())
        fifo_bits = BITS_PER_BYTE * self.partial_element_bytes * loads
        written = work.stored_nnz * self.partial_element_bytes + work.result_nnz * self.element_bytes(op.c_dtype)
        fetched = op.a.size.size_bytes + b_bytes + stored_read_bytes
        b_element_bits = BITS_PER_BYTE * self.element_bytes(op.b.dtype)
        return {
            f"mult_{op.a.dtype.name}": work.multiplies,
            f"add_{ACCUMULATORS[op.a.dtype.name]}": work.multiplies - work.result_nnz,
            "compare": loads,
            "index_add": decode_adds(op.a, NATIVE),
            "sram_read_bits": b_element_bits * work.multiplies + fifo_bits,
            "sram_write_bits": BITS_PER_BYTE * b_bytes + fifo_bits,
            "dram_read_bits": BITS_PER_BYTE * fetched,
            "dram_write_bits": BITS_PER_BYTE * written,
        }

    def _extra(self, leaves: Leaves, work: Work) -> dict[str, int | list[int]]:
        count = len(leaves.lengths)
        return {
            "condensed_columns": count,
            "merge_rounds": work.rounds,
            "first_fan_in": first_fan_in(count, self.merge_ways) if count else 0,
            "partial_elements": work.stored_nnz + int(work.stored_read.sum()),
            "merge_layer_loads": work.layer_loads,
            "multiplies": work.multiplies,
            "nnz_c": work.result_nnz,
            "b_line_accesses": int(work.b_lines[:, 1].sum()),
            "b_line_misses": int(work.b_lines[:, 2].sum()),
        }
