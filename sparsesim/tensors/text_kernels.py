"""Jitted loops over the bytes of matrix files: whether every line is what its header promises, and lists of integers.

The text comes in chunks, so what is known of an unfinished line is kept in an int64 array between calls.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from sparsesim._jit import kernel
from sparsesim.array_types import IntArray

LINE, TOKENS, IN_TOKEN, NUMBER, ROW, SHAPE_OF_VALUE, NOT_ZERO, LINE_BYTES, ENTRIES, NON_ZEROS = range(10)
"""Places in the state of `check_lines`: the line and what was read of it, and counts over all lines."""
STATE_SIZE: Final = 10

NO_FAULT, NOT_WHOLE, NOT_A_NUMBER, ROW_OUTSIDE, COLUMN_OUTSIDE, ABOVE, TOO_MANY, TOO_FEW, SURPLUS, TOO_LONG = range(10)
"""What can be wrong with a line."""

PATTERN, INTEGER, REAL = range(3)
LINE_LIMIT: Final = 1024
"""Characters of a line (NIST, The Matrix Market Exchange Formats, 1996)."""
_LARGE: Final = 10**17
"""A number that is outside of every matrix, and has room for another digit."""

_START, _SIGN, _WHOLE, _POINT, _BARE_POINT, _FRACTION, _E, _E_SIGN, _EXPONENT, _BAD = range(10)
"""What has been read of a number: 1, -, 1, 1., ., 1.5, 1e, 1e-, 1e5, and something else."""


@kernel
def check_lines(
    text: NDArray[np.uint8], state: IntArray, places: int, field: int, sides: IntArray, below: int, promised: int
) -> tuple[int, int]:
    """Look at the lines of `text`; (fault, position of the byte at which it shows), or (NO_FAULT, len(text)).

    A line has `places` positions (0, or a row and a column that begin at 1 and lie within `sides`) and, unless
    `field` is PATTERN, a number. A row may not be less than its column plus `below` (negative: any may be). At most
    `promised` lines are not blank. `state` begins as zeros with LINE at the first line.
    """
    needed = places + (field != PATTERN)
    line, tokens, number = state[LINE], state[TOKENS], state[NUMBER]
    inside, row, shape = state[IN_TOKEN], state[ROW], state[SHAPE_OF_VALUE]
    nonzero, length, entries, nonzeros = state[NOT_ZERO], state[LINE_BYTES], state[ENTRIES], state[NON_ZEROS]
    fault, position = NO_FAULT, 0
    while position < text.size:
        byte = text[position]
        if byte > 32:
            if inside == 0:
                inside, number, shape = 1, 0, _START
                tokens += 1
                if tokens > needed:
                    fault = TOO_MANY
                elif tokens == 1:
                    entries += 1
                    if entries > promised:
                        fault = SURPLUS
            digit = byte >= 48 and byte <= 57
            if tokens <= places:
                if not digit:
                    fault = NOT_WHOLE
                elif number < _LARGE:
                    number = 10 * number + (byte - 48)
            elif digit:
                if shape <= _WHOLE:
                    shape = _WHOLE
                elif shape <= _FRACTION:
                    shape = _FRACTION
                elif shape < _BAD:
                    shape = _EXPONENT
                if byte != 48 and shape <= _FRACTION:
                    nonzero = 1
            elif byte == 45 and shape == _START:
                shape = _SIGN
            elif field == INTEGER:
                shape = _BAD
            elif byte == 46 and (shape <= _SIGN or shape == _WHOLE):
                shape = _POINT if shape == _WHOLE else _BARE_POINT
            elif (byte == 69 or byte == 101) and (shape == _WHOLE or shape == _POINT or shape == _FRACTION):
                shape = _E
            elif (byte == 43 or byte == 45) and shape == _E:
                shape = _E_SIGN
            else:
                shape = _BAD
            length += 1
        elif byte == 32 or (byte >= 9 and byte <= 13):
            if inside == 1:
                inside = 0
                if tokens <= places:
                    if number < 1 or number > sides[tokens - 1]:
                        fault = ROW_OUTSIDE if tokens == 1 else COLUMN_OUTSIDE
                    elif tokens == 1:
                        row = number
                    elif below >= 0 and row < number + below:
                        fault = ABOVE
                elif shape != _WHOLE and shape != _POINT and shape != _FRACTION and shape != _EXPONENT:
                    fault = NOT_A_NUMBER if field == REAL else NOT_WHOLE
            length += 1
            if byte == 10 and fault == NO_FAULT:
                if tokens > 0 and tokens < needed:
                    fault = TOO_FEW
                else:
                    nonzeros += nonzero
                    line, tokens, length, nonzero = line + 1, 0, 0, 0
        else:  # other control characters
            fault = NOT_WHOLE if tokens < places else NOT_A_NUMBER
        if length > LINE_LIMIT:
            fault = TOO_LONG
        if fault != NO_FAULT:
            break
        position += 1
    state[LINE], state[TOKENS], state[NUMBER] = line, tokens, number
    state[IN_TOKEN], state[ROW], state[SHAPE_OF_VALUE] = inside, row, shape
    state[NOT_ZERO], state[LINE_BYTES], state[ENTRIES], state[NON_ZEROS] = nonzero, length, entries, nonzeros
    return fault, position


AT_LINE, IN_COMMENT, IN_INTEGER, SIGN, VALUE, DIGITS, FILLED, BEGUN = range(8)
"""Places in the state of `fill_integers`."""
INTEGERS_STATE_SIZE: Final = 8

ALL_TEXT, NO_INTEGER, TOO_LARGE, NO_ROOM = range(4)
"""Why `fill_integers` stopped."""


@kernel
def fill_integers(text: NDArray[np.uint8], first: int, state: IntArray, numbers: IntArray) -> tuple[int, int]:
    """Write the integers in `text` from byte `first` to `numbers`, from FILLED on; (why it stopped, position).

    They are separated by blanks, commas or line ends; lines that begin with % are left out. `state` begins as zeros
    with AT_LINE at the first line. NO_ROOM comes at the first byte of an integer beyond the last place.
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
                    if value >= 922337203685477580:  # 2**63 // 10: it takes no further digit but a small one
                        if value > 922337203685477580 or byte > 55:
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
