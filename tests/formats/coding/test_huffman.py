"""Symbols to bytes and back, at the length that the definition of Huffman's code gives."""

from collections import Counter
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparsesim.errors import InputError
from sparsesim.formats.coding import reference
from sparsesim.formats.coding.huffman import canonical_codes, code_lengths, encode_symbols, packed_table, table_bytes
from sparsesim.formats.coding.huffman_kernels import write_codes

counts = st.lists(st.integers(0, 40) | st.integers(0, 10**6), min_size=1, max_size=40)


@st.composite
def streams(draw):
    """(symbols, bits): empty, one symbol throughout, skewed as codes and gaps are, or uniform."""
    bits = draw(st.integers(1, 9))
    random = np.random.default_rng(draw(st.integers(0, 2**16)))
    size = draw(st.sampled_from((0, 1, 2, 30, 700)))
    kind = draw(st.sampled_from(("one", "skewed", "uniform")))
    if kind == "one":
        symbols = np.full(size, random.integers(1 << bits))
    elif kind == "skewed":
        symbols = np.minimum(random.geometric(0.4, size) - 1, (1 << bits) - 1)
    else:
        symbols = random.integers(0, 1 << bits, size)
    return symbols.astype(np.int64), bits


@given(counts)
def test_lengths_are_the_best_there_are(counts):
    counts = np.array(counts, np.int64)
    lengths = code_lengths(counts)
    assert int(counts @ lengths) == (reference.huffman_bits(counts) if counts.any() else 0)
    assert ((lengths > 0) == (counts > 0)).all()


@given(counts)
def test_codes_are_canonical_and_none_begins_another(counts):
    lengths = code_lengths(np.array(counts, np.int64))
    codes = canonical_codes(lengths)
    used = sorted(np.flatnonzero(lengths), key=lambda symbol: (lengths[symbol], symbol))
    texts = [format(codes[symbol], f"0{lengths[symbol]}b") for symbol in used]
    assert texts == sorted(texts)
    assert not any(later.startswith(text) for text, later in pairwise(texts))


@settings(max_examples=80, deadline=None)
@given(streams(), st.booleans())
def test_symbols_come_back(stream, huffman):
    symbols, bits = stream
    encoded = encode_symbols(symbols, bits, huffman)
    np.testing.assert_array_equal(encoded.symbols(), symbols)
    fixed = -(-len(symbols) * bits // 8)
    assert encoded.size_bytes == len(encoded.payload) + len(encoded.table)
    assert encoded.size_bytes <= fixed + 1 if huffman else encoded.size_bytes == fixed


@settings(max_examples=80, deadline=None)
@given(streams())
def test_coded_bits_are_those_of_the_definition(stream):
    symbols, bits = stream
    lengths = code_lengths(np.bincount(symbols, minlength=1 << bits).astype(np.int64))
    codes = canonical_codes(lengths)
    text = reference.prefix_text(symbols, codes, lengths)
    payload = np.zeros(-(-len(text) // 8), np.uint8)
    assert write_codes(symbols, codes, lengths, payload) == len(text)
    assert "".join(map(str, np.unpackbits(payload)))[: len(text)] == text


def test_a_table_takes_what_its_first_byte_says():
    lengths = code_lengths(np.array([1, 1, 2, 4, 8, 16, 32, 64]))
    table = packed_table(lengths)
    assert (lengths.max(), table[0], len(table)) == (7, 3, 4)
    assert table_bytes(3, 3) == len(table)


def test_a_skewed_stream_is_as_short_as_its_entropy_allows():
    random = np.random.default_rng(0)
    symbols = np.minimum(random.geometric(0.3, 20_000) - 1, 31)
    shares = np.array(list(Counter(symbols.tolist()).values())) / len(symbols)
    entropy = float(-(shares * np.log2(shares)).sum())
    assert entropy <= encode_symbols(symbols, 5, huffman=True).bits_per_symbol < entropy + 0.1


def test_damage_is_told_in_one_line():
    good = encode_symbols(np.repeat(np.arange(4), [90, 5, 4, 1]), 2, huffman=True)
    assert len(good.table) > 1
    with pytest.raises(InputError, match="does not hold 100 symbols"):
        replace(good, payload=good.payload[:3]).symbols()
    with pytest.raises(InputError, match="table with 4 codes of 1 bits is damaged"):
        replace(good, table=packed_table(np.ones(4, np.int64))).symbols()
    with pytest.raises(InputError, match="codes of 63 bits is damaged"):
        replace(good, table=packed_table(np.array([63, 1, 2, 3]))).symbols()


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=12), st.binary(min_size=1, max_size=6), st.integers(0, 40))
def test_no_bytes_do_more_than_raise(payload, table, count):
    good = encode_symbols(np.zeros(0, np.int64), 3, huffman=True)
    arrays = {"payload": np.frombuffer(payload, np.uint8), "table": np.frombuffer(table, np.uint8)}
    try:
        symbols = replace(good, count=count, **arrays).symbols()
    except InputError:
        return
    assert len(symbols) == count
    assert ((symbols >= 0) & (symbols < 8)).all()
