"""Standard normal float32 numbers as `numpy.random.Generator` draws them, bit for bit, at a multiple of its speed.

The ziggurat of G. Marsaglia and W. W. Tsang (J. Statistical Software 5(8), 2000) with 256 layers, J. A. Doornik's way.
NumPy branches on the sign of every number, which no processor can predict.
"""

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray

from sparsesim._jit import kernel

Floats = NDArray[np.float32]
Words = NDArray[np.int32]

LAYERS = 256
EDGE = 3.6541528853610088
"""Where the tail begins; all layers then have the same area."""
STEPS = 1 << 23
"""Distinct magnitudes that the bits of a word choose from in each layer."""
BLOCK = 1 << 15
"""Numbers of 64 bits that are drawn at a time, few enough to stay in the L2 cache."""
LEFT = 1 << 10
"""Room for words that one block leaves to the next: none or one, or a few where a number of the tail began."""


def standard_normal(bits: np.random.SFC64, shape: tuple[int, ...]) -> Floats:
    """float32[shape], equal to `numpy.random.Generator(bits).standard_normal(shape, dtype=np.float32)`.

    `bits` must be fresh; they stay as they are.
    """
    numbers = np.empty(math.prod(shape), np.float32)
    draw_normal(bits.state["state"]["state"].copy(), *tables(), np.empty(LEFT + 2 * BLOCK, np.int32), numbers)
    return numbers.reshape(shape)


@cache
def tables() -> tuple[Floats, Floats, NDArray[np.int64]]:
    """By layer: width of a step, density at the outer edge, and the steps that lie below the density for certain.

    Layer 0 is the base with the tail.
    """
    tail = math.sqrt(math.pi / 2) * math.erfc(EDGE / math.sqrt(2))
    area = EDGE * _density(EDGE) + tail
    edges = [EDGE]
    for _ in range(LAYERS - 2):
        edges.append(math.sqrt(-2 * math.log(area / edges[-1] + _density(edges[-1]))))
    outer = np.array([area / _density(EDGE), *edges[::-1]])
    inner = np.array([EDGE, 0.0, *edges[:0:-1]])
    densities = np.array([1.0, *(_density(edge) for edge in edges[::-1])])
    certain = np.rint(inner / outer * STEPS).astype(np.int64)
    return (outer / STEPS).astype(np.float32), densities.astype(np.float32), certain


def _density(x: float) -> float:
    return math.exp(-0.5 * x * x)


@kernel
def draw_normal(
    state: NDArray[np.uint64],
    widths: Floats,
    densities: Floats,
    certain: NDArray[np.int64],
    words: Words,
    numbers: Floats,
) -> None:
    """Fill `numbers [n]` from the four words of `state`; `words [LEFT + 2 BLOCK]` is scratch."""
    filled, start = 0, LEFT
    while filled < numbers.size:
        _draw_bits(state, words[LEFT:].view(np.uint64))
        used, more = _fill(words[start:], widths, densities, certain, numbers[filled:])
        filled += more
        left = words.size - start - used
        start = LEFT - left
        for i in range(left):
            words[start + i] = words[words.size - left + i]


@kernel
def _draw_bits(state: NDArray[np.uint64], raw: NDArray[np.uint64]) -> None:
    """The next numbers of SFC64 (C. Doty-Humphrey, PractRand), modulo 2**64 as unsigned integers are."""
    a, b, c, counter = state[0], state[1], state[2], state[3]
    for i in range(raw.size):
        mixed = a + b + counter
        counter += np.uint64(1)
        a = b ^ (b >> np.uint64(11))
        b = c + (c << np.uint64(3))
        c = ((c << np.uint64(24)) | (c >> np.uint64(40))) + mixed
        raw[i] = mixed
    state[0], state[1], state[2], state[3] = a, b, c, counter


@kernel
def _fraction(word: int) -> np.float32:
    """A word of random bits as a number in [0, 1)."""
    return np.float32((np.int64(word) & 0xFFFFFFFF) >> 8) * np.float32(1 / 16777216)


@kernel
def _fill(
    words: Words, widths: Floats, densities: Floats, certain: NDArray[np.int64], numbers: Floats
) -> tuple[int, int]:
    """Fill `numbers` until they or the `words` run out; returns (words used, numbers filled).

    A number for which words are missing is left to the next call.
    """
    used = filled = 0
    while True:
        certainly = _fill_certain(words[used:], widths, certain, numbers[filled:])
        used += certainly
        filled += certainly
        if filled == numbers.size or used == words.size:
            return used, filled
        layer, steps = words[used] & 0xFF, (words[used] >> 9) & 0x7FFFFF
        if layer == 0:
            taken = _tail(words, used + 1, (steps >> 8) & 1, numbers, filled)
            if taken == 0:
                return used, filled
            used += 1 + taken
            filled += 1
        elif used + 2 > words.size:
            return used, filled
        else:
            x = np.float64(np.float32(steps) * widths[layer])
            height = (densities[layer - 1] - densities[layer]) * _fraction(words[used + 1]) + densities[layer]
            filled += height < math.exp(-0.5 * x * x)
            used += 2


@kernel
def _fill_certain(words: Words, widths: Floats, certain: NDArray[np.int64], numbers: Floats) -> int:
    """Fill `numbers`, a word each, until one may lie above the density, which is written but not counted."""
    places = min(words.size, numbers.size)
    for i in range(places):
        word = words[i]
        layer, steps = word & 0xFF, (word >> 9) & 0x7FFFFF
        size = np.float32(steps) * widths[layer]
        numbers[i] = size * np.float32(1 - ((word >> 7) & 2))
        if steps >= certain[layer]:
            return i
    return places


@kernel
def _tail(words: Words, start: int, negative: int, numbers: Floats, place: int) -> int:
    """Set numbers[place] to a number beyond the edge; returns the words used, 0 if there are too few."""
    taken = 0
    while start + taken + 2 <= words.size:
        x = np.float32(-np.float32(1 / EDGE) * np.log1p(-_fraction(words[start + taken])))
        y = np.float32(-np.log1p(-_fraction(words[start + taken + 1])))
        taken += 2
        if y + y > x * x:
            numbers[place] = (np.float32(EDGE) + x) * np.float32(1 - 2 * negative)
            return taken
    return 0


@kernel
def scale(numbers: Floats, factor: np.float32, least: np.float32) -> None:
    """Multiply `numbers` by `factor`; where that gives zero, `least` is put."""
    for i in range(numbers.size):
        product = numbers[i] * factor
        numbers[i] = least if product == 0 else product
