from hypothesis import given, settings
from hypothesis import strategies as st

from sparsesim.accelerators import CondensedOuterProduct
from sparsesim.accelerators.condensed_outer_product.leaves import leaves_of
from sparsesim.accelerators.condensed_outer_product.pattern_merge import PatternMerge
from sparsesim.accelerators.condensed_outer_product.reference import condensed_leaves, merge_by_sets, raw_leaves
from sparsesim.accelerators.condensed_outer_product.rounds import leaf_weights, merge_leaves
from tests.accelerators.condensed_outer_product.operations import factors, operation


def reference_run(a, b, ways, condensing, huffman):
    leaves = condensed_leaves(a) if condensing else raw_leaves(a, longest_first=huffman)
    return merge_by_sets(leaves, b, ways, huffman)


@settings(max_examples=150, deadline=None)
@given(factors=factors(), ways=st.integers(2, 9), condensing=st.booleans(), huffman=st.booleans())
def test_rounds_partials_and_layer_loads_equal_the_definition(factors, ways, condensing, huffman):
    a, b = factors
    expected = reference_run(a, b, ways, condensing, huffman)
    unit = CondensedOuterProduct(merge_ways=ways, condensing=condensing, huffman=huffman)
    extra = unit.plan(operation(a, b)).extra
    assert extra["merge_rounds"] == expected.rounds
    assert extra["partial_elements"] == 2 * expected.stored
    assert extra["merge_layer_loads"] == expected.layer_loads
    assert extra["nnz_c"] == expected.nnz
    assert extra["multiplies"] == operation(a, b).effectual_macs


@settings(max_examples=100, deadline=None)
@given(factors=factors(), ways=st.integers(2, 5), condensing=st.booleans(), huffman=st.booleans())
def test_b_is_read_in_the_order_of_the_definition(factors, ways, condensing, huffman):
    a, b = factors
    leaves = leaves_of(a, condensing, huffman)
    merge = PatternMerge(leaves, b, layers=(ways - 1).bit_length(), lanes=8, chunks_per_round=3)
    mean = b.nnz / b.shape[0] if b.shape[0] else 0.0
    merge_leaves(leaf_weights(leaves.lengths, mean), ways, huffman, merge)
    assert merge.stream.tolist() == reference_run(a, b, ways, condensing, huffman).stream


@settings(max_examples=50, deadline=None)
@given(factors=factors(), ways=st.integers(2, 5), chunks=st.integers(1, 7))
def test_chunks_add_up_to_the_whole(factors, ways, chunks):
    a, b = factors
    leaves = leaves_of(a, condensing=True, huffman=True)
    runs = []
    for count in (1, chunks):
        merge = PatternMerge(leaves, b, layers=(ways - 1).bit_length(), lanes=2, chunks_per_round=count)
        merge_leaves(leaf_weights(leaves.lengths, 1.0), ways, True, merge)
        runs.append([done.chunks.sum(axis=0).tolist() for done in merge.rounds])
    assert runs[0] == runs[1]
