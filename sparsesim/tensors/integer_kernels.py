"""Jitted loops over the bytes of lists of integers."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from sparsesim._jit import kernel
from sparsesim.array_types import IntArray

AT_LINE, IN_COMMENT, IN_INTEGER, SIGN, VALUE, DIGITS, FILLED, BEGUN = range(8)
"""Places in the state of `fill_integers`."""
INTEGERS_STATE_SIZE: Final = 8

_TENTH: Final = (2**63 - 1) // 10

ALL_TEXT, NO_INTEGER, TOO_LARGE, NO_ROOM = range(4)
"""Why `fill_integers` stopped."""


@kernel
def fill_integers(text: NDArray[np.uint8], first: int, state: IntArray, numbers: IntArray) -> tuple[int, int]:
    """Write the integers in `text` from byte `first` to `numbers`, from FILLED on; (why it stopped, position).

    They are separated by blanks, commas or line ends; lines that begin with % are left out. The text comes in pieces:
    what is known of an unfinished integer stays in `state`, which begins as zeros with AT_LINE at the first line.
    NO_ROOM comes at the first byte of an integer beyond the last place.
    """
    line, comment, inside = state[AT_LINE], state[IN_COMMENT], state[IN_INTEGER]
    sign, value, digits, filled, begun = state[SIGN], state[VALUE], state[DIGITS], state[FILLED], state[BEGUN]
    stop, position = ALL_TEXT, first
    while position < text.size:
        byte = text[position]
        if byte == 10:
            comment, begun = 0, 0
        if comment == 0:
            if byte == 44 or byte == 32 or (byte >= 9 and byte <= 13):
                if inside == 1:
                    if digits == 0:
                        stop = NO_INTEGER
                        break
                    numbers[filled] = sign * value
                    filled += 1
                    inside = 0
            elif byte == 37 and begun == 0:
                comment = 1
            else:
                begun = 1
                if inside == 0:
                    if filled == numbers.size:
                        stop = NO_ROOM
                        break
                    inside, sign, value, digits = 1, 0, 0, 0
                if byte >= 48 and byte <= 57:
                    digits, sign = 1, -1 if sign < 0 else 1
                    if value > _TENTH or (value == _TENTH and byte > 55):  # 55: the digit 7
                        stop = TOO_LARGE
                        break
                    value = 10 * value + (byte - 48)
                elif sign == 0 and (byte == 43 or byte == 45):
                    sign = 1 if byte == 43 else -1
                else:
                    stop = NO_INTEGER
                    break
        if byte == 10:
            line += 1
        position += 1
    state[AT_LINE], state[IN_COMMENT], state[IN_INTEGER] = line, comment, inside
    state[SIGN], state[VALUE], state[DIGITS], state[FILLED], state[BEGUN] = sign, value, digits, filled, begun
    return stop, position
