"""Integers in text that may be larger than memory: as many as are asked for, read piece by piece."""

from typing import IO, Final

import numpy as np

from sparsesim.array_types import IntArray
from sparsesim.errors import InputError
from sparsesim.tensors import integer_kernels as kernels

_CHUNK_BYTES: Final = 2**18
_SLACK_BYTES: Final = 2**20
_INTEGER_BYTES: Final = 64
"""Bytes per integer, on average, after which text is not read on: a file of blanks may unpack to terabytes."""


class IntegerText:
    """A stream of integers between blanks, commas and line ends, without the lines that begin with %."""

    def __init__(self, stream: IO[bytes], name: str) -> None:
        self._stream, self._name = stream, name
        self._state = np.zeros(kernels.INTEGERS_STATE_SIZE, np.int64)
        self._state[kernels.AT_LINE] = 1
        self._chunk, self._position = b"", 0
        self._left_bytes = _SLACK_BYTES
        self._ended = False

    def next(self, count: int) -> IntArray:
        """int64: the next `count` integers, or all that are left. Raises InputError with line and value."""
        numbers = np.zeros(count, np.int64)
        self._state[kernels.FILLED] = 0
        self._left_bytes += _INTEGER_BYTES * count
        while True:
            text = np.frombuffer(self._chunk, np.uint8)
            stop, position = kernels.fill_integers(text, self._position, self._state, numbers)
            self._position = int(position)
            if stop == kernels.NO_ROOM:
                return numbers
            if stop != kernels.ALL_TEXT:
                raise InputError(f"{self._place()}: {self._word(self._position)!r} is not an integer{_WHY[stop]}")
            if self._ended:
                return numbers[: self._state[kernels.FILLED]]
            self._refill()

    def more(self) -> bool:
        """Whether another integer follows."""
        return len(self.next(0)) == 0 and self._position < len(self._chunk)

    def _place(self) -> str:
        return f"{self._name}: line {self._state[kernels.AT_LINE]}"

    def _refill(self) -> None:
        if self._left_bytes < 0:
            raise InputError(f"{self._place()}: more text than the integers that the header promises need")
        read = self._stream.read(_CHUNK_BYTES)
        self._left_bytes -= len(read)
        self._ended = not read
        kept = self._chunk[-_SHOWN:] if self._state[kernels.IN_INTEGER] else b""  # for a message about its end
        self._chunk, self._position = kept + (read or b"\n"), len(kept)

    def _word(self, position: int) -> str:
        before = self._chunk[:position].replace(b",", b" ").split(b"\n")[-1]
        start = before.rsplit(None, 1)[-1] if before and not before[-1:].isspace() else b""
        rest = self._chunk[position : position + _SHOWN].replace(b",", b" ").split(None, 1)
        end = rest[0] if rest and not self._chunk[position : position + 1].isspace() else b""
        return (start + end)[:_SHOWN].decode("ascii", errors="replace")


_SHOWN: Final = 40
_WHY: Final = {kernels.NO_INTEGER: "", kernels.TOO_LARGE: " of 64 bits"}
