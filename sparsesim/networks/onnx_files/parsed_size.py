"""How much memory an ONNX file takes once it is parsed, told from its bytes before it is."""

from typing import Final

_STRUCTURE_FACTOR: Final = 100
"""An empty node or attribute is 2 bytes in the file and almost 200 in memory (measured, protobuf 5 to 7)."""
_INTEGER_FACTOR: Final = 8
"""A packed whole number may be one byte in the file; it is 8 in memory."""
_WORTH_A_LOOK: Final = 4096
"""Bytes from which a message is looked into: shorter ones hold no values that matter."""
_GRAPH: Final = {1: "node", 5: "tensor", 15: "sparse"}
_INSIDE: Final[dict[str, dict[int, str]]] = {
    "model": {7: "graph", 25: "function"},
    "graph": _GRAPH,
    "function": {7: "node"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {4: "floats", 5: "integers", 7: "integers", 9: "floats", 10: "floats", 11: "integers"},
}
"""Fields of ONNX's messages that hold other messages, or values in bulk."""
_LENGTH_DELIMITED: Final = 2
_FIXED_BYTES: Final = {1: 8, 5: 4}


def parsed_bytes(content: bytes) -> int:
    """An upper bound of the bytes that a serialised model takes once it is parsed, besides the content itself.

    What is not a model is counted up to where that shows; the parser will refuse it.
    """
    size = 0
    waiting = [(0, len(content), "model")]
    while waiting:
        start, end, kind = waiting.pop()
        if kind in ("floats", "integers"):
            size += (end - start) * (_INTEGER_FACTOR if kind == "integers" else 1)
        elif end - start < _WORTH_A_LOOK:
            size += (end - start) * _STRUCTURE_FACTOR
        else:
            size += _own_bytes(content, start, end, _INSIDE[kind], waiting) * _STRUCTURE_FACTOR
    return size


def _own_bytes(
    content: bytes, start: int, end: int, inside: dict[int, str], waiting: list[tuple[int, int, str]]
) -> int:
    """Bytes of a message that are not in the fields of `inside`, which are put among the waiting."""
    place, own = start, end - start
    while place < end:
        tag, place = _number(content, place, end)
        wire = tag & 7
        if wire == 0:
            _, place = _number(content, place, end)
        elif wire in _FIXED_BYTES:
            place += _FIXED_BYTES[wire]
        elif wire == _LENGTH_DELIMITED:
            length, place = _number(content, place, end)
            kind = inside.get(tag >> 3)
            if kind is not None and place + length <= end:
                waiting.append((place, place + length, kind))
                own -= length
            place += length
        else:
            break
    return own


def _number(content: bytes, place: int, end: int) -> tuple[int, int]:
    """A number of 7 bits to the byte, and the place behind it; 0 where the message ends in it."""
    value = shift = 0
    while place < end:
        byte = content[place]
        place += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, place
        shift += 7
        if shift > 63:
            break
    return 0, end
