"""SpArch: an outer-product unit with condensed columns, a merge tree, a Huffman scheduler and a row prefetcher.

A product C = A @ B goes through the files in this order:

1. `leaves` splits A into the inputs of the merge tree, condensed columns or raw ones. `order_kernels` sorts columns of
   equal length the way the published prototype did.
2. `rounds` is the scheduler: which leaves and stored partial results enter the tree in each merge round. It calls back
   once per round, and does not care whether the callee merges patterns or numbers.
3. `pattern_merge` is the callee for planning. It merges the positions of non-zeros with the jitted loops of `kernels`
   and counts, per chunk of rows, what enters every layer of the tree. It also records the order in which rows of B are
   read. `arrays` documents the arrays that the two share: start there before reading a kernel.
4. `plan` runs that order of reads through the prefetcher (`prefetch_kernels`: a buffer of lines of B with
   furthest-next-use replacement) and collects all counts of a product as `MergeWork`.
5. `timing` turns the work of every chunk into steps with bytes, cycles and dependences: how a round waits for a stored
   partial result, how many lines of B may be in flight.
6. `spec` is the unit itself. `work` runs 1 to 4, which depend on positions alone; `plan` adds the bytes of the formats,
   step 5 and the action counts, and returns the Schedule.

`numeric_merge` and `numeric_kernels` are the other callee of `rounds`: they merge values, the way the unit does, for
`execute`.

`definition/` says what all of this must come to, element by element in plain Python; only tests import it. `merging`
holds steps 1 to 4 with sets and searches, and every count must agree exactly. `timing`, with `timing_plan` and
`timing_tree`, simulates step 5 cycle by cycle; a Schedule is coarser, so its cycles agree within a tolerance.
"""

from sparsesim.accelerators.condensed_outer_product.spec import CondensedOuterProduct

__all__ = ["CondensedOuterProduct"]
