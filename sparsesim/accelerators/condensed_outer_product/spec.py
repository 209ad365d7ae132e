"""`CondensedOuterProduct`: SpArch, an outer-product unit that merges condensed columns while it multiplies.

Zhang, Wang, Han, Dally: SpArch, HPCA 2020 (arXiv 2002.08947). Assumed, because the paper does not say: two groups of
eight multipliers, one comparison per element that enters a merge layer, the depth of the FIFOs in the tree, the lines
of B in flight, and as many multipliers for other types as for fp64.
"""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, Self

import numpy as np
from pydantic import Field, model_validator

from sparsesim.accelerators.arithmetic import weighted_shares
from sparsesim.accelerators.condensed_outer_product.growing import SCALING, comparators, in_equal_groups
from sparsesim.accelerators.condensed_outer_product.leaves import Leaves, leaves_of
from sparsesim.accelerators.condensed_outer_product.numeric_merge import NumericMerge, matrix_of, with_values
from sparsesim.accelerators.condensed_outer_product.pattern_merge import PatternMerge
from sparsesim.accelerators.condensed_outer_product.plan import BRecords, MergeWork, merge_work
from sparsesim.accelerators.condensed_outer_product.rounds import (
    TieOrder,
    first_fan_in,
    leaf_weights,
    merge_leaves,
    round_count,
)
from sparsesim.accelerators.condensed_outer_product.timing import Chunks, slots, timed_steps
from sparsesim.accelerators.unpacking import Unpacking, packed_values
from sparsesim.dtypes import ACCUMULATORS, DType
from sparsesim.formats import CondensedCsr, Csr
from sparsesim.matmul import MatmulOp
from sparsesim.quantities import MAX_COUNT, Count, LargeCount, Number, NumberType
from sparsesim.schedule import Phase, Schedule
from sparsesim.tensors import SparseMatrix
from sparsesim.units import BITS_PER_BYTE, bits_to_bytes, ceil_div


class CondensedWork(NamedTuple):
    """The part of a plan that depends on the positions of the non-zeros of A and B alone."""

    leaves: Leaves
    merge: MergeWork


