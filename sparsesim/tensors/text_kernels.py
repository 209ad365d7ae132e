"""Jitted loops over the bytes of MatrixMarket lines: whether they are what the header promises, and their numbers."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sparsesim._jit import kernel
from sparsesim.array_types import Float64Array, IntArray

LINE, ENTRIES, SLOW = range(3)
"""Places in the counts of `read_lines`: the line to come, entries so far, and values that it left to others."""

NO_FAULT, NOT_WHOLE, NOT_A_NUMBER, OUTSIDE, ABOVE, TOO_MANY, TOO_FEW, SURPLUS, TOO_LONG = range(9)
"""What can be wrong with a line."""

PATTERN, INTEGER, REAL = range(3)
LINE_LIMIT: Final = 1024
"""Characters of a line (NIST, The Matrix Market Exchange Formats, 1996)."""
LARGEST_POWER: Final = 64
"""Numbers with more zeros before or behind their digits are left to others."""
_LARGE: Final = 10**17
"""A number that is outside of every matrix, and has room for another digit."""
_EXACT: Final = 2**53
"""Up to here every integer is a double."""


@kernel
def read_lines(
    text: NDArray[np.uint8],
    counts: IntArray,
    places: int,
    field: int,
    sides: IntArray,
    below: int,
    positions: NDArray[np.int32],
    values: Float64Array,
    slow: IntArray,
    powers: NDArray[np.uint64],
) -> tuple[int, int, int]:
    """Read `text`, whole lines; (fault, where its line begins, which word it is), or (NO_FAULT, len(text), 0).

    A line has `places` positions (0, or a row and a column that begin at 1 and lie within `sides`) and, unless
    `field` is PATTERN, a finite number. A row may not be less than its column plus `below` (negative: any may be). At
    most positions.shape[1] lines are not blank. Entry e sets positions[:, e], which begin at 0, and values[e]; a number
    whose nearest double is not found here gets a row (entry, line, first byte, end) of `slow` instead. `powers` are
    those of `powers_of_five`. `counts` is brought up to date, LINE to the line of the fault.
    """
    bits = values.view(np.uint64)
    i, start, fault, word = 0, 0, NO_FAULT, 0
    entry, promised = counts[ENTRIES], positions.shape[1]
    while i < text.size and fault == NO_FAULT:
        start, word = i, 0
        i = _after_blanks(text, i)
        if text[i] != 10:
            if entry >= promised:
                fault = SURPLUS
            row = np.int64(0)
            while word < places and fault == NO_FAULT:
                i = _after_blanks(text, i)
                first, number = i, np.int64(0)
                for byte in text[i:]:
                    digit = np.int64(byte) - 48
                    if digit < 0 or digit > 9:
                        break
                    if number < _LARGE:
                        number = 10 * number + digit
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
                if fault == NO_FAULT:
                    positions[word, entry] = number - 1
                    word += 1
            if field != PATTERN and fault == NO_FAULT:
                first = _after_blanks(text, i)
                i, digits, power, known = _number(text, first, field == REAL)
                if text[first] == 10:
                    fault = TOO_FEW
                elif i < 0 or not _ends_word(text[i]):
                    fault = NOT_A_NUMBER if field == REAL else NOT_WHOLE
                elif digits == 0 and known:
                    values[entry] = 0.0
                elif known and (field == REAL or digits <= _EXACT) and abs(power) <= LARGEST_POWER:
                    sign = np.uint64(text[first] == 45) << np.uint64(63)
                    place = power + LARGEST_POWER
                    bits[entry] = _nearest_double(digits, power, powers[place, 0], powers[place, 1]) | sign
                else:
                    slow[counts[SLOW]] = entry, counts[LINE], first, i
                    counts[SLOW] += 1
            if fault == NO_FAULT:
                i = _after_blanks(text, i)
                if text[i] != 10:
                    fault = TOO_MANY
                entry += 1
        if fault == NO_FAULT:
            i += 1
            if i - start > LINE_LIMIT + 1:
                fault = TOO_LONG
            else:
                counts[LINE] += 1
    counts[ENTRIES] = entry
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
def _number(text: NDArray[np.uint8], i: int, real: bool) -> tuple[int, Any, Any, bool]:
    """(where a number ends that begins at i, or -1 if none does; its digits; their power of ten; if that is all)."""
    i += text[i] == 45
    first = i
    i, digits, known = _digits(text, i, np.int64(0), True)
    count, power = i - first, 0
    if real and text[i] == 46:
        first = i + 1
        i, digits, known = _digits(text, first, digits, known)
        count, power = count + i - first, first - i
    if count == 0:
        return -1, 0, 0, False
    if real and (text[i] == 69 or text[i] == 101):
        i += 1
        negative = text[i] == 45
        i += text[i] == 43 or text[i] == 45
        first = i
        i, exponent, small = _digits(text, first, np.int64(0), True)
        if i == first:
            return -1, 0, 0, False
        power += -exponent if negative else exponent
        known = known and small
    return i, digits, power, known


@kernel
def _digits(text: NDArray[np.uint8], i: int, number: Any, known: bool) -> tuple[int, Any, bool]:
    """(where digits end, the number that they continue, whether it has fewer than 19). Slices spare checks of signs."""
    length = 0
    for byte in text[i:]:
        digit = np.int64(byte) - 48
        if digit < 0 or digit > 9:
            break
        known = known and number < _LARGE
        if known:
            number = 10 * number + digit
        length += 1
    return i + length, number, known


@kernel
def _nearest_double(digits: int, power: int, high: np.uint64, low: np.uint64) -> np.uint64:
    """The bits of the double nearest to digits x 10**power, a tie to even (D. Lemire, Software: Pract. Exper., 2021).

    `high` and `low` are the first 128 bits of 5**power. 0 < digits < 2**63, |power| <= LARGEST_POWER: the result is
    neither infinite nor subnormal.
    """
    one = np.uint64(1)
    w, zeros = np.uint64(digits), 0
    for step in (32, 16, 8, 4, 2, 1):
        if w >> np.uint64(64 - step) == 0:
            w <<= np.uint64(step)
            zeros += step
    upper, lower = _product(w, high)
    if upper & np.uint64(0x1FF) == np.uint64(0x1FF):
        more, _ = _product(w, low)
        total = lower + more
        if total < lower:
            upper += one
        lower = total
    top = upper >> np.uint64(63)
    mantissa = upper >> (top + np.uint64(9))
    exponent = ((217706 * power) >> 16) + 63 + np.int64(top) - zeros + 1023
    halfway = lower <= one and mantissa << (top + np.uint64(9)) == upper
    if halfway and power >= -4 and power <= 23 and mantissa & np.uint64(3) == one:
        mantissa &= ~one  # to even
    mantissa += mantissa & one
    mantissa >>= one
    if mantissa >> np.uint64(53) != 0:
        mantissa >>= one
        exponent += 1
    return (mantissa & np.uint64((1 << 52) - 1)) | (np.uint64(exponent) << np.uint64(52))


@kernel
def _product(a: np.uint64, b: np.uint64) -> tuple[np.uint64, np.uint64]:
    """The upper and lower 64 bits."""
    half, mask = np.uint64(32), np.uint64(0xFFFFFFFF)
    a1, a0, b1, b0 = a >> half, a & mask, b >> half, b & mask
    low, middle, other = a0 * b0, a1 * b0, a0 * b1
    carry = (low >> half) + (middle & mask) + (other & mask)
    return a1 * b1 + (middle >> half) + (other >> half) + (carry >> half), (carry << half) | (low & mask)


def powers_of_five() -> NDArray[np.uint64]:
    """uint64[2 LARGEST_POWER + 1, 2]: the first 128 bits of 5**power; -1..-27 are rounded up, others down."""
    table = np.empty((2 * LARGEST_POWER + 1, 2), np.uint64)
    for power in range(-LARGEST_POWER, LARGEST_POWER + 1):
        five = 5 ** abs(power)
        if power >= 0:
            bits = five << 128 >> five.bit_length()
        else:
            bits = (1 << (five.bit_length() + 127)) // five + (power >= -27)
        table[power + LARGEST_POWER] = bits >> 64, bits & (2**64 - 1)
    return table
