"""Chip area: the published split, scaled in proportion to the sizes of a machine's accelerator."""

from collections.abc import Iterator, Mapping

from sparsesim.accelerators import CondensedOuterProduct
from sparsesim.units import ceil_div
from sparsesim.validation.row import Row
from sparsesim.validation.sparch.published import Area, Size, SparchValues

BLOCK = 4
"""Side of the small comparator arrays that a wide merger is made of (assumed)."""


def comparators(width: int) -> int:
    """Comparators of a merger of two times `width` elements, built in two levels of BLOCK x BLOCK arrays.

    The upper level finds the blocks on the boundary, 2 width / BLOCK - 1 of them at most; each has an array below.
    """
    blocks = ceil_div(width, BLOCK)
    return blocks**2 + (2 * blocks - 1) * BLOCK**2


def sizes(unit: CondensedOuterProduct) -> dict[Size, int]:
    """The sizes that parts grow with."""
    return {
        "comparators": unit.layers * comparators(unit.merger_elements_per_cycle),
        "prefetch_bytes": unit.prefetch_lines * unit.prefetch_line_bytes if unit.prefetcher else 1,
        "lookahead_elements": unit.lookahead_window,
        "multipliers": max(unit.macs_per_cycle.values()),
        "nothing": 1,
    }


def area_mm2(unit: CondensedOuterProduct, area: Area) -> Mapping[str, float]:
    """Area by part and "total" at the node of the published split."""
    published, ours = sizes(CondensedOuterProduct()), sizes(unit)
    split = {part.part: part.mm2 * ours[part.grows_with] / published[part.grows_with] for part in area.parts}
    return {**split, "total": sum(split.values())}


def area_rows(published: SparchValues, unit: CondensedOuterProduct) -> Iterator[Row]:
    """The shipped machine; every part is fitted on its published value, and only the scaling is a model."""
    given = {part.part: part.mm2 for part in published.area.parts} | {"total": published.area.total_mm2}
    for part, ours in area_mm2(unit, published.area).items():
        yield Row(published.name, part, "area mm2", given[part], ours, True, published.area.source)
