import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sparsesim.accelerators.condensed_outer_product.definition.merging import prefetch_by_search
from sparsesim.accelerators.condensed_outer_product.plan import BRecords
from sparsesim.accelerators.condensed_outer_product.prefetch_kernels import Records, first_reads, prefetch
from sparsesim.tensors import SparseMatrix


def b_of_lengths(lengths):
    """A matrix whose row r has lengths[r] non-zeros."""
    columns = max(lengths, default=0)
    mask = np.arange(columns) < np.array(lengths, np.int64)[:, np.newaxis]
    return SparseMatrix.from_mask(mask.reshape(len(lengths), columns))


def misses(stream, lengths, line_bytes, lines, window, ends=None):
    records = BRecords(element_bytes=12, length_bytes=4, position_bytes=4, line_bytes=line_bytes)
    ends = np.array([len(stream)] if ends is None else ends, np.int64)
    return records.misses(b_of_lengths(lengths), np.array(stream, np.int64), ends, lines, window)


@settings(max_examples=300, deadline=None)
@given(
    data=st.data(),
    lengths=st.lists(st.integers(0, 9), min_size=1, max_size=8),
    line_bytes=st.sampled_from((8, 16, 30, 48, 128)),
    lines=st.integers(1, 9),
    window=st.integers(1, 30),
)
def test_misses_equal_the_definition(data, lengths, line_bytes, lines, window):
    stream = data.draw(st.lists(st.integers(0, len(lengths) - 1), max_size=60))
    found = misses(stream, lengths, line_bytes, lines, window)[0]
    row_bytes = [4 + 12 * length for length in lengths]
    assert tuple(found.tolist()) == prefetch_by_search(stream, row_bytes, line_bytes, 4, lines, window)


def test_long_streams_equal_the_definition():
    # More positions, slots and lines than one word of the bitsets holds.
    random = np.random.default_rng(3)
    lengths = random.integers(0, 12, 300).tolist()
    stream = np.minimum(random.geometric(0.01, 2500) - 1, 299).tolist()
    for lines, window in ((70, 100), (40, 2000), (3, 50)):
        found = misses(stream, lengths, 48, lines, window)[0]
        row_bytes = [4 + 12 * length for length in lengths]
        assert tuple(found.tolist()) == prefetch_by_search(stream, row_bytes, 48, 4, lines, window)


def test_large_buffers_equal_the_definition():
    # More slots than one word of the bitset's summary stands for, filled and given up in part.
    random = np.random.default_rng(5)
    stream = np.concatenate([np.arange(1300), random.integers(0, 1300, 1500)]).tolist()
    found = misses(stream, [1] * 1300, 48, 1100, 1400)[0]
    assert tuple(found.tolist()) == prefetch_by_search(stream, [16] * 1300, 48, 4, 1100, 1400)


@settings(max_examples=100, deadline=None)
@given(
    data=st.data(),
    lengths=st.lists(st.integers(0, 9), min_size=1, max_size=8),
    line_bytes=st.sampled_from((8, 30, 128)),
    window=st.integers(1, 30),
)
def test_a_buffer_for_all_lines_reads_each_once(data, lengths, line_bytes, window):
    stream = data.draw(st.lists(st.integers(0, len(lengths) - 1), max_size=40))
    row_bytes = np.array([4 + 12 * length for length in lengths])
    first_line = np.concatenate(([0], np.cumsum(-(-row_bytes // line_bytes)))).astype(np.int32)
    records = Records(row_bytes, first_line, line_bytes, 4)
    reads, ends = np.array(stream, np.int32), np.array([len(stream) // 2, len(stream)])
    whole = prefetch(reads, ends, records, int(first_line[-1]), window)
    assert first_reads(reads, ends, records).tolist() == whole.tolist()
    assert whole[:, 2].sum() == sum(np.diff(first_line)[sorted(set(stream))])


def test_chunks_split_the_same_misses():
    stream = [0, 1, 2, 0, 1, 2, 2, 0]
    whole = misses(stream, [3, 0, 5], 16, 2, 4)
    parts = misses(stream, [3, 0, 5], 16, 2, 4, ends=[0, 3, 3, 8])
    assert parts.sum(axis=0).tolist() == whole[0].tolist()
    assert parts[0].tolist() == parts[2].tolist() == [0, 0, 0]


def test_an_empty_row_is_an_access_of_eight_bytes():
    assert misses([0], [0], 576, 4, 8)[0].tolist() == [8, 1, 1]


def test_a_row_that_is_needed_again_later_than_all_residents_is_not_kept():
    # Line of row 1 is used again after that of row 0, so one slot serves row 0 and row 1 is read twice.
    assert misses([0, 1, 0, 1], [1, 1], 16, 1, 100)[0].tolist() == [60, 4, 3]


def test_a_next_use_beyond_the_window_counts_as_never():
    # Seen as never used again, row 0 gives way to row 1 and has to be read a second time.
    assert misses([0, 1, 1, 0], [1, 1], 16, 1, 4)[0][2] == 3
    assert misses([0, 1, 0, 1], [1, 1], 16, 1, 2)[0][2] == 4