class CondensedOuterProduct(Unpacking):
    """SpArch with every size a parameter; the defaults are the paper's.

    B and C take a 4-byte index and a value per element, with a length in front of every row of B, whatever format op.b
    names; A is read once, in its own format, and unpacked on the way if that is not CSR.

    Attributes:
        macs_per_cycle: number of multipliers, by number type.
        multiplier_groups: groups of multipliers; each takes at most one element of A per cycle, so short rows of B
            leave lanes idle.
        merge_ways: inputs of the merge tree.
        merger_elements_per_cycle: throughput of the one merger that all nodes of a layer share.
        prefetch_lines, prefetch_line_bytes: the prefetch buffer for rows of B.
        lookahead_window: line accesses that the column fetchers know in advance.
        partial_element_bytes: an element of a stored partial result, with row and column index.
        index_bytes: a column index of B or C, the length of a row of B, and its position.
        condensing: if off, the leaves are the raw columns of A.
        huffman: if off, level order: all leaves from the first on, then their results.
        tie_order: order in which the Huffman scheduler takes equally long condensed columns. The paper leaves it open,
            and it does not change the multiplications. "introsort" is the order in which the C++ standard
            library's unstable sort leaves them: the published figures were obtained with it, and only it reproduces
            them exactly. It scatters neighbours, though. "right_to_left" and "stable" (left to right) keep them
            together, which reads less of B if most columns are equally long, as in a pruned network.
        prefetcher: if off, the buffer is a single line.
        fifo_elements: depth of the FIFOs between mergers.
        writer_fifo_elements: depth of the FIFO behind the root.
        outstanding_lines: most lines of B in flight.
        steps_per_round: most steps of one merge round.
        max_steps: most steps of a schedule; a round still makes at least one.
    """

    kind: Literal["condensed_outer_product"] = "condensed_outer_product"
    macs_per_cycle: Mapping[NumberType, LargeCount] = Field(
        default_factory=lambda: dict.fromkeys(ACCUMULATORS, 16), min_length=1
    )

    multiplier_groups: Count = 2
    merge_ways: Annotated[int, Field(ge=2, le=MAX_COUNT), Number] = 64
    merger_elements_per_cycle: Count = 16
    prefetch_lines: LargeCount = 1024
    prefetch_line_bytes: Count = 576
    lookahead_window: LargeCount = 8192
    partial_element_bytes: Count = 16
    index_bytes: Count = 4
    condensing: bool = True
    huffman: bool = True
    tie_order: TieOrder = "introsort"
    prefetcher: bool = True
    fifo_elements: Count = 32
    writer_fifo_elements: LargeCount = 1024
    outstanding_lines: LargeCount = 64
    steps_per_round: Count = 128
    max_steps: Count = 4096

    native: ClassVar = frozenset({Csr, CondensedCsr})
    scaling: ClassVar = SCALING

    @model_validator(mode="after")
    def _equal_groups(self) -> Self:
        for dtype, multipliers in self.macs_per_cycle.items():
            if multipliers % self.multiplier_groups:
                raise ValueError(
                    f"macs_per_cycle.{dtype}: {multipliers}: must be a multiple of multiplier_groups, "
                    f"{self.multiplier_groups}"
                )
        return self

    def reads(self, op: MatmulOp) -> bool:
        """Rows of B have a layout of their own, whatever their format."""
        return op.a.dtype.name in self.macs_per_cycle and type(op.a.format) in self.native

    @property
    def layers(self) -> int:
        """Layers of the binary merge tree."""
        return (self.merge_ways - 1).bit_length()

    @property
    def sizes(self) -> Mapping[str, int]:
        """Comparators of all layers, bytes of the prefetch buffer, and multipliers of the type with the most."""
        return {
            "comparators": self.layers * comparators(self.merger_elements_per_cycle),
            "prefetch_bytes": self.prefetch_line_bytes * (self.prefetch_lines if self.prefetcher else 1),
            "multipliers": max(self.macs_per_cycle.values()),
        }

    def grown(self, factor: float, buffers: bool = False) -> dict[str, Any]:
        """As every unit, with groups of as nearly as many multipliers as there are now, equal in all of them."""
        return in_equal_groups(super().grown(factor, buffers))

    def element_bytes(self, dtype: DType) -> int:
        """Bytes of one element of B or C: index and value."""
        return self.index_bytes + bits_to_bytes(dtype.bits)

    def natural_format(self, density: float, dtype: str) -> str:
        """CSR, which the column fetchers read as condensed columns without conversion."""
        return "csr"

    def work(self, op: MatmulOp) -> CondensedWork:
        """Merge rounds and row prefetches, which do not depend on the format of A.

        Groups run as one product with a block-diagonal A.
        """
        op = op.block_diagonal()
        leaves = leaves_of(op.a.tensor.to_sparse(), self.condensing, self.huffman, self.tie_order)
        return CondensedWork(leaves, self._merge_work(op, leaves))

    def plan(self, op: MatmulOp, work: CondensedWork | None = None) -> Schedule:
        """One step per chunk of rows, round by round, plus the read-ahead; all from the actual non-zeros."""
        leaves, merge = work or self.work(op)
        read = merge.stored_read * self.partial_element_bytes
        c_bytes, partial_bytes = self.element_bytes(op.c_dtype), self.partial_element_bytes
        dram_bytes = {
            "A": op.a.size.size_bytes,
            "B": int(merge.b_lines[:, 0].sum()),
            "partial": int(read.sum()) + merge.stored_nnz * partial_bytes,
            "C": merge.result_nnz * c_bytes,
        }
        cycles, merging = merge.tree_cycles(self.multiplier_groups, self.merger_elements_per_cycle)
        chunks = Chunks(
            a_bytes=weighted_shares(op.a.size.size_bytes, merge.a_elements),
            b_bytes=merge.b_lines[:, 0],
            stored_bytes=read,
            write_bytes=merge.results * np.where(merge.is_last_round, c_bytes, partial_bytes),
            lines=merge.b_lines[:, 2],
            cycles=cycles,
            merging=merging,
            first=merge.first_step,
            reads=merge.reads,
        )
        phase = Phase(
            **timed_steps(chunks, self.layers, self.outstanding_lines)._asdict(),
            units=1,
            fetch_slots=slots(self.lookahead_window, merge.a_elements),
            write_slots=slots(self.writer_fifo_elements, merge.results),
            arrivals_resource="B fetch",
            writes_resource="writer",
        )
        schedule = Schedule(
            phases=(phase,),
            actions=self._actions(op, merge),
            dram_bytes=dram_bytes,
            repeat=op.repeat,
            details=self._details(leaves, merge),
        )
        return self.behind_decoder(schedule, packed_values(op.a, self.native))

    def execute(self, op: MatmulOp) -> SparseMatrix:
        """The product in float64: leaves are multiplied, and merged in pairs, in the planned rounds."""
        op = op.block_diagonal(with_values=True)
        a, b = with_values(op.a.tensor), with_values(op.b.tensor)
        leaves = leaves_of(a, self.condensing, self.huffman, self.tie_order)
        weights = leaf_weights(leaves.lengths, b.nnz / max(b.shape[0], 1))
        product = merge_leaves(weights, self.merge_ways, self.huffman, NumericMerge(leaves, b, self.layers))
        return matrix_of(product, (op.m, op.n))

    def _merge_work(self, op: MatmulOp, leaves: Leaves) -> MergeWork:
        b = op.b.tensor.to_sparse()
        lanes = ceil_div(self.peak_macs_per_cycle(op.a.dtype), self.multiplier_groups)
        # With many rounds, fewer chunks in each bound the length of the schedule, which engines walk step by step.
        rounds = round_count(len(leaves.lengths), self.merge_ways)
        chunks = max(1, min(self.steps_per_round, self.max_steps // max(rounds, 1)))
        merge = PatternMerge(leaves, b, self.layers, lanes, chunks)
        weights = leaf_weights(leaves.lengths, b.nnz / max(b.shape[0], 1))
        merge_leaves(weights, self.merge_ways, self.huffman, merge)
        element_bytes = self.element_bytes(op.b.dtype)
        records = BRecords(element_bytes, self.index_bytes, self.index_bytes, self.prefetch_line_bytes)
        return merge_work(merge, records, self.prefetch_lines if self.prefetcher else 1, self.lookahead_window)

    def _actions(self, op: MatmulOp, work: MergeWork) -> dict[str, int]:
        """Counts of one repetition.

        The prefetch buffer is written with every fetched line and read once per multiplication; every element that
        enters a merge layer is written to the FIFO in front of it, read from it and compared once.
        """
        loads, b_bytes = sum(work.layer_loads), int(work.b_lines[:, 0].sum())
        fifo_bits = BITS_PER_BYTE * self.partial_element_bytes * loads
        b_element_bits = BITS_PER_BYTE * self.element_bytes(op.b.dtype)
        return {
            f"mult_{op.a.dtype.name}": work.multiplies,
            f"add_{ACCUMULATORS[op.a.dtype.name]}": work.multiplies - work.result_nnz,
            "compare": loads,
            "prefetch_buffer.sram_read_bits": b_element_bits * work.multiplies,
            "prefetch_buffer.sram_write_bits": BITS_PER_BYTE * b_bytes,
            "merge_fifos.sram_read_bits": fifo_bits,
            "merge_fifos.sram_write_bits": fifo_bits,
        }

    def _details(self, leaves: Leaves, work: MergeWork) -> dict[str, int | list[int]]:
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
