"""Colours of the resources that bound the time: one hue per kind of resource, hatches within a kind."""

from collections import Counter
from collections.abc import Iterable
from typing import Final

from sparsesim.report.style import GREY, HATCHES, SERIES_COLOURS, nth

_BLUE, _ORANGE, _GREEN, _PINK, _SKY, _VERMILLION, _YELLOW, _ = SERIES_COLOURS
_KINDS: Final = {
    _BLUE: ("memory", "dram", "writer"),
    _SKY: ("l2", "b fetch", "gather", "shared memory", "sram"),
    _ORANGE: ("compute", "math", "multipliers", "simd"),
    _GREEN: ("latency", "wave tail", "k loop latency"),
    _PINK: ("launch",),
    _YELLOW: ("merger", "unpack"),
    _VERMILLION: ("power",),
}
_HUES: Final = {name: hue for hue, names in _KINDS.items() for name in names}
_WRITTEN: Final = {"l2": "L2", "dram": "DRAM", "sram": "SRAM", "simd": "SIMD", "b fetch": "B fetch"}


def in_words(resource: str) -> str:
    """A resource as it is written: "wave tail" for `wave_tail`, "L2" for `l2`."""
    words = resource.replace("_", " ")
    return _WRITTEN.get(words, words)


def resource_styles(resources: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Colour and hatch of each resource; those of unknown kind are grey."""
    used: Counter[str] = Counter()
    styles = {}
    for resource in dict.fromkeys(resources):
        colour = _HUES.get(in_words(resource).lower(), GREY)
        styles[resource] = (colour, 2 * nth(HATCHES, used[colour]))
        used[colour] += 1
    return styles
