"""`Upgrade`: which fields of a unit stand for one resource, so that it can be asked what more of it would gain."""

from collections.abc import Mapping
from typing import Final, NamedTuple


class Upgrade(NamedTuple):
    """How a unit gets more of one resource.

    Attributes:
        fields: names of fields, or paths below them, each with an exponent: for so many times the resource the field is
            multiplied by that number to the power of it. 1 for a rate or a size, -1 for a latency.
        relieves: the names in `sparsesim.resources` of what then takes less time.
        endless: whether it makes sense to ask for as much as nothing ever waits for.
    """

    fields: Mapping[str, float]
    relieves: tuple[str, ...] = ()
    endless: bool = True


Upgrades = Mapping[str, Upgrade]
"""Upgrades by the name of the resource."""

UNPACKING: Final = {"unpacking": Upgrade({"unpack_values_per_cycle": 1}, ("unpacking",))}
"""Of units that unpack formats on the way."""

KERNEL_RATE: Final = "kernel rate"
"""Of a unit that knows only what its library reaches: the peak of its multipliers times an efficiency."""
