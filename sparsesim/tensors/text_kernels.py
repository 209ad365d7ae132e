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
"""Numbers of higher powers of ten are left to others."""
_LARGE: Final = 10**17
"""A number that is outside of every matrix, and has room for another digit."""
_EXACT: Final = 2**53
"""Up to here every integer is a double."""
_HALVES: Final = 2.0**27 + 1
"""Parts the 53 bits of a double (T. J. Dekker)."""
_SLACK: Final = 2.0**-98


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
    powers: Float64Array,
) -> tuple[int, int, int]:
    """Read `text`, whole lines; (fault, where its line begins, which word it is), or (NO_FAULT, len(text), 0).

    A line has `places` positions (0, or a row and a column that begin at 1 and lie within `sides`) and, unless
    `field` is PATTERN, a finite number. A row may not be less than its column plus `below` (negative: any may be). At
    most positions.shape[1] lines are not blank. Entry e sets positions[:, e], which begin at 0, and values[e]; a number
    whose nearest double is not found here gets a row (entry, line, first byte, end) of `slow` instead. `powers` are
    those of `powers_of_ten`. `counts` is brought up to date, LINE to the line of the fault.
    """
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
                else:
                    size, sure = 0.0, False
                    if known and abs(power) <= LARGEST_POWER and (field == REAL or digits <= _EXACT):
                        size, sure = _nearest_double(digits, powers[abs(power)], power < 0)
                    values[entry] = -size if text[first] == 45 else size
                    if not sure:
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
def _nearest_double(digits: Any, power: Float64Array, divided: bool) -> tuple[float, bool]:
    """(the double nearest to digits x power, or to digits / power; whether it is that for sure).

    0 <= digits < 2**63. Of two doubles, product and quotient are rounded once. Otherwise digits, `power` and the result
    are sums of two doubles (T. J. Dekker, Numerische Mathematik, 1971), which are off by less than 2**-98 of
    themselves; the result is the nearest double if that much less and that much more are rounded to the same one
    (A. Ziv, ACM Transactions on Mathematical Software, 1991).
    """
    upper, power_upper, power_lower = np.float64(digits), power[0], power[1]
    first = upper / power_upper if divided else upper * power_upper
    if digits <= _EXACT and power_lower == 0:
        return first, True
    lower = np.float64(digits - np.int64(upper))
    product, error = _exact_product(first if divided else upper, power_upper)
    if divided:
        rest = (upper - product - error + lower - first * power_lower) / power_upper
    else:
        rest = error + lower * power_upper + upper * power_lower
    least, most = first + (rest - _SLACK * first), first + (rest + _SLACK * first)
    return least, least == most


@kernel
def _exact_product(a: float, b: float) -> tuple[float, float]:
    """The product as it is rounded, and what that leaves out; from halves, whose products are exact."""
    a_upper = _HALVES * a - (_HALVES * a - a)
    b_upper = _HALVES * b - (_HALVES * b - b)
    a_lower, b_lower, product = a - a_upper, b - b_upper, a * b
    return product, a_upper * b_upper - product + a_upper * b_lower + a_lower * b_upper + a_lower * b_lower


def powers_of_ten() -> Float64Array:
    """float64[LARGEST_POWER + 1, 2]: the nearest double, and the double nearest to what that leaves out."""
    powers = [10**power for power in range(LARGEST_POWER + 1)]
    return np.array([(float(power), float(power - int(float(power)))) for power in powers])
