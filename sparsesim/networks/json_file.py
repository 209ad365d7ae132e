"""Reads JSON from files that nobody vouches for: bounded in size and depth, without anything that has two meanings.

Python's own parser takes the last of equal keys, NaN and infinity, integers of any length and lone surrogates, and
recurses as deeply as the text does.
"""

import json
import math
import re
from collections import Counter
from pathlib import Path
from typing import Any, Final

from sparsesim.errors import InputError
from sparsesim.limits import check_memory
from sparsesim.places import one_line, shown

MOST_BYTES: Final = 100_000_000
"""The longest text, that of the header of a safetensors file."""
DEEPEST: Final = 64
_LONGEST_INTEGER: Final = 20  # characters of -2**63
_HELD: Final = 20  # bytes that Python holds for a byte of text: a short string or a number is an object of 50
_SKIPPED: Final = re.compile(rb'"(?:[^"\\]|\\.)*"?|[^\[\]{}"]+', re.DOTALL)
_SURROGATE: Final = re.compile(rb"\\u[dD][89a-fA-F]")


def read_json_mapping(path: Path) -> dict[str, Any]:
    """The mapping that a JSON file holds; InputError, without the file's name, for anything else."""
    try:
        size_bytes = path.stat().st_size
        if size_bytes > MOST_BYTES:
            raise InputError(f"not readable JSON: {size_bytes} bytes, more than {MOST_BYTES}")
        text = path.read_bytes()
    except OSError as error:
        raise InputError(f"not readable: {error.strerror or one_line(error)}") from error
    return parsed_mapping(text)


def parsed_mapping(text: bytes) -> dict[str, Any]:
    """The mapping in a JSON text in UTF-8.

    Raises InputError for anything else, for a key that occurs twice in a mapping, NaN and infinity, integers beyond 64
    bits, text that is no Unicode, and nesting deeper than `DEEPEST`.
    """
    check_memory("parsing its JSON", _HELD * len(text))
    _check_depth(text)
    try:
        content = json.loads(
            text.decode("utf-8-sig"),
            object_pairs_hook=_mapping,
            parse_constant=_refused_constant,
            parse_int=_integer,
            parse_float=_finite,
        )
    except InputError:
        raise
    except (ValueError, RecursionError) as error:
        raise InputError(f"not readable JSON: {one_line(error)}") from error
    if _SURROGATE.search(text):
        _check_unicode(content)
    if not isinstance(content, dict):
        raise InputError(f"not readable JSON: a mapping is needed, found {_KINDS.get(type(content), 'null')}")
    return content


def _check_depth(text: bytes) -> None:
    """Brackets outside of strings, counted before the parser recurses into them."""
    depth = 0
    for bracket in _SKIPPED.sub(b"", text):
        depth += 1 if bracket in b"[{" else -1
        if depth > DEEPEST:
            raise InputError(f"not readable JSON: nested more than {DEEPEST} levels deep")


def _mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(key for key, times in Counter(key for key, _ in pairs).items() if times > 1)
        raise InputError(f"not readable JSON: the key {shown(twice)} occurs twice")
    return found


def _refused_constant(word: str) -> None:
    raise InputError(f"not readable JSON: {word} is no number")


def _integer(digits: str) -> int:
    if len(digits) > _LONGEST_INTEGER or not -(2**63) <= int(digits) < 2**64:
        raise InputError(f"not readable JSON: the integer {digits[:_LONGEST_INTEGER]}... is beyond 64 bits")
    return int(digits)


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise InputError(f"not readable JSON: {digits[:_LONGEST_INTEGER]} is beyond what a number can be")
    return number


def _check_unicode(content: Any) -> None:
    try:
        json.dumps(content, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise InputError("not readable JSON: a text holds half a character (a lone surrogate)") from error


_KINDS: Final = {list: "a list", str: "a text", int: "a number", float: "a number", bool: "true or false"}
