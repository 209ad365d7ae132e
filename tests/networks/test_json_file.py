"""The strict reader of JSON: what has one meaning is read as Python does, everything else is refused."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sparsesim as ss
from sparsesim.errors import InputError
from sparsesim.networks.json_file import DEEPEST, MOST_BYTES, parsed_mapping, read_json_mapping

TEXT = st.text(st.characters(codec="utf-8"))
NUMBER = st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
PLAIN = st.recursive(
    st.none() | st.booleans() | NUMBER | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(TEXT, PLAIN, max_size=4), st.booleans())
def test_what_has_one_meaning_is_read(content, ascii_only):
    assert parsed_mapping(json.dumps(content, ensure_ascii=ascii_only).encode()) == content


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": 1, "a": 1}', "the key 'a' occurs twice"),
        ('{"a": {"b": 1, "\\u0062": 2}}', "the key 'b' occurs twice"),
        ('{"a": NaN}', "NaN is no number"),
        ('{"a": -Infinity}', "-Infinity is no number"),
        ('{"a": 1e400}', "1e400 is beyond what a number can be"),
        ('{"a": 18446744073709551616}', "beyond 64 bits"),
        ('{"a": -9223372036854775809}', "beyond 64 bits"),
        ('{"a": ' + "9" * 5001 + "}", "beyond 64 bits"),
        ('{"a": "\\udc00"}', "lone surrogate"),
        ('{"a": [{"\\uD800": 1}]}', "lone surrogate"),
        ("", "not readable JSON"),
        ("{", "not readable JSON"),
        ("{} {}", "not readable JSON"),
        ("null", "a mapping is needed, found null"),
        ('"text"', "a mapping is needed, found a text"),
        ("[" * 10**6, f"nested more than {DEEPEST} levels deep"),
        ('{"a":' * 10**5, f"nested more than {DEEPEST} levels deep"),
    ],
)
def test_what_is_refused(text, message):
    begin = time.perf_counter()
    with pytest.raises(InputError, match=message) as caught:
        parsed_mapping(text.encode())
    assert len(str(caught.value)) < 400
    assert time.perf_counter() - begin < 5


def test_depth_counts_brackets_outside_of_texts():
    deepest = '{"a":' + "[" * (DEEPEST - 1) + "]" * (DEEPEST - 1) + "}"
    assert parsed_mapping(deepest.encode())
    with pytest.raises(InputError, match="nested"):
        parsed_mapping(deepest.replace("[]", "[[]]").encode())
    brackets = '[{\\"' * 1000
    assert parsed_mapping(('{"a": "' + brackets + '", "b": "\\\\"}').encode())["b"] == "\\"


def test_the_budget_is_asked_before_the_text_is_parsed():
    text = b'{"a": [' + b"1," * 5000 + b"1]}"
    with ss.memory_budget(100_000), pytest.raises(InputError, match="parsing its JSON needs 200 kB of memory"):
        parsed_mapping(text)
    with ss.memory_budget(20 * len(text)):
        assert parsed_mapping(text)


def test_files_that_are_too_large_or_missing(tmp_path):
    path = tmp_path / "config.json"
    with pytest.raises(InputError, match="not readable: No such file"):
        read_json_mapping(path)
    with path.open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    with pytest.raises(InputError, match=rf"{MOST_BYTES + 1} bytes, more than {MOST_BYTES}"):
        read_json_mapping(path)
    path.write_bytes(b'\xef\xbb\xbf{"a": 1}')
    assert read_json_mapping(path) == {"a": 1}
