"""Chip area: the published split beside that of the shipped machine, which says how each part grows."""

from collections.abc import Iterator

from sparsesim.errors import InputError
from sparsesim.hardware import Machine
from sparsesim.validation.row import Row
from sparsesim.validation.sparch.published import SparchValues


def area_rows(published: SparchValues, machine: Machine) -> Iterator[Row]:
    """Every part is fitted on its published value, and only the scaling is a model; InputError without an area."""
    parts = machine.area_by_part_mm2
    if parts is None:
        raise InputError(f"{machine.name}: area: a section with the parts of the published split is needed")
    ours = {**parts, "total": sum(parts.values())}
    for part, mm2 in {**published.area.parts, "total": published.area.total_mm2}.items():
        yield Row(published.name, part, "area mm2", mm2, ours[part], True, published.area.source)
