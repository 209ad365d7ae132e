"""The type of a field of a sweep that may have one value or several: each several is an axis of the grid."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, TypeVar

import numpy as np
from pydantic import AfterValidator, BeforeValidator, Discriminator, Tag

from sparsesim.studies.sweeps.ranges import values_of

T = TypeVar("T")

_ONE, _SEVERAL = "one value", "several values"


def _kind(given: Any) -> str:
    return _SEVERAL if isinstance(given, list | tuple | range | Mapping | np.ndarray) else _ONE


def distinct(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """The values; ValueError for two that are equal: their points would be, too."""
    seen = set[Any]()
    for value in values:
        if value in seen:
            raise ValueError(f"{value!r} is there twice: leave one")
        seen.add(value)
    return values


OneOrSeveral = Annotated[
    Annotated[T, Tag(_ONE)]
    | Annotated[tuple[T, ...], BeforeValidator(values_of), AfterValidator(distinct), Tag(_SEVERAL)],
    Discriminator(_kind),
]
"""One value of a type, as it is, or a tuple of them, from a list or a range (see `values_of`)."""


def listed(value: Any) -> tuple[Any, ...]:
    """The values of such a field; none where it is left out."""
    if value is None:
        return ()
    return value if isinstance(value, tuple) else (value,)


AS_PUBLISHED: Final = "as-published"
"""A machine with the resources that it has."""
