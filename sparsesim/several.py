"""One or several: what an option that may be repeated is on the command line."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel


def several(given: Any) -> list[Any]:
    """A list of what was given, one or several; names, mappings and descriptions count as one."""
    # Descriptions iterate over their fields.
    if isinstance(given, Iterable) and not isinstance(given, str | Mapping | BaseModel):
        return list(given)
    return [given]
