"""Jitted loops over the bytes of matrix files: whether lines are what their header promises, and lists of integers."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from sparsesim._jit import kernel
from sparsesim.array_types import IntArray

LINE, ENTRIES, NON_ZEROS = range(3)
"""Places in the counts of `check_lines`: the line to come, and what was seen so far."""

NO_FAULT, NOT_WHOLE, NOT_A_NUMBER, OUTSIDE, ABOVE, TOO_MANY, TOO_FEW, SURPLUS, TOO_LONG = range(9)
"""What can be wrong with a line."""

PATTERN, INTEGER, REAL = range(3)
LINE_LIMIT: Final = 1024
"""Characters of a line (NIST, The Matrix Market Exchange Formats, 1996)."""
_LARGE: Final = 10**17
"""A number that is outside of every matrix, and has room for another digit."""


@kernel
def check_lines(
    text: NDArray[np.uint8], counts: IntArray, places: int, field: int, sides: IntArray, below: int, promised: int
) -> tuple[int, int, int]:
    """Look at `text`, whole lines; (fault, where its line begins, which word it is), or (NO_FAULT, len(text), 0).

    A line has `places` positions (0, or a row and a column that begin at 1 and lie within `sides`) and, unless
    `field` is PATTERN, a finite number. A row may not be less than its column plus `below` (negative: any may be). At
    most `promised` lines are not blank. `counts` is brought up to date, LINE to the line of the fault.
    """
    i, start, fault, word = 0, 0, NO_FAULT, 0
    while i < text.size and fault == NO_FAULT:
        start, word = i, 0
        i = _after_blanks(text, i)
        if text[i] != 10:
            counts[ENTRIES] += 1
            if counts[ENTRIES] > promised:
                fault = SURPLUS
            row = 0
            while word < places and fault == NO_FAULT:
                i = _after_blanks(text, i)
                first, number = i, 0
                for byte in text[i:]:
                    digit = byte - np.uint8(48)
                    if digit > 9:
                        break
                    if number < _LARGE:
                        number = 10 * number + np.int64(digit)
                    i += 1
                if text[first] == 10:
                    fault = TOO_FEW
                elif i == first or not _ends_word(text[i]):
                    fault = NOT_WHOLE
                elif number < 1 or number > sides[word]:
                    fault = OUTSIDE
                elif word == 0:
                    row = number
                elif below >= 0 and row < number + below:
                    fault = ABOVE
                word += fault == NO_FAULT
            if field != PATTERN and fault == NO_FAULT:
                first = _after_blanks(text, i)
                i, nonzero = _after_number(text, first, field == REAL)
                if text[first] == 10:
                    fault = TOO_FEW
                elif i < 0 or not _ends_word(text[i]):
                    fault = NOT_A_NUMBER if field == REAL else NOT_WHOLE
                else:
                    counts[NON_ZEROS] += nonzero
            if fault == NO_FAULT:
                i = _after_blanks(text, i)
                if text[i] != 10:
                    fault = TOO_MANY
        if fault == NO_FAULT:
            i += 1
            if i - start > LINE_LIMIT + 1:
                fault = TOO_LONG
            else:
                counts[LINE] += 1
    return (NO_FAULT, text.size, 0) if fault == NO_FAULT else (fault, start, word)


@kernel
def _after_blanks(text: NDArray[np.uint8], i: int) -> int:
    while text[i] == 32 or text[i] == 9 or (text[i] >= 11 and text[i] <= 13):
        i += 1
    return i


@kernel
def _ends_word(byte: int) -> bool:
    return byte == 32 or (byte >= 9 and byte <= 13)


@kernel
def _after_number(text: NDArray[np.uint8], i: int, real: bool) -> tuple[int, int]:
    """(where a number ends that begins at i, or -1 if none does; whether it has a digit other than 0)."""
    i += text[i] == 45
    first = i
    i, nonzero = _after_digits(text, i)
    digits = i - first
    if real and text[i] == 46:
        first = i + 1
        i, more = _after_digits(text, first)
        digits, nonzero = digits + i - first, nonzero | more
    if digits == 0:
        return -1, 0
    if real and (text[i] == 69 or text[i] == 101):
        i += 1
        i += text[i] == 43 or text[i] == 45
        first = i
        i, _ = _after_digits(text, first)
        if i == first:
            return -1, 0
    return i, nonzero


@kernel
def _after_digits(text: NDArray[np.uint8], i: int) -> tuple[int, int]:
    """(where digits end, whether one of them is not 0). Slices spare the check of every index for its sign."""
    digits, length = np.uint8(0), 0
    for byte in text[i:]:
        digit = byte - np.uint8(48)
        if digit > 9:
            break
        digits |= digit
        length += 1
    return i + length, np.int64(digits != 0)


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
